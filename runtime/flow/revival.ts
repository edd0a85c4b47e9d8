/**
 * Values that were lost with a device, brought back before somebody reads them:
 * from the store, or by running the body of their op once more, on what its own
 * sources gave, which are brought back first where that is needed.
 *
 * @module
 */

import { cancelledError } from "../core/abort.ts";
import { isLost } from "../ports/mod.ts";
import type { NodeCore, Output } from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import type { Results } from "./results.ts";
import type { MaybePromise, StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";

/** The outputs of a task by name. */
type Values = Readonly<Record<string, unknown>>;

/** What a revival needs of the run. */
export interface RevivalWorld {
  /** Where results are kept. */
  readonly results: Results;
  /** Outputs that are replaced. */
  readonly overridden: Overridden | undefined;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** The task of a node. */
  taskOf(core: NodeCore): Task;
  /**
   * Runs the body of a task.
   *
   * @param task The task.
   * @param read Gives the value of an output that it reads.
   * @returns Its outputs, checked; those that several will read are computed.
   */
  compute(
    task: Task,
    read: (output: Output<unknown>) => unknown,
  ): Promise<Values>;
  /** Tells why a task is at work again. */
  tell(task: Task, how: "loaded" | "computed", why: string): void;
  /** Stores what a task gave, in place of what was lost. */
  save(task: Task, values: Values): MaybePromise<void>;
}

/** Brings values back that were lost with a device. */
export class Revival {
  readonly #world: RevivalWorld;
  /** Kept when all that was to be restored so far has been. */
  #restored: Promise<void> = Promise.resolve();
  /** What is being brought back, so that nothing is computed twice at once. */
  readonly #underWay = new Map<Task, Promise<Values>>();

  /** @param world What it needs of the run. */
  constructor(world: RevivalWorld) {
    this.#world = world;
  }

  /**
   * Whether values that a task reads are lost.
   *
   * @param task The task; all of its sources have ended.
   * @returns True when {@linkcode Revival.bringSources} has something to do.
   */
  isNeeded(task: Task): boolean {
    return task.sources.some((source) => this.#canBring(source));
  }

  /**
   * Brings back what a task reads.
   *
   * @param task The task.
   * @throws {CancelledError} If the run was cancelled meanwhile.
   */
  async bringSources(task: Task): Promise<void> {
    for (const source of task.sources) {
      if (this.#canBring(source)) source.values = await this.#valuesOf(source);
    }
  }

  /**
   * Brings back what a task gave.
   *
   * @param task The task, which has ended.
   * @throws {CancelledError} If the run was cancelled meanwhile.
   */
  async bring(task: Task): Promise<void> {
    if (this.#canBring(task)) task.values = await this.#valuesOf(task);
  }

  /**
   * Brings what a task gave back into the store, where it was lost before it
   * was written. One task after the other, as nobody waits for their values.
   *
   * @param task The task, which has ended.
   * @throws {CancelledError} If the run was cancelled meanwhile.
   */
  restore(task: Task): Promise<void> {
    const restored = this.#restored.then(async () => {
      await this.#valuesOf(task);
    });
    this.#restored = restored.catch(() => {});
    return restored;
  }

  /** Whether a task has given what is lost now, and was not given it by hand. */
  #canBring({ core, values }: Task): boolean {
    return values !== undefined && isLost(values) &&
      this.#world.overridden?.replacesAll(core) !== true;
  }

  /** What a task gave: as it is there still, else once more. */
  #valuesOf(task: Task): Promise<Values> {
    const { overridden } = this.#world;
    if (overridden?.replacesAll(task.core)) {
      return Promise.resolve(Object.fromEntries(overridden.of(task.core)!));
    }
    if (task.first !== undefined) return this.#valuesOf(task.first);
    if (task.values !== undefined && !isLost(task.values)) {
      return Promise.resolve(task.values);
    }
    const known = this.#underWay.get(task);
    if (known !== undefined) return known;
    const made = this.#again(task).finally(() => this.#underWay.delete(task));
    this.#underWay.set(task, made);
    return made;
  }

  async #again(task: Task): Promise<Values> {
    const { results, signal, tell } = this.#world;
    const record = results.isKept && task.key !== undefined
      ? await results.find(task.key)
      : await undefined;
    if (signal.aborted) throw cancelledError("the run", signal.reason);
    const loaded = record === undefined
      ? undefined
      : await this.#load(task, record);
    if (loaded !== undefined) {
      tell(task, "loaded", "it was lost with the device");
    }
    const values = loaded ?? await this.#compute(task);
    const isRead = task.isRoot || task.unsettledReaders > 0;
    if (task.values !== undefined && isRead) task.values = values;
    return values;
  }

  async #load(
    task: Task,
    record: StoreRecord,
  ): Promise<Values | undefined> {
    const { results } = this.#world;
    const names = results.loadable(task, record);
    if (names === undefined) return undefined;
    const values: Record<string, unknown> = {};
    for (const name of names) {
      const loaded = await results.load(record, name, task.core);
      if (loaded === undefined) return undefined;
      values[name] = loaded.value;
    }
    return values;
  }

  /** One after the other: what is brought back takes memory, too. */
  async #compute(task: Task): Promise<Values> {
    const { overridden, results, save, signal, taskOf, tell } = this.#world;
    const given = new Map<Task, Values>();
    for (const source of task.sources) {
      given.set(source, await this.#valuesOf(source));
    }
    if (signal.aborted) throw cancelledError("the run", signal.reason);
    const where = results.isKept ? "it is not stored" : "nothing is stored";
    tell(task, "computed", `it was lost with the device, and ${where}`);
    const values = await this.#world.compute(
      task,
      (output) =>
        overridden?.has(output)
          ? overridden.value(output)
          : given.get(taskOf(output.node))![output.name],
    );
    if (results.isKept) await save(task, values);
    return values;
  }
}
