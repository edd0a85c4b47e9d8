/**
 * The scheduler. Nodes are asked for from the roots up: what the store knows
 * is never computed, and nothing above it is looked at. What it does not know
 * by derivation is looked up again by the digests of its inputs, so that an
 * upstream change that gives equal data ends there.
 *
 * Every task moves through the phases of {@linkcode Phase}; all moves happen
 * in `#advance`, one task at a time, so nothing recurses along the graph.
 *
 * @module
 */

import { cancelledError } from "../core/abort.ts";
import { DeviceLostError, RunError, WeftError } from "../core/errors.ts";
import type { EventStream, NodeState, RunEvent } from "../core/events.ts";
import type { Digest } from "../core/hash.ts";
import { withUserFrames } from "../core/stack.ts";
import { Bindings } from "../ports/mod.ts";
import { type Attempts, bodyError, runBody, triedAgain } from "./body.ts";
import { checkInputs, checkOutputs } from "./checks.ts";
import type { Executor } from "./executor.ts";
import type { Graph } from "./graph.ts";
import type { KernelCounts } from "./kernel_counts.ts";
import { refuseNaN } from "./nan_check.ts";
import { type NodeCore, type Output, pathTo } from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import { provenanceOf } from "./provenance.ts";
import { type Limits, ReadyQueue } from "./ready_queue.ts";
import { Results } from "./results.ts";
import { Revival } from "./revival.ts";
import type { MaybePromise, StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";
import { TaskKeys } from "./task_keys.ts";
import {
  neededOutputs,
  outputDigests,
  outputsToCompute,
} from "./task_outputs.ts";
import { release, skipReaders, tasksOf } from "./task_walks.ts";
import { Turns } from "./turns.ts";
import { valueOfWire } from "./wiring.ts";

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
  readonly #revival: Revival;
  readonly #firstByKey = new Map<Digest, Task>();
  readonly #queuedByContent = new Map<Digest, Task>();
  readonly #ready: ReadyQueue<Task>;
  readonly #moving: Task[] = [];
  readonly #failed: Task[] = [];
  readonly #errors = new Map<Task, Error>();
  readonly #running = new Set<Task>();
  readonly #turns = new Turns(() => this.#step());

  /** @param settings What the run needs to know. */
  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.#ready = new ReadyQueue(settings.limits);
    this.#tasks = tasksOf(settings.graph);
    this.#byCore = new Map(this.#tasks.map((task) => [task.core, task]));
    this.#keys = new TaskKeys(this.#byCore, settings.overridden);
    this.#revival = new Revival({
      ...settings,
      taskOf: (core) => this.#byCore.get(core)!,
      compute: (task, read) => this.#computeAgain(task, read),
      tell: (task, how, why) => this.#tellRevival(task, how, why),
      save: (task, values) => this.#saveAgain(task, values),
    });
  }

  /**
   * Runs everything that the roots need.
   *
   * @returns The outputs of the roots, in their order.
   * @throws {WeftError} The one error, or a {@linkcode RunError} for several.
   * @throws {CancelledError} If the signal was aborted.
   */
  async run(): Promise<Record<string, unknown>[]> {
    const { signal, graph, overridden } = this.#settings;
    const abort = () => this.#cancelAll();
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    if (this.#settings.results.isKept) {
      await this.#keys.derive(
        this.#tasks,
        signal,
        (task, error) => this.#fail(task, error),
      );
    }
    const asked = this.#settings.results.keepsAll
      ? this.#tasks
      : graph.roots.map((root) => this.#tasks[root.id]!);
    for (const task of asked.toReversed()) this.#ask(task, true);
    this.#turns.pump();
    await this.#turns.done;
    signal.removeEventListener("abort", abort);
    if (signal.aborted) {
      await this.#turns.settle(GRACE_MS);
      throw cancelledError("the run", signal.reason);
    }
    for (const task of this.#tasks) {
      if (task.ended === undefined) this.#endUnneeded(task);
    }
    if (this.#failed.length > 0) throw this.#blame();
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

  // ---- the loop -----------------------------------------------------------

  /** Moves one task on; bodies begin when nothing else can move. */
  #step(): boolean {
    const moving = this.#moving.pop();
    if (moving !== undefined) {
      this.#guard(moving, () => this.#advance(moving));
      return true;
    }
    const next = this.#ready.take();
    if (next === undefined) return false;
    this.#execute(next);
    return true;
  }

  /** Goes on with a value now, or when its promise is there. */
  #then<T>(task: Task, value: MaybePromise<T>, next: (value: T) => void): void {
    if (!(value instanceof Promise)) {
      this.#guard(task, () => next(value));
      return;
    }
    this.#turns.wait(
      value,
      (found) => this.#guard(task, () => next(found)),
      (error) => this.#fail(task, error),
    );
  }

  #guard(task: Task, body: () => void): void {
    if (task.ended !== undefined) return;
    try {
      body();
    } catch (error) {
      this.#fail(task, error);
    }
  }

  // ---- what is asked for --------------------------------------------------

  #ask(task: Task, forValues: boolean): void {
    if (task.ended !== undefined) return;
    task.isWanted ||= forValues;
    if (task.phase === "idle" || (task.phase === "parked" && task.isWanted)) {
      this.#moving.push(task);
    } else if (task.first !== undefined && task.isWanted) {
      this.#ask(task.first, true);
    }
  }

  /** A task that several asked for comes several times, and may wait again. */
  #advance(task: Task): void {
    switch (task.phase) {
      case "idle":
        this.#search(task);
        return;
      case "parked":
        if (task.isWanted) this.#useRecord(task, task.record);
        return;
      case "digests":
        if (task.missing === 0) this.#searchByContent(task);
        return;
      case "values":
        if (task.missing === 0) this.#queue(task);
    }
  }

  /** A call with the same inputs by content may be at work already. */
  #queue(task: Task): void {
    const { contentKey } = task;
    if (contentKey !== undefined) {
      const first = this.#queuedByContent.get(contentKey);
      if (first !== undefined && first.ended === undefined) {
        this.#follow(task, first);
        return;
      }
      this.#queuedByContent.set(contentKey, task);
    }
    task.phase = "ready";
    this.#ready.push(task);
  }

  #search(task: Task): void {
    const { results, overridden } = this.#settings;
    task.phase = "searching";
    if (overridden?.replacesAll(task.core)) {
      this.#override(task, overridden);
      return;
    }
    if (!results.isKept) {
      this.#awaitValues(task);
      return;
    }
    if (task.key === undefined) {
      this.#awaitDigests(task); // A source has no key: it failed
      return;
    }
    const first = this.#firstByKey.get(task.key);
    const waits = first?.ended === undefined && first?.phase !== "loading";
    if (first !== undefined && waits) { // What is loaded is settled by then
      this.#follow(task, first);
      return;
    }
    this.#firstByKey.set(task.key, task);
    this.#then(task, results.find(task.key), (record) => {
      if (record === undefined) this.#awaitDigests(task);
      else this.#useRecord(task, record);
    });
  }

  /** Two nodes that are the same call run once. */
  #follow(task: Task, first: Task): void {
    task.phase = "following";
    task.first = first;
    task.inputs = first.inputs;
    first.twins.push(task);
    if (task.digests === undefined && first.digests !== undefined) {
      task.digests = first.digests;
      this.#tellReaders(task, "digests");
    }
    this.#ask(first, task.isWanted);
  }

  #tellTwins(first: Task): void {
    for (const task of first.twins) {
      if (task.ended !== undefined) continue;
      if (task.digests === undefined && first.digests !== undefined) {
        task.digests = first.digests;
        this.#tellReaders(task, "digests");
      }
      if (first.ended === undefined) continue;
      if (first.ended === "failed" || first.ended === "skipped") {
        this.#skip(task, first.blamed ?? first);
      } else if (first.values !== undefined) {
        task.provenance = first.provenance;
        this.#complete(task, first.values, "reused", "the same call ran once");
      }
    }
  }

  #awaitDigests(task: Task): void {
    this.#await(task, "digests", (source) => source.digests !== undefined);
  }

  #awaitValues(task: Task): void {
    this.#await(task, "values", (source) => source.values !== undefined);
  }

  #await(
    task: Task,
    phase: "digests" | "values",
    isThere: (source: Task) => boolean,
  ): void {
    task.phase = phase;
    task.missing = 0;
    for (const source of task.sources) {
      if (source.ended === "failed" || source.ended === "skipped") {
        this.#skip(task, source.blamed ?? source);
        return;
      }
      if (isThere(source)) continue;
      task.missing++;
      this.#ask(source, phase === "values");
    }
    if (task.missing === 0) this.#moving.push(task);
  }

  #tellReaders(task: Task, phase: "digests" | "values"): void {
    if (task.twins.length > 0) this.#tellTwins(task);
    for (const reader of task.readers) {
      if (reader.phase === phase && --reader.missing === 0) {
        this.#moving.push(reader);
      }
    }
  }

  #searchByContent(task: Task): void {
    const { results } = this.#settings;
    task.phase = "searching";
    this.#then(task, this.#keys.byContent(task), (key) => {
      if (key === task.key) {
        this.#awaitValues(task);
        return;
      }
      this.#then(task, results.find(key), (record) => {
        if (record === undefined) {
          this.#awaitValues(task);
          return;
        }
        const { key: derived } = task;
        if (derived !== undefined) {
          this.#inBackground(task, () => results.link(derived, record));
        }
        this.#useRecord(task, record, true);
      });
    });
  }

  /** Takes as much from a record as was asked for and as it holds. */
  #useRecord(
    task: Task,
    record: StoreRecord | undefined,
    isByContent = false,
  ): void {
    if (record === undefined) throw new Error("A parked task has no record");
    task.record = record;
    if (task.digests === undefined) {
      task.digests = Results.digestsOf(record);
      this.#tellReaders(task, "digests");
    }
    if (!task.isWanted) {
      task.phase = "parked";
      return;
    }
    const names = this.#settings.results.keepsAll
      ? Object.keys(record.outputs)
      : neededOutputs(task, record);
    if (!task.isDamaged && names.every((name) => Results.holds(record, name))) {
      this.#load(task, record, names);
    } else if (isByContent) this.#awaitValues(task);
    else this.#awaitDigests(task);
  }

  // ---- what the store gives ----------------------------------------------

  #load(task: Task, record: StoreRecord, names: readonly string[]): void {
    const { results, now } = this.#settings;
    task.phase = "loading";
    task.startedAt = now();
    const values: Record<string, unknown> = {};
    const next = (at: number): void => {
      const name = names[at];
      if (name === undefined) {
        this.#reuse(task, values, record);
        return;
      }
      this.#then(task, results.load(record, name, task.core), (loaded) => {
        if (loaded === undefined) {
          task.isDamaged = true;
          this.#awaitDigests(task);
          return;
        }
        values[name] = loaded.value;
        next(at + 1);
      });
    };
    next(0);
  }

  #reuse(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    record: StoreRecord,
  ): void {
    task.provenance = record.provenance;
    if (this.#settings.results.isOnDisk) {
      this.#tellStore(task, "loaded", task.startedAt);
    }
    this.#complete(task, values, "reused", "its result was in the store");
  }

  #override(task: Task, overridden: Overridden): void {
    const values = Object.fromEntries(overridden.of(task.core)!);
    const versions = outputDigests(
      task,
      values,
      this.#settings.results.modeFor(task),
      new Set(),
    );
    this.#then(task, versions, (digests) => {
      task.digests = digests;
      this.#tellReaders(task, "digests");
      this.#complete(task, values, "reused", "its outputs were overridden");
    });
  }

  // ---- the body -----------------------------------------------------------

  #execute(task: Task): void {
    const { events, now } = this.#settings;
    task.phase = "running";
    task.startedAt = now();
    this.#running.add(task);
    events.emit({
      type: "node-start",
      at: task.startedAt,
      node: task.vertex.id,
      name: task.name,
    });
    this.#guard(task, () => this.#runBody(task));
  }

  #runBody(task: Task): void {
    const isNeeded = this.#revival.isNeeded(task);
    this.#then(
      task,
      isNeeded ? this.#revival.bringSources(task) : undefined,
      () => {
        const read = (output: Output<unknown>) => this.#read(output);
        const values = this.#outputsOf(task, read, task.attempts);
        this.#then(task, values, (made) => this.#settle(task, made));
      },
    );
  }

  /** Runs the body of a task and checks what comes back. */
  #outputsOf(
    task: Task,
    read: (output: Output<unknown>) => unknown,
    attempts: Attempts,
  ): MaybePromise<Record<string, unknown>> {
    const { core } = task;
    const bindings = new Bindings();
    const path = task.path.length > 0 ? task.path : pathTo(core);
    task.path = path;
    const given: Record<string, unknown> = {};
    for (const [name, wire] of core.wires) {
      given[name] = valueOfWire(wire, read);
    }
    const inputs = checkInputs(core.info, given, path, bindings, core.wires);
    const { signal, events, now, executor } = this.#settings;
    const isLive = () => task.ended === undefined;
    const returned = runBody(core, task.vertex.id, path, inputs, {
      executor,
      signal,
      events,
      now,
      isLive,
      attempts,
    });
    const checked = (value: unknown) =>
      checkOutputs(core.info, value, path, bindings);
    return returned instanceof Promise
      ? returned.then(checked)
      : checked(returned);
  }

  #read(output: Output<unknown>): unknown {
    const { overridden } = this.#settings;
    return overridden?.has(output)
      ? overridden.value(output)
      : this.#byCore.get(output.node)!.values![output.name];
  }

  /** Digests, NaN, store: then the outputs are there for the readers. */
  #settle(task: Task, values: Record<string, unknown>): void {
    const { checkNaN, device, kernels, results } = this.#settings;
    this.#then(task, this.#digestsOf(task, values), (digests) => {
      const looked = checkNaN ? refuseNaN(task.core, values) : undefined;
      this.#then(task, looked, () => {
        const steady = results.isKept
          ? this.#keys.refuseChanged(task)
          : undefined;
        this.#then(task, steady, () => {
          this.#then(task, results.whyComputed(task), (why) => {
            const isNews = task.digests === undefined;
            task.digests = digests;
            if (results.isKept) {
              const ms = this.#costOf(task);
              task.provenance = provenanceOf(
                task.core,
                task.inputs,
                device,
                ms,
                kernels.of(task.path),
              );
            }
            if (isNews) this.#tellReaders(task, "digests");
            this.#complete(task, values, "computed", why);
          });
        });
      });
    });
  }

  /** How long a task took, also where its kernels are still under way. */
  #costOf({ path, startedAt }: Task): number {
    const { kernels, now } = this.#settings;
    return Math.max(now() - startedAt, kernels.millisecondsOf(path));
  }

  /** Computes what several will read, and what is stored. */
  #digestsOf(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): MaybePromise<Record<string, Digest>> {
    const { device, results } = this.#settings;
    // A device that was asked for computes what the caller will read
    const mode = device !== undefined && task.isRoot
      ? "all"
      : results.modeFor(task);
    const computed = outputsToCompute(task, values);
    return outputDigests(task, values, mode, computed);
  }

  // ---- after the loss of a device -----------------------------------------

  /** A task whose device was lost under it runs again, once. */
  #runAgain(task: Task, thrown: unknown): boolean {
    const { events, now, signal } = this.#settings;
    const error = thrown instanceof WeftError && thrown.cause !== undefined
      ? thrown.cause
      : thrown;
    const isLoss = error instanceof DeviceLostError ||
      thrown instanceof DeviceLostError;
    if (!isLoss || task.phase !== "running" || signal.aborted) return false;
    if (task.attempts.losses++ > 0) return false;
    events.emit({
      type: "warning",
      at: now(),
      node: task.vertex.id,
      message: triedAgain(task.name, "on a new device", error),
    });
    this.#guard(task, () => this.#runBody(task));
    return true;
  }

  /** The body of a task whose outputs were lost; another loss is not forgiven. */
  async #computeAgain(
    task: Task,
    read: (output: Output<unknown>) => unknown,
  ): Promise<Record<string, unknown>> {
    const values = await this.#outputsOf(task, read, { retries: 0, losses: 1 });
    await this.#digestsOf(task, values);
    return values;
  }

  async #saveAgain(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const ms = task.provenance?.milliseconds ?? 0;
    try {
      await this.#saveNow(task, values, ms);
    } catch (error) {
      this.#warnUnstored(task, error);
    }
  }

  #tellRevival(task: Task, how: "loaded" | "computed", why: string): void {
    const { events, now } = this.#settings;
    events.emit({
      type: "warning",
      at: now(),
      node: task.vertex.id,
      message: `The result of op "${task.name}" is ${how} again: ${why}`,
    });
  }

  // ---- how a task ends ----------------------------------------------------

  #complete(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    state: "computed" | "reused",
    why: string,
  ): void {
    const { results } = this.#settings;
    task.values = values;
    this.#leave(task, state, why, results.bytesOf(task, values));
    if (state === "computed" && results.isKept) {
      const ms = this.#costOf(task);
      this.#inBackground(task, () => this.#save(task, values, ms));
    }
    this.#tellReaders(task, "values");
    if (!task.isRoot && task.unsettledReaders === 0) task.values = undefined;
    this.#release(task);
  }

  #leave(task: Task, state: NodeState, why: string, bytes?: number): void {
    const { events, now } = this.#settings;
    const at = now();
    task.phase = "done";
    task.ended = state;
    if (this.#running.delete(task)) this.#ready.leave(task);
    const error = this.#errors.get(task);
    events.emit({
      type: "node-end",
      at,
      node: task.vertex.id,
      name: task.name,
      state,
      ms: task.startedAt === 0 ? 0 : this.#costOf(task),
      why,
      ...(bytes === undefined ? {} : { bytes }),
      ...(error === undefined ? {} : { error }),
    });
    if (state === "failed" || state === "skipped") this.#tellTwins(task);
  }

  /** What a store on disk does is an event; memory is not worth telling. */
  #tellStore(task: Task, action: "saved" | "loaded", since: number): void {
    const { events, now } = this.#settings;
    const at = now();
    events.emit({
      type: "store",
      at,
      action,
      node: task.vertex.id,
      message: `the result of op "${task.name}" was ${action}`,
      ms: at - since,
    });
  }

  /** Where all is to be stored, what was lost on the way there is made again. */
  #save(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    ms: number,
  ): MaybePromise<void> {
    const saved = this.#saveNow(task, values, ms);
    if (!this.#settings.results.keepsAll) return saved;
    return saved?.catch((error) => {
      if (!(error instanceof DeviceLostError)) throw error;
      return this.#revival.restore(task);
    });
  }

  #saveNow(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    ms: number,
  ): Promise<void> | void {
    const since = this.#settings.now();
    const saved = this.#settings.results.save(task, values, ms);
    if (saved instanceof Promise) {
      return saved.then(() => this.#tellStore(task, "saved", since));
    }
  }

  /** What the store cannot keep is a warning: the values are there. */
  #inBackground(task: Task, work: () => MaybePromise<void>): void {
    const warn = (error: unknown) => this.#warnUnstored(task, error);
    try {
      const promise = work();
      if (promise instanceof Promise) this.#turns.wait(promise, () => {}, warn);
    } catch (error) {
      warn(error);
    }
  }

  #warnUnstored(task: Task, error: unknown): void {
    const { events, now } = this.#settings;
    events.emit({
      type: "warning",
      at: now(),
      node: task.vertex.id,
      message: `Cannot store the result of op "${task.name}": ${
        error instanceof Error ? error.message : error
      }`,
    });
  }

  /** A task that ended needs its sources no more. */
  #release(task: Task): void {
    release(task, (source) => this.#endUnneeded(source));
  }

  #endUnneeded(task: Task): void {
    if (task.digests !== undefined) {
      this.#leave(task, "reused", "its data are known to be unchanged");
    } else if (task.readers.some(({ ended }) => ended === "reused")) {
      this.#leave(task, "reused", "what reads it was in the store");
    } else this.#leave(task, "skipped", "nothing that reads it could run");
  }

  #fail(task: Task, thrown: unknown): void {
    if (task.ended !== undefined || this.#runAgain(task, thrown)) return;
    const error = thrown instanceof WeftError &&
        thrown.details.path !== undefined
      ? withUserFrames(thrown, thrown)
      : bodyError(task.core, thrown);
    this.#failed.push(task);
    this.#errors.set(task, error);
    this.#leave(task, "failed", error.message.split("\n", 1)[0]!);
    this.#skipReaders(task, task);
    this.#release(task);
  }

  #skip(task: Task, blamed: Task): void {
    this.#leaveSkipped(task, blamed);
    this.#skipReaders(task, blamed);
    this.#release(task);
  }

  #leaveSkipped(task: Task, blamed: Task): void {
    task.blamed = blamed;
    this.#leave(task, "skipped", `because of "${blamed.name}"`);
  }

  #skipReaders(ended: Task, blamed: Task): void {
    skipReaders(ended, (reader) => {
      this.#leaveSkipped(reader, blamed);
      this.#release(reader);
    });
  }

  #cancelAll(): void {
    if (this.#turns.isOver) return;
    for (const task of this.#tasks) {
      if (task.ended === undefined) {
        this.#leave(task, "cancelled", "the run was cancelled");
      }
    }
    this.#turns.end();
  }

  #blame(): Error {
    const errors = this.#failed.map((task) => this.#errors.get(task)!);
    return errors.length === 1 ? errors[0]! : new RunError(errors);
  }
}
