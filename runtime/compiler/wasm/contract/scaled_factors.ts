/**
 * What a factor is multiplied by for long stretches of lanes: such a scale need
 * not touch each element, only the sum of a stretch.
 *
 * @module
 */

import type { Expr, ExprPool } from "../../ir/expr.ts";
import { dependsOn } from "../../ir/index_arithmetic.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";

/** A factor, taken apart. */
export interface ScaledFactor {
  /** What differs from lane to lane. */
  readonly value: Expr;
  /** What it is multiplied by; undefined for 1. */
  readonly scale: Expr | undefined;
  /** Lanes that share a scale. */
  readonly run: number;
}

/**
 * Takes a factor apart.
 *
 * @param pool The pool.
 * @param factor The factor.
 * @param axis The axis that lanes lie along.
 * @param lanes Lanes of a block.
 * @param least Lanes that must share a scale at least.
 * @returns Its parts.
 */
export function scaledFactor(
  pool: ExprPool,
  factor: Expr,
  axis: number,
  lanes: number,
  least: number,
): ScaledFactor {
  const whole = { value: factor, scale: undefined, run: lanes };
  if (factor.dtype !== "f32" || lanes < least) return whole;
  const patterns = new LanePatterns(axis, lanes);
  const values: Expr[] = [];
  const scales: Expr[] = [];
  const open = [factor];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (patterns.run(one) >= least) scales.push(one);
    else if (one.op === "multiply") open.push(...one.args);
    else values.push(one);
  }
  const isWorth = scales.some((one) => dependsOn(one, axis)) ||
    (scales.length > 0 && lanes > least);
  if (!isWorth || values.length === 0) return whole;
  const product = (factors: readonly Expr[]) =>
    factors.reduce((a, b) => pool.make("multiply", "f32", [a, b]));
  return {
    value: product(values),
    scale: product(scales),
    run: Math.min(...scales.map((one) => patterns.run(one))),
  };
}
