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
import { smallFactorKernel } from "./small_factor.ts";
import { solveSmall } from "./triangle.ts";

/** Order below which one thread factors a matrix. */
const LEAST_ORDER = 96;
/** The same where there are matrices enough for all threads. */
const LEAST_ORDER_OF_MANY = 192;
/** Matrices that are many. */
const MANY = 8;
/** Operations below which the host is as fast. */
const LEAST_WORK = 100_000;
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
  const { count, dtype, rows: n } = matrices;
  if (count * n ** 3 / 3 < LEAST_WORK || !areFloats(matrices)) return undefined;
  return async (context) => {
    const [input] = context.inputs as [number];
    const [output] = context.outputs as [number];
    const work = roomFor(context, output, matrices);
    await copyElements(context, [input, dtype], [work, "f64"], count * n * n);
    const least = count < MANY ? LEAST_ORDER : LEAST_ORDER_OF_MANY;
    if (n < least) await factorSmall(context, work, matrices);
    else {
      for (let index = 0; index < count; index++) {
        await factor(context, work + index * n * n * BYTES, index, matrices);
      }
    }
    await copyElements(context, [work, "f64"], [output, dtype], count * n * n);
  };
}

/** Factors small matrices in place, side by side. */
async function factorSmall(
  context: WasmRoutineContext,
  address: number,
  { count, leading, rows: n }: Matrices,
): Promise<void> {
  const states = context.allocate(2 * count * BYTES);
  await context.run(smallFactorKernel(n, count), {
    operands: [],
    outputs: [address, states],
  });
  const array = arrayAt(context, states, 2 * count);
  for (let index = 0; index < count; index++) {
    const pivot = array[2 * index]!;
    if (pivot < 0) continue;
    const value = array[2 * index + 1]!;
    throw notPositiveDefinite(index, leading, n, { pivot, value });
  }
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
