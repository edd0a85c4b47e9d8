/**
 * Gradients of closed graphs, as if they had been written out.
 *
 * @module
 */

import type { Graph } from "../../device/graph.ts";
import { inlineGraph } from "../closure.ts";
import { freshIdentity } from "../node.ts";
import type { Tensor } from "../tensor.ts";
import { backward } from "./backward.ts";

/**
 * Computes a closed graph again and differentiates it.
 *
 * @param graph The graph.
 * @param call Its inputs, the gradient with respect to each of its outputs
 * (undefined where none flows), and which inputs need one.
 * @returns One gradient an input, undefined where there is none.
 */
export function inlinedGradient(
  graph: Graph,
  call: {
    readonly inputs: readonly Tensor[];
    readonly cotangents: readonly (Tensor | undefined)[];
    readonly needs: readonly boolean[];
  },
): (Tensor | undefined)[] {
  const inputs = call.inputs.map(freshIdentity);
  const flows = inlineGraph(graph, inputs).flatMap((value, k) => {
    const cotangent = call.cotangents[k];
    return cotangent === undefined ? [] : [{ node: value.node, cotangent }];
  });
  const targets = inputs.flatMap((_, k) => call.needs[k] === true ? [k] : []);
  const found = backward(flows, targets.map((k) => inputs[k]!.node));
  const gradients = new Array<Tensor | undefined>(inputs.length);
  targets.forEach((k, place) => gradients[k] = found[place]);
  return gradients;
}
