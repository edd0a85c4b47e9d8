/**
 * The part of the flow that some nodes depend on, as planner and scheduler
 * walk it. All walks are iterative: a chain may be long.
 *
 * @module
 */

import type { NodeInfo } from "../core/events.ts";
import {
  CORE,
  type NodeCore,
  type NodeLike,
  type Output,
} from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import { visitOutputs } from "./wiring.ts";

/** A node within one walk. */
export class Vertex {
  /** The nodes that it reads, each once. */
  readonly sources: Vertex[] = [];
  /** The nodes that read it, each once. */
  readonly readers: Vertex[] = [];
  /** Whether it was asked for. */
  isRoot = false;

  /**
   * @param id Its number: sources have smaller ones.
   * @param core The node.
   */
  constructor(readonly id: number, readonly core: NodeCore) {}
}

/** All that some nodes depend on. */
export interface Graph {
  /** Every node once, sources first, depth first. */
  readonly vertices: readonly Vertex[];
  /** The nodes that were asked for, in the order of asking. */
  readonly roots: readonly Vertex[];
  /** The vertex of each node. */
  readonly byCore: ReadonlyMap<NodeCore, Vertex>;
}

function sourcesOf(
  core: NodeCore,
  overridden: Overridden | undefined,
): readonly NodeCore[] {
  if (overridden === undefined) return core.sources;
  if (overridden.replacesAll(core)) return [];
  const sources = new Set<NodeCore>();
  const add = (output: Output<unknown>) => {
    if (!overridden.has(output)) sources.add(output.node);
  };
  for (const wire of core.wires.values()) visitOutputs(wire, add);
  return [...sources];
}

/**
 * Collects what nodes depend on.
 *
 * @param roots The nodes that are asked for.
 * @param overridden Outputs that are replaced by values: nothing is needed to
 * compute them.
 * @returns The graph, sources first.
 */
export function collectGraph(
  roots: readonly NodeLike[],
  overridden?: Overridden,
): Graph {
  const byCore = new Map<NodeCore, Vertex>();
  const vertices: Vertex[] = [];
  const stack: {
    core: NodeCore;
    sources: readonly NodeCore[];
    next: number;
  }[] = [];
  const opened = new Set<NodeCore>();
  const open = (core: NodeCore) => {
    if (opened.has(core)) return;
    opened.add(core);
    stack.push({ core, sources: sourcesOf(core, overridden), next: 0 });
  };
  for (const root of roots) {
    open(root[CORE]);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.sources.length) {
        open(top.sources[top.next++]!);
        continue;
      }
      stack.pop();
      const vertex = new Vertex(vertices.length, top.core);
      for (const source of top.sources) {
        const from = byCore.get(source)!;
        vertex.sources.push(from);
        from.readers.push(vertex);
      }
      vertices.push(vertex);
      byCore.set(top.core, vertex);
    }
  }
  const asked = roots.map((root) => byCore.get(root[CORE])!);
  for (const vertex of asked) vertex.isRoot = true;
  return { vertices, roots: asked, byCore };
}

/**
 * A vertex as events and pictures know it.
 *
 * @param vertex The vertex.
 * @returns Its number, name, sources and kind.
 */
export function nodeInfoOf(vertex: Vertex): NodeInfo {
  const { name, kind } = vertex.core.info;
  return {
    id: vertex.id,
    name,
    inputs: vertex.sources.map((source) => source.id),
    kind,
  };
}

/** The shape of a flow, for pictures. */
export interface FlowShape {
  /** All nodes, sources first. */
  readonly nodes: readonly NodeInfo[];
  /** Numbers of the nodes that were asked for. */
  readonly roots: readonly number[];
}

/**
 * The shape of the flow that nodes depend on, without running anything.
 *
 * @param nodes A node or several.
 * @returns All nodes, sources first.
 *
 * @example
 * ```ts
 * import { graphOf, op, z } from "@weft/weft";
 *
 * const one = op({ name: "demo/one", outputs: { x: z.number() }, run: () => ({ x: 1 }) });
 * const next = op({
 *   name: "demo/next",
 *   inputs: { x: z.number() },
 *   outputs: { x: z.number() },
 *   run: ({ x }) => ({ x: x + 1 }),
 * });
 * const { nodes } = graphOf(next({ x: one().x }));
 * console.log(nodes.map(({ name }) => name)); // ["demo/one", "demo/next"]
 * ```
 */
export function graphOf(nodes: NodeLike | readonly NodeLike[]): FlowShape {
  const graph = collectGraph(CORE in nodes ? [nodes] : nodes);
  return {
    nodes: graph.vertices.map(nodeInfoOf),
    roots: graph.roots.map((vertex) => vertex.id),
  };
}
