/**
 * Totals of reductions, in variables.
 *
 * @module
 */

import {
  type DType,
  INTEGER_RANGE,
  isFloatDType,
} from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { Reduction } from "../../ir/kernel.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { floatShape, integerShape, isUnsigned, kindOf } from "../emit/kinds.ts";
import { extractLane } from "../emit/lanes.ts";
import { pushMultiplyAdd } from "../emit/multiply_add.ts";
import { pushBound, pushWrapped } from "../emit/whole.ts";

/** How totals are held. */
export interface AccumulatorLayout {
  /** Whether they lie in vectors. */
  readonly vector: boolean;
  /** Whether the lanes of a vector are parts of one total. */
  readonly along: boolean;
  /** Number of vectors side by side. */
  readonly units: number;
  /** Whether long sums are made of blocks. */
  readonly blocked: boolean;
}

/** The total of one reduction, spread over vectors or held singly. */
export interface Accumulator {
  /**
   * Adds the values of a unit at the current point.
   *
   * @param unit Number of the vector.
   */
  add(unit: number): void;
  /** Adds the value of lane 0 at the current point, apart from the vectors. */
  addSingle(): void;
  /** Starts a block, whose sum is rounded on its own. */
  startBlock(): void;
  /** Ends a block. */
  endBlock(): void;
  /** Brings all together into a single value. */
  single(): Local;
  /** Completes the vector of a unit, whose lanes are totals of their own. */
  lanes(unit: number): Local;
}

/**
 * The largest or smallest number of a dtype.
 *
 * @param dtype The dtype.
 * @param largest Which.
 * @returns The number; infinite for floats.
 */
export function extreme(dtype: DType, largest: boolean): number {
  if (isFloatDType(dtype)) return largest ? Infinity : -Infinity;
  if (dtype === "bool") return Number(largest);
  return INTEGER_RANGE[dtype][largest ? 1 : 0];
}

/** A sum, product, maximum or minimum. */
export class Fold implements Accumulator {
  readonly #e: Emitter;
  readonly #reduction: Reduction;
  readonly #vector: boolean;
  readonly #blocked: boolean;
  readonly #units: Local[];
  readonly #sums: Local[] = [];
  readonly #tail: Local | undefined;

  /**
   * @param e The emitter.
   * @param reduction The reduction.
   * @param layout How totals are held.
   */
  constructor(e: Emitter, reduction: Reduction, layout: AccumulatorLayout) {
    const { vector, along, units, blocked } = layout;
    this.#e = e;
    this.#reduction = reduction;
    this.#vector = vector;
    this.#blocked = blocked && reduction.op === "sum" &&
      isFloatDType(reduction.dtype);
    const make = (wide: boolean) => {
      const local = e.local(e.typeOf(kindOf(reduction.dtype), wide));
      this.#neutral(wide);
      e.fn.set(local);
      return local;
    };
    this.#units = Array.from({ length: units }, () => make(vector));
    if (this.#blocked) {
      this.#sums = Array.from({ length: units }, () => make(vector));
    }
    this.#tail = along ? make(false) : undefined;
  }

  #neutral(vector: boolean): void {
    const { op, dtype } = this.#reduction;
    const kind = kindOf(dtype);
    const value = op === "sum"
      ? 0
      : op === "prod"
      ? 1
      : extreme(dtype, op === "min");
    if (vector) this.#e.pushSplat(kind, value);
    else this.#e.fn[kind === "bool" ? "i32" : kind](value);
  }

  /** Whether products are added as they are made. */
  get #addsProducts(): boolean {
    const { op, value } = this.#reduction;
    return this.#vector && op === "sum" && value.op === "multiply" &&
      (value.dtype === "f32" || value.dtype === "f64");
  }

  #addProduct(total: Local, unit: number): void {
    const { fn } = this.#e;
    const { args, dtype } = this.#reduction.value;
    const [a, b] = args as [Expr, Expr];
    pushMultiplyAdd(fn, dtype === "f64" ? "f64x2" : "f32x4", "add", {
      a: () => this.#e.push(a, true, unit),
      b: () => this.#e.push(b, true, unit),
      sum: () => fn.get(total),
    });
    fn.set(total);
  }

  /** Replaces two totals on the stack by their total. */
  #combine(vector: boolean): void {
    const { fn } = this.#e;
    const { op, dtype } = this.#reduction;
    const kind = kindOf(dtype);
    if (kind === "f32" || kind === "f64") {
      const name = op === "sum" ? "add" : op === "prod" ? "mul" : op;
      if (name !== "argmax" && name !== "argmin") {
        fn.op(`${floatShape(kind, vector)}.${name}`);
      }
    } else if (kind === "bool") {
      const name = op === "max" || op === "sum" ? "or" : "and";
      fn.op(vector ? `v128.${name}` : `i32.${name}`);
    } else if (op === "sum" || op === "prod") {
      fn.op(`${integerShape(vector)}.${op === "sum" ? "add" : "mul"}`);
    } else {
      const sign = isUnsigned(dtype) ? "u" : "s";
      if (vector) {
        return fn.op(`i32x4.${op === "max" ? "max" : "min"}_${sign}`);
      }
      pushBound(this.#e, `${op === "max" ? "gt" : "lt"}_${sign}`);
    }
  }

  add(unit: number): void {
    const { fn } = this.#e;
    const total = this.#units[unit]!;
    if (this.#addsProducts) return this.#addProduct(total, unit);
    fn.get(total);
    this.#e.push(this.#reduction.value, this.#vector, unit);
    this.#combine(this.#vector);
    fn.set(total);
  }

  addSingle(): void {
    const { fn } = this.#e;
    const { value } = this.#reduction;
    fn.get(this.#tail!);
    const varies = this.#e.varies(value);
    this.#e.push(value, varies);
    if (varies) extractLane(this.#e, kindOf(value.dtype), 0);
    this.#combine(false);
    fn.set(this.#tail!);
  }

  startBlock(): void {
    if (!this.#blocked) return;
    for (const local of this.#units) {
      this.#neutral(this.#vector);
      this.#e.fn.set(local);
    }
  }

  endBlock(): void {
    if (!this.#blocked) return;
    this.#units.forEach((local, unit) => {
      const sum = this.#sums[unit]!;
      this.#e.fn.get(sum);
      this.#e.fn.get(local);
      this.#combine(this.#vector);
      this.#e.fn.set(sum);
    });
  }

  single(): Local {
    const e = this.#e;
    const kind = kindOf(this.#reduction.dtype);
    const parts = this.#blocked ? this.#sums : this.#units;
    const vector = this.#vector;
    const result = e.local(e.typeOf(kind, false));
    this.#pushTree(parts);
    if (vector) {
      const all = e.local("v128");
      e.fn.set(all);
      for (let lane = 0; lane < e.lanes; lane++) {
        e.fn.get(all);
        extractLane(e, kind, lane);
        if (lane > 0) this.#combine(false);
      }
    }
    if (this.#tail !== undefined) {
      e.fn.get(this.#tail);
      this.#combine(false);
    }
    pushWrapped(e, this.#reduction.dtype, false);
    e.fn.set(result);
    return result;
  }

  #pushTree(parts: readonly Local[]): void {
    if (parts.length === 1) return this.#e.fn.get(parts[0]!);
    const half = Math.ceil(parts.length / 2);
    this.#pushTree(parts.slice(0, half));
    this.#pushTree(parts.slice(half));
    this.#combine(this.#vector);
  }

  lanes(unit: number): Local {
    const total = (this.#blocked ? this.#sums : this.#units)[unit]!;
    this.#e.fn.get(total);
    pushWrapped(this.#e, this.#reduction.dtype, this.#vector);
    this.#e.fn.set(total);
    return total;
  }
}
