/**
 * Many nodes of one kind: one for each key, or for each point of a grid.
 *
 * @module
 */

import { DefinitionError, ParameterError } from "../core/errors.ts";
import { CORE, type Output } from "./node_core.ts";
import { Group, joinGroup } from "./ready_queue.ts";
import type { Node } from "./types.ts";

/** How mapped nodes run. */
export interface MapOptions {
  /**
   * How many of the nodes may run at once, in place of the limit of their
   * kind; by default that one holds.
   */
  readonly concurrency?: number;
}

/** One node for each key, and each output as a record of outputs. */
export type Mapped<K extends string, O> =
  & {
    /** The nodes by key. */
    readonly nodes: Readonly<Record<K, Node<O>>>;
  }
  & {
    readonly [N in Exclude<keyof O, "nodes">]-?: Readonly<
      Record<K, Output<O[N]>>
    >;
  };

/** The values that each param of a sweep takes. */
export type Grid<P> = { readonly [K in keyof P]: readonly P[K][] };

/** One point of a sweep. */
export interface SweepPoint<P, O> {
  /** The params of the point. */
  readonly params: P;
  /** Its node. */
  readonly node: Node<O>;
}

/** One node for each point of a grid, and each output as a list of outputs. */
export type Swept<P, O> =
  & {
    /** The points, the last param varying fastest. */
    readonly points: readonly SweepPoint<P, O>[];
  }
  & { readonly [N in Exclude<keyof O, "points">]-?: readonly Output<O[N]>[] };

function groupOf({ concurrency }: MapOptions): Group | undefined {
  if (concurrency === undefined) return undefined;
  if (Number.isInteger(concurrency) && concurrency > 0) {
    return new Group(concurrency);
  }
  throw new ParameterError(
    `Cannot map as "concurrency" is not usable: current value is ${concurrency}`,
    { expected: "a whole number from 1", actual: String(concurrency) },
  );
}

function outputNames(node: Node<unknown>, reserved: string): string[] {
  const names = [...node[CORE].info.outputs.keys()];
  if (!names.includes(reserved)) return names;
  throw new DefinitionError(
    `Cannot map nodes of op "${
      node[CORE].info.name
    }" as an output is named "${reserved}"`,
    {
      hint:
        `Rename the output: "${reserved}" is where the nodes themselves are`,
    },
  );
}

function outputOf(node: object, name: string): Output<unknown> {
  return (node as Readonly<Record<string, Output<unknown>>>)[name]!;
}

/**
 * Makes one node for each key, for example for each ticker. Every output is
 * there as a record of outputs, to be wired into a record port.
 *
 * @param keys The keys, each once.
 * @param make Makes the node of a key.
 * @param options How many may run at once.
 * @returns The nodes by key, and each output as a record.
 * @throws {DefinitionError} If there are no keys, or one comes twice.
 *
 * @example
 * ```ts
 * import { map, op, port, z } from "@weft/weft";
 *
 * const length = op({
 *   name: "demo/length",
 *   inputs: { text: z.string() },
 *   outputs: { length: z.number() },
 *   run: ({ text }) => ({ length: text.length }),
 * });
 * const total = op({
 *   name: "demo/total",
 *   inputs: { parts: port.record(z.number()) },
 *   outputs: { total: z.number() },
 *   run: ({ parts }) => ({ total: Object.values(parts).reduce((sum, x) => sum + x, 0) }),
 * });
 * const lengths = map(["AAPL", "KO"], (text) => length({ text }), { concurrency: 2 });
 * console.log(await total({ parts: lengths.length }).value()); // { total: 6 }
 * ```
 */
export function map<K extends string, O>(
  keys: readonly K[],
  make: (key: K) => Node<O>,
  options: MapOptions = {},
): Mapped<K, O> {
  if (keys.length === 0) {
    throw new DefinitionError("Cannot map as there are no keys", {
      hint: "Pass at least one key",
    });
  }
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) {
    throw new DefinitionError(`Cannot map as the key "${twice}" comes twice`, {
      hint: "Pass each key once",
    });
  }
  const group = groupOf(options);
  const nodes = keys.map((key) => [key, make(key)] as const);
  for (const [, node] of nodes) {
    if (group !== undefined) joinGroup(node[CORE], group);
  }
  const mapped: Record<string, unknown> = { nodes: Object.fromEntries(nodes) };
  for (const name of outputNames(nodes[0]![1], "nodes")) {
    mapped[name] = Object.fromEntries(
      nodes.map(([key, node]) => [key, outputOf(node, name)]),
    );
  }
  return mapped as Mapped<K, O>;
}

function pointsOf<P>(grid: Grid<P>): P[] {
  let points: Partial<P>[] = [{}];
  for (const name of Object.keys(grid) as (keyof P & string)[]) {
    const values = grid[name];
    if (values.length === 0) {
      throw new DefinitionError(`Cannot sweep as "${name}" has no values`, {
        hint: `Give at least one value for "${name}"`,
      });
    }
    points = points.flatMap((point) =>
      values.map((value) => ({ ...point, [name]: value }))
    );
  }
  return points as P[];
}

/**
 * Makes one node for each point of a grid of params. Every output is there as
 * a list of outputs, to be wired into a list port.
 *
 * @param grid The values that each param takes.
 * @param make Makes the node of a point.
 * @param options How many may run at once.
 * @returns The points with their nodes, and each output as a list.
 * @throws {DefinitionError} If a param has no values.
 *
 * @example
 * ```ts
 * import { op, run, sweep, z } from "@weft/weft";
 *
 * const power = op({
 *   name: "demo/power",
 *   params: z.object({ base: z.number(), exponent: z.number() }),
 *   outputs: { y: z.number() },
 *   run: (_inputs, { base, exponent }) => ({ y: base ** exponent }),
 * });
 * const powers = sweep({ base: [2, 3], exponent: [1, 2] }, (params) => power({}, params));
 * const values = await run(powers.points.map(({ node }) => node));
 * console.log(values.map(({ y }) => y)); // [2, 4, 3, 9]
 * ```
 */
export function sweep<P extends object, O>(
  grid: Grid<P>,
  make: (params: P) => Node<O>,
  options: MapOptions = {},
): Swept<P, O> {
  const group = groupOf(options);
  const points = pointsOf(grid).map((params) => ({
    params,
    node: make(params),
  }));
  for (const { node } of points) {
    if (group !== undefined) joinGroup(node[CORE], group);
  }
  const swept: Record<string, unknown> = { points };
  for (const name of outputNames(points[0]!.node, "points")) {
    swept[name] = points.map(({ node }) => outputOf(node, name));
  }
  return swept as Swept<P, O>;
}
