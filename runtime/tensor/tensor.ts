/**
 * The lazy, immutable tensor.
 *
 * @module
 */

import { describe, type Description } from "../core/describe.ts";
import { WeftError } from "../core/errors.ts";
import type { DataOf, DType } from "../device/dtypes.ts";
import type { GraphNode } from "../device/graph.ts";
import type { Shape } from "../device/shapes.ts";
import { lendNode } from "./execution.ts";

/** Numbers in lists in lists, as deep as the tensor has axes. */
export type NestedNumbers = number | NestedNumbers[];

/**
 * An array of numbers that is computed when somebody reads it. It never
 * changes. It is not a promise: `await tensor.data()` reads it.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]], { dtype: "f64" });
 * const y = wf.sum(wf.square(x)); // nothing is computed yet
 * console.log(await y.item()); // 30
 * ```
 */
export class Tensor<D extends DType = DType> {
  /** Element type. */
  readonly dtype: D;
  /** The graph that computes it; of use to the runtime only. */
  #node: GraphNode | undefined;
  #isDonated = false;
  /** Lengths of the axes. */
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  /** Number of axes. */
  readonly ndim: number;

  /**
   * Wraps a node of the graph; made by the functions of this module.
   *
   * @param node The node.
   * @internal
   */
  constructor(node: GraphNode) {
    this.#node = node;
    this.dtype = node.dtype as D;
    this.shape = node.shape;
    this.size = node.size;
    this.ndim = node.shape.length;
    node.hold();
  }

  /**
   * The graph that computes the tensor; of use to the runtime only.
   *
   * @throws {WeftError} After {@linkcode dispose}.
   * @internal
   */
  get node(): GraphNode {
    if (this.#node === undefined) {
      if (this.#isDonated) throw donatedError(this);
      throw new WeftError("Cannot use the tensor as it was disposed of", {
        actual: `a disposed ${this.dtype} tensor of shape [${this.shape}]`,
        hint: "Dispose of a tensor after its last use only",
      });
    }
    return this.#node;
  }

  /**
   * Computes the tensor and copies its elements, row-major.
   *
   * @returns A typed array of the dtype; bool gives bytes of 0 and 1.
   */
  async data(): Promise<DataOf[D]> {
    return await lendNode(this.node, (array) => array.slice() as DataOf[D]);
  }

  /**
   * Computes the tensor and gives its only element.
   *
   * @returns The element; 0 or 1 for bool.
   * @throws {WeftError} When there is not exactly one element.
   */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new WeftError(
        `Cannot read the tensor as one number: current shape is [${
          this.shape.join(", ")
        }]`,
        {
          expected: "exactly one element",
          actual: `${this.size} elements`,
          hint: "Reduce it first, or use data()",
        },
      );
    }
    return await lendNode(this.node, ([element]) => element!);
  }

  /**
   * Computes the tensor and gives its elements in nested lists.
   *
   * @returns A number for a scalar, else lists as deep as there are axes.
   */
  async toArray(): Promise<NestedNumbers> {
    return await lendNode(this.node, (array) => nest(array, this.shape));
  }

  /**
   * Gives the data back now, unless something else needs them, and forgets the
   * graph; the tensor cannot be used any more.
   */
  dispose(): void {
    this.#node?.letGo();
    this.#node = undefined;
  }

  /**
   * Gives the tensor up to a program that may write over its data; of use to
   * the runtime only.
   *
   * @internal
   */
  donate(): void {
    this.#isDonated = true;
    this.#node = undefined;
  }

  /** The same as {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Refuses arithmetic of the language, which would give NaN.
   *
   * @param hint What the language wants.
   * @returns The text of the tensor where a text is wanted.
   * @throws {WeftError} Where a number is wanted.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new WeftError(`Cannot use ${this} as a plain number`, {
      expected: "a number",
      actual: "a lazy tensor",
      hint: "Use add, multiply, … or await tensor.item() first",
    });
  }

  /**
   * What a notebook shows: dtype, shape and a peek, where the display layer is
   * loaded.
   *
   * @returns Texts by MIME type.
   */
  [Symbol.for("Jupyter.display")](): Description | Promise<Description> {
    return describe(this, this.toString());
  }

  /**
   * What `console.log` shows: dtype and shape.
   *
   * @returns The text.
   */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /**
   * What `String(tensor)` shows: dtype and shape, without computing anything.
   *
   * @returns For example `Tensor<f64>[2, 3]`.
   */
  toString(): string {
    return `Tensor<${this.dtype}>[${this.shape.join(", ")}]`;
  }
}

function donatedError(tensor: Tensor): WeftError {
  return new WeftError(
    "Cannot use the tensor as it was donated to a compiled function",
    {
      actual: `a donated ${tensor.dtype} tensor of shape [${tensor.shape}]`,
      hint: "Use what the function returned, or do not donate the argument",
    },
  );
}

function nest(data: ArrayLike<number>, shape: Shape): NestedNumbers {
  let at = 0;
  const build = (axis: number): NestedNumbers => {
    if (axis === shape.length) return data[at++]!;
    return Array.from({ length: shape[axis]! }, () => build(axis + 1));
  };
  return build(0);
}

/** A tensor of 64-bit floats. */
export type F64 = Tensor<"f64">;
/** A tensor of 32-bit floats. */
export type F32 = Tensor<"f32">;
/** A tensor of 16-bit floats. */
export type F16 = Tensor<"f16">;
/** A tensor of 32-bit or 64-bit floats. */
export type Float = Tensor<"f32" | "f64">;
/** A tensor of 32-bit signed integers, the dtype of indices. */
export type I32 = Tensor<"i32">;
/** A tensor of 32-bit unsigned integers. */
export type U32 = Tensor<"u32">;
/** A tensor of booleans. */
export type Bool = Tensor<"bool">;
