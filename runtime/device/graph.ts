/**
 * The tensor graph: nodes that apply one primitive to other nodes. Walks are
 * iterative, so that long chains do not overflow the stack.
 *
 * @module
 */

import { holdStorage, releaseStorage } from "./account.ts";
import type { DType, TypedArray } from "./dtypes.ts";
import type { PrimitiveAttributes, PrimitiveName } from "./primitives.ts";
import { type Shape, sizeOf } from "./shapes.ts";

/** Dtype and shape of one value. */
export interface TensorSpec {
  /** Element type. */
  readonly dtype: DType;
  /** Lengths of the axes. */
  readonly shape: Shape;
}

/** Computed data of a value, on the device that computed it. */
export interface Storage {
  /** Name of the device that holds it; `"host"` for plain typed arrays. */
  readonly device: string;
  /** The data, row-major, where they lie in the memory of the host. */
  readonly array: TypedArray | undefined;
  /** Bytes held. */
  readonly byteLength: number;
  /** Whether the data are gone with the device that held them. */
  readonly isLost?: boolean;
  /** The data, row-major, copied to the host where they are elsewhere. */
  read(): Promise<TypedArray>;
  /** Gives the memory back now. */
  dispose(): void;
}

/**
 * Data in the memory of the host as a storage.
 *
 * @param array The data; the storage owns them from now on.
 * @returns The storage.
 */
export function hostStorage(array: TypedArray): Storage {
  return {
    device: "host",
    array,
    byteLength: array.byteLength,
    read: () => Promise.resolve(array),
    dispose: () => {},
  };
}

const owners = new WeakMap<Storage, number>();
const shared = new WeakSet<Storage>();
let identities = 0;

/** Notes that a node holds data. */
function noteOwner(storage: Storage, node: GraphNode): void {
  if (node.identity === 0) node.identity = ++identities;
  const owner = owners.get(storage);
  if (owner === undefined) owners.set(storage, node.identity);
  else if (owner !== node.identity) shared.add(storage);
}

/**
 * Whether several nodes hold the same data: one of them may not write over them.
 *
 * @param storage The data.
 * @returns True where a second node has been given them.
 */
export function isShared(storage: Storage): boolean {
  return shared.has(storage);
}

const NO_INPUTS: readonly GraphNode[] = [];
const NO_ATTRIBUTES = {};

/** One primitive applied to other nodes, or data. */
export class GraphNode {
  /** The primitive; `"data"` once the node has been computed. */
  op: PrimitiveName;
  /** What the primitive needs beside its inputs. */
  attributes: PrimitiveAttributes[PrimitiveName];
  /** The operands; none once the node has been computed. */
  inputs: readonly GraphNode[];
  /** Dtype of the (first) result. */
  readonly dtype: DType;
  /** Shape of the (first) result. */
  readonly shape: Shape;
  /** Number of elements of the (first) result. */
  readonly size: number;
  /** Types of all results, for primitives that have several. */
  readonly outputs: readonly TensorSpec[] | undefined;
  /** Path of the op that made the node. */
  readonly blame: readonly string[] | undefined;
  /** The data, once computed. */
  storage: Storage | undefined = undefined;
  /** Data of all results of a primitive that has several, once computed. */
  results: readonly (Storage | undefined)[] | undefined = undefined;
  /** Results that nobody wants any more, of a primitive that has several. */
  givenUp: Set<number> | undefined = undefined;
  /** Digest of what the node computes, remembered by the tensor layer. */
  version: string | undefined = undefined;
  /** Dtype and shape as text, remembered by the compiler. */
  typeText: string | undefined = undefined;
  /** Tells holders of data apart; 0 before the node has held any. */
  identity = 0;
  /** Tensors that stand for the node, nodes that need it, and who holds it else. */
  #holders = 0;
  /** Scratch of a walk: the walk that saw the node last. */
  mark = 0;
  /** Scratch of a walk: where the node stands in it. */
  slot = -1;

  /**
   * @param op The primitive.
   * @param attributes What it needs beside its inputs.
   * @param inputs The operands.
   * @param dtype Dtype of the (first) result.
   * @param shape Shape of the (first) result.
   * @param blame Path of the op that made the node.
   * @param outputs Types of all results, for primitives that have several.
   */
  constructor(
    op: PrimitiveName,
    attributes: PrimitiveAttributes[PrimitiveName],
    inputs: readonly GraphNode[],
    dtype: DType,
    shape: Shape,
    blame: readonly string[] | undefined,
    outputs?: readonly TensorSpec[],
  ) {
    this.op = op;
    this.attributes = attributes;
    this.inputs = inputs;
    this.dtype = dtype;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.blame = blame;
    this.outputs = outputs;
    for (const input of inputs) input.hold();
  }

  /** Keeps the data where they are until {@linkcode letGo}. */
  hold(): void {
    this.#holders++;
  }

  /**
   * Ends what {@linkcode hold} began. Data that nobody is known to need go back
   * at once; who is dropped without a word still counts, so the garbage collector
   * finds the others.
   */
  letGo(): void {
    const { storage } = this;
    if (--this.#holders > 0 || storage === undefined || isShared(storage)) {
      return;
    }
    releaseStorage(storage);
    storage.dispose();
  }

  /** Forgets how the data came about. */
  #forgetInputs(): void {
    const { inputs } = this;
    this.inputs = NO_INPUTS;
    for (const input of inputs) input.letGo();
  }

  /**
   * Holds data of the results of a primitive that has several. How they came
   * about is known until {@linkcode settle}.
   *
   * @param results The data, one storage a result; undefined where it has none.
   */
  holdResults(results: readonly (Storage | undefined)[]): void {
    const seen = new Set<Storage>();
    for (const storage of results) {
      if (storage === undefined) continue;
      holdStorage(storage, this.blame);
      noteOwner(storage, this);
      if (seen.has(storage)) shared.add(storage);
      seen.add(storage);
    }
    this.results = results;
  }

  /**
   * Keeps the data of some results of a primitive that has several, and forgets
   * how they came about unless one is left that somebody may still want.
   *
   * @param indices Which results; all of them by default.
   */
  settle(indices?: readonly number[]): void {
    const kept = indices === undefined ? undefined : new Set(indices);
    this.results = this.results?.map((storage, index) =>
      kept === undefined || kept.has(index) ? storage : undefined
    );
    const isWhole = this.results?.every((storage, index) =>
      storage !== undefined || this.givenUp?.has(index) === true
    );
    if (isWhole === true) this.#forgetInputs();
  }

  /**
   * Forgets data of results of a primitive that has several.
   *
   * @param indices Which results; all of them when undefined.
   */
  dropResults(indices: readonly number[] | undefined): void {
    if (indices === undefined) this.results = undefined;
    else {
      this.results = this.results?.map((storage, index) =>
        indices.includes(index) ? undefined : storage
      );
    }
  }

  /**
   * Notes that nobody wants a result of a primitive that has several any more.
   *
   * @param index Which result.
   */
  giveUp(index: number): void {
    (this.givenUp ??= new Set()).add(index);
  }

  /**
   * Turns the node into data and forgets how they came about, so that history
   * is not retained.
   *
   * @param storage The data of the (only) result.
   */
  realize(storage: Storage): void {
    holdStorage(storage, this.blame);
    // A result of a primitive that has several is held by that one, too.
    noteOwner(storage, this.op === "output" ? this.inputs[0]! : this);
    this.storage = storage;
    this.op = "data";
    this.attributes = NO_ATTRIBUTES;
    this.#forgetInputs();
  }
}

/**
 * The attributes of a node whose primitive is known.
 *
 * @param node The node.
 * @param _op Its primitive.
 * @returns The attributes, typed.
 */
export function attributesOf<K extends PrimitiveName>(
  node: Pick<GraphNode, "attributes">,
  _op: K,
): PrimitiveAttributes[K] {
  return node.attributes as PrimitiveAttributes[K];
}

/**
 * One result of a node that has several.
 *
 * @param node The node.
 * @param index Which result.
 * @returns The node of the result.
 */
export function outputNode(node: GraphNode, index: number): GraphNode {
  const { dtype, shape } = node.outputs![index]!;
  return new GraphNode("output", { index }, [node], dtype, shape, node.blame);
}

/** A closed piece of graph: a function of its parameters. */
export interface Graph {
  /** Nodes of the primitive `parameter`, by position. */
  readonly parameters: readonly GraphNode[];
  /** What it computes. */
  readonly outputs: readonly GraphNode[];
}

let walks = 0;

/**
 * A number that no earlier walk has left in {@linkcode GraphNode.mark}.
 *
 * @returns The number.
 */
function nextMark(): number {
  return ++walks;
}

/**
 * The storage of a node that is already computed.
 *
 * @param node The node.
 * @returns Its data, or undefined when it is still to be computed.
 */
export function storageOf(node: GraphNode): Storage | undefined {
  if (node.storage !== undefined) return node.storage;
  if (node.op !== "output") return undefined;
  const parent = node.inputs[0]!;
  return parent.results?.[attributesOf(node, "output").index];
}

/**
 * All nodes that roots depend on, each after its inputs. Nodes with data come
 * without their history.
 *
 * @param roots Where the walk starts.
 * @param isKnown Nodes whose history is not wanted either.
 * @returns The nodes, inputs first, in a fixed order.
 */
export function topologicalOrder(
  roots: readonly GraphNode[],
  isKnown?: (node: GraphNode) => boolean,
): GraphNode[] {
  if (isKnown === undefined) return walk(roots, valueInputs);
  return walk(
    roots,
    (node) => isKnown(node) ? NO_INPUTS : valueInputs(node),
  );
}

/**
 * All nodes through which gradients flow from roots, each after its inputs:
 * values whose gradient is given by hand stand for the arguments of the rule.
 *
 * @param roots Where the walk starts.
 * @returns The nodes, inputs first, in a fixed order.
 */
export function gradientOrder(roots: readonly GraphNode[]): GraphNode[] {
  return walk(roots, gradientInputs);
}

/**
 * Inputs that matter for the value.
 *
 * @param node The node.
 * @returns Its inputs; for `custom` without the arguments of the rule, and none
 * where data exist.
 */
export function valueInputs(node: GraphNode): readonly GraphNode[] {
  if (node.op === "custom") {
    return node.inputs.slice(0, attributesOf(node, "custom").outputs);
  }
  if (node.op === "output" && storageOf(node) !== undefined) return NO_INPUTS;
  return node.inputs;
}

/**
 * Inputs that matter for the gradient.
 *
 * @param node The node.
 * @returns Its inputs; for `custom` only the arguments of the rule.
 */
export function gradientInputs(node: GraphNode): readonly GraphNode[] {
  return node.op === "custom"
    ? node.inputs.slice(attributesOf(node, "custom").outputs)
    : node.inputs;
}

/**
 * All nodes that roots were made from, also what matters for gradients only,
 * each after its inputs.
 *
 * @param roots Where the walk starts.
 * @returns The nodes, inputs first, in a fixed order.
 */
export function fullOrder(roots: readonly GraphNode[]): GraphNode[] {
  return walk(roots, (node) => node.inputs);
}

function walk(
  roots: readonly GraphNode[],
  inputsOf: (node: GraphNode) => readonly GraphNode[],
): GraphNode[] {
  const mark = nextMark();
  const order: GraphNode[] = [];
  const nodes: GraphNode[] = [];
  const inputs: (readonly GraphNode[])[] = [];
  const nexts: number[] = [];
  const enter = (node: GraphNode): void => {
    node.mark = mark;
    const own = inputsOf(node);
    // Most nodes of a call are its leaves.
    if (own.length === 0) {
      order.push(node);
      return;
    }
    nodes.push(node);
    inputs.push(own);
    nexts.push(0);
  };
  for (const root of roots) {
    if (root.mark === mark) continue;
    enter(root);
    while (nodes.length > 0) {
      const top = nodes.length - 1;
      const next = nexts[top]!;
      if (next < inputs[top]!.length) {
        nexts[top] = next + 1;
        const input = inputs[top]![next]!;
        if (input.mark !== mark) enter(input);
      } else {
        order.push(nodes.pop()!);
        inputs.pop();
        nexts.pop();
      }
    }
  }
  return order;
}
