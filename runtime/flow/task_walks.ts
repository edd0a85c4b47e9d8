/**
 * Walks over the tasks of a run that follow the end of one of them. They are
 * iterative: chains may be long.
 *
 * @module
 */

import type { Graph } from "./graph.ts";
import { countByOp } from "./results.ts";
import { Task } from "./task.ts";

/**
 * The tasks of a graph, linked like its nodes.
 *
 * @param graph The graph.
 * @returns The tasks, sources first.
 */
export function tasksOf({ vertices }: Graph): Task[] {
  const nth = countByOp(vertices.map(({ core }) => core));
  const tasks = vertices.map((vertex, at) => new Task(vertex, nth[at]!));
  for (const task of tasks) {
    task.sources = task.vertex.sources.map(({ id }) => tasks[id]!);
    task.readers = task.vertex.readers.map(({ id }) => tasks[id]!);
    task.unsettledReaders = task.readers.length;
  }
  return tasks;
}

/**
 * Frees what an ended task has read, where it was the last reader.
 *
 * @param ended The task.
 * @param endUnneeded Ends a source that nobody needs any more.
 */
export function release(
  ended: Task,
  endUnneeded: (task: Task) => void,
): void {
  const stack = [ended];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    if (task.isSettled) continue;
    task.isSettled = true;
    for (const source of task.sources) {
      if (--source.unsettledReaders > 0 || source.isRoot) continue;
      source.values = undefined;
      const isNeeded = source.isWanted ||
        source.twins.some((twin) => twin.ended === undefined);
      const waits = source.phase === "idle" || source.phase === "parked";
      if (waits && !isNeeded) {
        endUnneeded(source);
        stack.push(source);
      }
    }
  }
}

/**
 * Skips what waits for a task that gives nothing, and what waits for that.
 *
 * @param ended The task.
 * @param skip Ends a task as skipped.
 */
export function skipReaders(ended: Task, skip: (task: Task) => void): void {
  const stack = [ended];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    for (const reader of task.readers) {
      const waits = reader.phase === "values" ||
        (reader.phase === "digests" && task.digests === undefined);
      if (!waits || reader.ended !== undefined) continue;
      skip(reader);
      stack.push(reader);
    }
  }
}
