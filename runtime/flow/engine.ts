/**
 * One run at work: wires up those that move its tasks on, starts them, and
 * gives what the roots gave.
 *
 * A task is looked for first, then worked on where nothing was found, then its
 * outcome is told to those that wait for it, while its result is stored. Every
 * task moves through the phases of {@linkcode Phase}.
 *
 * @module
 */

import { cancelledError } from "../core/abort.ts";
import type { EventStream, RunEvent } from "../core/events.ts";
import type { Executor } from "./executor.ts";
import type { Graph } from "./graph.ts";
import type { KernelCounts } from "./kernel_counts.ts";
import type { NodeCore, Output } from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import type { Limits } from "./ready_queue.ts";
import type { Results } from "./results.ts";
import { Revival } from "./revival.ts";
import type { Task } from "./task.ts";
import { TaskBodies } from "./task_bodies.ts";
import { TaskKeys } from "./task_keys.ts";
import { TaskLoop } from "./task_loop.ts";
import { TaskOutcomes } from "./task_outcomes.ts";
import { TaskReports } from "./task_reports.ts";
import { TaskSaves } from "./task_saves.ts";
import { TaskSearch } from "./task_search.ts";
import { tasksOf } from "./task_walks.ts";
import { TaskWork } from "./task_work.ts";

/** How long a cancelled run waits for bodies that heed their signal. */
const GRACE_MS = 80;

/** What a run needs to know. */
export interface EngineSettings {
  /** What to run. */
  readonly graph: Graph;
  /** Where results are kept, and what is kept. */
  readonly results: Results;
  /** Outputs that are replaced. */
  readonly overridden: Overridden | undefined;
  /** How many bodies of each kind may run at once. */
  readonly limits: Limits;
  /** Whether outputs are searched for NaN. */
  readonly checkNaN: boolean;
  /** The device that was asked for. */
  readonly device: string | undefined;
  /** Where the bodies run. */
  readonly executor: Executor;
  /** How many kernels each node took. */
  readonly kernels: KernelCounts;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Where events go. */
  readonly events: EventStream<RunEvent>;
  /** Milliseconds since the run began. */
  readonly now: () => number;
}

/** One run at work. */
export class Engine {
  readonly #settings: EngineSettings;
  readonly #tasks: readonly Task[];
  readonly #byCore: ReadonlyMap<NodeCore, Task>;
  readonly #keys: TaskKeys;
  readonly #loop: TaskLoop;
  readonly #outcomes: TaskOutcomes;
  readonly #revival: Revival;
  readonly #search: TaskSearch;

  /** @param settings What the run needs to know. */
  constructor(settings: EngineSettings) {
    const { events, graph, kernels, limits, now, overridden } = settings;
    this.#settings = settings;
    this.#tasks = tasksOf(graph);
    this.#byCore = new Map(this.#tasks.map((task) => [task.core, task]));
    const keys = new TaskKeys(this.#byCore, overridden);
    const loop: TaskLoop = new TaskLoop(limits, {
      advance: (task) => search.advance(task),
      begin: (task) => work.begin(task),
      fail: (task, thrown) => {
        if (!work.isDoneAgain(task, thrown)) outcomes.fail(task, thrown);
      },
    });
    const reports = new TaskReports(events, now);
    // Kernels may still be under way when the body has ended
    const costOf = ({ path, startedAt }: Task) =>
      Math.max(now() - startedAt, kernels.millisecondsOf(path));
    const world = { ...settings, costOf, keys, loop, reports };
    const outcomes = new TaskOutcomes(world);
    const saves = new TaskSaves(world);
    const bodies = new TaskBodies(world);
    const revival = new Revival({
      ...settings,
      taskOf: (core) => this.#byCore.get(core)!,
      compute: (task, read) => bodies.again(task, read),
      tell: (task, how, why) => reports.revived(task, how, why),
      save: (task, values) => saves.again(task, values),
    });
    const read = (output: Output<unknown>) => this.#read(output);
    const search = new TaskSearch({ ...world, outcomes, saves });
    const work = new TaskWork({
      ...world,
      bodies,
      outcomes,
      read,
      revival,
      saves,
    });
    this.#keys = keys;
    this.#loop = loop;
    this.#outcomes = outcomes;
    this.#revival = revival;
    this.#search = search;
  }

  /**
   * Runs everything that the roots need.
   *
   * @returns The outputs of the roots, in their order.
   * @throws {WeftError} The one error, or a {@linkcode RunError} for several.
   * @throws {CancelledError} If the signal was aborted.
   */
  async run(): Promise<Record<string, unknown>[]> {
    const { signal, graph, overridden, results } = this.#settings;
    const abort = () => this.#cancelAll();
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    if (results.isKept) {
      await this.#keys.derive(
        this.#tasks,
        signal,
        (task, error) => this.#outcomes.fail(task, error),
      );
    }
    const asked = results.keepsAll
      ? this.#tasks
      : graph.roots.map((root) => this.#tasks[root.id]!);
    for (const task of asked.toReversed()) this.#search.ask(task, true);
    await this.#loop.run();
    signal.removeEventListener("abort", abort);
    if (signal.aborted) {
      await this.#loop.settle(GRACE_MS);
      throw cancelledError("the run", signal.reason);
    }
    for (const task of this.#tasks) {
      if (task.ended === undefined) this.#outcomes.endUnneeded(task);
    }
    const { error } = this.#outcomes;
    if (error !== undefined) throw error;
    for (const { id } of graph.roots) {
      await this.#revival.bring(this.#tasks[id]!);
    }
    return graph.roots.map(({ id, core }) => ({
      ...this.#tasks[id]!.values,
      ...Object.fromEntries(overridden?.of(core) ?? []),
    }));
  }

  /**
   * Where the outputs of a node come from.
   *
   * @param core The node.
   * @returns The provenance, once the node has ended well.
   */
  provenance(core: NodeCore): Task["provenance"] {
    return this.#byCore.get(core)?.provenance;
  }

  #read(output: Output<unknown>): unknown {
    const { overridden } = this.#settings;
    return overridden?.has(output)
      ? overridden.value(output)
      : this.#byCore.get(output.node)!.values![output.name];
  }

  #cancelAll(): void {
    if (this.#loop.isOver) return;
    for (const task of this.#tasks) {
      if (task.ended === undefined) this.#outcomes.cancel(task);
    }
    this.#loop.end();
  }
}
