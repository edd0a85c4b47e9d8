import assert from "node:assert/strict";
import { runToEnd } from "./testing.ts";
import { triangularSolveRoutine } from "./triangular_solve.ts";

const ORDER = 70;

/** Numbers between −1 and 1. */
function numbers(count: number, seed: number): Float64Array {
  return Float64Array.from(
    { length: count },
    (_, at) => Math.sin(seed + 7 * at + at * at),
  );
}

/** A batch of two matrices with a strong diagonal. */
function triangles(): Float64Array {
  const size = ORDER * ORDER;
  return numbers(2 * size, 1).map((value, at) =>
    at % size % (ORDER + 1) === 0 ? 3 + value : value / 20
  );
}

Deno.test("triangularSolveRoutine solves for few right-hand sides as for many", () => {
  const matrices = triangles();
  const many = numbers(2 * ORDER * 5, 2);
  for (const transpose of [false, true]) {
    for (const lower of [false, true]) {
      for (const unitDiagonal of [false, true]) {
        const options = { lower, transpose, unitDiagonal };
        const all = runToEnd(
          triangularSolveRoutine(matrices, many, [2], ORDER, 5, options),
        );
        for (const sides of [1, 3]) {
          const part = (values: Float64Array) =>
            values.filter((_, at) => at % 5 < sides);
          const few = runToEnd(
            triangularSolveRoutine(
              matrices,
              part(many),
              [2],
              ORDER,
              sides,
              options,
            ),
          );
          part(all).forEach((value, at) =>
            assert.ok(
              Math.abs(value - few[at]!) <= 1e-11 * (1 + Math.abs(value)),
              JSON.stringify({ ...options, sides, at }),
            )
          );
        }
      }
    }
  }
});
