import type { DType, TypedArray } from "../../../device/dtypes.ts";
import { Noise } from "../rows/testing_kernels.ts";
import {
  checkRoutine,
  dominant,
  type RoutineCase,
  routineStep,
} from "./testing.ts";
import { renderTriangularSolve } from "./triangular_solve.ts";

interface Options {
  readonly lower: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

const BOTH = [true, false];
const ALL: readonly Options[] = BOTH.flatMap((lower) =>
  BOTH.flatMap((transpose) =>
    BOTH.map((unitDiagonal) => ({ lower, transpose, unitDiagonal }))
  )
);

function caseOf(
  options: Options,
  n: number,
  m: number,
  leading: readonly number[] = [],
  dtype: DType = "f32",
  change: (data: TypedArray) => void = () => {},
): RoutineCase {
  const { lower, unitDiagonal } = options;
  const count = leading.reduce((product, size) => product * size, 1);
  const data = dominant(dtype, n, count, (row, column) => {
    if (row === column) return !unitDiagonal;
    return lower === column < row;
  }, unitDiagonal);
  change(data);
  return {
    name: `${dtype}, [${leading}] of order ${n} for ${m}, ${
      JSON.stringify(options)
    }`,
    step: routineStep(
      "triangularSolve",
      dtype,
      [[...leading, n, n], [...leading, n, m]],
      { ...options },
    ),
    inputs: [data, new Noise(n + m).data(dtype, count * n * m)],
  };
}

Deno.test("renderTriangularSolve solves as the host does, from one triangle", () =>
  checkRoutine(renderTriangularSolve, () =>
    ALL.flatMap((options) => [
      ...[1, 2, 31, 32, 33, 65, 97, 131, 200].flatMap((n) =>
        [1, 3, 70].map((m) => caseOf(options, n, m))
      ),
      caseOf(options, 0, 2),
      caseOf(options, 40, 0),
      ...[1, 5, 40, 100].flatMap((n) => [
        caseOf(options, n, 2, [0]),
        caseOf(options, n, 65, [3]),
        caseOf(options, n, 1, [2, 2]),
      ]),
    ]), 4e-6));

Deno.test("renderTriangularSolve rounds f16 at the end only", () =>
  checkRoutine(
    renderTriangularSolve,
    (hasF16) =>
      hasF16
        ? ALL.flatMap((options) => [
          caseOf(options, 20, 3, [2], "f16"),
          caseOf(options, 70, 3, [2], "f16"),
        ])
        : [],
    4e-6,
  ));

Deno.test("renderTriangularSolve lays many workgroups out over two axes", () =>
  checkRoutine(
    (step, limits) =>
      renderTriangularSolve(step, {
        ...limits,
        maxComputeWorkgroupsPerDimension: 7,
      }),
    () => [
      caseOf(ALL[0]!, 200, 300),
      caseOf(ALL[0]!, 100, 2, [5]),
      caseOf(ALL[0]!, 2, 1, [30]),
    ],
    4e-6,
  ));

Deno.test("renderTriangularSolve tells the first zero on the diagonal, as stored", () =>
  checkRoutine(
    renderTriangularSolve,
    () =>
      ALL.flatMap((options) =>
        [[0, 69], [5, 7], [40], [31, 32], [69]].flatMap((zeros) =>
          [0, 2].map((m) =>
            caseOf(options, 70, m, [2, 2], "f32", (data) => {
              for (const index of [1, 3]) {
                for (const zero of index === 1 ? zeros : [0]) {
                  data[index * 4900 + zero * 71] = zero % 2 === 0 ? 0 : -0;
                }
              }
            })
          )
        )
      ),
    4e-6,
  ));
