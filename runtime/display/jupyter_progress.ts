/**
 * The live panel of a run in a Jupyter notebook: one output that is updated
 * in place while the run goes on.
 *
 * @module
 */

import type { WatchedRun } from "../core/runs.ts";
import type { Kernel } from "./kernel.ts";
import { runLine, runPanelHtml } from "./run_panel.ts";
import { RunView } from "./run_view.ts";

/** Shorter runs show their last state only. */
const PATIENCE_MS = 150;
const INTERVAL_MS = 250;

/** A run that begins so soon after a short one takes over its output. */
const CHAIN_MS = 100;

let shown = 0;

/** The output of the last short run of this cell. */
let last: { id: string; endedAt: number; runs: number } | undefined;

/** Tells that a cell ended: runs of the next one get outputs of their own. */
export function endCell(): void {
  last = undefined;
}

/**
 * Shows a run in a notebook until it ends.
 *
 * @param run The run.
 * @param kernel The kernel that shows it.
 * @returns Settles when the last state is shown.
 */
export function showInNotebook(run: WatchedRun, kernel: Kernel): Promise<void> {
  const view = new RunView();
  const start = performance.now();
  let id = `weft-run-${crypto.randomUUID()}-${shown++}`;
  let isShown = false;
  let before = 0;
  let sending: Promise<void> = Promise.resolve();
  const send = () => {
    const elapsed = view.state === undefined
      ? performance.now() - start
      : view.elapsed;
    const note = before === 0 ? "" : ` (and ${before} before it)`;
    const bundle = {
      "text/html": runPanelHtml(view, elapsed, note),
      "text/plain": runLine(view, elapsed) + note,
    };
    const update = isShown;
    isShown = true;
    sending = sending.then(() =>
      kernel.display(bundle, { raw: true, display_id: id, update })
    );
  };
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      send();
      timer = setTimeout(tick, INTERVAL_MS);
    };
    timer = setTimeout(tick, PATIENCE_MS);
    run.events.subscribe((event) => {
      view.apply(event);
      if (event.type !== "run-end") return;
      clearTimeout(timer);
      const now = performance.now();
      const isShort = !isShown;
      if (isShort && last !== undefined && start - last.endedAt < CHAIN_MS) {
        before = last.runs;
        id = last.id;
        isShown = true;
      }
      if (isShort) last = { id, endedAt: now, runs: before + 1 };
      send();
      sending.then(resolve, reject);
    });
  });
}
