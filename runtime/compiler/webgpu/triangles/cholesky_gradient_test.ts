import type { DType } from "../../../device/dtypes.ts";
import { renderCholeskyGradient } from "./cholesky_gradient.ts";
import {
  checkRoutine,
  dominant,
  type RoutineCase,
  routineStep,
} from "./testing.ts";

function caseOf(
  n: number,
  leading: readonly number[] = [],
  dtype: DType = "f32",
): RoutineCase {
  const count = leading.reduce((product, size) => product * size, 1);
  const shape = [...leading, n, n];
  const lower = (row: number, column: number) => column <= row;
  return {
    name: `${dtype}, [${leading}] of order ${n}`,
    step: routineStep("choleskyGradient", dtype, [shape, shape]),
    inputs: [
      dominant(dtype, n, count, lower),
      dominant(dtype, n, count, lower).map((x, k) => x * (k % 5 - 1)),
    ],
  };
}

Deno.test("renderCholeskyGradient gives what the host does, from lower triangles", () =>
  checkRoutine(renderCholeskyGradient, () => [
    ...[0, 1, 2, 31, 32, 33, 63, 64, 65, 97, 150].map((n) => caseOf(n)),
    ...[1, 5, 40, 100].flatMap((n) => [
      caseOf(n, [0]),
      caseOf(n, [3]),
      caseOf(n, [2, 2]),
    ]),
  ], 4e-6));

Deno.test("renderCholeskyGradient rounds f16 at the end only", () =>
  checkRoutine(
    renderCholeskyGradient,
    (hasF16) => hasF16 ? [caseOf(20, [2], "f16"), caseOf(70, [], "f16")] : [],
    4e-6,
  ));

Deno.test("renderCholeskyGradient lays many workgroups out over two axes", () =>
  checkRoutine(
    (step, limits) =>
      renderCholeskyGradient(step, {
        ...limits,
        maxComputeWorkgroupsPerDimension: 7,
      }),
    () => [caseOf(200), caseOf(3, [20])],
    4e-6,
  ));
