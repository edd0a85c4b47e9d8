/**
 * What tensors compile to.
 *
 * @module
 */

import { explainGraph } from "../compiler/explain_graph.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Tells what computing tensors would run, without computing anything: each
 * kernel with its expressions, the arithmetic and the bytes it needs, and why
 * it ends where it ends; then the memory that temporaries take.
 *
 * @param tensors The tensors, computed together.
 * @returns The text, a few lines for each kernel.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]]);
 * const text = wf.explain(wf.softmax(wf.multiply(x, 2)));
 * console.log(text.includes("1 kernel")); // true
 * ```
 */
export function explain(...tensors: readonly Tensor[]): string {
  return explainGraph(tensors.map((one) => one.node));
}
