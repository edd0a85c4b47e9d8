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

let shown = 0;

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
  const id = `weft-run-${crypto.randomUUID()}-${shown++}`;
  let isShown = false;
  let sending: Promise<void> = Promise.resolve();
  const send = () => {
    const elapsed = view.state === undefined
      ? performance.now() - start
      : view.elapsed;
    const bundle = {
      "text/html": runPanelHtml(view, elapsed),
      "text/plain": runLine(view, elapsed),
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
      send();
      sending.then(resolve, reject);
    });
  });
}
