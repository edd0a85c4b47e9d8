/**
 * Values that several passes over a row need and that take long to compute: they
 * are kept in the thread's own memory by the first pass that computes them.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { dependsOn } from "../../ir/index_arithmetic.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import type { RowKernel, Stage } from "../../ir/kernel.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { byteShift, kindOf } from "../emit/kinds.ts";
import {
  extractLane,
  loadLanes,
  loadOne,
  storeLanes,
  storeOne,
} from "../emit/lanes.ts";

/** Operations from which on a value is kept. */
const HEAVY = 10;
/** Bytes of a thread's own memory that are used at most. */
const LIMIT = 1 << 20;

/** A value that is kept. */
interface Kept {
  readonly expr: Expr;
  /** Number of the pass that computes it. */
  readonly from: number;
  /** Where it lies in the thread's memory. */
  readonly offset: number;
  readonly dtype: DType;
}

/** The values of a kernel that are kept, and how. */
export class KeptValues {
  /** Bytes of the thread's memory that they take. */
  readonly bytes: number;
  readonly #kept: readonly Kept[];

  /**
   * @param kernel The kernel, functions written out.
   */
  constructor(kernel: RowKernel) {
    const { stages, axes, outer } = kernel;
    const length = axes.slice(outer).reduce((a, b) => a * b, 1);
    const later = stages.map(valuesOf);
    for (let k = later.length - 2; k >= 0; k--) {
      for (const expr of later[k + 1]!) later[k]!.add(expr);
    }
    const kept: Kept[] = [];
    const known = new Set<Expr>();
    let bytes = 0;
    const visit = (expr: Expr, from: number): void => {
      if (known.has(expr)) return;
      known.add(expr);
      const dtype = storedAs(expr);
      const size = Math.ceil((length << byteShift(dtype)) / 64) * 64 + 64;
      if (
        later[from + 1]!.has(expr) && isHeavy(expr, axes.length, outer) &&
        bytes + size <= LIMIT
      ) {
        kept.push({ expr, from, offset: bytes, dtype });
        bytes += size;
      } else for (const arg of expr.args) visit(arg, from);
    };
    stages.slice(0, -1).forEach((stage, k) => {
      for (const root of rootsOfStage(stage)) visit(root, k);
    });
    this.#kept = kept;
    this.bytes = bytes;
  }

  /**
   * Whether a pass keeps values or uses kept ones.
   *
   * @param stage Number of the pass.
   * @returns True when it does.
   */
  uses(stage: number): boolean {
    return this.#kept.some(({ from }) => from <= stage);
  }

  /**
   * Writes code that brings kept values back, at the start of a turn.
   *
   * @param e The emitter.
   * @param stage Number of the pass.
   * @param row Variable with the address of the current point's first byte, by
   * power of two of the element's size.
   * @param units Vectors side by side.
   */
  restore(
    e: Emitter,
    stage: number,
    row: (shift: number) => Local,
    units: number,
  ): void {
    for (const { expr, from, offset, dtype } of this.#kept) {
      if (from >= stage) continue;
      const shift = byteShift(dtype);
      const vector = e.lanes > 1;
      for (let unit = 0; unit < units; unit++) {
        const local = e.local(e.typeOf(kindOf(expr.dtype), vector));
        const at = offset + ((unit * e.lanes) << shift);
        e.fn.get(row(shift));
        if (vector && !e.narrow) loadLanes(e, dtype, at);
        else {
          e.fn.i32(at);
          e.fn.op("i32.add");
          loadOne(e, dtype);
          if (vector) e.splat(kindOf(dtype));
        }
        e.fn.set(local);
        e.bind(expr, unit, local);
      }
    }
  }

  /**
   * Writes code that keeps values, at the end of a turn.
   *
   * @param e The emitter.
   * @param stage Number of the pass.
   * @param row As for {@linkcode KeptValues.restore}.
   * @param units Vectors side by side.
   */
  keep(
    e: Emitter,
    stage: number,
    row: (shift: number) => Local,
    units: number,
  ): void {
    for (const { expr, from, offset, dtype } of this.#kept) {
      if (from !== stage) continue;
      const shift = byteShift(dtype);
      const vector = e.lanes > 1;
      for (let unit = 0; unit < units; unit++) {
        const at = offset + ((unit * e.lanes) << shift);
        const value = e.hold(expr, vector, unit);
        e.fn.get(row(shift));
        if (vector && !e.narrow) {
          e.fn.get(value);
          storeLanes(e, dtype, at);
        } else {
          e.fn.i32(at);
          e.fn.op("i32.add");
          e.fn.get(value);
          if (vector) extractLane(e, kindOf(dtype), 0);
          storeOne(e, dtype);
        }
      }
    }
  }
}

function rootsOfStage({ reductions, stores }: Stage): Expr[] {
  return [
    ...reductions.map(({ value }) => value),
    ...stores.map(({ value }) => value),
  ];
}

/** All that is computed as a value in a pass; no parts of indices. */
function valuesOf(stage: Stage): Set<Expr> {
  const values = new Set(rootsOfStage(stage));
  for (const expr of values) {
    if (expr.op !== "load") { for (const arg of expr.args) values.add(arg); }
  }
  return values;
}

function storedAs({ dtype }: Expr): DType {
  const kind = kindOf(dtype);
  return kind === "i32" ? "i32" : kind === "bool" ? "bool" : kind;
}

/** Whether a value differs along the inner axes and takes long to compute. */
function isHeavy(expr: Expr, axes: number, outer: number): boolean {
  const inner = (one: Expr) => {
    for (let axis = outer; axis < axes; axis++) {
      if (dependsOn(one, axis)) return true;
    }
    return false;
  };
  let count = 0;
  for (const part of exprOrder([expr])) {
    if (part.args.length > 0 && part.op !== "load" && inner(part)) count++;
  }
  return count >= HEAVY;
}
