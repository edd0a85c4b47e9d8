/**
 * Positions of largest and smallest values.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { floatShape, integerShape, isUnsigned, kindOf } from "../emit/kinds.ts";
import { extractLane } from "../emit/lanes.ts";
import {
  type Accumulator,
  type AccumulatorLayout,
  extreme,
} from "./accumulators.ts";

interface Best {
  readonly value: Local;
  readonly place: Local;
}

/** The position of the first largest or smallest value, or of the first NaN. */
export class Search implements Accumulator {
  readonly #e: Emitter;
  readonly #value: Expr;
  readonly #largest: boolean;
  readonly #vector: boolean;
  readonly #along: boolean;
  readonly #position: Local;
  readonly #units: Best[];
  readonly #tail: Best | undefined;

  /**
   * @param e The emitter.
   * @param op Which.
   * @param value What is searched; no boolean.
   * @param position Variable with the position of lane 0 of unit 0.
   * @param layout How the best are held.
   */
  constructor(
    e: Emitter,
    op: "argmax" | "argmin",
    value: Expr,
    position: Local,
    { vector, along, units }: AccumulatorLayout,
  ) {
    this.#e = e;
    this.#along = along;
    this.#value = value;
    this.#largest = op === "argmax";
    this.#vector = vector;
    this.#position = position;
    this.#units = Array.from({ length: units }, () => this.#start(vector));
    this.#tail = along ? this.#start(false) : undefined;
  }

  #start(vector: boolean): Best {
    const e = this.#e;
    const { dtype } = this.#value;
    const kind = kindOf(dtype);
    const best = {
      value: e.local(e.typeOf(kind, vector)),
      place: e.local(vector ? "v128" : "i32"),
    };
    if (kind === "bool") throw new Error("Booleans are searched as numbers");
    e.constant(kind, extreme(dtype, !this.#largest), vector);
    e.fn.set(best.value);
    e.constant("i32", 0, vector);
    e.fn.set(best.place);
    return best;
  }

  /**
   * Pushes whether a value is better than the best; a NaN is, than a number.
   */
  #pushBetter(value: Local, best: Local, vector: boolean): void {
    const { fn } = this.#e;
    const { dtype } = this.#value;
    const kind = kindOf(dtype);
    fn.get(value);
    fn.get(best);
    if (kind === "f32" || kind === "f64") {
      const shape = floatShape(kind, vector);
      fn.op(`${shape}.${this.#largest ? "le" : "ge"}`);
      fn.op(vector ? "v128.not" : "i32.eqz");
      fn.get(best);
      fn.get(best);
      fn.op(`${shape}.eq`, vector ? "v128.and" : "i32.and");
    } else {
      const sign = isUnsigned(dtype) ? "u" : "s";
      fn.op(`${integerShape(vector)}.${this.#largest ? "gt" : "lt"}_${sign}`);
    }
  }

  /** Whether places are held in 64-bit lanes, as the values are. */
  get #wide(): boolean {
    return this.#vector && kindOf(this.#value.dtype) === "f64";
  }

  #pushPlaces(unit: number): void {
    const e = this.#e;
    const { fn } = e;
    const { parameters } = e.settings;
    const from = unit * e.lanes;
    fn.get(this.#position);
    if (this.#wide) {
      fn.op("i64.extend_i32_u", "i64x2.splat");
      if (!this.#along) return;
      fn.get(parameters.vector(`places:${unit}`, () =>
        new Uint8Array(
          BigInt64Array.of(BigInt(from), BigInt(from + 1)).buffer,
        )));
      return fn.op("i64x2.add");
    }
    fn.op("i32x4.splat");
    // Where lanes are rows of their own, all are at the same position.
    if (!this.#along) return;
    fn.get(parameters.vector(`lanes:${unit}`, () =>
      new Uint8Array(
        Int32Array.from([0, 1, 2, 3], (k) => from + k).buffer,
      )));
    fn.op("i32x4.add");
  }

  #take(
    best: Best,
    value: Local,
    better: Local,
    vector: boolean,
    push: () => void,
  ) {
    const { fn } = this.#e;
    const select = vector ? "v128.bitselect" : "select";
    fn.get(value);
    fn.get(best.value);
    fn.get(better);
    fn.op(select);
    fn.set(best.value);
    push();
    fn.get(best.place);
    fn.get(better);
    fn.op(select);
    fn.set(best.place);
  }

  add(unit: number): void {
    const e = this.#e;
    const best = this.#units[unit]!;
    const value = e.hold(this.#value, this.#vector, unit);
    const better = e.local(this.#vector ? "v128" : "i32");
    this.#pushBetter(value, best.value, this.#vector);
    e.fn.set(better);
    this.#take(best, value, better, this.#vector, () => {
      if (this.#vector) this.#pushPlaces(unit);
      else e.fn.get(this.#position);
    });
  }

  addSingle(): void {
    const e = this.#e;
    const kind = kindOf(this.#value.dtype);
    const value = e.local(e.typeOf(kind, false));
    const better = e.local("i32");
    const varies = e.varies(this.#value);
    e.push(this.#value, varies);
    if (varies) extractLane(e, kind, 0);
    e.fn.set(value);
    const best = this.#tail!;
    this.#pushBetter(value, best.value, false);
    e.fn.set(better);
    this.#take(best, value, better, false, () => e.fn.get(this.#position));
  }

  startBlock(): void {
    return;
  }

  endBlock(): void {
    return;
  }

  single(): Local {
    if (!this.#vector && this.#units.length === 1 && this.#tail === undefined) {
      return this.#units[0]!.place;
    }
    const e = this.#e;
    const { fn } = e;
    const kind = kindOf(this.#value.dtype);
    const total = this.#start(false);
    const value = e.local(e.typeOf(kind, false));
    const place = e.local("i32");
    const merge = () => {
      const better = e.local("i32");
      this.#pushBetter(value, total.value, false);
      // An equal value, or another NaN, further to the front is better, too.
      this.#pushSame(value, total.value);
      fn.get(place);
      fn.get(total.place);
      fn.op("i32.lt_s", "i32.and", "i32.or");
      fn.set(better);
      this.#take(total, value, better, false, () => fn.get(place));
    };
    const lanes = this.#vector ? e.lanes : 1;
    this.#units.forEach((unit, k) => {
      for (let lane = 0; lane < lanes; lane++) {
        fn.get(unit.value);
        if (this.#vector) extractLane(e, kind, lane);
        fn.set(value);
        fn.get(unit.place);
        if (this.#wide) {
          fn.lane("i64x2.extract_lane", lane);
          fn.op("i32.wrap_i64");
        } else if (this.#vector) fn.lane("i32x4.extract_lane", lane);
        fn.set(place);
        if (k === 0 && lane === 0) {
          fn.get(value);
          fn.set(total.value);
          fn.get(place);
          fn.set(total.place);
        } else merge();
      }
    });
    if (this.#tail !== undefined) {
      fn.get(this.#tail.value);
      fn.set(value);
      fn.get(this.#tail.place);
      fn.set(place);
      merge();
    }
    return total.place;
  }

  /** Pushes whether two values are equal, or both NaN. */
  #pushSame(a: Local, b: Local): void {
    const { fn } = this.#e;
    const kind = kindOf(this.#value.dtype);
    fn.get(a);
    fn.get(b);
    if (kind !== "f32" && kind !== "f64") return fn.op("i32.eq");
    fn.op(`${kind}.eq`);
    for (const x of [a, b]) {
      fn.get(x);
      fn.get(x);
      fn.op(`${kind}.ne`);
    }
    fn.op("i32.and", "i32.or");
  }

  lanes(unit: number): Local {
    const { place } = this.#units[unit]!;
    if (!this.#wide) return place;
    const { fn } = this.#e;
    fn.get(place);
    fn.get(place);
    fn.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
    fn.set(place);
    return place;
  }
}
