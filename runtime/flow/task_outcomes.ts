/**
 * What comes of tasks, and what that means for those that wait for it: their
 * readers, which move on or are skipped; their twins, which end alike; their
 * sources, which are let go.
 *
 * @module
 */

import { RunError, WeftError } from "../core/errors.ts";
import type { NodeState } from "../core/events.ts";
import type { Digest } from "../core/hash.ts";
import { withUserFrames } from "../core/stack.ts";
import { bodyError } from "./body.ts";
import type { Results } from "./results.ts";
import type { Task } from "./task.ts";
import type { TaskLoop } from "./task_loop.ts";
import type { TaskReports } from "./task_reports.ts";
import { release, skipReaders } from "./task_walks.ts";

/** What the outcomes of tasks need of the run. */
export interface OutcomesWorld {
  /** Moves readers on, and gives places back. */
  readonly loop: Pick<TaskLoop, "move" | "leave">;
  /** Told how each task ended. */
  readonly reports: Pick<TaskReports, "ended">;
  /** Knows how large outputs are. */
  readonly results: Pick<Results, "bytesOf">;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** How long a task took, in milliseconds. */
  readonly costOf: (task: Task) => number;
}

/** Notes what comes of each task, and passes it on. */
export class TaskOutcomes {
  readonly #world: OutcomesWorld;
  /** What the bodies that failed threw, in the order in which they did. */
  readonly #errors = new Map<Task, Error>();

  /** @param world What it needs of the run. */
  constructor(world: OutcomesWorld) {
    this.#world = world;
  }

  /** What made the run fail: the one error, or one for several. */
  get error(): Error | undefined {
    const errors = [...this.#errors.values()];
    return errors.length > 1 ? new RunError(errors) : errors[0];
  }

  /**
   * The digests of the outputs of a task are known, though perhaps not their
   * values: who waits for them goes on.
   *
   * @param task The task.
   * @param digests Digests by output.
   */
  known(task: Task, digests: Readonly<Record<string, Digest>>): void {
    const isNews = task.digests === undefined;
    task.digests = digests;
    if (isNews) this.#tellReaders(task, "digests");
  }

  /**
   * A task ends well: its values are there for its readers.
   *
   * @param task The task.
   * @param values Its outputs.
   * @param state Whether its body ran.
   * @param why Why it did, or did not.
   */
  complete(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    state: "computed" | "reused",
    why: string,
  ): void {
    task.values = values;
    this.#leave(task, state, why, this.#world.results.bytesOf(task, values));
    this.#tellReaders(task, "values");
    if (!task.isRoot && task.unsettledReaders === 0) task.values = undefined;
    this.#release(task);
  }

  /**
   * A task ends as its body, or what it needed, failed.
   *
   * @param task The task; one that has ended before stays as it is.
   * @param thrown What was thrown.
   */
  fail(task: Task, thrown: unknown): void {
    if (task.ended !== undefined) return;
    const error = thrown instanceof WeftError &&
        thrown.details.path !== undefined
      ? withUserFrames(thrown, thrown)
      : bodyError(task.core, thrown);
    this.#errors.set(task, error);
    this.#leave(task, "failed", error.message.split("\n", 1)[0]!);
    this.#skipReaders(task, task);
    this.#release(task);
  }

  /**
   * A task ends as another gives it nothing.
   *
   * @param task The task.
   * @param cause The other, which failed or was skipped itself.
   */
  skip(task: Task, cause: Task): void {
    const blamed = cause.blamed ?? cause;
    this.#leaveSkipped(task, blamed);
    this.#skipReaders(task, blamed);
    this.#release(task);
  }

  /** A task ends with the run, which was cancelled. */
  cancel(task: Task): void {
    this.#leave(task, "cancelled", "the run was cancelled");
  }

  /** A task ends that nobody has asked for values, or does so no more. */
  endUnneeded(task: Task): void {
    if (task.digests !== undefined) {
      this.#leave(task, "reused", "its data are known to be unchanged");
    } else if (task.readers.some(({ ended }) => ended === "reused")) {
      this.#leave(task, "reused", "what reads it was in the store");
    } else this.#leave(task, "skipped", "nothing that reads it could run");
  }

  #leave(task: Task, state: NodeState, why: string, bytes?: number): void {
    const { costOf, loop, now, reports } = this.#world;
    const at = now();
    task.phase = "done";
    task.ended = state;
    loop.leave(task);
    const ms = task.startedAt === 0 ? 0 : costOf(task);
    const error = this.#errors.get(task);
    reports.ended(task, { at, state, ms, why, bytes, error });
    if (state === "failed" || state === "skipped") this.#tellTwins(task);
  }

  #tellReaders(task: Task, phase: "digests" | "values"): void {
    if (task.twins.length > 0) this.#tellTwins(task);
    for (const reader of task.readers) {
      if (reader.phase === phase && --reader.missing === 0) {
        this.#world.loop.move(reader);
      }
    }
  }

  #tellTwins(first: Task): void {
    for (const task of first.twins) {
      if (task.ended !== undefined) continue;
      if (task.digests === undefined && first.digests !== undefined) {
        this.known(task, first.digests);
      }
      if (first.ended === undefined) continue;
      if (first.ended === "failed" || first.ended === "skipped") {
        this.skip(task, first);
      } else if (first.values !== undefined) {
        task.provenance = first.provenance;
        this.complete(task, first.values, "reused", "the same call ran once");
      }
    }
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

  /** A task that ended needs its sources no more. */
  #release(task: Task): void {
    release(task, (source) => this.endUnneeded(source));
  }
}
