/**
 * Few long rows, as more and shorter ones: parts of each row are reduced by
 * themselves, so that several threads share the work, and then together.
 *
 * @module
 */

import { byteSize, type DType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { Operand, Reduction, RowKernel } from "../../ir/kernel.ts";
import { transformRoots } from "../../ir/kernel_roots.ts";
import { substitute } from "../../ir/substitute.ts";
import { kindOf } from "../emit/kinds.ts";

/** Rows from which on there is enough to share. */
const ENOUGH_ROWS = 16;
/** Points of a part, at least. */
const PART = 16384;
/** Parts of a row, at most. */
const MOST_PARTS = 32;

/** The two passes of a row kernel that is split. */
export interface SplitRows {
  /** Reduces the parts; the axis after the outer ones counts them. */
  readonly parts: RowKernel;
  /** Points of the first inner axis that make a part. */
  readonly chunk: number;
  /** Reduces what came of the parts. */
  readonly whole: RowKernel;
  /** Bytes of each temporary. */
  readonly temporaries: readonly number[];
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((a, b) => a * b, 1);
}

/**
 * Splits a kernel.
 *
 * @param kernel The kernel, its axes joined and functions written out.
 * @returns Its passes, or undefined where it is better left whole.
 */
export function splitRows(kernel: RowKernel): SplitRows | undefined {
  const { axes, outer, stages, pool } = kernel;
  const stage = stages[0];
  if (stage === undefined || stages.length > 1) return undefined;
  if (stage.stores.length > 0) return undefined;
  if (stage.reductions.some(({ op }) => op === "argmax" || op === "argmin")) {
    return undefined;
  }
  const rows = product(axes.slice(0, outer));
  const points = product(axes.slice(outer));
  const length = axes[outer]!;
  if (rows >= ENOUGH_ROWS || points < 2 * PART) return undefined;
  const most = Math.min(MOST_PARTS, Math.floor(points / PART), length);
  const chunk = Math.ceil(length / most);
  const count = Math.ceil(length / chunk);
  if (count < 2) return undefined;
  const shifted = transformRoots(
    kernel,
    (roots) =>
      substitute(
        pool,
        roots,
        (expr) =>
          expr.op === "axis" && expr.value >= outer
            ? pool.axis(expr.value + 1)
            : undefined,
      ),
  );
  // Rows of parts: one element for each row and part.
  let row: Expr = pool.constant(0);
  for (let axis = 0; axis < outer; axis++) {
    row = pool.make("add", "i32", [
      pool.make("multiply", "i32", [row, pool.size(axes[axis]!)]),
      pool.axis(axis),
    ]);
  }
  const place = pool.make("add", "i32", [
    pool.make("multiply", "i32", [row, pool.size(count)]),
    pool.axis(outer),
  ]);
  const dtypes = stage.reductions.map(({ dtype }) => heldAs(dtype));
  const buffers = dtypes.map((dtype): Operand => ({
    buffer: -1,
    dtype,
    size: rows * count,
  }));
  const parts: RowKernel = {
    ...shifted,
    axes: [...axes.slice(0, outer), count, ...axes.slice(outer)],
    outer: outer + 1,
    outputs: [...kernel.outputs, ...buffers],
    rowStores: stage.reductions.map(({ dtype }, k) => ({
      output: kernel.outputs.length + k,
      index: place,
      value: pool.make("reduced", dtype, [], k),
    })),
  };
  const whole: RowKernel = {
    ...kernel,
    axes: [...axes.slice(0, outer), count],
    operands: [...kernel.operands, ...buffers],
    stages: [{
      stores: [],
      reductions: stage.reductions.map(({ op, dtype }, k): Reduction => ({
        op,
        dtype,
        value: pool.load(kernel.operands.length + k, dtypes[k]!, place),
      })),
    }],
  };
  return {
    parts,
    chunk,
    whole,
    temporaries: buffers.map(({ dtype, size }) => size * byteSize(dtype)),
  };
}

/** How totals of a dtype are stored without loss. */
function heldAs(dtype: DType): DType {
  const kind = kindOf(dtype);
  return kind === "i32" || kind === "bool" ? dtype : kind;
}
