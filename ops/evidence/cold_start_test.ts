import assert from "node:assert/strict";
import { DataError } from "../../runtime/core/errors.ts";
import { EVIDENCE_ANSWERS } from "./answers.ts";
import { coldStartExamples } from "./cold_start.ts";
import { evidenceFactors } from "./factors.ts";
import { textTone } from "./lexicon.ts";
import { parseEvidence } from "./parse_evidence.ts";
import { assemblePrompts } from "./prompt.ts";
import { gradeEvidence } from "./reward.ts";
import { simulateEvidence } from "./simulate_evidence.ts";
import { makeSources } from "./sources.ts";
import { fitStructuredScorer } from "./structured_forecast.ts";
import { scoreFactors, type StructuredScorer } from "./structured_scorer.ts";
import { writeResponse } from "./write_response.ts";

async function begun() {
  const { items } = await simulateEvidence({
    items: 300,
    factorStrength: 0.3,
    textStrength: 0.3,
  });
  const { prompts } = await assemblePrompts.run({
    sources: items.map(({ sources }) => sources),
  });
  const { scorer } = await fitStructuredScorer.run({ items });
  return { items, prompts, scorer };
}

const SCORER: StructuredScorer = {
  factors: [
    { name: "good", mean: 1, scale: 2, weights: [-1, 0, 1] },
    { name: "bad", mean: 0, scale: 1, weights: [0.5, 0, -0.5] },
  ],
  bias: [0, 0.5, 0],
  changes: [-0.05, 0, 0.06],
  items: 10,
};

Deno.test("scoreFactors scores both sides by what they add to the logits", () => {
  const made = scoreFactors({ good: 3, bad: 0.5 }, SCORER);
  assert.deepEqual(made.logits, [-0.75, 0.5, 0.75]);
  assert.equal(made.answer, "up");
  assert.equal(made.change, 0.06);
  assert.ok(Math.abs(made.up - 10 * (1 - Math.exp(-2))) < 1e-12);
  assert.ok(Math.abs(made.down - 10 * (1 - Math.exp(-0.5))) < 1e-12);
  const none = scoreFactors({}, SCORER);
  assert.deepEqual([none.up, none.down, none.answer], [0, 0, "hold"]);
  // An outlier counts as five deviations
  assert.equal(scoreFactors({ good: 1e9 }, SCORER).logits[2], 5);
});

Deno.test("writeResponse has the form, and real doubts", () => {
  for (const detail of ["full", "brief"] as const) {
    const { text } = writeResponse({ good: 3, bad: 0.5 }, SCORER, { detail });
    const parsed = parseEvidence(text);
    assert.deepEqual(
      [parsed.isStrict, parsed.answer, parsed.up, parsed.down, parsed.change],
      [true, "up", 8.6, 3.9, 0.06],
    );
  }
  const { text } = writeResponse({ good: 3, bad: 0.5 }, SCORER);
  assert.ok(text.includes("Without good the answer would be hold"));
  // Outcomes may be at a close, some days later
  assert.doesNotMatch(text, /open/);
  assert.ok(text.includes("- bad 0.5: 3.9/10"));
  assert.equal(parseEvidence(writeResponse({}, SCORER).text).isStrict, true);
});

Deno.test("coldStartExamples pass the reward's filter and are balanced", async () => {
  const { items, prompts, scorer } = await begun();
  const { examples, summary } = await coldStartExamples.run({
    items,
    prompts,
    scorer,
  });
  assert.ok(examples.length >= 60, String(examples.length));
  for (const { answer, completion, item, prompt } of examples) {
    assert.equal(prompt, prompts[item]);
    const reward = gradeEvidence(
      parseEvidence(completion),
      items[item]!.truth!,
    );
    assert.ok(reward.format === 1 && reward.accuracy === 2);
    assert.equal(reward.consistency, 1);
    assert.equal(items[item]!.truth!.answer, answer);
  }
  const counts = EVIDENCE_ANSWERS.map((answer) =>
    examples.filter((one) => one.answer === answer).length
  );
  assert.equal(new Set(counts).size, 1);
  const { filtered, passed, unbalanced, wrong } = summary;
  assert.equal(passed + wrong + filtered, 300);
  assert.equal(passed - unbalanced, examples.length);
  // The scorer is not right about everything, and is not made to be
  assert.ok(wrong > 20, String(wrong));
});

Deno.test("coldStartExamples is decided by its seed, and limits classes", async () => {
  const inputs = await begun();
  const options = { seed: 4, mostOfClass: 5, detail: "brief" } as const;
  const [first, again] = [
    await coldStartExamples.run(inputs, options),
    await coldStartExamples.run(inputs, options),
  ];
  assert.deepEqual(first, again);
  assert.equal(first.examples.length, 15);
  const { items, prompts, scorer } = inputs;
  const ups = items.filter(({ truth }) => truth!.answer === "up");
  const only = await coldStartExamples.run({
    items: ups,
    prompts: prompts.slice(0, ups.length),
    scorer,
  });
  assert.ok(only.examples.every(({ answer }) => answer === "up"));
  const mute = { ...scorer, bias: [99, 0, 0] };
  await assert.rejects(
    async () =>
      await coldStartExamples.run({
        items: ups,
        prompts: prompts.slice(0, ups.length),
        scorer: mute,
      }),
    DataError,
  );
  await assert.rejects(
    async () =>
      await coldStartExamples.run({ ...inputs, prompts: prompts.slice(1) }),
    DataError,
  );
});

Deno.test("textTone knows forms and what turns them", () => {
  assert.deepEqual(textTone("Sales grew; profits rose."), {
    rising: 2,
    falling: 0,
    words: 4,
    tone: 0.5,
  });
  assert.equal(textTone("Sales did not really improve").falling, 1);
  assert.equal(textTone("It was not so. Sales improved").rising, 1);
  assert.equal(textTone("No losses and no delays").rising, 2);
  assert.equal(textTone("Declining, dropped, beating, supplies").falling, 2);
  assert.equal(textTone("").tone, 0);
});

Deno.test("evidenceFactors look back only, and skip what cannot be told", () => {
  const price = (day: string, close: number) => ({
    day,
    open: close,
    high: close,
    low: close,
    close,
  });
  const prices = [price("2016-03-03", 100), price("2016-03-04", 110)];
  const factors = evidenceFactors(makeSources({
    name: "X",
    day: "2016-03-04",
    nextDay: "2016-03-07",
    prices,
    peers: [
      { name: "A", similarity: 0.5, prices },
      { name: "B", similarity: -0.5, prices },
    ],
    news: [{ time: "2016-03-04 22:00", title: "Profits fell" }],
    reports: [{ time: "2016-03-04", title: "Profits fell" }],
    fundamentals: [
      { name: "debt", value: -50, previous: -100 },
      { name: "margin", value: 0, previous: 0 },
    ],
  }));
  assert.deepEqual(Object.keys(factors).sort(), [
    "change of debt",
    "change of margin",
    "peer return",
    "return 1",
    "tone of reports",
  ]);
  assert.equal(factors["change of debt"], 0.5);
  assert.equal(factors["change of margin"], 0);
  assert.ok(Math.abs(factors["peer return"]!) < 1e-15);
  assert.ok(factors["tone of reports"]! < 0);
});
