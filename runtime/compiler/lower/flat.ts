/**
 * The flat graph that the lowering works on: no calls, no aliases, equal nodes
 * once, and some algebra done as nodes are made.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import type { TensorSpec } from "../../device/graph.ts";
import type {
  PrimitiveName,
  RoutineAttributes,
} from "../../device/primitives.ts";
import { type Shape, sizeOf } from "../../device/shapes.ts";
import type { Group } from "./group.ts";
import { attributesText } from "../ir/spelled_numbers.ts";

/** What a flat node does. */
export type FlatOp =
  | Exclude<
    PrimitiveName,
    "data" | "constant" | "parameter" | "alias" | "call" | "custom"
  >
  /** Data: leaf number `leaf`, or parameter of a loop's body. */
  | "leaf"
  /** A run-time number: leaf number `leaf`. */
  | "scalar"
  /** A number of the program's text: `value`. */
  | "literal"
  /** Words `index` of the random bits of a key and a first counter. */
  | "randomBits"
  /**
   * Input 0, put into the buffer of input 2 from the scalar of input 1 on: its
   * points are those of input 0.
   */
  | "write"
  /** Input 1 with what input 0, a `write`, has put into its buffer. */
  | "written"
  /** No elements. */
  | "empty";

/** What flat nodes need to know beside their inputs. */
export interface FlatAttributes {
  readonly leaf?: number;
  readonly value?: number;
  readonly index?: number;
  readonly order?: number;
  readonly axis?: number;
  readonly axes?: readonly number[];
  readonly reverse?: boolean;
  readonly starts?: readonly number[];
  readonly steps?: readonly number[];
  readonly before?: readonly number[];
  readonly name?: string;
  readonly routine?: RoutineAttributes;
  readonly outputs?: readonly TensorSpec[];
  readonly loop?: FlatLoop;
  /** Whether a reduction is a piece of a longer one. */
  readonly isPiece?: boolean;
}

/** A loop whose body is a flat graph of its own. */
export interface FlatLoop {
  /** Number of carries; the first inputs. */
  readonly carries: number;
  /** Number of sequences; the next inputs. The rest is captured. */
  readonly sequences: number;
  /** Number of steps. */
  readonly length: number;
  /** Whether steps go from the last slice to the first. */
  readonly reverse: boolean;
  /** Leaves of the body, one an input: undefined for numbers. */
  readonly parameters: readonly (FlatNode | undefined)[];
  /** Next carries, then slices of results. */
  readonly results: readonly FlatNode[];
  /** The graph of the body. */
  readonly graph: FlatGraph;
}

/** What the nodes below a node cost where it is computed in place. */
export interface Estimate {
  /** Additions, about, for one element. */
  readonly cost: number;
  /** The most that one primitive costs. */
  readonly heaviest: number;
  /** Number of primitives. */
  readonly count: number;
  /** Number of reshapes, which make indices long. */
  readonly reshapes: number;
  /** Nodes with buffers that are read. */
  readonly loads: readonly FlatNode[];
  /** Whether all elements are one number, for which no loop is needed. */
  readonly isUniform: boolean;
}

/** One node of the flat graph. */
export class FlatNode {
  /** Number of other nodes (and roots) that use it. */
  uses = 0;
  #home: Group | undefined = undefined;
  /** Whether it needs a buffer: it is read by other kernels, or a result. */
  isStored = false;
  /** Number of its buffer, once it has one. */
  buffer = -1;
  /** Why a kernel ends with it. */
  reason = "";
  /** What computing it in place costs. */
  estimate: Estimate | undefined = undefined;
  /** What a `write` makes. */
  target: FlatNode | undefined = undefined;
  /** Scratch of walks. */
  mark = 0;

  /**
   * @param id Its number; larger than those of its inputs.
   * @param op What it does.
   * @param inputs Its inputs.
   * @param dtype Dtype of its value.
   * @param shape Shape of its value.
   * @param attributes What it needs to know beside its inputs.
   * @param at Position in the graph's order of the node that it comes from.
   */
  constructor(
    readonly id: number,
    public op: FlatOp,
    public inputs: readonly FlatNode[],
    readonly dtype: DType,
    readonly shape: Shape,
    public attributes: FlatAttributes,
    readonly at: number,
  ) {
    this.size = sizeOf(shape);
  }

  /** Number of elements. */
  readonly size: number;

  /** The kernel that computes it; undefined while it is computed in place. */
  get home(): Group | undefined {
    return this.op === "written" ? this.inputs[0]!.home : this.#home;
  }

  set home(group: Group | undefined) {
    this.#home = group;
  }
}

const NO_ATTRIBUTES: FlatAttributes = {};
// Graphs of loop bodies meet the graph around them in one kernel.
let nextId = 0;

/** Makes flat nodes; equal ones are one. */
export class FlatGraph {
  readonly #known = new Map<string, FlatNode>();

  /**
   * A node.
   *
   * @param op What it does.
   * @param inputs Its inputs, of this graph.
   * @param dtype Dtype of its value.
   * @param shape Shape of its value.
   * @param at Position of the node that it comes from.
   * @param attributes What it needs to know beside its inputs.
   * @returns The node; an older one that is equal.
   */
  add(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType,
    shape: Shape,
    at: number,
    attributes: FlatAttributes = NO_ATTRIBUTES,
  ): FlatNode {
    let key = `${op}:${dtype}[${shape}]`;
    for (const input of inputs) key += ` ${input.id}`;
    if (attributes !== NO_ATTRIBUTES) key += attributesText(attributes);
    let node = this.#known.get(key);
    if (node === undefined) {
      node = this.addUnique(op, inputs, dtype, shape, at, attributes);
      this.#known.set(key, node);
    }
    return node;
  }

  /**
   * A node that is not taken for an equal one.
   *
   * @param op What it does.
   * @param inputs Its inputs, of this graph.
   * @param dtype Dtype of its value.
   * @param shape Shape of its value.
   * @param at Position of the node that it comes from.
   * @param attributes What it needs to know beside its inputs.
   * @returns The node.
   */
  addUnique(
    op: FlatOp,
    inputs: readonly FlatNode[],
    dtype: DType,
    shape: Shape,
    at: number,
    attributes: FlatAttributes = NO_ATTRIBUTES,
  ): FlatNode {
    return new FlatNode(nextId++, op, inputs, dtype, shape, attributes, at);
  }
}
