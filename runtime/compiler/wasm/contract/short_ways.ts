/**
 * Which parts of a factor have short ways in the lanes of a block.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import { dependsOn, rangeOf } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { ByteForms } from "./byte_forms.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";

/** Elements of a table that is kept in vectors. */
const TABLE_SIZE = 16;
/** Lanes of a block at most: an emitter tells no more vectors apart. */
const MOST_LANES = 64;
/** Lanes of a byte in a vector: those of the shortest block. */
export const SHORT_BLOCK = 16;

/** What a block of lanes binds. */
export interface ShortWays {
  /** Parts with one value for a whole group of lanes. */
  readonly shared: readonly Expr[];
  /** Whole numbers of a byte, as floats. */
  readonly floats: readonly Expr[];
  /** The same, as whole numbers. */
  readonly words: readonly Expr[];
  /** Loads from small tables. */
  readonly tables: readonly Expr[];
  /** Loads of words that lie near each other, neither in order nor the same. */
  readonly near: readonly Expr[];
  /** Shifts by numbers that are known in each lane, arguments first. */
  readonly shifts: readonly Expr[];
  /** Neighbouring f16, one for each of a few stretches of lanes. */
  readonly halves: readonly Expr[];
  /** Neighbouring f16, one for each lane. */
  readonly halfVectors: readonly Expr[];
}

/**
 * The parts of factors with short ways.
 *
 * @param kernel The kernel.
 * @param exprs A factor, and what else is written, singly.
 * @param axis The axis that lanes lie along.
 * @param patterns How numbers differ from lane to lane of a block.
 * @param forms What can be computed in bytes.
 * @returns The parts.
 */
export function shortWays(
  kernel: ContractKernel,
  exprs: readonly [expr: Expr, ...scales: readonly Expr[]],
  axis: number,
  patterns: LanePatterns,
  forms: ByteForms,
): ShortWays {
  const shared: Expr[] = [];
  const floats: Expr[] = [];
  const words: Expr[] = [];
  const tables: Expr[] = [];
  const near: Expr[] = [];
  const halfVectors: Expr[] = [];
  const shifts: Expr[] = [];
  const [expr] = exprs;
  const reached = new Set<Expr>([expr]);
  const isByte = (one: Expr) =>
    forms.sign(one) !== undefined && forms.isBytes(one);
  // What uses others comes before them.
  for (const one of exprOrder([expr]).reverse()) {
    if (!reached.has(one) || one.args.length === 0) continue;
    if (!dependsOn(one, axis)) continue;
    if (patterns.run(one) >= forms.group) shared.push(one);
    else if (one.op === "cast" && one.dtype === "f32" && isByte(one.args[0]!)) {
      floats.push(one);
    } else if (isTable(kernel, one) && isByte(one.args[0]!)) tables.push(one);
    else if (isByte(one)) words.push(one);
    else if (isNear(one, patterns)) near.push(one);
    else if (isHalf(one) && isRun(one, patterns, 1)) halfVectors.push(one);
    else if (isShift(one, patterns)) {
      shifts.unshift(one);
      reached.add(one.args[0]!);
    } else for (const arg of one.args) reached.add(arg);
  }
  const halves = exprOrder(exprs).filter((one) => isHalves(one, patterns));
  return {
    shared,
    floats,
    words,
    tables,
    near,
    shifts,
    halves,
    halfVectors,
  };
}

/** Whether a load reads one f16 after the other, each for a stretch of lanes. */
function isHalves(load: Expr, patterns: LanePatterns): boolean {
  if (!isHalf(load)) return false;
  const run = patterns.run(load);
  const count = patterns.lanes / run;
  return run >= SHORT_BLOCK && (count === 2 || count === 4) &&
    isRun(load, patterns, run);
}

function isHalf({ args, dtype, op }: Expr): boolean {
  return op === "load" && dtype === "f16" && args.length === 1;
}

/** Whether a load goes on by an element after so many lanes. */
function isRun(load: Expr, patterns: LanePatterns, run: number): boolean {
  return patterns.of(load.args[0]!)?.offsets.every((offset, lane) =>
    offset === Math.floor(lane / run)
  ) === true;
}

/** Whether each four lanes read among four words, but not one after the other. */
function isNear(load: Expr, patterns: LanePatterns): boolean {
  if (load.op !== "load" || load.args.length > 1) return false;
  if (byteSize(load.dtype) !== 4) return false;
  const offsets = patterns.of(load.args[0]!)?.offsets;
  if (offsets === undefined || offsets[1] === 1) return false;
  return offsets.every((offset, lane) => {
    const within = offset - offsets[lane - lane % 4]!;
    return offset >= 0 && within >= 0 && within < 4;
  });
}

/** Whether a whole number is shifted by numbers that are known. */
function isShift({ op, args, dtype }: Expr, patterns: LanePatterns): boolean {
  if (op !== "shiftLeft" && op !== "shiftRight") return false;
  return (dtype === "i32" || dtype === "u32") &&
    patterns.known(args[1]!)?.every((by) => by >= 0 && by < 32) === true;
}

function isTable({ axes, operands }: ContractKernel, load: Expr): boolean {
  if (load.op !== "load" || load.args.length > 1) return false;
  const operand = operands[load.value]!;
  if (operand.size < TABLE_SIZE || byteSize(load.dtype) !== 4) return false;
  const [low, high] = rangeOf(load.args[0]!, axes);
  return low >= 0 && high < TABLE_SIZE;
}

/**
 * The lanes of the blocks along an axis in which an expression is computed the
 * shortest way.
 *
 * @param kernel The kernel.
 * @param expr The expression, computed in four lanes.
 * @param axis The axis.
 * @returns A power of two from 16 on, or 4 where blocks have no short way.
 */
export function blockLanes(
  kernel: ContractKernel,
  expr: Expr,
  axis: number,
): number {
  const length = kernel.axes[axis]!;
  const wanted = exprOrder([expr]).some(({ dtype }) => dtype === "f64")
    ? []
    : [MOST_LANES, MOST_LANES / 2, SHORT_BLOCK].filter((lanes) =>
      lanes <= length
    );
  for (const lanes of wanted) {
    const patterns = new LanePatterns(axis, lanes);
    const forms = new ByteForms(kernel, patterns, SHORT_BLOCK);
    const ways = shortWays(kernel, [expr], axis, patterns, forms);
    const isShared = ways.halves.length > 0 ||
      ways.shared.some((one) => patterns.run(one) === lanes);
    const short = [
      ways.floats,
      ways.tables,
      ways.words,
      ways.near,
      ways.shifts,
      ways.halfVectors,
    ];
    const isShort = short.some((list) => list.length > 0);
    if (isShared || (isShort && lanes === SHORT_BLOCK)) return lanes;
  }
  return 4;
}
