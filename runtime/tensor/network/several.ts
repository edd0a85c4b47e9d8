/**
 * Gradients written by hand for functions with several results.
 *
 * @module
 */

import type { CustomCall } from "../gradients/several.ts";
import { applySeveral } from "../node.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Gives a function with several results a gradient of its own, as
 * `customGradient` does for one result.
 *
 * @param fn The function.
 * @param gradient From the call to one gradient an argument; undefined for
 * none.
 * @returns The function.
 */
export function customGradients(
  fn: (...args: Tensor[]) => readonly Tensor[],
  gradient: (call: CustomCall) => readonly (Tensor | undefined)[],
): (...args: Tensor[]) => Tensor[] {
  return (...args) => {
    const values = fn(...args);
    return applySeveral(
      "custom",
      { outputs: values.length, rule: gradient },
      [...values, ...args],
      values.map(({ dtype, shape }) => ({ dtype, shape })),
    );
  };
}
