/**
 * What a renderer of contractions must know of a kernel: which axes are rows
 * and columns, and in which direction each factor is read best.
 *
 * @module
 */

import { type Expr, exprOrder } from "../../ir/expr.ts";
import { dependsOn } from "../../ir/index_arithmetic.ts";
import type { ContractKernel, KernelStore } from "../../ir/kernel.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import {
  inOneWord,
  LaneAnalysis,
  type ScalarType,
  scalarType,
} from "../wgsl/mod.ts";

/** Numbers that are read or written at once. */
export type Lanes = 1 | 4;

/** One factor of the products: its rows are the rows or columns of the result. */
export interface Factor {
  /** Its value, by its row axis and the depth axis. */
  readonly value: Expr;
  /** Number of the axis of its rows. */
  readonly axis: number;
  /** Length of that axis. */
  readonly length: number;
  /** The direction in which its elements lie side by side. */
  readonly along: "row" | "depth";
  /** Elements that are read at once, in this direction. */
  readonly lanes: Lanes;
}

/** So few rows are multiplied in a way of their own. */
export const FEW_ROWS = 16;

/** A contraction, prepared. */
export interface ContractPlan {
  /** The kernel. */
  readonly kernel: ContractKernel;
  /** The factor whose rows are rows of the result. */
  readonly left: Factor;
  /** The factor whose rows are columns of the result. */
  readonly right: Factor;
  /** Number of the axis that is summed over. */
  readonly depthAxis: number;
  /** Its length. */
  readonly depth: number;
  /** Number of batch axes. */
  readonly batchAxes: number;
  /** Product of their lengths. */
  readonly batches: number;
  /** Type of the sums. */
  readonly type: Exclude<ScalarType, "bool">;
}

/**
 * Prepares a contraction. Rows and columns are exchanged where columns are few,
 * and where results then lie side by side along the columns.
 *
 * @param kernel The kernel; its last three axes are rows, columns and depth.
 * @returns What there is to know.
 */
export function planContract(kernel: ContractKernel): ContractPlan {
  const { axes } = kernel;
  const rank = axes.length;
  const [m, n, k] = [rank - 3, rank - 2, rank - 1];
  const type = scalarType(kernel.dtype);
  if (type === "bool") throw new Error("sums are no booleans");
  const left = factorOf(kernel, kernel.a, m, k);
  const right = factorOf(kernel, kernel.b, n, k);
  const few = Math.min(left.length, right.length) <= FEW_ROWS;
  const swap = few && left.length !== right.length
    ? right.length < left.length
    : isBetterAlong(kernel.stores, m, n);
  return {
    kernel,
    left: swap ? right : left,
    right: swap ? left : right,
    depthAxis: k,
    depth: axes[k]!,
    batchAxes: m,
    batches: axes.slice(0, m).reduce((a, b) => a * b, 1),
    type,
  };
}

/** Whether results lie side by side along `axis` but not along `other`. */
function isBetterAlong(
  stores: readonly KernelStore[],
  axis: number,
  other: number,
): boolean {
  const score = (along: number) => {
    const analysis = new LaneAnalysis(along, 4);
    return stores.filter(({ index }) => analysis.of(index).step === 1).length;
  };
  return score(axis) > score(other);
}

function factorOf(
  kernel: ContractKernel,
  value: Expr,
  axis: number,
  depthAxis: number,
): Factor {
  const rows = sideBySide(kernel, value, axis);
  const steps = sideBySide(kernel, value, depthAxis);
  const along = rows > steps ? "row" : "depth";
  const length = kernel.axes[axis]!;
  const walked = along === "row" ? length : kernel.axes[depthAxis]!;
  const lanes = Math.max(rows, steps) > 0 && walked % 4 === 0 ? 4 : 1;
  return { value, axis, length, along, lanes };
}

/** How much of what a value loads lies side by side along an axis. */
function sideBySide(
  kernel: ContractKernel,
  value: Expr,
  axis: number,
): number {
  const analysis = new LaneAnalysis(axis, 4);
  const patterns = new LanePatterns(axis, 4);
  let score = 0;
  for (const load of exprOrder([value])) {
    const index = load.args[0];
    if (load.op !== "load" || index === undefined) continue;
    if (!dependsOn(index, axis)) continue;
    const { step } = analysis.of(index);
    const size = kernel.operands[load.value]!.size;
    const pattern = load.dtype === "u8" || load.dtype === "i8"
      ? patterns.of(index)
      : undefined;
    const isNear = step === 1 || step === 0 ||
      pattern !== undefined && inOneWord(pattern) !== undefined;
    score += isNear ? size : -size;
  }
  return score;
}
