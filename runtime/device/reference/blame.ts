/**
 * Finds the primitive that gave the first NaN or infinity, by running a graph
 * once more, one primitive at a time.
 *
 * @module
 */

import { NumericalError } from "../../core/errors.ts";
import { isFloatDType, type TypedArray } from "../dtypes.ts";
import { attributesOf, type GraphNode, topologicalOrder } from "../graph.ts";
import { formatShape, type Shape } from "../shapes.ts";
import type { Step } from "./builder.ts";
import type { Work } from "../clock.ts";
import { makePlan } from "./plan.ts";
import { runPlan } from "./run.ts";

/**
 * Looks for the first element that is not finite.
 *
 * @param array The elements.
 * @returns Its position, or -1.
 */
export function firstNotFinite(array: TypedArray): number {
  for (let index = 0; index < array.length; index++) {
    const value = array[index]!;
    if (value - value !== 0) return index;
  }
  return -1;
}

/**
 * Throws if a primitive gives NaN or infinity from finite inputs. What comes
 * from data that were not finite to begin with is nobody's fault.
 *
 * @param roots What was asked for.
 * @param parameters Data of the nodes of the primitive `parameter`.
 * @throws {NumericalError} Names the primitive and the path of its op.
 */
export function* blameNotFinite(
  roots: readonly GraphNode[],
  parameters: readonly TypedArray[] = [],
): Work {
  // Walked anew: other executions may have computed some nodes since.
  const order = topologicalOrder(roots);
  order.forEach((node, index) => node.slot = index);
  const plan = makePlan(order, roots, { fuse: false });
  const finite = new WeakMap<TypedArray, boolean>();
  const isFinite = (array: TypedArray): boolean => {
    let known = finite.get(array);
    if (known === undefined) {
      finite.set(array, known = firstNotFinite(array) < 0);
    }
    return known;
  };
  const inspect = (step: Step, buffers: readonly TypedArray[]): void => {
    const node = order[step.node]!;
    for (const slot of step.writes) {
      const array = buffers[slot];
      if (array === undefined || !isFloat(array) || isFinite(array)) continue;
      if (step.reads.every((one) => isFinite(buffers[one]!))) {
        if (node.op === "call") blameInside(node, step, buffers);
        throw blamed(node, step, array, buffers);
      }
    }
  };
  yield* runPlan(plan, order, parameters, inspect);
}

/** Throws what a program that was traced once would throw written out. */
function blameInside(
  node: GraphNode,
  step: Step,
  buffers: readonly TypedArray[],
): void {
  const { outputs } = attributesOf(node, "call").body;
  const inputs = step.reads.map((slot) => buffers[slot]!);
  const work = blameNotFinite(outputs, inputs);
  while (work.next().done !== true);
}

function isFloat(array: TypedArray): boolean {
  return array instanceof Float64Array || array instanceof Float32Array ||
    array instanceof Float16Array;
}

function blamed(
  node: GraphNode,
  step: Step,
  array: TypedArray,
  buffers: readonly TypedArray[],
): NumericalError {
  const index = firstNotFinite(array);
  const place = formatShape(position(index, node.shape));
  const inputs = step.reads.flatMap((slot, k) => {
    const input = buffers[slot]!;
    const aligned = input.length === array.length ? index : 0;
    const simple = input.length === array.length || input.length === 1;
    const name = node.inputs[k];
    return simple && name !== undefined && isFloatDType(name.dtype)
      ? [String(input[aligned])]
      : [];
  });
  return new NumericalError(
    `Cannot go on after "${step.name}": current value at ${place} is ${
      array[index]
    }`,
    {
      ...(node.blame === undefined ? {} : { path: node.blame }),
      expected: "finite numbers, as all its inputs are",
      actual: `${array[index]} at ${place} of shape ${formatShape(node.shape)}${
        inputs.length > 0 ? `, from ${inputs.join(" and ")}` : ""
      }`,
      hint: "Look at what flows into this op, or guard it with where or clip",
    },
  );
}

function position(index: number, shape: Shape): number[] {
  const result = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return result;
}
