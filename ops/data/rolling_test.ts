import assert from "node:assert/strict";
import {
  differences,
  logarithms,
  relativeStrengthIndex,
  rollingDeviation,
  rollingMaximum,
  rollingMean,
} from "./rolling.ts";

Deno.test("rolling windows give what a hand computes", () => {
  const values = Float64Array.of(1, 2, 4, 8, 1);
  assert.deepEqual(
    rollingMean(values, 2),
    Float64Array.of(NaN, 1.5, 3, 6, 4.5),
  );
  assert.deepEqual(
    rollingMaximum(values, 3),
    Float64Array.of(NaN, NaN, 4, 8, 8),
  );
  assert.deepEqual(
    rollingDeviation(values, 2),
    Float64Array.of(
      NaN,
      ...[1, 2, 4, 7].map((gap) => Math.sqrt(gap * gap / 2)),
    ),
  );
  assert.deepEqual(
    differences(values, 2),
    Float64Array.of(NaN, NaN, 3, 6, -3),
  );
  assert.deepEqual(
    logarithms(Float64Array.of(1, Math.E)),
    Float64Array.of(0, 1),
  );
});

Deno.test("rolling windows with a missing value are missing, later ones are not", () => {
  const values = Float64Array.of(1, NaN, 3, 4, 5);
  const wanted = [true, true, true, false, false];
  for (const method of [rollingMean, rollingMaximum, rollingDeviation]) {
    assert.deepEqual(Array.from(method(values, 2), Number.isNaN), wanted);
  }
});

Deno.test("rollingDeviation keeps its digits far from zero", () => {
  const values = Float64Array.of(1e9 + 1, 1e9 + 2, 1e9 + 3);
  assert.equal(rollingDeviation(values, 3)[2], 1);
});

Deno.test("relativeStrengthIndex follows Wilder's averages", () => {
  // Changes +1, -1, +2: averages 1/2 and 1/2, then (1/2 + 2)/2 and 1/4
  const index = relativeStrengthIndex(Float64Array.of(5, 6, 5, 7), 2);
  assert.deepEqual(index, Float64Array.of(NaN, NaN, 50, 125 / 1.5));
});

Deno.test("relativeStrengthIndex is 100, 0 and 50 at its limits and starts anew after a gap", () => {
  const rising = relativeStrengthIndex(Float64Array.of(1, 2, 3), 2);
  assert.equal(rising[2], 100);
  const falling = relativeStrengthIndex(Float64Array.of(3, 2, 1), 2);
  assert.equal(falling[2], 0);
  const flat = relativeStrengthIndex(Float64Array.of(3, 3, 3), 2);
  assert.equal(flat[2], 50);
  const gap = relativeStrengthIndex(Float64Array.of(1, 2, 3, NaN, 3, 2, 1), 2);
  assert.deepEqual(gap, Float64Array.of(NaN, NaN, 100, NaN, NaN, NaN, 0));
});
