import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluation.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { dieboldMariano } from "../volatility/mod.ts";
import { compareAnswers } from "./compare_answers.ts";
import { compareLossMeans, rowLosses } from "./compare_losses.ts";
import { mcNemar, mcNemarOf } from "./mc_nemar.ts";
import { pairedPermutation } from "./permutation.ts";

const series = (values: readonly number[]) =>
  wf.tensor(Float64Array.from(values));
const classes = (values: readonly number[]) =>
  wf.tensor(Int32Array.from(values));

function assertClose(actual: number, expected: number, tolerance: number) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.abs(expected),
    `${actual} is not ${expected}`,
  );
}

Deno.test("mcNemar's exact and mid-p-values equal statsmodels' and scipy's", () => {
  for (const { first, second, exact, midP } of reference.mcNemar) {
    const ours = mcNemarOf(first, second);
    assertClose(ours.exact, exact, 1e-11);
    assertClose(ours.midP, midP, 1e-11);
    assertClose(mcNemarOf(second, first).midP, midP, 1e-11);
  }
});

Deno.test("mcNemar does not underflow for thousands of disagreements", () => {
  const { exact, midP } = mcNemarOf(2900, 3100);
  // Normal approximation with continuity correction: z = 199 / √6000
  assertClose(exact, 0.01019, 0.01);
  assert.ok(midP < exact);
});

Deno.test("mcNemar counts answers without a class as wrong and leaves out unlabelled rows", async () => {
  const { result } = await mcNemar.run({
    labels: classes([0, 1, -1, 1]),
    first: classes([-1, 1, 0, 1]),
    second: classes([0, -1, 1, -1]),
  });
  assert.equal(result.firstOnly, 2);
  assert.equal(result.secondOnly, 1);
});

Deno.test("compareAnswers' permutation test equals scipy's over all ways", async () => {
  const { labels, first, second, difference, pValue } = reference.swaps;
  const { table } = await compareAnswers.run({
    labels: classes(labels),
    first: classes(first),
    second: classes(second),
  }, { classes: 2, resamples: 100 });
  const macro = table.find(({ metric }) => metric === "macroF1")!;
  assertClose(macro.difference.value, difference, 1e-12);
  assertClose(macro.pValue, pValue, 1e-12);
  assert.ok(macro.difference.lower < difference);
  assert.ok(macro.difference.upper > difference);
});

Deno.test("compareLossMeans' permutation test equals scipy's over all ways", async () => {
  const { first, second, pValue } = reference.flips;
  const { result } = await compareLossMeans.run({
    first: series(first),
    second: series(second),
  });
  assertClose(result.pValue, pValue, 1e-12);
  assert.equal(result.isExact, true);
});

Deno.test("drawn permutations come near to what all of them would give", async () => {
  // Nine gains and five losses of 1: P(|sum of 14 signs| ≥ 4)
  const gains = Array.from({ length: 14 }, (_, unit) => unit < 9 ? 1 : -1);
  const sum = (swaps: Int32Array) => [
    gains.reduce((all, gain, unit) => all + (swaps[unit] ? -gain : gain), 0),
  ];
  const draws = { permutations: 4000, seed: 2 };
  const [result] = await pairedPermutation(14, sum, draws);
  const expected = 1 - (3432 + 2 * 3003) / 2 ** 14;
  assert.equal(result!.isExact, false);
  assert.ok(Math.abs(result!.pValue - expected) < 0.04, `${result!.pValue}`);
});

Deno.test("clusters are swapped whole, since rows taken as independent claim too much", async () => {
  // Ten losses, each told twice
  const { first, second } = reference.flips;
  const twice = (values: readonly number[]) =>
    series(values.flatMap((value) => [value, value]));
  const clusters = classes(first.flatMap((_, row) => [row, row]));
  const inputs = { first: twice(first), second: twice(second) };
  const whole = await compareLossMeans.run({ ...inputs, clusters });
  assertClose(whole.result.pValue, reference.flips.pValue, 1e-12);
  const alone = await compareLossMeans.run(inputs, { permutations: 2000 });
  assert.equal(alone.result.isExact, false);
  assert.ok(alone.result.pValue < whole.result.pValue);
});

Deno.test("equal models have p-value 1 and no difference", async () => {
  const labels = classes([0, 1, 0, 1]);
  const first = classes([0, 1, 1, 1]);
  const { table } = await compareAnswers.run(
    { labels, first, second: first },
    { classes: 2, resamples: 20 },
  );
  for (const { difference, pValue } of table) {
    assert.deepEqual(difference, { value: 0, lower: 0, upper: 0 });
    assert.equal(pValue, 1);
  }
});

Deno.test("under equal skill the permutation test rejects as often as it says", async () => {
  let rejected = 0;
  const runs = 60;
  for (let run = 0; run < runs; run++) {
    const key = wf.random.key(100 + run);
    const draw = (part: number) =>
      wf.random.randint(wf.random.foldIn(key, part), [60], { low: 0, high: 2 });
    const { table } = await compareAnswers.run({
      labels: draw(0),
      first: draw(1),
      second: draw(2),
    }, { classes: 2, resamples: 1, permutations: 99, seed: run });
    if (table[0]!.pValue <= 0.2) rejected++;
  }
  // Binomial(60, 0.2): five standard deviations around 12
  assert.ok(rejected <= 27, `${rejected} of ${runs}`);
  assert.ok(rejected >= 1, "it never rejects");
});

Deno.test("rowLosses feed Diebold and Mariano's test and the permutation test alike", async () => {
  const { logits, labels } = reference.reliability;
  const own = wf.tensor(logits, { dtype: "f64" });
  const lossesOf = async (scale: number) =>
    (await rowLosses.run({
      labels: classes(labels),
      probabilities: wf.softmax(wf.multiply(own, scale), { axis: -1 }),
    })).logLoss;
  const inputs = { first: await lossesOf(1), second: await lossesOf(0.4) };
  const { result: test } = await dieboldMariano.run(inputs);
  const { result } = await compareLossMeans.run(inputs);
  assertClose(result.difference.value, test.meanDifference, 1e-12);
  assert.ok(test.pValue < 0.01);
  assert.ok(result.pValue < 0.01);
  assertClose(
    result.difference.value,
    reference.reliability.logLossBefore -
      reference.reliability.logLoss,
    1e-5,
  );
});

Deno.test("compareLossMeans refuses losses that are not finite", async () => {
  await assert.rejects(
    compareLossMeans.run({ first: series([1, NaN]), second: series([1, 2]) }),
    /"first" is empty or not finite/,
  );
});
