/**
 * Functions of floats that are computed by helpers, one lane at a time.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { FunctionBuilder } from "../assembler.ts";
import type { Emitter } from "./emitter.ts";
import { kindOf } from "./kinds.ts";
import { extractLane } from "./lanes.ts";

/**
 * Pushes what a helper makes of the arguments of an expression.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param helper The function, of f64.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushHelped(
  e: Emitter,
  expr: Expr,
  helper: FunctionBuilder,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const single = kindOf(expr.dtype) === "f32";
  const finish = () => {
    fn.call(helper);
    if (single) fn.op("f32.demote_f64");
  };
  if (!vector) {
    for (const arg of expr.args) {
      e.push(arg, false, unit);
      if (single) fn.op("f64.promote_f32");
    }
    return finish();
  }
  const vectors = expr.args.map((arg) => e.hold(arg, true, unit));
  const result = e.local("v128");
  const shape = single ? "f32x4" as const : "f64x2" as const;
  for (let lane = 0; lane < e.lanes; lane++) {
    if (lane > 0) fn.get(result);
    for (const one of vectors) {
      fn.get(one);
      extractLane(e, single ? "f32" : "f64", lane);
      if (single) fn.op("f64.promote_f32");
    }
    finish();
    if (lane === 0) fn.op(`${shape}.splat`);
    else fn.lane(`${shape}.replace_lane`, lane);
    fn.set(result);
  }
  fn.get(result);
}
