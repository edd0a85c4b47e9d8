/**
 * The loop that moves the tasks of a run on, one step of one task at a time,
 * so that nothing recurses along the graph.
 *
 * @module
 */

import { type Limits, ReadyQueue } from "./ready_queue.ts";
import type { MaybePromise } from "./store/store.ts";
import type { Task } from "./task.ts";
import { Turns } from "./turns.ts";

/** What the loop does with tasks. */
export interface TaskSteps {
  /** Moves a task on; what it throws fails the task. */
  advance(task: Task): void;
  /** Begins the body of a task that got a place; what it throws fails it. */
  begin(task: Task): void;
  /** Told what a step of a task threw, or what it waited for. */
  fail(task: Task, thrown: unknown): void;
}

/** Moves tasks on until none can move and nothing is waited for. */
export class TaskLoop {
  readonly #steps: TaskSteps;
  readonly #ready: ReadyQueue<Task>;
  readonly #moving: Task[] = [];
  readonly #running = new Set<Task>();
  readonly #turns = new Turns(() => this.#step());

  /**
   * @param limits How many bodies of each kind may run at once.
   * @param steps What to do with tasks.
   */
  constructor(limits: Limits, steps: TaskSteps) {
    this.#ready = new ReadyQueue(limits);
    this.#steps = steps;
  }

  /** Whether the loop has ended. */
  get isOver(): boolean {
    return this.#turns.isOver;
  }

  /** Has a task advanced by and by. */
  move(task: Task): void {
    this.#moving.push(task);
  }

  /** Has the body of a task begun when there is a place for it. */
  queue(task: Task): void {
    this.#ready.push(task);
  }

  /** Gives back the place of a task, where it had one. */
  leave(task: Task): void {
    if (this.#running.delete(task)) this.#ready.leave(task);
  }

  /**
   * Goes on with a value now, or when its promise is there. A task that has
   * ended meanwhile does not go on.
   *
   * @param task The task.
   * @param value What it needs; where it is rejected, the task fails.
   * @param next Goes on; where it throws, the task fails.
   */
  then<T>(task: Task, value: MaybePromise<T>, next: (value: T) => void): void {
    if (!(value instanceof Promise)) {
      this.guard(task, () => next(value));
      return;
    }
    this.#turns.wait(
      value,
      (found) => this.guard(task, () => next(found)),
      (error) => this.#steps.fail(task, error),
    );
  }

  /**
   * Does a step of a task that has not ended.
   *
   * @param task The task.
   * @param step The step; where it throws, the task fails.
   */
  guard(task: Task, step: () => void): void {
    if (task.ended !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#steps.fail(task, error);
    }
  }

  /**
   * Lets the run not end before a promise is settled, which no task waits for.
   *
   * @param promise What to wait for.
   * @param fail Called with what it was rejected with.
   */
  outlast(promise: Promise<void>, fail: (error: unknown) => void): void {
    this.#turns.wait(promise, () => {}, fail);
  }

  /** Runs until nothing can move and nothing is waited for, or until the end. */
  run(): Promise<void> {
    this.#turns.pump();
    return this.#turns.done;
  }

  /** Ends the loop; what is still awaited changes nothing any more. */
  end(): void {
    this.#turns.end();
  }

  /**
   * Waits for what is still awaited, but not for long.
   *
   * @param ms Longest wait, in milliseconds.
   */
  settle(ms: number): Promise<void> {
    return this.#turns.settle(ms);
  }

  /** Moves one task on; bodies begin when nothing else can move. */
  #step(): boolean {
    const moving = this.#moving.pop();
    if (moving !== undefined) {
      this.guard(moving, () => this.#steps.advance(moving));
      return true;
    }
    const next = this.#ready.take();
    if (next === undefined) return false;
    this.#running.add(next);
    this.guard(next, () => this.#steps.begin(next));
    return true;
  }
}
