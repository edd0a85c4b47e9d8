/**
 * Kernels over rows taken apart: one that reduces, and one that computes each
 * point on its own. The second one can be cut along all axes.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { IndexArithmetic } from "./affine.ts";
import type { Expr } from "./expr.ts";
import type { KernelStore, Operand, Reduction, RowKernel } from "./kernel.ts";
import { substitute } from "./substitute.ts";

/** A kernel in two. */
export interface UnfusedKernel {
  /** The kernels, in order. */
  readonly kernels: readonly [RowKernel, RowKernel];
  /** Buffers that the first one writes and the second one reads. */
  readonly kept: readonly Operand[];
}

/**
 * Takes a kernel apart that stores along the axes that it reduces.
 *
 * @param kernel The kernel.
 * @param firstBuffer Number of the first of the buffers between the two.
 * @returns The two kernels; undefined where it is not such a kernel.
 */
export function unfused(
  kernel: RowKernel,
  firstBuffer: number,
): UnfusedKernel | undefined {
  const { axes, outer, pool, stages } = kernel;
  const stores = stages.flatMap((stage) => stage.stores);
  const reductions = stages.flatMap((stage) => stage.reductions);
  if (stores.length === 0 || reductions.length === 0) return undefined;
  const rows = axes.slice(0, outer);
  const index = new IndexArithmetic(pool, axes);
  const row = index.linear(rows.map((_, axis) => index.axis(axis)), rows);
  const size = rows.reduce((total, length) => total * length, 1);
  const kept = reductions.map((one, k): Operand => ({
    buffer: firstBuffer + k,
    dtype: dtypeOf(one),
    size,
  }));
  const keeping = kept.map(({ dtype }, k): KernelStore => ({
    output: kernel.outputs.length + k,
    index: row,
    value: pool.make("reduced", dtype, [], k),
  }));
  const reduce = (expr: Expr): Expr | undefined =>
    expr.op !== "reduced"
      ? undefined
      : pool.load(kernel.operands.length + expr.value, expr.dtype, row);
  const roots = substitute(
    pool,
    stores.flatMap(({ index, value }) => [index, value]),
    reduce,
  );
  const last = stages.findLastIndex((stage) => stage.reductions.length > 0);
  const first: RowKernel = {
    ...kernel,
    inPlace: [],
    outputs: [...kernel.outputs, ...kept],
    stages: stages.slice(0, last + 1).map((stage) => ({
      reductions: stage.reductions,
      stores: [],
    })),
    rowStores: [...kernel.rowStores, ...keeping],
  };
  const second: RowKernel = {
    ...kernel,
    outer: axes.length,
    operands: [...kernel.operands, ...kept],
    stages: [],
    rowStores: stores.map(({ output }, k) => ({
      output,
      index: roots[2 * k]!,
      value: roots[2 * k + 1]!,
    })),
  };
  return {
    kernels: [withWritten(first), withWritten(second)],
    kept,
  };
}

function dtypeOf({ dtype, op }: Reduction): DType {
  return op === "argmax" || op === "argmin" ? "i32" : dtype;
}

/** The kernel with those outputs only that it writes. */
function withWritten(kernel: RowKernel): RowKernel {
  const stores = kernel.rowStores;
  const written = kernel.outputs.map((_, k) => k).filter((k) =>
    stores.some(({ output }) => output === k)
  );
  return {
    ...kernel,
    outputs: written.map((k) => kernel.outputs[k]!),
    rowStores: stores.map((store) => ({
      ...store,
      output: written.indexOf(store.output),
    })),
  };
}
