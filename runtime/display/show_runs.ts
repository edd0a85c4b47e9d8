/**
 * Shows runs where a person looks: as a live panel in a notebook, as a bar in
 * a terminal, as lines in a log.
 *
 * @module
 */

import { watchRuns } from "../core/runs.ts";
import { InterruptGuard } from "./interrupt.ts";
import { showInNotebook } from "./jupyter_progress.ts";
import { currentKernel } from "./kernel.ts";
import { errorOutput, showInTerminal } from "./terminal_progress.ts";

let stopWatching: (() => void) | undefined;

/**
 * Shows every run from now on, and lets Ctrl-C (or Stop in a notebook) abort
 * the runs that are going on. In a terminal a second Ctrl-C ends the process;
 * in a notebook the kernel lives on with everything that was stored.
 *
 * In a Jupyter kernel importing Weft does this by itself; a command line calls
 * it once at its start. Calling it again changes nothing.
 *
 * @returns Ends the showing.
 *
 * @example
 * ```ts
 * import { showRuns } from "@weft/weft/display";
 *
 * const hide = showRuns(); // every run now draws a progress bar
 * hide();
 * ```
 */
export function showRuns(): () => void {
  if (stopWatching !== undefined) return stopWatching;
  const kernel = currentKernel();
  const guard = new InterruptGuard({ keeps: kernel !== undefined });
  const output = kernel === undefined ? errorOutput() : undefined;
  const stop = watchRuns((run) => {
    guard.watch(run);
    if (output !== undefined) showInTerminal(run, output);
    // A front end that is gone must not fail the run
    if (kernel !== undefined) showInNotebook(run, kernel).catch(() => {});
  });
  stopWatching = () => {
    stop();
    stopWatching = undefined;
  };
  return stopWatching;
}
