import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { NumericalError } from "../../../core/errors.ts";
import { choleskyRoutine } from "./cholesky.ts";
import {
  assertClose,
  matrix,
  positiveDefinite,
  product,
  reshaped,
  runToEnd,
  transposed,
} from "./testing.ts";

Deno.test("choleskyRoutine equals the factor that SciPy computes", () => {
  const { a, cholesky } = fixture.positiveDefinite;
  assertClose(
    runToEnd(choleskyRoutine(matrix(a).data, [], 6)),
    matrix(cholesky).data,
    1e-14,
  );
});

for (const n of [1, 2, 31, 32, 33, 65, 130]) {
  Deno.test(`choleskyRoutine gives back A of order ${n} as L · Lᵀ`, () => {
    const a = positiveDefinite(n, n);
    const factor = reshaped(n, n, runToEnd(choleskyRoutine(a.data, [], n)));
    assertClose(product(factor, transposed(factor)).data, a.data, 1e-14);
    for (let i = 0; i < n; i++) {
      assert.ok(factor.data[i * n + i]! > 0);
      for (let j = i + 1; j < n; j++) assert.equal(factor.data[i * n + j], 0);
    }
  });
}

Deno.test("choleskyRoutine reads only the lower triangle", () => {
  const a = positiveDefinite(5, 1);
  const marked = a.data.slice();
  for (let i = 0; i < 5; i++) marked.fill(NaN, i * 5 + i + 1, i * 5 + 5);
  assert.deepEqual(
    runToEnd(choleskyRoutine(marked, [], 5)),
    runToEnd(choleskyRoutine(a.data, [], 5)),
  );
});

Deno.test("choleskyRoutine factors each matrix of a batch on its own", () => {
  const parts = [1, 2, 3, 4].map((seed) => positiveDefinite(9, seed).data);
  const batch = Float64Array.from(parts.flatMap((part) => [...part]));
  const factors = runToEnd(choleskyRoutine(batch, [2, 2], 9));
  parts.forEach((part, i) => {
    assert.deepEqual(
      factors.slice(i * 81, (i + 1) * 81),
      runToEnd(choleskyRoutine(part, [], 9)),
    );
  });
});

Deno.test("choleskyRoutine names the matrix, the pivot and its value", () => {
  const batch = new Float64Array(6 * 4);
  for (let i = 0; i < 6; i++) batch.set([1, 0, 0, 1], i * 4);
  batch.set([4, 2, 2, -2], 5 * 4);
  assert.throws(
    () => runToEnd(choleskyRoutine(batch, [2, 3], 2)),
    (error) => {
      assert.ok(error instanceof NumericalError);
      assert.match(error.summary, /matrix \[1, 2\] of the batch/);
      assert.match(error.summary, /pivot 1 is -3$/);
      assert.match(error.details.hint ?? "", /jitter/);
      return true;
    },
  );
});

Deno.test("choleskyRoutine finds a failing pivot beyond the first block", () => {
  const a = positiveDefinite(70, 2);
  a.data[50 * 71] = -1;
  assert.throws(
    () => runToEnd(choleskyRoutine(a.data, [], 70)),
    /the matrix by Cholesky as it is not positive definite: pivot 50 is -/,
  );
});

Deno.test("choleskyRoutine takes NaN, infinity and zero for failing pivots", () => {
  for (const bad of [NaN, Infinity, 0, -0]) {
    assert.throws(
      () => runToEnd(choleskyRoutine(new Float64Array([bad]), [], 1)),
      NumericalError,
    );
  }
});

Deno.test("choleskyRoutine pauses many times on a large matrix", () => {
  const n = 400;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = 1;
  const work = choleskyRoutine(a, [], n);
  let pauses = 0;
  while (work.next().done !== true) pauses++;
  assert.ok(pauses >= 12);
});
