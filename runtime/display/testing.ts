/**
 * What several tests of the display need: a run made by hand, and the check of
 * an error that names the array at fault.
 *
 * @module
 */

import { ok, throws } from "node:assert/strict";
import { ParameterError } from "../core/errors.ts";
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

/**
 * Checks that a function refuses its arrays.
 *
 * @param name Which array the error has to name.
 * @param make The function.
 */
export function throwsFor(name: string, make: () => unknown): void {
  throws(make, (error) => {
    ok(error instanceof ParameterError);
    ok(error.message.includes(`"${name}"`), error.message);
    return true;
  });
}
