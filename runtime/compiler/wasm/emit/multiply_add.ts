/**
 * Products that are added to something: one instruction where there is one.
 *
 * @module
 */

import type { FunctionBuilder } from "../assembler.ts";
import { hasRelaxedSimd } from "../assembler_features.ts";

/**
 * Pushes `sum + a * b`, or `sum - a * b`, in the lanes of floats. Where relaxed
 * SIMD is there it is rounded once or twice, as the machine has it.
 *
 * @param fn The function.
 * @param shape What lanes hold.
 * @param sign Whether the product is added or taken away.
 * @param terms Push the factors and the sum.
 */
export function pushMultiplyAdd(
  fn: FunctionBuilder,
  shape: "f32x4" | "f64x2",
  sign: "add" | "sub",
  { a, b, sum }: Readonly<Record<"a" | "b" | "sum", () => void>>,
): void {
  if (hasRelaxedSimd()) {
    a();
    b();
    sum();
    fn.op(`${shape}.relaxed_${sign === "add" ? "madd" : "nmadd"}`);
  } else {
    sum();
    a();
    b();
    fn.op(`${shape}.mul`, `${shape}.${sign}`);
  }
}
