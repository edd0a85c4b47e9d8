import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { NumericalError } from "../../../core/errors.ts";
import { determinantRoutine, solveRoutine } from "./lu.ts";
import {
  assertClose,
  identity,
  matrix,
  noise,
  product,
  reshaped,
  runToEnd,
} from "./testing.ts";

const recorded = fixture.general;

Deno.test("solveRoutine equals NumPy's solution and inverse", () => {
  const a = matrix(recorded.a).data;
  assertClose(
    runToEnd(solveRoutine(a, matrix(recorded.b).data, [], 5, 2)),
    matrix(recorded.solution).data,
    1e-12,
  );
  assertClose(
    runToEnd(solveRoutine(a, identity(5).data, [], 5, 5)),
    matrix(recorded.inverse).data,
    1e-12,
  );
});

Deno.test("determinantRoutine equals NumPy's slogdet and det", () => {
  const { sign, logAbsolute, determinant } = runToEnd(
    determinantRoutine(matrix(recorded.a).data, [], 5),
  );
  assert.equal(sign[0], recorded.sign);
  assertClose(logAbsolute, [recorded.logAbsolute], 1e-14);
  assertClose(determinant, [recorded.determinant], 1e-14);
});

for (const [n, m] of [[1, 1], [33, 2], [64, 5], [101, 40]] as const) {
  Deno.test(`solveRoutine solves order ${n} with ${m} right-hand sides`, () => {
    const a = reshaped(n, n, noise(n * n, n));
    const b = reshaped(n, m, noise(n * m, 9));
    const x = runToEnd(solveRoutine(a.data, b.data, [], n, m));
    assertClose(product(a, reshaped(n, m, x)).data, b.data, 1e-11);
  });
}

Deno.test("solveRoutine pivots where the diagonal is zero", () => {
  const a = matrix([[0, 1], [2, 0]]);
  assert.deepEqual(
    [...runToEnd(solveRoutine(a.data, new Float64Array([3, 8]), [], 2, 1))],
    [4, 3],
  );
});

Deno.test("solveRoutine refuses singular matrices and NaN, by name", () => {
  const good = [1, 0, 0, 1];
  for (const bad of [[1, 2, 2, 4], [NaN, 0, 0, 1]]) {
    assert.throws(
      () =>
        runToEnd(
          solveRoutine(
            new Float64Array([...good, ...bad]),
            new Float64Array(4),
            [2],
            2,
            1,
          ),
        ),
      (error) => {
        assert.ok(error instanceof NumericalError);
        assert.match(
          error.summary,
          /matrix \[1\] of the batch as it is singular/,
        );
        return true;
      },
    );
  }
});

Deno.test("determinantRoutine gives sign 0 and -Infinity for a singular matrix, and the sign of a permutation", () => {
  const { sign, logAbsolute, determinant } = runToEnd(
    determinantRoutine(new Float64Array([1, 2, 2, 4, 0, 1, 1, 0]), [2], 2),
  );
  assert.deepEqual([...sign], [0, -1]);
  assert.deepEqual([...logAbsolute], [-Infinity, 0]);
  assert.deepEqual([...determinant], [0, -1]);
});

Deno.test("determinantRoutine does not overflow where the determinant does", () => {
  const n = 200;
  const a = identity(n).data.map((x) => x * 1e3);
  const { logAbsolute } = runToEnd(determinantRoutine(a, [], n));
  assertClose([logAbsolute[0]! / (n * Math.log(1e3))], [1], 1e-14);
});
