/**
 * The gradient of the Cholesky factorisation, by walking its blocks backwards:
 * see the reference device, whose steps these are.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import { stepBackWithin } from "../../../device/reference/routines/cholesky_gradient.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import {
  areFloats,
  arrayAt,
  copyElements,
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

/** Where the matrices of one step lie. */
interface Addresses {
  /** The factor. */
  readonly factor: number;
  /** Its gradient, which becomes that of the matrix. */
  readonly gradient: number;
  /** A small square. */
  readonly square: number;
}

/**
 * The gradient of a batch of factorisations.
 *
 * @param step The call: factors, and gradients with respect to them.
 * @returns The routine; nothing for small matrices.
 */
export function choleskyGradientRoutine(
  step: RoutineStep,
): WasmRoutine | undefined {
  const matrices = matricesOf(step.inputSpecs[0]!);
  const { count, dtype, rows: n } = matrices;
  if (n < LEAST_ORDER || count === 0 || !areFloats(matrices)) return undefined;
  const size = count * n * n;
  return async (context) => {
    const [factors, cotangents] = context.inputs as [number, number];
    const [output] = context.outputs as [number];
    const factor = roomFor(context, factors, matrices);
    const gradient = roomFor(context, output, matrices);
    const square = context.allocate(BLOCK * BLOCK * BYTES);
    await copyElements(context, [factors, dtype], [factor, "f64"], size);
    await copyElements(context, [cotangents, dtype], [gradient, "f64"], size);
    for (let index = 0; index < count; index++) {
      const before = index * n * n * BYTES;
      const addresses = {
        factor: factor + before,
        gradient: gradient + before,
        square,
      };
      for (let end = n; end > 0;) {
        const start = Math.floor((end - 1) / BLOCK) * BLOCK;
        await stepBack(context, addresses, n, start, end - start);
        end = start;
      }
      await mirror(arrayAt(context, addresses.gradient, n * n), n);
    }
    await copyElements(context, [gradient, "f64"], [output, dtype], size);
  };
}

async function stepBack(
  context: WasmRoutineContext,
  { factor, gradient, square }: Addresses,
  n: number,
  j: number,
  width: number,
): Promise<void> {
  const end = j + width;
  const below = n - end;
  const under = partOf(gradient, n, end, j);
  const above = partOf(factor, n, j, 0);
  const own = partOf(gradient, n, j, j);
  const left = partOf(gradient, n, j, 0);
  await solveSmall(
    context,
    turned(partOf(factor, n, j, j)),
    turned(under),
    width,
    below,
    { lower: false, unitDiagonal: false },
  );
  await subtractProduct(
    context,
    partOf(gradient, n, end, 0),
    under,
    above,
    [below, j, width],
  );
  // Above the diagonal this writes numbers that nothing reads.
  await subtractProduct(
    context,
    own,
    turned(under),
    partOf(factor, n, end, j),
    [width, width, below],
  );
  const g = arrayAt(context, gradient, n * n);
  stepBackWithin(arrayAt(context, factor, n * n), g, j * n + j, n, width);
  const both = arrayAt(context, square, width * width);
  for (let p = 0; p < width; p++) {
    for (let q = 0; q <= p; q++) {
      const value = g[(j + p) * n + j + q]!;
      both[p * width + q] = p === q ? 2 * value : value;
      both[q * width + p] = both[p * width + q]!;
    }
  }
  await subtractProduct(
    context,
    left,
    partOf(square, width, 0, 0),
    above,
    [width, j, width],
  );
  await subtractProduct(
    context,
    left,
    turned(under),
    partOf(factor, n, end, 0),
    [width, j, below],
  );
}

/** Shares what the lower triangle holds between both triangles. */
async function mirror(g: Float64Array, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const half = g[i * n + j]! / 2;
      g[i * n + j] = half;
      g[j * n + i] = half;
    }
    if (sliceIsOver()) await nextSlice(undefined);
  }
}
