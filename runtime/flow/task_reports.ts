/**
 * What a run tells of its tasks, as events of the run.
 *
 * @module
 */

import type { EventStream, NodeState, RunEvent } from "../core/events.ts";
import { triedAgain } from "./body.ts";
import type { Task } from "./task.ts";

/** How a task ended, in the event that tells it. */
export interface TaskEnd {
  /** When it ended, in milliseconds since the run began. */
  readonly at: number;
  /** How it ended. */
  readonly state: NodeState;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it ended like that, in words. */
  readonly why: string;
  /** Size of its outputs, in bytes. */
  readonly bytes?: number | undefined;
  /** What its body threw. */
  readonly error?: Error | undefined;
}

/** Puts what happens to tasks into words. */
export class TaskReports {
  readonly #events: EventStream<RunEvent>;
  readonly #now: () => number;

  /**
   * @param events Where to report.
   * @param now Milliseconds since the run began.
   */
  constructor(events: EventStream<RunEvent>, now: () => number) {
    this.#events = events;
    this.#now = now;
  }

  /** Tells that the body of a task begins. */
  started(task: Task): void {
    this.#events.emit({
      type: "node-start",
      at: task.startedAt,
      node: task.vertex.id,
      name: task.name,
    });
  }

  /** Tells that a task ended, and how. */
  ended(task: Task, { at, state, ms, why, bytes, error }: TaskEnd): void {
    this.#events.emit({
      type: "node-end",
      at,
      node: task.vertex.id,
      name: task.name,
      state,
      ms,
      why,
      ...(bytes === undefined ? {} : { bytes }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Tells that a body runs again, as its device was lost under it. */
  triedAgain(task: Task, error: unknown): void {
    this.#warn(task, triedAgain(task.name, "on a new device", error));
  }

  /** Tells that what a task gave was lost, and how it is brought back. */
  revived(task: Task, how: "loaded" | "computed", why: string): void {
    this.#warn(
      task,
      `The result of op "${task.name}" is ${how} again: ${why}`,
    );
  }

  /** Tells what a store on disk did with the result of a task. */
  stored(task: Task, action: "saved" | "loaded", since: number): void {
    const at = this.#now();
    this.#events.emit({
      type: "store",
      at,
      action,
      node: task.vertex.id,
      message: `the result of op "${task.name}" was ${action}`,
      ms: at - since,
    });
  }

  /** Tells that the store cannot keep the result of a task. */
  unstored(task: Task, error: unknown): void {
    const words = error instanceof Error ? error.message : error;
    this.#warn(task, `Cannot store the result of op "${task.name}": ${words}`);
  }

  #warn(task: Task, message: string): void {
    this.#events.emit({
      type: "warning",
      at: this.#now(),
      node: task.vertex.id,
      message,
    });
  }
}
