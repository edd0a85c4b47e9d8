/**
 * The work on a task of which no result was found: its body on what its
 * sources gave, then all that must be known of its outputs before others read
 * them. Where the device is lost under it, it is done again, once.
 *
 * @module
 */

import { DeviceLostError, WeftError } from "../core/errors.ts";
import type { KernelCounts } from "./kernel_counts.ts";
import { refuseNaN } from "./nan_check.ts";
import { provenanceOf } from "./provenance.ts";
import type { Results } from "./results.ts";
import type { Revival } from "./revival.ts";
import type { Task } from "./task.ts";
import type { ReadOutput, TaskBodies } from "./task_bodies.ts";
import type { TaskKeys } from "./task_keys.ts";
import type { TaskLoop } from "./task_loop.ts";
import type { TaskOutcomes } from "./task_outcomes.ts";
import type { TaskReports } from "./task_reports.ts";
import type { TaskSaves } from "./task_saves.ts";

/** What the work on tasks needs of the run. */
export interface WorkWorld {
  /** Goes on when a promise is there. */
  readonly loop: Pick<TaskLoop, "guard" | "then">;
  /** Told what comes of a task. */
  readonly outcomes: Pick<TaskOutcomes, "complete" | "known">;
  /** Told what begins, and begins again. */
  readonly reports: Pick<TaskReports, "started" | "triedAgain">;
  /** Runs bodies. */
  readonly bodies: Pick<TaskBodies, "digests" | "run">;
  /** Gives the value of an output that a body reads. */
  readonly read: ReadOutput;
  /** Brings back what was lost with a device. */
  readonly revival: Revival;
  /** Knows whether files that were read are as they were. */
  readonly keys: Pick<TaskKeys, "refuseChanged">;
  /** Knows why a task had to run. */
  readonly results: Pick<Results, "isKept" | "whyComputed">;
  /** Stores what was computed. */
  readonly saves: Pick<TaskSaves, "begin">;
  /** How many kernels each task took. */
  readonly kernels: KernelCounts;
  /** How long a task took, in milliseconds. */
  readonly costOf: (task: Task) => number;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** The device that was asked for. */
  readonly device: string | undefined;
  /** Whether outputs are searched for NaN. */
  readonly checkNaN: boolean;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
}

/** Computes the tasks of one run. */
export class TaskWork {
  readonly #world: WorkWorld;

  /** @param world What it needs of the run. */
  constructor(world: WorkWorld) {
    this.#world = world;
  }

  /**
   * Begins the work on a task, for which there is a place.
   *
   * @param task The task; the values of its sources are there.
   */
  begin(task: Task): void {
    const { now, reports } = this.#world;
    task.phase = "running";
    task.startedAt = now();
    reports.started(task);
    this.#attempt(task);
  }

  /**
   * Does the work on a task again, where its device was lost under it for the
   * first time.
   *
   * @param task The task.
   * @param thrown What ended the work on it.
   * @returns False when the task has to fail.
   */
  isDoneAgain(task: Task, thrown: unknown): boolean {
    const { loop, reports, signal } = this.#world;
    const error = thrown instanceof WeftError && thrown.cause !== undefined
      ? thrown.cause
      : thrown;
    const isLoss = error instanceof DeviceLostError ||
      thrown instanceof DeviceLostError;
    if (!isLoss || task.phase !== "running" || signal.aborted) return false;
    if (task.attempts.losses++ > 0) return false;
    reports.triedAgain(task, error);
    loop.guard(task, () => this.#attempt(task));
    return true;
  }

  #attempt(task: Task): void {
    const { bodies, loop, read, revival } = this.#world;
    const brought = revival.isNeeded(task)
      ? revival.bringSources(task)
      : undefined;
    loop.then(task, brought, () => {
      const made = bodies.run(task, read, task.attempts);
      loop.then(task, made, (values) => this.#settle(task, values));
    });
  }

  /** Digests, NaN, files that stayed: then the outputs are there. */
  #settle(task: Task, values: Record<string, unknown>): void {
    const { bodies, checkNaN, keys, loop, results } = this.#world;
    loop.then(task, bodies.digests(task, values), (digests) => {
      const looked = checkNaN ? refuseNaN(task.core, values) : undefined;
      loop.then(task, looked, () => {
        const steady = results.isKept ? keys.refuseChanged(task) : undefined;
        loop.then(task, steady, () => {
          loop.then(task, results.whyComputed(task), (why) => {
            this.#finish(task, values, digests, why);
          });
        });
      });
    });
  }

  #finish(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    digests: Parameters<TaskOutcomes["known"]>[1],
    why: string,
  ): void {
    const { costOf, device, kernels, outcomes, results, revival, saves } =
      this.#world;
    if (results.isKept) {
      task.provenance = provenanceOf(
        task.core,
        task.inputs,
        device,
        costOf(task),
        kernels.of(task.path),
      );
    }
    outcomes.known(task, digests);
    outcomes.complete(task, values, "computed", why);
    saves.begin(task, values, (lost) => revival.restore(lost));
  }
}
