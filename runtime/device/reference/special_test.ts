import assert from "node:assert/strict";
import recorded from "../../../fixtures/reference/special.json" with {
  type: "json",
};
import {
  erf,
  erfc,
  floorRemainder,
  integerPower,
  lgamma,
  logNormalCdf,
  polygamma,
  roundHalfEven,
  saturate,
  sigmoid,
  softplus,
} from "./special.ts";

/** Compares with mpmath's values, relative to the larger of 1e-300 and theirs. */
function assertRecorded(
  name: keyof typeof recorded.values,
  fn: (x: number) => number,
  tolerance: number,
  floor = 0,
  from = -Infinity,
): void {
  for (const [x, expected] of recorded.values[name] as [number, number][]) {
    if (x < from) continue;
    const error = Math.abs(fn(x) - expected);
    const limit = tolerance * Math.max(Math.abs(expected), floor, 1e-300);
    assert.ok(
      error <= limit,
      `${name}(${x}) is ${fn(x)}, expected ${expected}, error ${error}`,
    );
  }
}

Deno.test("erf equals mpmath to 4 units in the last place", () => {
  assertRecorded("erf", erf, 8e-16);
});

Deno.test("erfc equals mpmath to 1e-14 relative, also in its tail", () => {
  assertRecorded("erfc", erfc, 1e-14);
});

Deno.test("logNormalCdf equals mpmath to 1e-13 relative in both tails", () => {
  assertRecorded("logNormalCdf", logNormalCdf, 1e-13);
});

Deno.test("lgamma equals mpmath to 1e-14 relative, also near its zeros at 1 and 2", () => {
  assertRecorded("lgamma", lgamma, 1e-14, 0, 0);
  // Below 0 there are more zeros, near which the error is absolute.
  assertRecorded("lgamma", lgamma, 1e-14, 1);
});

Deno.test("polygamma equals mpmath for the first four orders", () => {
  assertRecorded("digamma", (x) => polygamma(0, x), 2e-14, 1);
  assertRecorded("trigamma", (x) => polygamma(1, x), 2e-14);
  assertRecorded("polygamma2", (x) => polygamma(2, x), 1e-12);
  assertRecorded("polygamma3", (x) => polygamma(3, x), 5e-14);
});

Deno.test("special functions keep NaN and go to their limits", () => {
  for (const fn of [erf, erfc, logNormalCdf, lgamma, sigmoid, softplus]) {
    assert.ok(Number.isNaN(fn(NaN)), fn.name);
  }
  assert.deepEqual([erf(Infinity), erf(-Infinity)], [1, -1]);
  assert.deepEqual([erfc(Infinity), erfc(-Infinity)], [0, 2]);
  assert.equal(Math.abs(logNormalCdf(Infinity)), 0);
  assert.equal(logNormalCdf(-Infinity), -Infinity);
  assert.deepEqual([lgamma(0), lgamma(-3), lgamma(Infinity)], [
    Infinity,
    Infinity,
    Infinity,
  ]);
  assert.ok(Number.isNaN(polygamma(0, -2)));
});

Deno.test("roundHalfEven sends halves to the even neighbour", () => {
  assert.deepEqual(
    [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6, -2.6, 4503599627370497].map(
      roundHalfEven,
    ),
    [0, 2, 2, -0, -2, 2, 3, -3, 4503599627370497],
  );
});

Deno.test("floorRemainder has the sign of the divisor", () => {
  assert.deepEqual(
    [[7, 3], [-7, 3], [7, -3], [-7, -3], [6, 3]].map(([a, b]) =>
      floorRemainder(a!, b!)
    ),
    [1, 2, -2, -1, 0],
  );
});

Deno.test("saturate truncates, clamps and sends NaN to 0", () => {
  assert.deepEqual(
    [1.9, -1.9, 1e9, -1e9, NaN, Infinity].map((x) => saturate(x, -128, 127)),
    [1, -1, 127, -128, 0, 127],
  );
});

Deno.test("sigmoid and softplus do not overflow", () => {
  assert.deepEqual([sigmoid(1000), sigmoid(-1000)], [1, 0]);
  assert.deepEqual([softplus(1000), softplus(-1000)], [1000, 0]);
});

Deno.test("integerPower wraps around as 32-bit multiplication does", () => {
  assert.equal(integerPower(3, 5), 243);
  assert.equal(integerPower(3, 21), Number(BigInt.asIntN(32, 3n ** 21n)));
  assert.deepEqual([integerPower(-1, -3), integerPower(2, -1)], [-1, 0]);
});
