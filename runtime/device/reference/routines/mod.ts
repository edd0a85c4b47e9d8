/**
 * The routines of the reference device, by name. Each one computes in f64 and
 * rounds its results to their dtype.
 *
 * Matrices are the last two axes of an input; all axes before them are a batch
 * and equal among the inputs of a call.
 *
 * @module
 */

import { allocate, type TypedArray } from "../../dtypes.ts";
import type { TensorSpec } from "../../graph.ts";
import type { AttributeValue } from "../../primitives.ts";
import { sizeOf } from "../../shapes.ts";
import type { ReferenceRoutine, RoutineCall } from "../routine_step.ts";
import { choleskyRoutine } from "./cholesky.ts";
import { choleskyGradientRoutine } from "./cholesky_gradient.ts";
import { eighRoutine } from "./eigh.ts";
import { determinantRoutine, solveRoutine } from "./lu.ts";
import { qrRoutine } from "./qr.ts";
import { argsortRoutine, topKRoutine } from "./sort.ts";
import { svdRoutine } from "./svd.ts";
import { randomBitsRoutine } from "./threefry.ts";
import { triangularSolveRoutine } from "./triangular_solve.ts";

/** A matrix input: its data in f64, its batch and its size. */
interface MatrixInput {
  readonly data: Float64Array;
  readonly leading: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

function matrixInput(call: RoutineCall, index: number): MatrixInput {
  const { shape } = call.inputSpecs[index]!;
  const array = call.inputs[index]!;
  return {
    data: array instanceof Float64Array ? array : Float64Array.from(array),
    leading: shape.slice(0, -2),
    rows: shape.at(-2)!,
    columns: shape.at(-1)!,
  };
}

function rounded(
  results: readonly ArrayLike<number>[],
  specs: readonly TensorSpec[],
): TypedArray[] {
  return results.map((result, index) => {
    const { dtype } = specs[index]!;
    if (dtype === "f64" && result instanceof Float64Array) {
      return result as Float64Array<ArrayBuffer>;
    }
    const array = allocate(dtype, result.length);
    array.set(result);
    return array;
  });
}

function flag(value: AttributeValue | undefined): boolean {
  return value === true;
}

/** Rows along the last axis. */
function rowsOf(spec: TensorSpec): { rows: number; length: number } {
  return {
    rows: sizeOf(spec.shape.slice(0, -1)),
    length: spec.shape.at(-1)!,
  };
}

/** The implementations, by the name of the routine. */
export const REFERENCE_ROUTINES: Readonly<Record<string, ReferenceRoutine>> = {
  *cholesky(call) {
    const a = matrixInput(call, 0);
    const factor = yield* choleskyRoutine(a.data, a.leading, a.rows);
    return rounded([factor], call.outputSpecs);
  },
  *choleskyGradient(call) {
    const l = matrixInput(call, 0);
    const gradient = yield* choleskyGradientRoutine(
      l.data,
      matrixInput(call, 1).data,
      l.leading,
      l.rows,
    );
    return rounded([gradient], call.outputSpecs);
  },
  *triangularSolve(call) {
    const a = matrixInput(call, 0);
    const b = matrixInput(call, 1);
    const solution = yield* triangularSolveRoutine(
      a.data,
      b.data,
      a.leading,
      a.rows,
      b.columns,
      {
        lower: flag(call.attributes["lower"]),
        transpose: flag(call.attributes["transpose"]),
        unitDiagonal: flag(call.attributes["unitDiagonal"]),
      },
    );
    return rounded([solution], call.outputSpecs);
  },
  *solve(call) {
    const a = matrixInput(call, 0);
    const b = matrixInput(call, 1);
    const solution = yield* solveRoutine(
      a.data,
      b.data,
      a.leading,
      a.rows,
      b.columns,
    );
    return rounded([solution], call.outputSpecs);
  },
  *determinant(call) {
    const a = matrixInput(call, 0);
    const { sign, logAbsolute, determinant } = yield* determinantRoutine(
      a.data,
      a.leading,
      a.rows,
    );
    return rounded([sign, logAbsolute, determinant], call.outputSpecs);
  },
  *qr(call) {
    const a = matrixInput(call, 0);
    const { q, r } = yield* qrRoutine(a.data, a.leading, a.rows, a.columns);
    return rounded([q, r], call.outputSpecs);
  },
  *eigh(call) {
    const a = matrixInput(call, 0);
    const { values, vectors } = yield* eighRoutine(a.data, a.leading, a.rows);
    return rounded([values, vectors], call.outputSpecs);
  },
  *svd(call) {
    const a = matrixInput(call, 0);
    const { u, s, vt } = yield* svdRoutine(
      a.data,
      a.leading,
      a.rows,
      a.columns,
    );
    return rounded([u, s, vt], call.outputSpecs);
  },
  *argsort(call) {
    const { rows, length } = rowsOf(call.inputSpecs[0]!);
    const descending = flag(call.attributes["descending"]);
    return [yield* argsortRoutine(call.inputs[0]!, rows, length, descending)];
  },
  *argTopK(call) {
    const { rows, length } = rowsOf(call.inputSpecs[0]!);
    const k = call.outputSpecs[0]!.shape.at(-1)!;
    const largest = flag(call.attributes["largest"]);
    return [yield* topKRoutine(call.inputs[0]!, rows, length, k, largest)];
  },
  *randomBits(call) {
    const { rows } = rowsOf(call.inputSpecs[0]!);
    const draws = call.outputSpecs[0]!.shape.at(-1)!;
    const { high, low } = yield* randomBitsRoutine(
      call.inputs[0] as Uint32Array,
      rows,
      call.inputs[1]![0]!,
      draws,
    );
    return [high, low];
  },
};
