import assert from "node:assert/strict";
import {
  NumericalError,
  ParameterError,
} from "../../../runtime/core/errors.ts";
import { openStore } from "../../../runtime/flow/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { adaptModel, mergeAdapter } from "../adapter/adapter_ops.ts";
import { tinyModel } from "../adapter/testing_model.ts";
import { LETTERS } from "../generation/testing_letters.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { fineTune } from "./fine_tune.ts";
import { fineTuneModel } from "./fine_tune_model.ts";
import { quantizeModel } from "./quantize_model.ts";
import { weightBytes } from "../weights/weight_bytes.ts";
import { quantizeNf4 } from "./quantize_nf4.ts";

function letters(): LanguageModel {
  return { ...tinyModel(), tokenizer: LETTERS };
}

const EXAMPLES = [
  { prompt: "one", completion: "two" },
  { prompt: "three", completion: "four" },
  { text: "five six seven" },
];

const PARAMS = {
  rank: 4,
  sequenceLength: 16,
  steps: 6,
  learningRate: 0.02,
  warmup: 0,
};

async function logits(model: LanguageModel): Promise<Float32Array> {
  const tokens = wf.tensor([[1, 5, 9, 30]], { dtype: "i32" });
  const [made] = await wf.read(
    wf.cast(logitsOf(model, forward(model, { tokens }).hidden), "f32"),
  );
  return made;
}

function far(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0);
}

Deno.test("a model is packed, tuned, adapted and merged in a flow", async () => {
  const small = quantizeNf4({ model: letters() });
  const base = small.model;
  const tuned = fineTune({ model: base, examples: EXAMPLES }, PARAMS);
  const { adapter } = tuned;
  const adapted = await adaptModel({ model: base, adapter }).value();
  const merged = await mergeAdapter(
    { model: base, adapter },
    { format: "f32" },
  ).value();
  const { report } = await tuned.value();
  assert.equal(report.steps, 6);
  assert.ok(report.history.at(-1)!.loss < report.history[0]!.loss - 0.5);
  const right = await logits(adapted.model);
  assert.ok(far(right, await logits((await small.value()).model)) > 0.05);
  assert.ok(far(right, await logits(merged.model)) < 1e-4);
});

Deno.test("an adapter is reused where nothing changed", async () => {
  const store = openStore("memory");
  const tune = (params = {}) =>
    fineTune({ model: letters(), examples: EXAMPLES }, {
      ...PARAMS,
      ...params,
    });
  const first = await tune().value({ store });
  const { nodes: [again] } = await tune().plan({ store });
  assert.equal(again!.state, "reused");
  assert.deepEqual((await tune().value({ store })).report, first.report);
  const other = await tune({ seed: 1 }).value({ store });
  assert.notDeepEqual(other.report.history, first.report.history);
});

Deno.test("evaluation chooses the adapter in an op, too", async () => {
  const { report } = await fineTune.run(
    { model: letters(), examples: EXAMPLES, evaluation: EXAMPLES },
    { ...PARAMS, evaluateEvery: 2 },
  );
  assert.deepEqual(report.evaluations.map(({ step }) => step), [2, 4, 6]);
});

Deno.test("an adapter that a model has is trained further", async () => {
  const first = await fineTuneModel(letters(), EXAMPLES, {
    ...PARAMS,
    adapter: { rank: 4 },
  });
  const second = await fineTuneModel(first.model, EXAMPLES, PARAMS);
  assert.ok(second.history[0]!.loss < first.history[0]!.loss - 0.3);
  assert.equal(second.adapter.config.rank, 4);
});

Deno.test("settings and models that cannot be trained are refused", async () => {
  const refuse = (options: object, model = letters()) =>
    assert.rejects(() => fineTuneModel(model, EXAMPLES, options));
  await refuse({ learningRate: 0 });
  await refuse({ batchSize: 0 });
  await refuse({ warmup: 1.5 });
  await refuse({ finalPart: 2 });
  await refuse({ sequenceLength: 100 });
  await refuse({}, tinyModel());
});

Deno.test("models are packed tensor by tensor, tables as asked for", async () => {
  const model = letters();
  const told: number[] = [];
  const small = await quantizeModel(model, {
    tables: "q8_0",
    onProgress: (part) => told.push(part),
  });
  assert.equal(small.weights["model.embed_tokens.weight"]!.format, "q8_0");
  assert.equal(small.weights["model.norm.weight"]!.format, "plain");
  const linear = Object.entries(small.weights).filter(([name]) =>
    name.endsWith("_proj.weight")
  );
  assert.equal(linear.length, 14);
  assert.ok(linear.every(([, { format }]) => format === "nf4"));
  assert.equal(told.length, Object.keys(model.weights).length);
  assert.equal(told.at(-1), 1);
  assert.ok(far(await logits(small), await logits(model)) < 2);
  const bytes = weightBytes(linear.map(([, weight]) => weight));
  // Four bits, a byte for each block, and a few scales.
  const numbers = 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64);
  assert.equal(bytes, numbers / 2 + numbers / 64 + 4 * 14 + 4 * 14);
  const some = await quantizeModel(model, {
    targets: ["q_proj"],
    tables: "keep",
  });
  assert.equal(
    some.weights["model.layers.0.mlp.up_proj.weight"]!.format,
    "plain",
  );
  assert.equal(
    some.weights["model.embed_tokens.weight"],
    model.weights["model.embed_tokens.weight"],
  );
});

Deno.test("weights that are not finite are not packed", async () => {
  const model = tinyModel();
  const name = "model.layers.1.mlp.up_proj.weight";
  for (const bad of [NaN, Infinity]) {
    const value = wf.full([128, 64], bad);
    const broken = {
      ...model,
      weights: {
        ...model.weights,
        [name]: { format: "plain", value } as const,
      },
    };
    await assert.rejects(() => quantizeModel(broken), NumericalError);
    await assert.rejects(
      () => quantizeModel(broken, { doubleQuantize: false }),
      NumericalError,
    );
  }
  await assert.rejects(
    () => quantizeModel(model, { blockSize: 48 }),
    ParameterError,
  );
});
