import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import {
  assertClose,
  matrix,
  noise,
  product,
  reshaped,
  runToEnd,
  transposed,
} from "./testing.ts";
import { triangularSolveRoutine } from "./triangular_solve.ts";

const recorded = fixture.positiveDefinite;

for (
  const [name, a, lower, transpose, unitDiagonal] of [
    ["lower", recorded.cholesky, true, false, false],
    ["lowerTransposed", recorded.cholesky, true, true, false],
    ["upper", recorded.a, false, false, false],
    ["upperTransposed", recorded.a, false, true, false],
    ["unit", recorded.a, true, false, true],
  ] as const
) {
  Deno.test(`triangularSolveRoutine equals SciPy's solution, ${name}`, () => {
    const solution = runToEnd(
      triangularSolveRoutine(
        matrix(a).data,
        matrix(recorded.b).data,
        [],
        6,
        3,
        {
          lower,
          transpose,
          unitDiagonal,
        },
      ),
    );
    assertClose(solution, matrix(recorded[name]).data, 1e-12);
  });
}

for (const [n, m] of [[1, 1], [40, 1], [33, 7], [70, 50]] as const) {
  for (const lower of [true, false]) {
    for (const transpose of [true, false]) {
      Deno.test(`triangularSolveRoutine solves order ${n} with ${m} right-hand sides, lower ${lower}, transpose ${transpose}`, () => {
        const t = reshaped(n, n, noise(n * n, 5));
        for (let i = 0; i < n; i++) {
          t.data[i * n + i] = n / 4 + 1;
          for (let j = 0; j < n; j++) {
            if (lower ? j > i : j < i) t.data[i * n + j] = 0;
          }
        }
        const b = reshaped(n, m, noise(n * m, 6));
        const x = runToEnd(
          triangularSolveRoutine(t.data, b.data, [], n, m, {
            lower,
            transpose,
            unitDiagonal: false,
          }),
        );
        const back = product(transpose ? transposed(t) : t, reshaped(n, m, x));
        assertClose(back.data, b.data, 1e-13);
      });
    }
  }
}

Deno.test("triangularSolveRoutine ignores the other triangle", () => {
  const options = { lower: true, transpose: true, unitDiagonal: false };
  const solve = (corner: number) =>
    runToEnd(
      triangularSolveRoutine(
        new Float64Array([2, corner, 1, 4]),
        new Float64Array([3, 8]),
        [],
        2,
        1,
        options,
      ),
    );
  assert.deepEqual(solve(NaN), solve(0));
});

Deno.test("triangularSolveRoutine names the matrix and the zero on its diagonal", () => {
  const batch = new Float64Array([1, 0, 0, 1, 1, 0, 5, 0]);
  assert.throws(
    () =>
      runToEnd(
        triangularSolveRoutine(batch, new Float64Array(4), [2], 2, 1, {
          lower: true,
          transpose: false,
          unitDiagonal: false,
        }),
      ),
    /matrix \[1\] of the batch as it is singular: diagonal element 1 is 0/,
  );
});
