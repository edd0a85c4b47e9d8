/**
 * The solution of triangular systems.
 *
 * @module
 */

import { zeroOnDiagonal } from "../../../device/reference/routines/triangular_solve.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuFailures, WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { BLOCK, type Matrices, matricesOf } from "./blocks.ts";
import { renderSystems } from "./solve_block.ts";

/**
 * Renders the solution of a batch of systems.
 *
 * @param step The step: `triangularSolve`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device must do it.
 */
export function renderTriangularSolve(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const triangles = matricesOf(step.inputSpecs[0]!);
  const sides = matricesOf(step.inputSpecs[1]!);
  if (triangles === undefined || sides === undefined) return undefined;
  const { count, rows: n } = triangles;
  const { columns: m } = sides;
  if (count * n === 0) return { phases: [], temporaries: [] };
  const hasRest = n > BLOCK;
  const { attributes, inputSpecs, outputSpecs } = step;
  const phases = renderSystems({
    count,
    n,
    m,
    triangle: {
      lower: attributes["lower"] === true,
      transpose: attributes["transpose"] === true,
      unitDiagonal: attributes["unitDiagonal"] === true,
    },
    isSolutionTurned: false,
    about: {
      operands: inputSpecs,
      outputs: [...outputSpecs, { dtype: "i32" }],
      temporaries: hasRest ? [{ dtype: "f32" }] : [],
    },
    limits,
    buffers: (module) => ({
      triangle: module.operand(0),
      sides: module.operand(1),
      rest: hasRest ? module.temporary(0) : module.operand(1),
      solution: module.output(0),
      notes: module.output(1),
    }),
  });
  return {
    phases,
    temporaries: hasRest ? [4 * count * n * m] : [],
    failures: failuresOf(triangles),
  };
}

/** The error of the first matrix that has a zero on its diagonal. */
function failuresOf({ count, leading }: Matrices): WebGpuFailures {
  return {
    bytes: 4 * count,
    error(notes) {
      const index = notes.subarray(0, count).findIndex((note) => note > 0);
      return index < 0
        ? undefined
        : zeroOnDiagonal(index, leading, notes[index]! - 1);
    },
  };
}
