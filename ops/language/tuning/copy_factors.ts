/**
 * Copies of adapters, for those who change them in place.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { Factors } from "./step_program.ts";

/**
 * Factors of their own, f32, the last layers first: their gradients come first,
 * and in the order of factors what they follow from need not be kept for long.
 *
 * @param adapter The adapter.
 * @returns Its factors.
 */
export async function copyFactors({ layers }: LoraAdapter): Promise<Factors> {
  const order = new Intl.Collator("en", { numeric: true });
  const names = Object.keys(layers).sort((a, b) => order.compare(b, a));
  const all = names.flatMap((name) => [layers[name]!.a, layers[name]!.b]);
  const values = await wf.read(...all.map((one) => wf.cast(one, "f32")));
  const own = all.map(({ shape }, k) => wf.tensor(values[k]!, { shape }));
  return Object.fromEntries(
    names.map((name, k) => [name, { a: own[2 * k]!, b: own[2 * k + 1]! }]),
  );
}
