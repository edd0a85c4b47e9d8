/**
 * Storing what tasks gave, in the background: nobody waits for it but the end
 * of the run, and what the store cannot keep is a warning, as the values are
 * there.
 *
 * @module
 */

import { DeviceLostError } from "../core/errors.ts";
import type { Results } from "./results.ts";
import type { MaybePromise, StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";
import type { TaskLoop } from "./task_loop.ts";
import type { TaskReports } from "./task_reports.ts";

/** What saving needs of the run. */
export interface SavesWorld {
  /** The run does not end before everything is stored. */
  readonly loop: Pick<TaskLoop, "outlast">;
  /** Told what was stored, and what could not be. */
  readonly reports: Pick<TaskReports, "stored" | "unstored">;
  /** Where results are kept. */
  readonly results: Pick<Results, "isKept" | "keepsAll" | "link" | "save">;
  /** Milliseconds since the run began. */
  readonly now: () => number;
}

/** Stores what the tasks of one run gave. */
export class TaskSaves {
  readonly #world: SavesWorld;

  /** @param world What it needs of the run. */
  constructor(world: SavesWorld) {
    this.#world = world;
  }

  /**
   * Stores what a task computed, in the background.
   *
   * @param task The task, with its digests and provenance.
   * @param values Its outputs.
   * @param restore Makes and stores them again. Called where all is to be
   *   stored, and they were lost with their device on the way there.
   */
  begin(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    restore: (task: Task) => Promise<void>,
  ): void {
    const { isKept, keepsAll } = this.#world.results;
    if (!isKept) return;
    this.#inBackground(task, () => {
      const saved = this.#save(task, values);
      if (!keepsAll) return saved;
      return saved?.catch((error) => {
        if (!(error instanceof DeviceLostError)) throw error;
        return restore(task);
      });
    });
  }

  /**
   * Stores what a task gave when it was computed once more.
   *
   * @param task The task.
   * @param values Its outputs.
   */
  async again(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    try {
      await this.#save(task, values);
    } catch (error) {
      this.#world.reports.unstored(task, error);
    }
  }

  /**
   * Lets a record be found under the derivation key of a task as well, in the
   * background.
   *
   * @param task The task.
   * @param record What was found for it by content.
   */
  link(task: Task, record: StoreRecord): void {
    const { key } = task;
    if (key === undefined) return;
    this.#inBackground(task, () => this.#world.results.link(key, record));
  }

  #save(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): Promise<void> | void {
    const { now, reports, results } = this.#world;
    const since = now();
    const saved = results.save(task, values);
    // Memory keeps it at once, which is not worth telling
    if (saved instanceof Promise) {
      return saved.then(() => reports.stored(task, "saved", since));
    }
  }

  #inBackground(task: Task, work: () => MaybePromise<void>): void {
    const { loop, reports } = this.#world;
    const warn = (error: unknown) => reports.unstored(task, error);
    try {
      const promise = work();
      if (promise instanceof Promise) loop.outlast(promise, warn);
    } catch (error) {
      warn(error);
    }
  }
}
