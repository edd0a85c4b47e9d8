/**
 * Cholesky factorisation, by blocks of columns: each is first updated with all
 * that stand left of it, then factored.
 *
 * @module
 */

import {
  factorDiagonal,
  notPositiveDefinite,
} from "../../../device/reference/routines/cholesky.ts";
import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import {
  areFloats,
  arrayAt,
  copyElements,
  type Matrices,
  matricesOf,
  roomFor,
} from "./matrices.ts";
import { BYTES, partOf, subtractProduct, turned } from "./products.ts";
import type { WasmRoutine, WasmRoutineContext } from "./routine.ts";
import { solveSmall } from "./triangle.ts";

/** Order below which the host is as fast. */
const LEAST_ORDER = 64;
/** Columns of a block. */
const BLOCK = 32;
/** Order from which on blocks are twice as wide: memory is read less often. */
const LARGE_ORDER = 1500;

/**
 * The factorisation of a batch of matrices.
 *
 * @param step The call.
 * @returns The routine; nothing for small matrices.
 */
export function choleskyRoutine(step: RoutineStep): WasmRoutine | undefined {
  const matrices = matricesOf(step.inputSpecs[0]!);
  const { count, dtype, leading, rows: n } = matrices;
  if (n < LEAST_ORDER || count === 0 || !areFloats(matrices)) return undefined;
  return async (context) => {
    const [input] = context.inputs as [number];
    const [output] = context.outputs as [number];
    const work = roomFor(context, output, matrices);
    await copyElements(context, [input, dtype], [work, "f64"], count * n * n);
    for (let index = 0; index < count; index++) {
      await factor(context, work + index * n * n * BYTES, index, {
        ...matrices,
        leading,
      });
    }
    await copyElements(context, [work, "f64"], [output, dtype], count * n * n);
  };
}

/** Factors a matrix in place. */
async function factor(
  context: WasmRoutineContext,
  address: number,
  index: number,
  { leading, rows: n }: Matrices,
): Promise<void> {
  const array = arrayAt(context, address, n * n);
  const block = n < LARGE_ORDER ? BLOCK : 2 * BLOCK;
  for (let j = 0; j < n; j += block) {
    const width = Math.min(block, n - j);
    const end = j + width;
    await subtractProduct(
      context,
      partOf(address, n, j, j),
      partOf(address, n, j, 0),
      turned(partOf(address, n, j, 0)),
      [n - j, width, j],
    );
    const failed = factorDiagonal(array, 0, n, j, width);
    if (failed !== undefined) {
      throw notPositiveDefinite(index, leading, n, failed);
    }
    await solveSmall(
      context,
      partOf(address, n, j, j),
      turned(partOf(address, n, end, j)),
      width,
      n - end,
      { lower: true, unitDiagonal: false },
    );
    for (let i = j; i < end; i++) array.fill(0, i * n + i + 1, (i + 1) * n);
    if (sliceIsOver()) await nextSlice(undefined);
  }
}
