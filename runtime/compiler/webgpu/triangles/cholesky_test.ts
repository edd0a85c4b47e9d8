import type { DType, TypedArray } from "../../../device/dtypes.ts";
import { renderCholesky } from "./cholesky.ts";
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
  change: (data: TypedArray) => void = () => {},
): RoutineCase {
  const count = leading.reduce((product, size) => product * size, 1);
  const data = dominant(dtype, n, count, (row, column) => column <= row);
  change(data);
  return {
    name: `${dtype}, [${leading}] of order ${n}`,
    step: routineStep("cholesky", dtype, [[...leading, n, n]]),
    inputs: [data],
  };
}

Deno.test("renderCholesky factors as the host does, from the lower triangle", () =>
  checkRoutine(renderCholesky, () => [
    ...[0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 96, 97, 127, 161, 230]
      .map((n) => caseOf(n)),
    ...[1, 5, 32, 40, 100].flatMap((n) => [
      caseOf(n, [0]),
      caseOf(n, [3]),
      caseOf(n, [2, 1, 2]),
    ]),
    caseOf(3, [700]),
  ], 4e-6));

Deno.test("renderCholesky rounds f16 at the end only", () =>
  checkRoutine(
    renderCholesky,
    (hasF16) => hasF16 ? [caseOf(20, [2], "f16"), caseOf(70, [2], "f16")] : [],
    4e-6,
  ));

Deno.test("renderCholesky lays many workgroups out over two axes", () =>
  checkRoutine(
    (step, limits) =>
      renderCholesky(step, { ...limits, maxComputeWorkgroupsPerDimension: 7 }),
    () => [caseOf(300), caseOf(100, [5]), caseOf(2, [30])],
    4e-6,
  ));

Deno.test("renderCholesky tells the first pivot that fails, as the host does", () =>
  checkRoutine(
    renderCholesky,
    () =>
      [0, 1, 31, 32, 40, 69].flatMap((at) =>
        [-1, 0, NaN, Infinity, -Infinity].map((bad) =>
          caseOf(70, [2, 2], "f32", (data) => {
            // Later pivots, and those of later matrices, are not told.
            for (const index of [2, 3]) {
              data[index * 4900 + at * 71] = bad;
              data[index * 4900 + 69 * 71] = at === 69 ? bad : -5;
            }
          })
        )
      ),
    4e-6,
  ));

Deno.test("renderCholesky tells of NaN and infinity beside the diagonal", () =>
  checkRoutine(
    renderCholesky,
    () =>
      [NaN, Infinity].flatMap((bad) =>
        [[5, 3], [50, 3], [50, 40], [69, 68]].map(([row, column]) =>
          caseOf(70, [], "f32", (data) => data[row! * 70 + column!] = bad)
        )
      ),
    4e-6,
  ));
