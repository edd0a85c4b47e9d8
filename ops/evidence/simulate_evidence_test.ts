import assert from "node:assert/strict";
import { ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { accuracyBySamples, reportAnswers } from "./answer_report.ts";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import type { EvidenceItem } from "./sources.ts";
import {
  simulateEvidence,
  type SimulateEvidenceOptions,
} from "./simulate_evidence.ts";
import { structuredForecast } from "./structured_forecast.ts";

const ITEMS = 4000;
const TRAIN = 2000;

function truthsOf(items: readonly EvidenceItem[]): EvidenceAnswer[] {
  return items.map(({ truth }) => truth!.answer);
}

/** Logits of the structured scorer on the second half. */
async function forecast(options: SimulateEvidenceOptions) {
  const made = await simulateEvidence({ items: ITEMS, ...options });
  const { logits } = await structuredForecast.run({
    items: made.items,
    splits: [{
      trainStart: 0,
      trainEnd: TRAIN,
      testStart: TRAIN + 1,
      testEnd: ITEMS,
    }],
  });
  const all = await logits.data();
  const test = made.items.slice(TRAIN + 1);
  const rows = test.map((_, k) =>
    all.slice(3 * (TRAIN + 1 + k), 3 * (TRAIN + 2 + k))
  );
  const answers = rows.map((row) =>
    EVIDENCE_ANSWERS[row.indexOf(Math.max(...row))]!
  );
  const { accuracy } = reportAnswers(answers, truthsOf(test));
  return { ...made, accuracy, rows, truth: truthsOf(test) };
}

for (
  const [name, options] of [
    ["figures", { factorStrength: 0.5 }],
    ["the news", { textStrength: 0.5 }],
    ["both", { factorStrength: 0.3, textStrength: 0.3 }],
  ] as const
) {
  Deno.test(`the structured scorer recovers what ${name} tell`, async () => {
    const { accuracy, bayesRate } = await forecast(options);
    assert.ok(bayesRate > 0.5);
    assert.ok(
      Math.abs(accuracy - bayesRate) < 0.03,
      `${accuracy} ${bayesRate}`,
    );
  });
}

Deno.test("shuffled truths give chance", async () => {
  const { accuracy, bayesRate } = await forecast({
    factorStrength: 0.5,
    textStrength: 0.3,
    shuffled: true,
  });
  assert.ok(Math.abs(bayesRate - 1 / 3) < 1e-9);
  assert.ok(Math.abs(accuracy - 1 / 3) < 0.035, String(accuracy));
});

Deno.test("the Bayes rate is what the best rule reaches", async () => {
  const { bayesAnswers, bayesRate, items } = await simulateEvidence({
    items: ITEMS,
    factorStrength: 0.4,
    textStrength: 0.2,
    seed: 3,
  });
  const truth = truthsOf(items);
  const { accuracy } = reportAnswers(bayesAnswers, truth);
  assert.ok(Math.abs(accuracy - bayesRate) < 0.02);
  for (const answer of EVIDENCE_ANSWERS) {
    const part = truth.filter((one) => one === answer).length / ITEMS;
    assert.ok(Math.abs(part - 1 / 3) < 0.03, String(part));
  }
  const sure = await simulateEvidence({ items: 50, factorStrength: 1 });
  assert.equal(sure.bayesRate, 1);
  assert.deepEqual(sure.bayesAnswers, truthsOf(sure.items));
});

Deno.test("voting over noisy samples raises accuracy with their number", async () => {
  const { accuracy, rows, truth } = await forecast({ textStrength: 0.6 });
  const draws = await wf.random.uniform(wf.random.key(1), [rows.length, 32])
    .data();
  const ballots = rows.map((row, item) => {
    const weights = [...row].map((one) => Math.exp(one / 1.5));
    const total = weights.reduce((sum, one) => sum + one, 0);
    return Array.from({ length: 32 }, (_, k) => {
      let left = draws[item * 32 + k]! * total;
      const at = weights.findIndex((weight) => (left -= weight) < 0);
      return {
        answer: EVIDENCE_ANSWERS[Math.max(0, at)]!,
        up: null,
        down: null,
      };
    });
  });
  const reports = accuracyBySamples(ballots, truth);
  const [one, , four, , , all] = reports.map((report) => report.accuracy);
  assert.ok(four! > one! + 0.02, `${four} ${one}`);
  assert.ok(all! > four! + 0.02, `${all} ${four}`);
  assert.ok(Math.abs(all! - accuracy) < 0.03, `${all} ${accuracy}`);
});

Deno.test("another threshold scales the changes, so that classes stay thirds", async () => {
  const options = { items: 60, factorStrength: 0.5 };
  const usual = await simulateEvidence(options);
  const narrow = await simulateEvidence({ ...options, threshold: 0.01 });
  assert.deepEqual(truthsOf(narrow.items), truthsOf(usual.items));
  assert.ok(Math.abs(narrow.bayesRate - usual.bayesRate) < 1e-12);
  narrow.items.forEach(({ truth }, item) => {
    const expected = usual.items[item]!.truth!.change / 3;
    assert.ok(Math.abs(truth!.change - expected) < 1e-12);
  });
  await assert.rejects(
    () => simulateEvidence({ ...options, threshold: 0 }),
    ParameterError,
  );
});

Deno.test("simulateEvidence is decided by its seed", async () => {
  const [first, again, other] = await Promise.all(
    [1, 1, 2].map((seed) =>
      simulateEvidence({ items: 20, textStrength: 0.5, seed })
    ),
  );
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  await assert.rejects(
    () => simulateEvidence({ factorStrength: 0.7, textStrength: 0.7 }),
    ParameterError,
  );
});
