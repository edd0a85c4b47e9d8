/**
 * Who wants to know that a run begins. The flow announces each run here; the
 * display watches, so that the flow need not know it.
 *
 * @module
 */

import type { EventStream, RunEvent } from "./events.ts";

/** A run as its watchers see it. */
export interface WatchedRun {
  /** Whatever happens in the run, from its start. */
  readonly events: EventStream<RunEvent>;
  /** Aborts the run. */
  cancel(reason?: unknown): void;
}

const watchers = new Set<(run: WatchedRun) => void>();

/**
 * Calls a function for each run that begins from now on.
 *
 * @param watcher What to call; it must not throw.
 * @returns Ends the watch.
 *
 * @example
 * ```ts
 * import { watchRuns } from "@weft/weft";
 *
 * const stop = watchRuns((run) => run.events.subscribe((event) => console.log(event.type)));
 * stop();
 * ```
 */
export function watchRuns(watcher: (run: WatchedRun) => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/**
 * Tells all watchers that a run begins.
 *
 * @param run The run.
 */
export function announceRun(run: WatchedRun): void {
  for (const watcher of watchers) watcher(run);
}
