/**
 * The reverse walk: sends the gradient of a scalar back through the graph by
 * the rules of one table.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { isFloatDType } from "../../device/dtypes.ts";
import {
  attributesOf,
  gradientInputs,
  gradientOrder,
  type GraphNode,
} from "../../device/graph.ts";
import { currentBlame, withBlame } from "../blame.ts";
import { add } from "../elementwise.ts";
import { Tensor } from "../tensor.ts";
import { ELEMENTWISE_RULES } from "./elementwise.ts";
import { MOVEMENT_RULES } from "./movement.ts";
import { REDUCTION_RULES } from "./reductions.ts";
import type { GradientRule } from "./rule.ts";
import { SEVERAL_RULES } from "./several.ts";

let table: ReadonlyMap<string, GradientRule> | undefined;

/**
 * The gradient table. It is put together at its first use, as rules for loops
 * and programs use the reverse walk themselves.
 */
function gradientTable(): ReadonlyMap<string, GradientRule> {
  table ??= new Map([
    ...Object.entries(ELEMENTWISE_RULES),
    ...Object.entries(MOVEMENT_RULES),
    ...Object.entries(REDUCTION_RULES),
    ...Object.entries(SEVERAL_RULES),
  ]);
  return table;
}

/**
 * Gradients of several values, weighted by cotangents, with respect to nodes.
 *
 * @param outputs The values and their cotangents.
 * @param targets The nodes.
 * @returns For each target its gradient, or undefined when nothing depends on
 * it.
 */
export function backward(
  outputs: readonly { readonly node: GraphNode; readonly cotangent: Tensor }[],
  targets: readonly GraphNode[],
): (Tensor | undefined)[] {
  const order = gradientOrder(outputs.map((output) => output.node));
  const needed = dependents(order, targets);
  const cotangents = new Map<GraphNode, (Tensor | undefined)[]>();
  const send = (node: GraphNode, index: number, value: Tensor): void => {
    let list = cotangents.get(node);
    if (list === undefined) cotangents.set(node, list = []);
    const seen = list[index];
    list[index] = seen === undefined ? value : add(seen, value);
  };
  for (const { node, cotangent } of outputs) {
    if (needed.has(node)) send(node, 0, cotangent);
  }
  const wanted = new Set(targets);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    const list = cotangents.get(node);
    if (list === undefined || wanted.has(node)) continue;
    cotangents.delete(node);
    if (node.op === "output") {
      send(node.inputs[0]!, attributesOf(node, "output").index, list[0]!);
      continue;
    }
    const inputs = gradientInputs(node);
    const needs = inputs.map((input) => needed.has(input));
    const gradients = blamed(node, () =>
      ruleOf(node)({
        node,
        inputs: inputs.map((input) => new Tensor(input)),
        output: new Tensor(node),
        cotangent: list[0]!,
        cotangents: node.outputs === undefined
          ? list
          : node.outputs.map((_, index) => list[index]),
        needs,
      }));
    inputs.forEach((input, index) => {
      const gradient = gradients[index];
      if (needs[index] && gradient !== undefined) {
        blamed(node, () => send(input, 0, gradient));
      }
    });
  }
  return targets.map((target) => cotangents.get(target)?.[0]);
}

/** Nodes of the backward pass are charged to the op of the forward one. */
function blamed<T>(node: GraphNode, body: () => T): T {
  return node.blame === currentBlame() ? body() : withBlame(node.blame, body);
}

/** The nodes through which a gradient can reach a target. */
function dependents(
  order: readonly GraphNode[],
  targets: readonly GraphNode[],
): Set<GraphNode> {
  const needed = new Set(targets);
  for (const node of order) {
    const stops = node.op === "alias" && attributesOf(node, "alias").stop;
    if (stops || (node.outputs === undefined && !isFloatDType(node.dtype))) {
      continue;
    }
    if (gradientInputs(node).some((input) => needed.has(input))) {
      needed.add(node);
    }
  }
  return needed;
}

function ruleOf(node: GraphNode): GradientRule {
  const rule = gradientTable().get(node.op);
  if (rule === undefined) {
    throw new WeftError(`Cannot differentiate "${node.op}"`, {
      hint: "Use stopGradient on its input, or customGradient around it",
    });
  }
  return rule;
}
