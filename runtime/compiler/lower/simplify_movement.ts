/**
 * Simpler forms of movement.
 *
 * @module
 */

import { sameShape, type Shape } from "../../device/shapes.ts";
import type { FlatAttributes, FlatNode } from "./flat.ts";
import type { FlatMaker } from "./simplify.ts";

/** Parts that one node may join before it becomes a tree. */
const MAX_PARTS = 6;

/**
 * A simpler node with the value of a movement.
 *
 * @param maker Makes nodes.
 * @param op The movement.
 * @param inputs Its inputs.
 * @param shape Shape of its value.
 * @param attributes Its attributes.
 * @returns The node, or undefined when there is none.
 */
export function moved(
  maker: FlatMaker,
  op: "reshape" | "expand" | "permute" | "slice" | "pad" | "concat",
  inputs: readonly FlatNode[],
  shape: Shape,
  attributes: FlatAttributes,
): FlatNode | undefined {
  const x = inputs[0]!;
  if (op === "concat") {
    return joined(maker, inputs, shape, attributes.axis!);
  }
  if (op === "pad") return padded(maker, x, shape, attributes);
  if (x.op === "literal" || x.op === "scalar") {
    return maker.make(x.op, [], x.dtype, shape, x.attributes);
  }
  switch (op) {
    case "reshape":
      if (sameShape(x.shape, shape)) return x;
      return x.op === "reshape"
        ? maker.reshape(x.inputs[0]!, shape)
        : undefined;
    case "expand":
      if (sameShape(x.shape, shape)) return x;
      if (x.size === sizeOfShape(shape)) return maker.reshape(x, shape);
      return x.op === "expand" ? maker.expand(x.inputs[0]!, shape) : undefined;
    case "permute":
      return permuted(maker, x, shape, attributes.axes!);
    default:
      return sliced(maker, x, shape, attributes);
  }
}

function sizeOfShape(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

function permuted(
  maker: FlatMaker,
  x: FlatNode,
  shape: Shape,
  axes: readonly number[],
): FlatNode | undefined {
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.every((axis, k) => k === 0 || axis > long[k - 1]!)) {
    return maker.reshape(x, shape);
  }
  if (x.op !== "permute") return undefined;
  const inner = x.attributes.axes!;
  return maker.make("permute", x.inputs, x.dtype, shape, {
    axes: axes.map((axis) => inner[axis]!),
  });
}

function sliced(
  maker: FlatMaker,
  x: FlatNode,
  shape: Shape,
  attributes: FlatAttributes,
): FlatNode | undefined {
  const starts = attributes.starts!;
  // The step of an axis with one place does not matter.
  const steps = attributes.steps!.map((step, axis) =>
    shape[axis] === 1 ? 1 : step
  );
  if (sameShape(x.shape, shape) && steps.every((step) => step === 1)) return x;
  if (x.op !== "slice") {
    return sameSteps(steps, attributes.steps!)
      ? undefined
      : maker.make("slice", [x], x.dtype, shape, { starts, steps });
  }
  const { starts: before, steps: strides } = x.attributes;
  return maker.make("slice", x.inputs, x.dtype, shape, {
    starts: starts.map((start, axis) =>
      before![axis]! + start * strides![axis]!
    ),
    steps: steps.map((step, axis) => step * strides![axis]!),
  });
}

function sameSteps(a: readonly number[], b: readonly number[]): boolean {
  return a.every((step, axis) => step === b[axis]);
}

function padded(
  maker: FlatMaker,
  x: FlatNode,
  shape: Shape,
  attributes: FlatAttributes,
): FlatNode | undefined {
  if (x.size === 0) return maker.literal(attributes.value!, x.dtype, shape);
  return sameShape(x.shape, shape) ? x : undefined;
}

function joined(
  maker: FlatMaker,
  inputs: readonly FlatNode[],
  shape: Shape,
  axis: number,
): FlatNode | undefined {
  const parts = inputs.filter((part) => part.size > 0);
  if (parts.length === 1) return parts[0];
  const dtype = inputs[0]!.dtype;
  if (parts.length <= MAX_PARTS) {
    return parts.length === inputs.length
      ? undefined
      : maker.make("concat", parts, dtype, shape, { axis });
  }
  const size = Math.ceil(parts.length / MAX_PARTS);
  const groups: FlatNode[] = [];
  for (let from = 0; from < parts.length; from += size) {
    const group = parts.slice(from, from + size);
    const length = group.reduce((n, part) => n + part.shape[axis]!, 0);
    const own = shape.map((n, k) => k === axis ? length : n);
    groups.push(maker.make("concat", group, dtype, own, { axis }));
  }
  return maker.make("concat", groups, dtype, shape, { axis });
}
