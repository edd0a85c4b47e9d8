/**
 * The search for the result of a task, before its body has to run: under the
 * key that is known beforehand, then, when the digests of its inputs are known,
 * under the key by content, and among the tasks that are the same call.
 *
 * Tasks are asked for from the roots up: what the store knows is never
 * computed, and nothing above it is looked at.
 *
 * @module
 */

import type { Digest } from "../core/hash.ts";
import type { Overridden } from "./overrides.ts";
import { Results } from "./results.ts";
import type { StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";
import type { TaskKeys } from "./task_keys.ts";
import type { TaskLoop } from "./task_loop.ts";
import type { TaskOutcomes } from "./task_outcomes.ts";
import { outputDigests } from "./task_outputs.ts";
import type { TaskReports } from "./task_reports.ts";
import type { TaskSaves } from "./task_saves.ts";

/** What the search needs of the run. */
export interface SearchWorld {
  /** Moves tasks on, and runs those that nothing was found of. */
  readonly loop: Pick<TaskLoop, "move" | "queue" | "then">;
  /** Told what comes of a task. */
  readonly outcomes: Pick<TaskOutcomes, "complete" | "known" | "skip">;
  /** Told what was loaded. */
  readonly reports: Pick<TaskReports, "stored">;
  /** Where results are kept. */
  readonly results: Results;
  /** The keys of tasks. */
  readonly keys: Pick<TaskKeys, "byContent">;
  /** Lets what was found by content be found sooner. */
  readonly saves: Pick<TaskSaves, "link">;
  /** Outputs that are replaced. */
  readonly overridden: Overridden | undefined;
  /** Milliseconds since the run began. */
  readonly now: () => number;
}

/** Looks for the results of the tasks of one run. */
export class TaskSearch {
  readonly #world: SearchWorld;
  readonly #firstByKey = new Map<Digest, Task>();
  readonly #queuedByContent = new Map<Digest, Task>();

  /** @param world What it needs of the run. */
  constructor(world: SearchWorld) {
    this.#world = world;
  }

  /**
   * Asks for a task.
   *
   * @param task The task.
   * @param forValues Whether the digests of its outputs are not enough.
   */
  ask(task: Task, forValues: boolean): void {
    if (task.ended !== undefined) return;
    task.isWanted ||= forValues;
    if (task.phase === "idle" || (task.phase === "parked" && task.isWanted)) {
      this.#world.loop.move(task);
    } else if (task.first !== undefined && task.isWanted) {
      this.ask(task.first, true);
    }
  }

  /**
   * Moves a task on, which was asked for or has what it waited for.
   *
   * @param task The task. One that several asked for comes several times, and
   *   may wait again.
   */
  advance(task: Task): void {
    switch (task.phase) {
      case "idle":
        this.#begin(task);
        return;
      case "parked":
        if (task.isWanted) this.#useRecord(task, task.record!);
        return;
      case "digests":
        if (task.missing === 0) this.#searchByContent(task);
        return;
      case "values":
        if (task.missing === 0) this.#queue(task);
    }
  }

  #begin(task: Task): void {
    const { results, overridden } = this.#world;
    task.phase = "searching";
    if (overridden?.replacesAll(task.core)) this.#override(task, overridden);
    else if (!results.isKept) this.#awaitValues(task);
    else if (task.key === undefined) this.#awaitDigests(task); // A source failed
    else this.#searchByKey(task, task.key);
  }

  #override(task: Task, overridden: Overridden): void {
    const { loop, outcomes, results } = this.#world;
    const values = Object.fromEntries(overridden.of(task.core)!);
    const mode = results.modeFor(task);
    const versions = outputDigests(task, values, mode, new Set());
    loop.then(task, versions, (digests) => {
      outcomes.known(task, digests);
      outcomes.complete(task, values, "reused", "its outputs were overridden");
    });
  }

  #searchByKey(task: Task, key: Digest): void {
    const first = this.#firstByKey.get(key);
    // What is being loaded may be less than the readers of a twin read
    const isOpen = first?.ended === undefined && first?.phase !== "loading";
    if (first !== undefined && isOpen) {
      this.#follow(task, first);
      return;
    }
    this.#firstByKey.set(key, task);
    const { loop, results } = this.#world;
    loop.then(task, results.find(key), (record) => {
      if (record === undefined) this.#awaitDigests(task);
      else this.#useRecord(task, record);
    });
  }

  #searchByContent(task: Task): void {
    const { keys, loop, results, saves } = this.#world;
    task.phase = "searching";
    loop.then(task, keys.byContent(task), (key) => {
      if (key === task.key) {
        this.#awaitValues(task);
        return;
      }
      loop.then(task, results.find(key), (record) => {
        if (record === undefined) {
          this.#awaitValues(task);
          return;
        }
        saves.link(task, record);
        this.#useRecord(task, record, true);
      });
    });
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
    this.#world.loop.queue(task);
  }

  /** Two nodes that are the same call run once. */
  #follow(task: Task, first: Task): void {
    task.phase = "following";
    task.first = first;
    task.inputs = first.inputs;
    first.twins.push(task);
    if (first.digests !== undefined) {
      this.#world.outcomes.known(task, first.digests);
    }
    this.ask(first, task.isWanted);
  }

  /** Takes as much from a record as was asked for and as it holds. */
  #useRecord(task: Task, record: StoreRecord, isByContent = false): void {
    const { outcomes, results } = this.#world;
    task.record = record;
    if (task.digests === undefined) {
      outcomes.known(task, Results.digestsOf(record));
    }
    if (!task.isWanted) {
      task.phase = "parked";
      return;
    }
    const names = task.isDamaged ? undefined : results.loadable(task, record);
    if (names !== undefined) this.#load(task, record, names);
    else if (isByContent) this.#awaitValues(task);
    else this.#awaitDigests(task);
  }

  #load(task: Task, record: StoreRecord, names: readonly string[]): void {
    const { loop, now, results } = this.#world;
    task.phase = "loading";
    task.startedAt = now();
    const values: Record<string, unknown> = {};
    const next = (at: number): void => {
      const name = names[at];
      if (name === undefined) {
        this.#reuse(task, values, record);
        return;
      }
      loop.then(task, results.load(record, name, task.core), (loaded) => {
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
    const { outcomes, reports, results } = this.#world;
    task.provenance = record.provenance;
    if (results.isOnDisk) reports.stored(task, "loaded", task.startedAt);
    outcomes.complete(task, values, "reused", "its result was in the store");
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
    const { loop, outcomes } = this.#world;
    task.phase = phase;
    task.missing = 0;
    for (const source of task.sources) {
      if (source.ended === "failed" || source.ended === "skipped") {
        outcomes.skip(task, source);
        return;
      }
      if (isThere(source)) continue;
      task.missing++;
      this.ask(source, phase === "values");
    }
    if (task.missing === 0) loop.move(task);
  }
}
