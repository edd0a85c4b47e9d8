import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EVIDENCE_ANSWERS, simulatedItems } from "../../ops/evidence/mod.ts";
import { initialModel, type LanguageModel } from "../../ops/language/mod.ts";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { modelPort } from "../../ops/language/mod.ts";
import { op } from "../../runtime/flow/mod.ts";
import { readRetuningOptions, retuningCommand } from "./command.ts";
import { curriculum } from "./curriculum.ts";
import { rewardOf } from "./evidence_policy.ts";
import { placeRows, shuffleTruths, simpleAnswers } from "./item_ops.ts";
import { RETUNING_REPORT } from "./report_schema.ts";
import { retuning } from "./retuning.ts";
import { selectItems } from "./select_items.ts";
import { RETUNING_SETTINGS } from "./settings.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";

const SPLITS = [{ trainStart: 0, trainEnd: 58, testStart: 60, testEnd: 90 }];

/** Bytes as tokens: every text can be written. */
function tinyModel(): LanguageModel {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const pieces = ["<unk>", "<s>", "</s>", ...bytes];
  return initialModel({
    family: "llama",
    vocabularySize: pieces.length,
    hiddenSize: 16,
    intermediateSize: 24,
    layers: 1,
    heads: 2,
    keyValueHeads: 1,
    headSize: 8,
    contextLength: 640,
    normEpsilon: 1e-5,
    ropeBase: 10_000,
    ropePairing: "half",
    ropeScaling: null,
    tiedEmbeddings: true,
    attentionBias: false,
    queryKeyNorm: false,
  }, {
    seed: 1,
    tokenizer: {
      kind: "pieces",
      pieces,
      scores: pieces.map(() => 0),
      types: pieces.map((piece) =>
        piece === "<unk>"
          ? "unknown"
          : piece.startsWith("<0x")
          ? "byte"
          : "control"
      ),
      addSpacePrefix: false,
      beginId: 1,
      endId: 2,
      addBegin: true,
      chatTemplate: null,
    },
  });
}

const tiny = op({
  name: "test/tinyModel",
  inputs: {},
  outputs: { model: modelPort() },
  run: () => ({ model: tinyModel() }),
});

const column = op({
  name: "test/column",
  inputs: { values: port.tensor(["i32", "f64"], ["t", "..."]) },
  outputs: { rows: port.value(z.number()) },
  run: ({ values }) => ({ rows: values.shape[0]! }),
});

const rowsWithNumbers = op({
  name: "test/rowsWithNumbers",
  inputs: { values: port.tensor("f64", ["t", "k"]) },
  outputs: { rows: port.value(z.array(z.number())) },
  run: async ({ values }) => {
    const data = await values.data();
    const width = values.shape[1]!;
    const rows = [...Array(values.shape[0]).keys()];
    return { rows: rows.filter((row) => !Number.isNaN(data[row * width]!)) };
  },
});

Deno.test("retuning goes through all stages and reports each baseline", async () => {
  const { bayesRate, items } = simulatedItems({}, {
    items: 90,
    factorStrength: 0.5,
  });
  const settings = RETUNING_SETTINGS.parse({
    promptTokens: 400,
    answerTokens: 16,
    coldItems: 12,
    policyItems: 3,
    testItems: 6,
    rank: 2,
    coldSteps: 2,
    coldBatch: 2,
    difficultySamples: 2,
    policySteps: 1,
    samples: 2,
    resamples: 20,
  });
  const { answers, logits, node, structuredLogits } = retuning(
    { items, bayesRate, splits: SPLITS, model: tiny().model },
    settings,
    { model: "tiny", scope: "mechanics", notes: ["A note."] },
  );
  const { report } = await node.value({ store: "none" });
  assert.deepEqual(RETUNING_REPORT.parse(report), report);
  const { metrics, notes, splits } = report.stage;
  const accuracy = metrics.find(({ metric }) => metric === "accuracy")!;
  assert.equal(accuracy.rows, 6);
  assert.deepEqual(accuracy.baselines.map(({ model }) => model), [
    "guesses",
    "majority class",
    "structured scorer",
    "the model on examples only",
    "the model untuned",
  ]);
  assert.ok(accuracy.baselines.every(({ pValue }) => pValue !== null));
  assert.notEqual(accuracy.shuffled, null);
  assert.equal(notes[0], "A note.");
  for (const { on } of report.stage.tuning.slice(0, 3)) {
    assert.match(on, /of each class/);
  }
  assert.equal(splits[0]!.embargo, 2);
  assert.ok(splits[0]!.train.to < splits[0]!.test.from);
  assert.equal(report.tunings.length, 1);
  assert.equal(report.tunings[0]!.losses.length, 2);
  assert.equal(report.tunings[0]!.policy.length, 1);
  assert.deepEqual(report.votes.map(({ samples }) => samples), [1, 2]);
  assert.equal(report.responses.responses, 12);
  assert.ok(report.bayesRate! > 0.4);
  const [given, votes, rule] = await Promise.all(
    [answers, logits, structuredLogits].map((values) =>
      column({ values }).value({ store: "none" })
    ),
  );
  for (const { rows } of [given!, votes!, rule!]) assert.equal(rows, 90);
});

Deno.test("each window has a chain of its own, and answers are joined", async () => {
  const { items } = simulatedItems({}, { items: 90, factorStrength: 0.5 });
  const splits = [
    { trainStart: 0, trainEnd: 58, testStart: 60, testEnd: 75 },
    { trainStart: 0, trainEnd: 73, testStart: 75, testEnd: 90 },
  ];
  const small = {
    promptTokens: 400,
    answerTokens: 8,
    coldItems: 6,
    policyItems: 2,
    testItems: 3,
    rank: 2,
    coldSteps: 1,
    coldBatch: 1,
    difficultySamples: 1,
    policySteps: 1,
    samples: 1,
    resamples: 20,
  };
  const labels = { model: "tiny", scope: "mechanics", notes: [] } as const;
  const model = tiny().model;
  const both = retuning(
    { items, splits, model },
    RETUNING_SETTINGS.parse({ ...small, windows: 2, balance: false }),
    labels,
  );
  const first = retuning(
    { items, splits: splits.slice(0, 1), model },
    RETUNING_SETTINGS.parse({ ...small, balance: false }),
    labels,
  );
  const [joined, alone] = await Promise.all(
    [both, first].map(({ node }) => node.value({ store: "memory" })),
  );
  const { byWindow, confusions, responses, stage, tunings } = joined!.report;
  assert.deepEqual(byWindow.map(({ rows }) => rows), [3, 3]);
  assert.equal(stage.metrics[0]!.rows, 6);
  assert.equal(responses.responses, 6);
  assert.equal(confusions["tiny"]!.flat().reduce((a, b) => a + b), 6);
  assert.deepEqual(tunings[0], alone!.report.tunings[0]);
  assert.notDeepEqual(tunings[1]!.losses, tunings[0]!.losses);
  const [before, after] = stage.splits;
  assert.ok(before!.test.to < after!.test.from);
  assert.ok(after!.train.to < after!.test.from);
  assert.ok(after!.train.to > before!.test.from);
  assert.ok(stage.tuning[0]!.byWindow);
  assert.equal(stage.tuning[0]!.on, "all training items");
  const { structuredLogits } = both;
  const known = await rowsWithNumbers({ values: structuredLogits }).value({
    store: "memory",
  });
  assert.equal(known.rows.length, 6);
  assert.ok(known.rows.every((row) => row >= 60));
});

Deno.test("selectItems learns from the past only, and knows its test", async () => {
  const { items } = await simulatedItems.run({}, { items: 90 });
  const made = await selectItems.run({ items, splits: SPLITS }, {
    coldItems: 10,
    policyItems: 4,
    testItems: 6,
    balance: false,
  });
  const { cold, labels, pool, test, testRows, train } = made;
  assert.deepEqual(
    [train, cold, pool, test].map(({ length }) => length),
    [58, 10, 4, 6],
  );
  const even = await selectItems.run({ items, splits: SPLITS }, {
    coldItems: 13,
    policyItems: 3,
    testItems: 7,
  });
  for (const [own, share] of [[even.cold, 4], [even.test, 2]] as const) {
    const counts = EVIDENCE_ANSWERS.map((answer) =>
      own.filter(({ truth }) => truth!.answer === answer).length
    );
    assert.deepEqual(counts, [share, share, share]);
  }
  assert.ok(cold.at(-1)!.sources.day < pool[0]!.sources.day);
  assert.ok(pool.at(-1)!.sources.day < test[0]!.sources.day);
  assert.deepEqual(
    [...await labels.data()],
    testRows.map((row) => EVIDENCE_ANSWERS.indexOf(items[row]!.truth!.answer)),
  );
  for (const bad of [{ window: 1 }, { windows: 2 }]) {
    await assert.rejects(
      async () => await selectItems.run({ items, splits: SPLITS }, bad),
      DataError,
    );
  }
});

Deno.test("curriculum takes what is neither easy nor hard, then what is near", async () => {
  const { items } = await simulatedItems.run({}, { items: 4 });
  const say = (answer: string) => `</think><answer>${answer}</answer>`;
  const right = [0, 4, 2, 3];
  const texts = items.flatMap(({ truth }, item) =>
    Array.from(
      { length: 4 },
      (_, k) => say(k < right[item]! ? truth!.answer : "?"),
    )
  );
  const prompts = ["a", "b", "c", "d"];
  const made = await curriculum.run({ items, prompts, texts }, {
    samples: 4,
    least: 3,
    threshold: 0.01,
  });
  assert.deepEqual(made.prompts, ["c", "d", "a"]);
  assert.ok(made.truths.every(({ threshold }) => threshold === 0.01));
  assert.deepEqual(made.summary, {
    easy: 2,
    medium: 1,
    hard: 1,
    chosen: 3,
    added: 2,
  });
  await assert.rejects(
    async () => await curriculum.run({ items, prompts, texts }, { samples: 3 }),
    DataError,
  );
});

Deno.test("answers are rewarded by the threshold of the pipeline", () => {
  const text = "<think>…</think><score>[7.0, 3.0]</score>" +
    "<pct_change>0.0150</pct_change><answer>up</answer>";
  const truth = { answer: "up", change: 0.04 } as const;
  // Form, class and daring; a rise of 1.5 % is an up above 1 % only
  assert.equal(rewardOf(text, { ...truth, threshold: 0.01 }), 5);
  assert.equal(rewardOf(text, { ...truth, threshold: 0.03 }), 4);
});

Deno.test("truths are dealt anew, and simple answers need no model", async () => {
  const { items } = await simulatedItems.run({}, { items: 60 });
  const { items: dealt } = await shuffleTruths.run({ items }, { seed: 1 });
  const changes = (own: typeof items) => own.map(({ truth }) => truth!.change);
  assert.notDeepEqual(changes(dealt), changes(items));
  assert.deepEqual(changes(dealt).sort(), changes(items).sort());
  const train = items.map((item) => ({
    ...item,
    truth: { answer: "down" as const, change: -0.1 },
  }));
  const made = await simpleAnswers.run({ train, test: items });
  assert.ok((await made.majority.data()).every((answer) => answer === 0));
  assert.equal(new Set(await made.guesses.data()).size, 3);
});

Deno.test("placeRows leaves other rows empty", async () => {
  const { answers, logits } = await placeRows.run({
    answers: [[2, -1], [0]].map((own) => wf.tensor(own, { dtype: "i32" })),
    rows: [[1, 3], [4]],
    days: wf.zeros([6], { dtype: "i32" }),
  });
  assert.deepEqual(await answers.toArray(), [-1, 2, -1, -1, 0, -1]);
  const data = await logits.data();
  assert.deepEqual([...data.slice(3, 6)], [-Infinity, -Infinity, 0]);
  assert.ok(Number.isNaN(data[0]));
});

Deno.test("the command line is read, and refuses half of a pair", async () => {
  const options = readRetuningOptions(["--cold-steps", "7", "--rule", "score"]);
  assert.deepEqual([options.coldSteps, options.rule], [7, "score"]);
  for (
    const bad of [
      ["--reports", "x"],
      ["--cold-steps", "0"],
      ["--nothing", "1"],
      ["--simulated", "--reports", "x", "--prices", "y"],
    ]
  ) assert.throws(() => readRetuningOptions(bad), ParameterError);
  const lines: string[] = [];
  await retuningCommand(["--help"], (line) => lines.push(line));
  assert.ok(lines[0]!.includes("--policy-steps"));
});

Deno.test("the command runs on the small model that comes with Weft", async () => {
  const out = await mkdtemp(join(tmpdir(), "weft-retuning-"));
  const lines: string[] = [];
  try {
    await retuningCommand(
      [
        ...["--out", out, "--store", "memory", "--cold-items", "9"],
        ...["--policy-items", "3", "--test-items", "3", "--cold-steps", "1"],
        ...["--policy-steps", "1", "--answer-tokens", "12", "--samples", "1"],
        ...["--windows", "2", "--simulated"],
      ],
      (line) => lines.push(line),
    );
    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
    assert.equal(report.stage.scope, "mechanics");
    assert.equal(report.settings.coldSteps, 1);
    assert.deepEqual(
      report.stage.splits.map((split: { embargo: number }) => split.embargo),
      [2, 2],
    );
    assert.ok(lines.join("\n").includes("structured scorer"));
    const page = await readFile(join(out, "report.html"), "utf8");
    assert.match(page, /mechanics only/);
    assert.match(page, /Whole responses/);
  } finally {
    await rm(out, { recursive: true });
  }
});
