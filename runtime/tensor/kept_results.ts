/**
 * What is kept of primitives with several results when one of them is computed:
 * else state that goes lazily from call to call of a compiled function, of which
 * only a loss is read now and then, would be computed anew from the start.
 *
 * @module
 */

import { WeftError } from "../core/errors.ts";
import { byteSize } from "../device/dtypes.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  outputNode,
  type Storage,
  type TensorSpec,
  topologicalOrder,
} from "../device/graph.ts";
import { sizeOf } from "../device/shapes.ts";

/** A primitive with several results, and which of them are kept. */
export interface KeptResults {
  /** The primitive. */
  readonly source: GraphNode;
  /** Numbers of the results. */
  readonly indices: readonly number[];
}

/** What computing nodes keeps, and writes over. */
export interface Keeping {
  /** Results that are kept. */
  readonly kept: readonly KeptResults[];
  /** Calls that write over what they were given. */
  readonly donating: readonly GraphNode[];
  /** Calls that are run by themselves, in order. */
  readonly stages: readonly Stage[];
}

/** A call that is run by itself. */
export interface Stage {
  /** The call. */
  readonly source: GraphNode;
  /** Numbers of results that others use. */
  readonly needed: readonly number[];
  /** Numbers of results that are kept. */
  readonly wanted: readonly number[];
}

/** Primitives from which on a call is run by itself. */
const LARGE = 256;

/** Results up to this size are kept in any case: losses, counts, norms. */
const SMALL_BYTES = 65_536;
/** What calls may keep beyond the size of what they were given. */
const SPARE_BYTES = 2 ** 26;

/**
 * What is to be kept when nodes are computed: all results of routines that are
 * asked for one; of the calls of compiled functions on the way what nobody has
 * given up, if it is small or the end of the chain. Calls that write over what
 * they were given keep whatever somebody may still read.
 *
 * @param nodes The nodes.
 * @returns The results, and the calls that write over something.
 * @throws {WeftError} When one of them needs what was donated.
 */
export function keptResults(nodes: readonly GraphNode[]): Keeping {
  const kept: KeptResults[] = [];
  const calls: GraphNode[] = [];
  const order = topologicalOrder(nodes);
  for (const node of order) {
    if (node.op !== "call") continue;
    if (node.results !== undefined && node.inputs.length === 0) throw gone();
    calls.push(node);
  }
  const routines = new Set<GraphNode>();
  for (const node of nodes) {
    const source = node.op === "output" ? node.inputs[0]! : undefined;
    if (source?.op === "routine" && source.outputs!.length > 1) {
      routines.add(source);
    }
  }
  for (const source of routines) {
    kept.push({ source, indices: source.outputs!.map((_, index) => index) });
  }
  if (calls.length === 0) return { kept, donating: calls, stages: [] };
  const used = usedResults(order);
  const stages: Stage[] = [];
  const asked = askedResults(nodes);
  for (const source of calls) {
    const own = used.get(source);
    const indices = keptOf(source, own);
    if (sizeOfBody(attributesOf(source, "call").body) >= LARGE) {
      const needed = [...new Set([...own ?? [], ...asked.get(source) ?? []])];
      stages.push({ source, needed, wanted: indices });
    } else if (indices.length > 0) kept.push({ source, indices });
  }
  const donating = calls.filter((source) =>
    attributesOf(source, "call").donated !== undefined
  );
  return { kept, donating, stages };
}

const sizes = new WeakMap<Graph, number>();

function sizeOfBody(body: Graph): number {
  let size = sizes.get(body);
  if (size === undefined) {
    size = topologicalOrder(body.outputs).length;
    sizes.set(body, size);
  }
  return size;
}

/** Which results are asked for themselves, by the primitive that gives them. */
function askedResults(
  nodes: readonly GraphNode[],
): Map<GraphNode, Set<number>> {
  const asked = new Map<GraphNode, Set<number>>();
  for (const node of nodes) if (node.op === "output") add(asked, node);
  return asked;
}

function add(results: Map<GraphNode, Set<number>>, output: GraphNode): void {
  const source = output.inputs[0]!;
  let indices = results.get(source);
  if (indices === undefined) results.set(source, indices = new Set());
  indices.add(attributesOf(output, "output").index);
}

/**
 * Results of calls that were run, which nodes do not use any more, and which are
 * not wanted either.
 *
 * @param nodes The nodes.
 * @param run The calls, and what is wanted of them.
 * @returns The results.
 */
export function unusedResults(
  nodes: readonly GraphNode[],
  run: readonly KeptResults[],
): KeptResults[] {
  const used = new Map<GraphNode, Set<number>>();
  for (const node of topologicalOrder(nodes)) {
    if (node.op === "output") add(used, node);
  }
  return run.map(({ indices, source }) => {
    const own = used.get(source);
    const unused = (source.results ?? []).flatMap((storage, index) =>
      storage === undefined || own?.has(index) === true ||
        indices.includes(index)
        ? []
        : [index]
    );
    return { source, indices: unused };
  }).filter(({ indices }) => indices.length > 0);
}

function gone(): WeftError {
  return new WeftError("Cannot compute what was donated again", {
    expected: "tensors that are read before they are donated",
    hint: "Use what the function returned, or do not donate the argument",
  });
}

/** Which results other primitives use, by the primitive that gives them. */
function usedResults(
  order: readonly GraphNode[],
): Map<GraphNode, Set<number>> {
  const used = new Map<GraphNode, Set<number>>();
  for (const node of order) {
    for (const input of node.inputs) {
      if (input.op !== "output") continue;
      if (input.inputs[0]!.op === "call") add(used, input);
    }
  }
  return used;
}

function keptOf(
  source: GraphNode,
  used: ReadonlySet<number> | undefined,
): number[] {
  const outputs = source.outputs!;
  const isOpen = (index: number) => source.givenUp?.has(index) !== true;
  const open = outputs.flatMap((_, index) => isOpen(index) ? [index] : []);
  if (attributesOf(source, "call").donated !== undefined) return open;
  const isSmall = (index: number) => bytesOf(outputs[index]!) <= SMALL_BYTES;
  const ends = open.filter((index) =>
    used?.has(index) !== true || isSmall(index)
  );
  const bytes = (specs: readonly TensorSpec[]) =>
    specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const budget = bytes(source.inputs) + SPARE_BYTES;
  const isBounded = bytes(ends.map((index) => outputs[index]!)) <= budget;
  return isBounded ? ends : ends.filter(isSmall);
}

function bytesOf({ dtype, shape }: TensorSpec): number {
  return byteSize(dtype) * sizeOf(shape);
}

/**
 * The nodes that are computed so that results can be kept.
 *
 * @param kept What is to be kept.
 * @returns The nodes, in order.
 */
export function nodesOfResults(kept: readonly KeptResults[]): GraphNode[] {
  return kept.flatMap(({ indices, source }) =>
    indices.map((index) => outputNode(source, index))
  );
}

/**
 * Keeps results.
 *
 * @param kept What is to be kept.
 * @param storages Data of the nodes of {@linkcode nodesOfResults}.
 * @param isSettled Whether it may be forgotten how they came about.
 */
export function keepResults(
  kept: readonly KeptResults[],
  storages: readonly Storage[],
  isSettled: boolean,
): void {
  let at = 0;
  for (const { indices, source } of kept) {
    const results = new Array<Storage | undefined>(source.outputs!.length);
    results.fill(undefined);
    for (const index of indices) results[index] = storages[at++]!;
    // Another execution may have been faster; its data are as good.
    source.results?.forEach((storage, k) => {
      if (storage !== undefined) results[k] = storage;
    });
    source.holdResults(results);
    if (isSettled) source.settle();
  }
}
