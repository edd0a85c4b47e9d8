/**
 * A smooth map from all real numbers to the inside of bounds, on a logarithmic
 * scale.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import type { FreeParameter } from "./kernel.ts";

/** Share of the half width within which a start or an end counts as inside. */
const INSIDE = 0.999;

/**
 * Positions `u` of a search and the hyperparameters they stand for:
 * `log value = middle + half · tanh(u / half)`, with the slope 1 in the middle of the
 * bounds and 0 at them.
 */
export class LogBox {
  readonly #bounds: readonly (readonly [number, number])[];
  readonly #middle: Float64Array;
  readonly #half: Float64Array;

  /** @param parameters The free numbers with their bounds. */
  constructor(parameters: readonly FreeParameter[]) {
    this.#bounds = parameters.map(({ bounds }) => bounds);
    this.#middle = Float64Array.from(
      parameters,
      ({ bounds: [low, high] }) => (Math.log(low) + Math.log(high)) / 2,
    );
    this.#half = Float64Array.from(
      parameters,
      ({ bounds: [low, high] }) => (Math.log(high) - Math.log(low)) / 2,
    );
  }

  /**
   * Hyperparameters at a position.
   *
   * @param position `[p]`.
   * @returns Values between the bounds, natural scale, `[p]`; lazy, with gradients.
   */
  toValues(position: F64): F64 {
    const half = wf.tensor(this.#half);
    const offset = wf.multiply(half, wf.tanh(wf.divide(position, half)));
    return wf.exp(wf.add(wf.tensor(this.#middle), offset));
  }

  /**
   * Values moved between the bounds where rounding left them outside.
   *
   * @param values Natural scale.
   * @returns Values between the bounds.
   */
  clamp(values: Float64Array): Float64Array {
    return values.map((value, index) => {
      const [low, high] = this.#bounds[index] ?? [NaN, NaN];
      return Math.min(Math.max(value, low), high);
    });
  }

  /**
   * The position of hyperparameters, a little inside where they are on a bound.
   *
   * @param values Natural scale.
   * @returns The position.
   */
  toPosition(values: Float64Array): Float64Array {
    return values.map((value, index) => {
      const half = this.#half[index] ?? NaN;
      const share = this.share(value, index);
      return half * Math.atanh(Math.min(Math.max(share, -INSIDE), INSIDE));
    });
  }

  /**
   * Where a value lies between the bounds.
   *
   * @param value Natural scale.
   * @param index Which free number.
   * @returns −1 at the lower bound, 1 at the upper one.
   */
  share(value: number, index: number): number {
    return (Math.log(value) - (this.#middle[index] ?? NaN)) /
      (this.#half[index] ?? NaN);
  }

  /**
   * Whether a value has run into a bound.
   *
   * @param value Natural scale.
   * @param index Which free number.
   * @returns True within 0.1 % of the half width.
   */
  isAtBound(value: number, index: number): boolean {
    return Math.abs(this.share(value, index)) >= INSIDE;
  }

  /**
   * The value at a share of the bounds.
   *
   * @param share −1 at the lower bound, 1 at the upper one.
   * @param index Which free number.
   * @returns Natural scale.
   */
  valueAt(share: number, index: number): number {
    return Math.exp(
      (this.#middle[index] ?? NaN) +
        share * (this.#half[index] ?? NaN),
    );
  }
}
