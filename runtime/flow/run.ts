/**
 * Running nodes: `run` for the values, `start` for a handle on what happens.
 *
 * @module
 */

import { describe, type Description } from "../core/describe.ts";
import { CancelledError, ParameterError } from "../core/errors.ts";
import { EventStream, type RunEvent } from "../core/events.ts";
import { announceRun } from "../core/runs.ts";
import { Trace, type TraceNode } from "../core/trace.ts";
import { withExecution } from "../tensor/execution.ts";
import { Engine } from "./engine.ts";
import { collectGraph, nodeInfoOf } from "./graph.ts";
import { CORE, type NodeLike } from "./node_core.ts";
import type { OpKind } from "./op_info.ts";
import type { RunOptions } from "./options.ts";
import { Overridden } from "./overrides.ts";
import type { Limits } from "./ready_queue.ts";
import type { Provenance } from "./provenance.ts";
import { Results } from "./results.ts";
import { localExecutor } from "./executor.ts";
import { KernelCounts } from "./kernel_counts.ts";
import { RunKernels } from "./run_kernels.ts";
import { watchStore } from "./store_events.ts";
import { storeOf } from "./stores.ts";
import type { ValueOf } from "./types.ts";

/** The values of several nodes, in their order. */
export type ValuesOf<N extends readonly NodeLike[]> = {
  -readonly [K in keyof N]: ValueOf<N[K]>;
};

/** JavaScript computes on one thread: more bodies at once only hold memory. */
const DEFAULT_LIMITS: Limits = {
  cpu: Math.min(4, Math.max(1, navigator.hardwareConcurrency)),
  gpu: 1,
  io: 8,
};

function limitsOf(given: RunOptions["limits"]): Limits {
  const limits: Record<OpKind, number> = { ...DEFAULT_LIMITS, ...given };
  for (const [kind, limit] of Object.entries(limits)) {
    if (Number.isInteger(limit) && limit > 0) continue;
    throw new ParameterError(
      `Cannot run as the limit of "${kind}" is not usable: current value is ${limit}`,
      { expected: "a whole number from 1", actual: String(limit) },
    );
  }
  return limits;
}

/**
 * A run that has begun.
 *
 * `V` is the type of its values.
 */
export class Run<V> {
  /** The values of the nodes that were asked for; rejects when it fails. */
  readonly values: Promise<V>;
  /** Whatever happens, from the start; may be read by several. */
  readonly events: EventStream<RunEvent>;
  /** What happened so far, node by node. */
  readonly trace: Trace;
  readonly #cancel: AbortController;
  readonly #provenance: (node: NodeLike) => Provenance | undefined;

  /**
   * Starts the run.
   *
   * @param nodes What to run.
   * @param options How to run it.
   */
  constructor(nodes: readonly NodeLike[], options: RunOptions) {
    const began = performance.now();
    const now = () => performance.now() - began;
    const overridden = options.overrides === undefined
      ? undefined
      : new Overridden(options.overrides);
    const graph = collectGraph(nodes, overridden);
    const store = storeOf(options.store);
    const { device } = options;
    const events = new EventStream<RunEvent>();
    const cancel = new AbortController();
    const counts = new KernelCounts();
    const isDetailed = options.profile ?? false;
    const kernels = new RunKernels({ events, now, counts, isDetailed });
    const engine = new Engine({
      graph,
      results: new Results(store, options.keep ?? "auto", device),
      overridden,
      executor: options.executor ?? localExecutor,
      kernels: counts,
      limits: limitsOf(options.limits),
      checkNaN: options.check === "nan",
      device,
      signal: cancel.signal,
      events,
      now,
    });
    this.events = events;
    this.trace = new Trace(events);
    this.#cancel = cancel;
    this.#provenance = (node) => engine.provenance(node[CORE]);
    if (options.onProgress !== undefined) {
      listen(events, options.onProgress, now);
    }
    announceRun({ events, cancel: (reason) => this.cancel(reason) });
    events.emit({
      type: "run-start",
      at: now(),
      startedAt: new Date().toISOString(),
      nodes: graph.vertices.map(nodeInfoOf),
      roots: graph.roots.map(({ id }) => id),
    });
    const unwatch = watchStore(store, events, now);
    const unlink = follow(options.signal, (reason) => this.cancel(reason));
    const settings = {
      device,
      signal: cancel.signal,
      onKernel: kernels.onKernel,
      lateKernels: kernels,
      // Keys of results do not know of it; an op may ask for it in its body.
      halfSums: false,
    };
    const work = async () => {
      try {
        const values = await withExecution(settings, () => engine.run());
        await kernels.settle();
        events.emit({ type: "run-end", at: now(), state: "completed" });
        return values as V;
      } catch (thrown) {
        const error = thrown instanceof Error
          ? thrown
          : new Error(String(thrown));
        const state = error instanceof CancelledError ? "cancelled" : "failed";
        if (state === "failed") await kernels.settle();
        events.emit({ type: "run-end", at: now(), state, error });
        throw error;
      } finally {
        unwatch();
        unlink();
        events.close();
      }
    };
    this.values = work();
    // Who only reads the events learns of a failure from them
    this.values.catch(() => {});
  }

  /** What happened to each node so far, sources first. */
  get states(): readonly TraceNode[] {
    return this.trace.nodes;
  }

  /**
   * Ends the run: bodies get their signal aborted, and `values` rejects.
   *
   * @param reason Stands in the error.
   */
  cancel(reason?: unknown): void {
    this.#cancel.abort(reason);
  }

  /**
   * Where the outputs of a node come from.
   *
   * @param node A node of this run.
   * @returns Its provenance; undefined before it ended, and without a store.
   */
  provenance(node: NodeLike): Provenance | undefined {
    return this.#provenance(node);
  }

  /** One line for people. */
  toString(): string {
    return `Run ${this.trace.state}, ${this.trace.nodes.length} nodes`;
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.display")](): Description | Promise<Description> {
    return describe(this, this.trace.toText());
  }
}

function listen(
  events: EventStream<RunEvent>,
  listener: (event: RunEvent) => void,
  now: () => number,
): void {
  let hasFailed = false;
  events.subscribe((event) => {
    if (hasFailed) return;
    try {
      listener(event);
    } catch (error) {
      hasFailed = true;
      events.emit({
        type: "warning",
        at: now(),
        message: `"onProgress" threw and is not called again: ${error}`,
      });
    }
  });
}

function follow(
  signal: AbortSignal | undefined,
  cancel: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return () => {};
  const abort = () => cancel(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  return () => signal.removeEventListener("abort", abort);
}

/**
 * Starts a run and gives a handle on it: events, trace, cancellation.
 *
 * @param nodes What to run.
 * @param options Where to store, how to cancel, what to report.
 * @returns The run; `await run.values` for the values.
 *
 * @example
 * ```ts
 * import { op, start, z } from "@weft/weft";
 *
 * const one = op({ name: "demo/one", outputs: { x: z.number() }, run: () => ({ x: 1 }) });
 * const running = start([one()]);
 * for await (const event of running.events) console.log(event.type);
 * // run-start, node-start, node-end, run-end
 * const [{ x }] = await running.values;
 * console.log(x); // 1
 * ```
 */
export function start<const N extends readonly NodeLike[]>(
  nodes: N,
  options: RunOptions = {},
): Run<ValuesOf<N>> {
  return new Run(nodes, options);
}

/**
 * Runs nodes together: what they share is computed once.
 *
 * @param nodes What to run.
 * @param options Where to store, how to cancel, what to report.
 * @returns The outputs of each node, in their order.
 * @throws {OpError} If the body of an op threw.
 * @throws {RunError} If several ops failed.
 * @throws {CancelledError} If the run was cancelled.
 *
 * @example
 * ```ts
 * import { op, run, z } from "@weft/weft";
 *
 * const one = op({ name: "demo/one", outputs: { x: z.number() }, run: () => ({ x: 1 }) });
 * const next = op({
 *   name: "demo/next",
 *   inputs: { x: z.number() },
 *   outputs: { y: z.number() },
 *   run: ({ x }) => ({ y: x + 1 }),
 * });
 * const first = one();
 * const [{ x }, { y }] = await run([first, next({ x: first.x })]);
 * console.log(x, y); // 1 2
 * ```
 */
export async function run<const N extends readonly NodeLike[]>(
  nodes: N,
  options: RunOptions = {},
): Promise<ValuesOf<N>> {
  return await new Run<ValuesOf<N>>(nodes, options).values;
}
