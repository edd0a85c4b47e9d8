/**
 * A run made by hand, for tests of what shows runs.
 *
 * @module
 */

import { EventStream, type RunEvent } from "../core/events.ts";
import type { WatchedRun } from "../core/runs.ts";

/** A run whose events a test emits, and which notes its cancellation. */
export interface HandMadeRun extends WatchedRun {
  /** Why it was cancelled, in order. */
  readonly reasons: unknown[];
}

/**
 * A run of nodes in a chain that has just begun.
 *
 * @param names Names of the ops.
 * @returns The run.
 */
export function handMadeRun(names: readonly string[]): HandMadeRun {
  const events = new EventStream<RunEvent>();
  const reasons: unknown[] = [];
  events.emit({
    type: "run-start",
    at: 0,
    startedAt: "2026-01-02T03:04:05.000Z",
    nodes: names.map((name, id) => ({
      id,
      name,
      inputs: id === 0 ? [] : [id - 1],
      kind: "cpu",
    })),
    roots: [names.length - 1],
  });
  return { events, reasons, cancel: (reason) => void reasons.push(reason) };
}
