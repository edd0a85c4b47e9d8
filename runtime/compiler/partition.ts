/**
 * Cuts a graph whose primitives run on several devices into pieces that run on
 * one device each. Between pieces data are handed over.
 *
 * @module
 */

import {
  attributesOf,
  GraphNode,
  storageOf,
  topologicalOrder,
  valueInputs,
} from "../device/graph.ts";

/** A piece of a graph that runs on one device. */
export interface Piece {
  /** Which device: what `placeOf` gave. */
  readonly place: number;
  /** All nodes, inputs first; `parameter` nodes stand for other pieces. */
  readonly order: readonly GraphNode[];
  /** What other pieces or the caller want of it. */
  readonly roots: readonly GraphNode[];
  /** For each node of `order` its position in the whole graph; -1 for none. */
  readonly origins: readonly number[];
  /** Where the value of each `parameter` comes from. */
  readonly handed: ReadonlyMap<GraphNode, Handed>;
}

/** One result of a piece. */
export interface Handed {
  /** Number of the piece. */
  readonly piece: number;
  /** Number of its result. */
  readonly result: number;
}

/** A graph in pieces, in an order in which they can run. */
export interface Partition {
  /** The pieces. */
  readonly pieces: readonly Piece[];
  /** Where each root comes from; undefined for roots that are leaves. */
  readonly results: readonly (Handed | undefined)[];
}

interface Draft {
  readonly place: number;
  readonly level: number;
  readonly members: GraphNode[];
  readonly roots: GraphNode[];
  readonly handed: Map<GraphNode, Handed>;
}

/**
 * Cuts a graph.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @param placeOf Number of the device that runs a primitive.
 * @param isLeaf Whether a node is there before anything runs.
 * @returns The pieces.
 */
export function partition(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  placeOf: (node: GraphNode) => number,
  isLeaf: (node: GraphNode) => boolean,
): Partition {
  const places = order.map((node) => isLeaf(node) ? -1 : placeOf(node));
  const levels = levelsOf(order, places);
  const drafts = new Map<string, Draft>();
  const draftAt = new Array<Draft | undefined>(order.length);
  order.forEach((node, slot) => {
    const [place, level] = [places[slot]!, levels[slot]!];
    if (place < 0) return;
    const key = `${level}:${place}`;
    let draft = drafts.get(key);
    if (draft === undefined) {
      draft = { place, level, members: [], roots: [], handed: new Map() };
      drafts.set(key, draft);
    }
    draft.members.push(node);
    draftAt[slot] = draft;
  });
  const sorted = [...drafts.values()].sort((a, b) => a.level - b.level);
  const slots = new Map(order.map((node, slot) => [node, slot]));
  const copies = new Map<GraphNode, GraphNode>();
  /** The result that stands for a node outside of its piece. */
  const handOver = (node: GraphNode): Handed => {
    const draft = draftAt[slots.get(node)!]!;
    const copy = copies.get(node)!;
    let result = draft.roots.indexOf(copy);
    if (result < 0) result = draft.roots.push(copy) - 1;
    return { piece: sorted.indexOf(draft), result };
  };
  const origins = new Map<GraphNode, number>();
  for (const draft of sorted) {
    const parameters = new Map<GraphNode, GraphNode>();
    const inputOf = (input: GraphNode): GraphNode => {
      const source = behindCustom(input);
      const from = draftAt[slots.get(source)!];
      if (from === undefined) return source;
      if (from === draft) return copies.get(source)!;
      let parameter = parameters.get(source);
      if (parameter === undefined) {
        parameter = new GraphNode(
          "parameter",
          { index: parameters.size },
          [],
          source.dtype,
          source.shape,
          source.blame,
        );
        parameters.set(source, parameter);
        draft.handed.set(parameter, handOver(source));
      }
      return parameter;
    };
    for (const node of draft.members) {
      if (node.op === "custom" || behindCustom(node) !== node) continue;
      const copy = node.op === "constant" ? node : new GraphNode(
        node.op,
        node.attributes,
        node.inputs.map(inputOf),
        node.dtype,
        node.shape,
        node.blame,
        node.outputs,
      );
      copies.set(node, copy);
      origins.set(copy, slots.get(node)!);
    }
  }
  const results = roots.map((root) => {
    const source = behindCustom(root);
    return draftAt[slots.get(source)!] === undefined
      ? undefined
      : handOver(source);
  });
  const pieces = sorted.map((draft): Piece => {
    const own = topologicalOrder(draft.roots);
    return {
      place: draft.place,
      order: own,
      roots: draft.roots,
      origins: own.map((node) => origins.get(node) ?? -1),
      handed: draft.handed,
    };
  });
  return { pieces, results };
}

/** The value that a result of `custom` stands for. */
function behindCustom(node: GraphNode): GraphNode {
  let value = node;
  while (
    value.op === "output" && value.inputs[0]!.op === "custom" &&
    storageOf(value) === undefined
  ) {
    value = value.inputs[0]!.inputs[attributesOf(value, "output").index]!;
  }
  return value;
}

/**
 * How often data change the device on the way to each node, at most. Nodes of
 * one level and one place make a piece: no piece waits for itself.
 */
function levelsOf(
  order: readonly GraphNode[],
  places: readonly number[],
): number[] {
  const slots = new Map(order.map((node, slot) => [node, slot]));
  const levels: number[] = [];
  order.forEach((node, slot) => {
    let level = 0;
    for (const input of valueInputs(node)) {
      const from = slots.get(input)!;
      if (places[from]! < 0) continue;
      const crosses = places[from] !== places[slot] && places[slot]! >= 0;
      level = Math.max(level, levels[from]! + (crosses ? 1 : 0));
    }
    levels.push(level);
  });
  return levels;
}
