/**
 * Sums of stretches of a packed row: what a number that is added to the other
 * factor all along a stretch is multiplied by.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import {
  assign,
  hold,
  plus,
  times,
  whileAddressBelow,
} from "../assembler_terms.ts";
import type { ContractModule } from "./module.ts";

/**
 * Adds the function `sum(from, steps, to)`: sums the f32 of whole stretches.
 *
 * @param module The module.
 * @param length Steps of a stretch, a multiple of four.
 * @returns The function.
 */
export function stretchesFunction(
  module: ContractModule,
  length: number,
): FunctionBuilder {
  const fn = module.builder.function(["i32", "i32", "i32"]);
  const [from, steps, target] = fn.parameters as [Local, Local, Local];
  const end = hold(fn, plus(from, times(steps, 4)));
  const last = hold(fn, plus(end, 1 - 4 * length));
  const address = hold(fn, target);
  const sum = fn.local("v128");
  whileAddressBelow(fn, from, last, 4 * length, () => {
    for (let lane = 0; lane < length; lane += 4) {
      if (lane > 0) fn.get(sum);
      fn.get(from);
      fn.memory("v128.load", 4 * lane, 2);
      if (lane > 0) fn.op("f32x4.add");
      fn.set(sum);
    }
    fn.get(address);
    for (let lane = 0; lane < 4; lane++) {
      fn.get(sum);
      fn.lane("f32x4.extract_lane", lane);
      if (lane > 0) fn.op("f32.add");
    }
    fn.memory("f32.store");
    assign(fn, address, plus(address, 4));
  });
  return fn;
}
