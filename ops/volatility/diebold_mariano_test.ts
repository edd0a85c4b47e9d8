import assert from "node:assert/strict";
import {
  compareLosses,
  dieboldMariano,
  longRunVariance,
} from "./diebold_mariano.ts";
import { assertClose, normals, series } from "./testing.ts";

const differences = Float64Array.of(
  0.3,
  -0.1,
  0.5,
  0.2,
  -0.4,
  0.6,
  0.1,
  0,
  0.7,
  -0.2,
  0.4,
  0.3,
);
const zeros = series(new Float64Array(12));

Deno.test("dieboldMariano gives the card's statistics and p-value at horizon 1", async () => {
  const { result } = await dieboldMariano.run({
    first: series(differences),
    second: zeros,
  });
  assertClose(result.uncorrected, 2.1728579, 3e-8);
  assertClose(result.statistic, 2.0803531, 3e-8);
  // The card prints 0.0616615; SciPy 1.17.1 gives 0.06166049 for its statistic
  assertClose(result.pValue, 0.06166049, 1e-6);
  assert.equal(result.count, 12);
  assertClose(result.meanDifference, 0.2, 1e-12);
});

Deno.test("a negative truncated long-run variance is an error, and bartlett helps", async () => {
  const inputs = { first: series(differences), second: zeros };
  await assert.rejects(
    dieboldMariano.run(inputs, { horizon: 2 }),
    /long-run variance of their loss differences is -/,
  );
  const { result } = await dieboldMariano.run(inputs, {
    horizon: 2,
    longRunVariance: "bartlett",
  });
  assert.ok(result.longRunVariance > 0);
});

Deno.test("exchanging the forecasts changes the sign and keeps the p-value", async () => {
  const one = await dieboldMariano.run({
    first: series(differences),
    second: zeros,
  });
  const two = await dieboldMariano.run({
    first: zeros,
    second: series(differences),
  });
  assertClose(two.result.statistic, -one.result.statistic, 1e-12);
  assertClose(two.result.pValue, one.result.pValue, 1e-12);
});

Deno.test("longRunVariance adds autocovariances with the weights of its kind", () => {
  const values = Float64Array.of(1, -1, 2, 0); // Mean 0.5; deviations 0.5, −1.5, 1.5, −0.5
  const zero = 5 / 4;
  const one = (-0.75 - 2.25 - 0.75) / 4;
  assertClose(longRunVariance(values, 0, "truncated"), zero, 1e-12);
  assertClose(longRunVariance(values, 1, "truncated"), zero + 2 * one, 1e-12);
  assertClose(longRunVariance(values, 1, "bartlett"), zero + one, 1e-12);
});

Deno.test("equal forecasts and too few rows are refused", () => {
  assert.throws(
    () => compareLosses(new Float64Array(10)),
    /The two forecasts have the same losses/,
  );
  assert.throws(
    () => compareLosses(Float64Array.of(1, 2)),
    /too few scored rows/,
  );
  assert.throws(
    () => compareLosses(new Float64Array(5).map(Math.sin), 3),
    /too few scored rows/,
  );
});

Deno.test("under equal accuracy the test at 5 per cent rejects about as often", () => {
  const next = normals(5);
  const trials = 2000;
  let rejections = 0;
  for (let trial = 0; trial < trials; trial++) {
    const sample = Float64Array.from({ length: 40 }, next);
    if (compareLosses(sample).pValue < 0.05) rejections++;
  }
  // Three standard errors of a 5 per cent frequency over 2,000 trials
  assert.ok(
    Math.abs(rejections / trials - 0.05) < 0.015,
    `${rejections / trials}`,
  );
});
