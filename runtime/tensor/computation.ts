/**
 * One computation of nodes: calls of large compiled functions one after another,
 * so that each step of a loop runs the program of that step however many steps
 * wait, and then what is left.
 *
 * @module
 */

import { MemoryError, NumericalError } from "../core/errors.ts";
import type { GraphNode, Storage } from "../device/graph.ts";
import {
  type Keeping,
  keepResults,
  type KeptResults,
  keptResults,
  nodesOfResults,
  unusedResults,
} from "./kept_results.ts";

/** Computes nodes on a device. */
export type Execute = (roots: readonly GraphNode[]) => Promise<Storage[]>;

/** Computations of calls that write over what they were given. */
const underWay = new WeakMap<GraphNode, Promise<unknown>>();

/** One computation. */
export class Computation {
  readonly #nodes: readonly GraphNode[];
  readonly #execute: Execute;
  /** Calls that have been run, and what is kept of them in the end. */
  #run: KeptResults[] = [];
  #kept: readonly KeptResults[] = [];
  /** Whether nothing is written over, so that what failed can be tried again. */
  #mayRetry = true;
  #storages: readonly Storage[] = [];

  /**
   * @param nodes What to compute.
   * @param execute Computes nodes on the device.
   */
  constructor(nodes: readonly GraphNode[], execute: Execute) {
    this.#nodes = nodes;
    this.#execute = execute;
  }

  /**
   * Computes the nodes.
   *
   * @returns Their data.
   */
  async compute(): Promise<readonly Storage[]> {
    let keeping = keptResults(this.#nodes);
    for (;;) {
      // What was donated can be computed from once only.
      const others = keeping.donating.flatMap((one) => underWay.get(one) ?? []);
      if (others.length === 0) break;
      await Promise.allSettled(others);
      keeping = keptResults(this.#nodes);
    }
    const { donating } = keeping;
    if (donating.length === 0) {
      await this.#all(keeping);
      return this.#storages;
    }
    // Nobody can compute it again, so nothing is gained by keeping it later.
    const computed = this.#all(keeping).then(() => this.keep());
    for (const one of donating) underWay.set(one, computed);
    try {
      await computed;
    } finally {
      for (const one of donating) underWay.delete(one);
    }
    return this.#storages;
  }

  async #all({ donating, kept, stages }: Keeping): Promise<void> {
    this.#mayRetry = donating.length === 0;
    for (const { needed, source, wanted } of stages) {
      // It may have been computed by others, or for an earlier stage.
      const { results } = source;
      if (needed.every((index) => results?.[index] !== undefined)) continue;
      await this.#stage(source, needed, wanted);
      this.#run.push({ source, indices: wanted });
      for (const one of unusedResults(this.#nodes, this.#run)) {
        one.source.dropResults(one.indices);
      }
    }
    this.#kept = kept;
    this.#storages = await this.#rest();
  }

  /** Computes a call: what is needed, and what is wanted if it can be had. */
  async #stage(
    source: GraphNode,
    needed: readonly number[],
    wanted: readonly number[],
  ): Promise<void> {
    const run = async (indices: readonly number[]) => {
      const results = [{ source, indices }];
      const storages = await this.#execute(nodesOfResults(results));
      keepResults(results, storages, false);
    };
    const all = [...new Set([...needed, ...wanted])].sort((a, b) => a - b);
    const isMore = this.#mayRetry && all.length > needed.length;
    await orLess(() => run(all), () => run(needed), isMore);
  }

  /** Computes the nodes themselves. */
  async #rest(): Promise<Storage[]> {
    const nodes = this.#nodes;
    const run = () => this.#execute([...nodes, ...nodesOfResults(this.#kept)]);
    const needed = this.#kept.filter(({ source }) => source.op === "routine");
    const isMore = this.#mayRetry && needed.length < this.#kept.length;
    return await orLess(run, () => {
      this.#kept = needed;
      return run();
    }, isMore);
  }

  /** Keeps what was computed in its nodes, and forgets how it came about. */
  keep(): void {
    this.#nodes.forEach((node, k) => {
      // Another execution may have been faster; its data are as good.
      if (node.storage === undefined) node.realize(this.#storages[k]!);
    });
    keepResults(this.#kept, this.#storages.slice(this.#nodes.length), true);
    for (const { indices, source } of this.#run) source.settle(indices);
    this.#run = [];
    this.#kept = [];
  }

  /** Forgets what was computed: the device is gone, and the data with it. */
  forget(): void {
    for (const { source } of this.#run) source.dropResults(undefined);
  }
}

/**
 * Does something, or less of it where that fails: another result of a compiled
 * function is no reason to fail.
 */
async function orLess<T>(
  all: () => Promise<T>,
  less: () => Promise<T>,
  isMore: boolean,
): Promise<T> {
  if (!isMore) return await all();
  try {
    return await all();
  } catch (error) {
    const mayHelp = error instanceof NumericalError ||
      error instanceof MemoryError;
    if (!mayHelp) throw error;
    return await less();
  }
}
