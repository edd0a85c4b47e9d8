/**
 * Largest and smallest floats in vectors, faster than by the instructions that
 * keep NaN and the sign of 0 at each step.
 *
 * @module
 */

import type { Reduction } from "../../ir/kernel.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { kindOf } from "../emit/kinds.ts";
import { extractLane } from "../emit/lanes.ts";
import type { Accumulator, AccumulatorLayout } from "./accumulators.ts";

/** What is known of the values of a unit. */
interface Known {
  /** The extreme of those that are numbers. */
  readonly value: Local;
  /** Where one was NaN. */
  readonly nan: Local;
  /** Signs: of all together for the largest, of any for the smallest. */
  readonly signs: Local;
}

/** A maximum or minimum of floats. */
export class Extreme implements Accumulator {
  readonly #e: Emitter;
  readonly #reduction: Reduction;
  readonly #kind: "f32" | "f64";
  readonly #shape: "f32x4" | "f64x2";
  readonly #largest: boolean;
  readonly #units: Known[];
  readonly #tail: Local | undefined;

  /**
   * @param e The emitter.
   * @param reduction The reduction, `max` or `min` of floats.
   * @param layout How totals are held: in vectors.
   */
  constructor(
    e: Emitter,
    reduction: Reduction,
    { along, units }: AccumulatorLayout,
  ) {
    this.#e = e;
    this.#reduction = reduction;
    this.#kind = kindOf(reduction.dtype) === "f64" ? "f64" : "f32";
    this.#shape = this.#kind === "f64" ? "f64x2" : "f32x4";
    this.#largest = reduction.op === "max";
    const make = (push: () => void) => {
      const local = e.local("v128");
      push();
      e.fn.set(local);
      return local;
    };
    const signs = () => make(() => e.pushSplat("i32", this.#largest ? -1 : 0));
    const nan = () => make(() => e.pushSplat("i32", 0));
    // Parts of one total may share what is known beside the extreme.
    const shared = along ? { nan: nan(), signs: signs() } : undefined;
    this.#units = Array.from({ length: units }, () => ({
      value: make(() => e.pushSplat(this.#kind, this.#start)),
      nan: shared?.nan ?? nan(),
      signs: shared?.signs ?? signs(),
    }));
    if (!along) return;
    this.#tail = e.local(this.#kind);
    e.fn[this.#kind](this.#start);
    e.fn.set(this.#tail);
  }

  get #start(): number {
    return this.#largest ? -Infinity : Infinity;
  }

  add(unit: number): void {
    const e = this.#e;
    const { fn } = e;
    const { value, nan, signs } = this.#units[unit]!;
    const x = e.hold(this.#reduction.value, true, unit);
    fn.get(value);
    fn.get(x);
    fn.op(`${this.#shape}.${this.#largest ? "pmax" : "pmin"}`);
    fn.set(value);
    fn.get(nan);
    fn.get(x);
    fn.get(x);
    fn.op(`${this.#shape}.ne`, "v128.or");
    fn.set(nan);
    fn.get(signs);
    fn.get(x);
    fn.op(this.#largest ? "v128.and" : "v128.or");
    fn.set(signs);
  }

  addSingle(): void {
    const e = this.#e;
    const { value } = this.#reduction;
    const varies = e.varies(value);
    e.fn.get(this.#tail!);
    e.push(value, varies);
    if (varies) extractLane(e, this.#kind, 0);
    e.fn.op(`${this.#kind}.${this.#largest ? "max" : "min"}`);
    e.fn.set(this.#tail!);
  }

  startBlock(): void {
    return;
  }

  endBlock(): void {
    return;
  }

  /** Gives an extreme the sign of its 0, and NaN. */
  #complete({ value, nan, signs }: Known): void {
    const e = this.#e;
    const { fn } = e;
    const result = e.local("v128");
    // Adding 0 makes 0 of -0.
    fn.get(value);
    e.pushSplat(this.#kind, 0);
    fn.op(`${this.#shape}.add`);
    fn.set(result);
    fn.get(result);
    e.pushSplat(this.#kind, 0);
    fn.op(`${this.#shape}.eq`);
    fn.get(signs);
    e.pushSplat(this.#kind, -0);
    fn.op("v128.and", "v128.and");
    fn.get(result);
    fn.op("v128.or");
    // All bits set are a NaN.
    fn.get(nan);
    fn.op("v128.or");
    fn.set(value);
  }

  single(): Local {
    const e = this.#e;
    const { fn } = e;
    const [first, ...others] = this.#units as [Known, ...Known[]];
    for (const { value } of others) {
      fn.get(first.value);
      fn.get(value);
      fn.op(`${this.#shape}.${this.#largest ? "pmax" : "pmin"}`);
      fn.set(first.value);
    }
    this.#complete(first);
    for (let lane = 0; lane < e.lanes; lane++) {
      fn.get(first.value);
      extractLane(e, this.#kind, lane);
      if (lane > 0) fn.op(`${this.#kind}.${this.#largest ? "max" : "min"}`);
    }
    fn.get(this.#tail!);
    fn.op(`${this.#kind}.${this.#largest ? "max" : "min"}`);
    fn.set(this.#tail!);
    return this.#tail!;
  }

  lanes(unit: number): Local {
    const known = this.#units[unit]!;
    this.#complete(known);
    return known.value;
  }
}
