import assert from "node:assert/strict";
import {
  regularizedIncompleteBeta,
  studentTCdf,
  studentTPValue,
} from "./student_t.ts";
import { reference } from "../../fixtures/reference/volatility.ts";

function assertRelative(
  actual: number,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const allowed = tolerance * Math.max(Math.abs(expected), 1e-300);
  assert.ok(
    Math.abs(actual - expected) <= allowed,
    `${what}: ${actual} is not ${expected}`,
  );
}

Deno.test("regularizedIncompleteBeta gives SciPy's values", () => {
  for (
    const [a, b, x, expected] of reference.special.regularizedIncompleteBeta
  ) {
    assertRelative(
      regularizedIncompleteBeta(a, b, x),
      expected,
      1e-11,
      `I(${a}, ${b}, ${x})`,
    );
  }
});

Deno.test("studentTCdf gives SciPy's values, far tails and large degrees included", () => {
  for (const [t, degrees, expected] of reference.special.studentTCdf) {
    assertRelative(
      studentTCdf(t, degrees),
      expected,
      1e-10,
      `t = ${t}, df = ${degrees}`,
    );
  }
});

Deno.test("studentTCdf with one degree of freedom is the Cauchy distribution", () => {
  for (const t of [-3, -0.5, 0.2, 4]) {
    assertRelative(
      studentTCdf(t, 1),
      0.5 + Math.atan(t) / Math.PI,
      1e-14,
      `t = ${t}`,
    );
  }
});

Deno.test("studentTPValue is two-sided and even in t", () => {
  assert.equal(studentTPValue(0, 7), 1);
  assert.equal(studentTPValue(-1.7, 7), studentTPValue(1.7, 7));
  assertRelative(
    studentTPValue(1.7, 7),
    2 * (1 - studentTCdf(1.7, 7)),
    1e-13,
    "p",
  );
  assert.equal(studentTPValue(Infinity, 7), 0);
  assert.ok(Number.isNaN(studentTPValue(NaN, 7)));
});

Deno.test("the distribution functions refuse arguments outside of their domain", () => {
  assert.throws(
    () => regularizedIncompleteBeta(0, 1, 0.5),
    /Cannot use "0" and "1" as shapes/,
  );
  assert.throws(
    () => regularizedIncompleteBeta(1, 1, 1.5),
    /Cannot use "1.5" as the argument/,
  );
  assert.throws(
    () => studentTCdf(1, 0),
    /Cannot use "0" as degrees of freedom/,
  );
});
