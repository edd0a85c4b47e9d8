/**
 * Makes flat nodes and simplifies them on the way: movement of movement,
 * arithmetic with 0 and 1, casts that change nothing, and whatever has no
 * elements.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { isFloatDType } from "../../device/dtypes.ts";
import { sameShape, type Shape, sizeOf } from "../../device/shapes.ts";
import type { FlatAttributes, FlatGraph, FlatNode, FlatOp } from "./flat.ts";
import { moved } from "./simplify_movement.ts";

/** Makes the nodes of one flat graph. */
export class FlatMaker {
  /**
   * @param graph The graph.
   * @param at Position of the node of the tensor graph that is being lowered.
   */
  constructor(readonly graph: FlatGraph, public at = 0) {}

  /**
   * A node, or a simpler one of the same value.
   *
   * @param op What it does.
   * @param inputs Its inputs.
   * @param dtype Dtype of its value.
   * @param shape Shape of its value.
   * @param attributes What it needs to know beside its inputs.
   * @returns The node.
   */
  make(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType,
    shape: Shape,
    attributes?: FlatAttributes,
  ): FlatNode {
    if (sizeOf(shape) === 0) return this.#add("empty", [], dtype, shape);
    return this.#simpler(op, inputs, dtype, shape, attributes) ??
      this.#add(op, inputs, dtype, shape, attributes);
  }

  #add(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType,
    shape: Shape,
    attributes?: FlatAttributes,
  ): FlatNode {
    return this.graph.add(op, inputs, dtype, shape, this.at, attributes);
  }

  /**
   * A number of the program's text.
   *
   * @param value The number.
   * @param dtype The dtype.
   * @param shape The shape.
   * @returns The node.
   */
  literal(value: number, dtype: DType, shape: Shape = []): FlatNode {
    return this.make("literal", [], dtype, shape, { value });
  }

  /**
   * An elementwise node.
   *
   * @param op The primitive.
   * @param inputs The operands, of one shape.
   * @param dtype Dtype of the value; that of the first operand by default.
   * @returns The node.
   */
  map(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType = inputs[0]!.dtype,
  ): FlatNode {
    return this.make(op, inputs, dtype, inputs[0]!.shape);
  }

  /**
   * The same elements in another shape.
   *
   * @param x The node.
   * @param shape The shape.
   * @returns The node.
   */
  reshape(x: FlatNode, shape: Shape): FlatNode {
    return this.make("reshape", [x], x.dtype, shape);
  }

  /**
   * Broadcast to a shape.
   *
   * @param x The node.
   * @param shape The shape.
   * @returns The node.
   */
  expand(x: FlatNode, shape: Shape): FlatNode {
    return this.make("expand", [x], x.dtype, shape);
  }

  /**
   * As another dtype.
   *
   * @param x The node.
   * @param dtype The dtype.
   * @returns The node.
   */
  cast(x: FlatNode, dtype: DType): FlatNode {
    return this.make("cast", [x], dtype, x.shape);
  }

  #simpler(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType,
    shape: Shape,
    attributes: FlatAttributes = {},
  ): FlatNode | undefined {
    const [x, y] = inputs as [FlatNode, FlatNode];
    switch (op) {
      case "reshape":
      case "expand":
      case "permute":
      case "slice":
      case "pad":
      case "concat":
        return moved(this, op, inputs, shape, attributes);
      case "cast":
        return this.#simplerCast(x, dtype);
      case "multiply":
        return isLiteral(y, 1) ? x : isLiteral(x, 1) ? y : undefined;
      case "divide":
        return isLiteral(y, 1) ? x : undefined;
      case "subtract":
        // Minus zero stays as it is, other than with a sum.
        return isLiteral(y, 0) ? x : undefined;
      case "power":
        return this.#simplerPower(x, y);
      case "sum":
      case "prod":
      case "max":
      case "min":
        return this.#simplerReduction(op, x, shape, attributes.axes!);
      case "argmax":
      case "argmin":
        return x.shape[attributes.axis!] === 1
          ? this.literal(0, dtype, shape)
          : undefined;
      case "cumulativeSum":
        return x.shape[attributes.axis!] === 1 ? x : undefined;
      case "matmul":
        return this.#simplerProduct(x, y, dtype, shape);
      case "dynamicSlice":
        return sameShape(x.shape, shape) ? x : undefined;
      case "dynamicUpdateSlice":
        if (y.size === 0) return x;
        return sameShape(y.shape, shape) ? y : undefined;
      case "scatterAdd":
        return inputs[2]!.size === 0 ? x : undefined;
      case "scatterAddAlongAxis":
        return this.#simplerScatter(inputs, attributes.axis!);
      default:
        return undefined;
    }
  }

  #simplerCast(x: FlatNode, dtype: DType): FlatNode | undefined {
    // Numbers are rounded once, when they are handed over.
    const isHanded = isFloatDType(dtype) || dtype === "i32" || dtype === "u32";
    if (x.op === "scalar" && x.dtype === "f64" && isHanded) {
      return this.make("scalar", [], dtype, x.shape, x.attributes);
    }
    if (x.dtype === dtype) return x;
    if (x.op !== "cast") return undefined;
    const source = x.inputs[0]!;
    // A detour through a dtype that holds every value changes nothing.
    return contains(x.dtype, source.dtype)
      ? this.cast(source, dtype)
      : undefined;
  }

  #simplerPower(x: FlatNode, y: FlatNode): FlatNode | undefined {
    if (y.op !== "literal") return undefined;
    const isFloat = isFloatDType(x.dtype);
    switch (y.attributes.value!) {
      case 0:
        return this.literal(1, x.dtype, x.shape);
      case 1:
        return x;
      case 2:
        return this.map("multiply", [x, x]);
      case 3:
        return this.map("multiply", [this.map("multiply", [x, x]), x]);
      case -1:
        if (!isFloat) return undefined;
        return this.map("divide", [this.literal(1, x.dtype, x.shape), x]);
      case 0.5: {
        if (!isFloat) return undefined;
        // The root of -0 is -0 and that of -Infinity is NaN; powers are not.
        const number = (value: number) => this.literal(value, x.dtype, x.shape);
        const root = this.map("sqrt", [this.map("add", [x, number(0)])]);
        const isLowest = this.map("equal", [x, number(-Infinity)], "bool");
        return this.map("where", [isLowest, number(Infinity), root], x.dtype);
      }
      default:
        return undefined;
    }
  }

  #simplerReduction(
    op: "sum" | "prod" | "max" | "min",
    x: FlatNode,
    shape: Shape,
    axes: readonly number[],
  ): FlatNode | undefined {
    if (x.size === 0) {
      return this.literal(identityOf(op, x.dtype), x.dtype, shape);
    }
    const long = axes.filter((axis) => x.shape[axis] !== 1);
    if (long.length === 0) return this.reshape(x, shape);
    if (op === "sum" && x.op === "matmul") {
      const product = this.#longerProduct(x, axes);
      if (product !== undefined) return product;
    }
    if (long.length === axes.length) return undefined;
    // Axes of length 1 need no loop.
    const kept: number[] = [];
    const rest: number[] = [];
    x.shape.forEach((length, axis) => {
      if (axes.includes(axis) && length === 1) return;
      if (axes.includes(axis)) rest.push(kept.length);
      kept.push(length);
    });
    const input = this.reshape(x, kept);
    return this.make(op, [input], x.dtype, shape, { axes: rest });
  }

  /** A sum over a batch of products is one product over longer rows. */
  #longerProduct(
    product: FlatNode,
    axes: readonly number[],
  ): FlatNode | undefined {
    const rank = product.shape.length;
    if (axes.some((axis) => axis >= rank - 2)) return undefined;
    const batch = product.shape.map((_, axis) => axis).slice(0, -2);
    const kept = batch.filter((axis) => !axes.includes(axis));
    const [a, b] = product.inputs as [FlatNode, FlatNode];
    const lead = kept.map((axis) => product.shape[axis]!);
    const [m, n] = [product.shape[rank - 2]!, product.shape[rank - 1]!];
    const depth = axes.reduce((size, axis) => size * a.shape[axis]!, 1) *
      a.shape[rank - 1]!;
    const sorted = (x: FlatNode, order: readonly number[]) =>
      this.make(
        "permute",
        [x],
        x.dtype,
        order.map((axis) => x.shape[axis]!),
        { axes: order },
      );
    const left = sorted(a, [...kept, rank - 2, ...axes, rank - 1]);
    const right = sorted(b, [...kept, ...axes, rank - 2, rank - 1]);
    return this.make(
      "matmul",
      [
        this.reshape(left, [...lead, m, depth]),
        this.reshape(right, [...lead, depth, n]),
      ],
      product.dtype,
      [...lead, m, n],
    );
  }

  /** One number added to each row: the place is looked for instead. */
  #simplerScatter(
    inputs: readonly FlatNode[],
    axis: number,
  ): FlatNode | undefined {
    const [x, indices, updates] = inputs as [FlatNode, FlatNode, FlatNode];
    if (updates.size === 0) return x;
    const isOne = updates.shape.every((length, k) =>
      length === (k === axis ? 1 : x.shape[k])
    );
    if (!isOne || x.dtype === "bool") return undefined;
    const length = x.shape[axis]!;
    const index = this.cast(indices, "i32");
    const number = (value: number) => this.literal(value, "i32", index.shape);
    const isBelow = this.map("less", [index, number(0)], "bool");
    const fromEnd = this.map("add", [index, number(length)]);
    const place = this.map("where", [isBelow, fromEnd, index], "i32");
    const count = this.make("iota", [], "i32", [length]);
    const along = x.shape.map((n, k) => k === axis ? n : 1);
    const positions = this.expand(this.reshape(count, along), x.shape);
    const isThere = this.map(
      "equal",
      [positions, this.expand(place, x.shape)],
      "bool",
    );
    const sum = this.map("add", [x, this.expand(updates, x.shape)]);
    return this.map("where", [isThere, sum, x], x.dtype);
  }

  #simplerProduct(
    a: FlatNode,
    b: FlatNode,
    dtype: DType,
    shape: Shape,
  ): FlatNode | undefined {
    const depth = a.shape.at(-1)!;
    if (depth === 0) return this.literal(0, dtype, shape);
    if (depth !== 1) return undefined;
    return this.map("multiply", [this.expand(a, shape), this.expand(b, shape)]);
  }
}

function isLiteral(node: FlatNode, value: number): boolean {
  return node.op === "literal" && Object.is(node.attributes.value, value);
}

/**
 * What a reduction of nothing gives.
 *
 * @param op The reduction.
 * @param dtype Its dtype.
 * @returns The number, as the dtype holds it.
 */
export function identityOf(
  op: "sum" | "prod" | "max" | "min",
  dtype: DType,
): number {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  // Integer arrays turn infinity into 0.
  if (!isFloatDType(dtype)) return 0;
  return op === "max" ? -Infinity : Infinity;
}

const WIDER: Readonly<Record<DType, readonly DType[]>> = {
  f64: [],
  f32: ["f64"],
  f16: ["f32", "f64"],
  i32: ["f64"],
  u32: ["f64"],
  i8: ["i32", "f16", "f32", "f64"],
  u8: ["i32", "u32", "f16", "f32", "f64"],
  bool: ["i8", "u8", "i32", "u32", "f16", "f32", "f64"],
};

/** Whether a dtype holds each value of another one. */
function contains(wide: DType, narrow: DType): boolean {
  return WIDER[narrow].includes(wide);
}

/**
 * The node behind reshapes, which has the same elements in the same order.
 *
 * @param node A node.
 * @returns The node without reshapes around it.
 */
export function unshaped(node: FlatNode): FlatNode {
  let result = node;
  while (result.op === "reshape") result = result.inputs[0]!;
  return result;
}

/**
 * Whether a node is a number rather than data.
 *
 * @param node The node.
 * @returns True for literals and scalars.
 */
export function isNumber(node: FlatNode): boolean {
  return node.op === "literal" || node.op === "scalar";
}

/**
 * Whether two nodes have one type.
 *
 * @param a One node.
 * @param b The other.
 * @returns True when dtype and shape are equal.
 */
export function sameType(a: FlatNode, b: FlatNode): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}
