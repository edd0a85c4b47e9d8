/**
 * What a store tells during a run, as events of the run.
 *
 * @module
 */

import type { EventStream, RunEvent } from "../core/events.ts";
import type { Store, StoreEvent } from "./store/store.ts";

function messageOf(event: StoreEvent): string {
  switch (event.kind) {
    case "damaged":
      return `"${event.path}" is damaged (${event.reason}) and is computed again${
        event.movedTo === undefined
          ? ""
          : `; it was moved to "${event.movedTo}"`
      }`;
    case "evicted":
      return `${event.files} files (${event.bytes} bytes) were removed to stay below the size limit`;
    case "unkept":
      return `output "${event.output}" was not kept: ${event.reason}`;
  }
}

/**
 * Reports what a store tells.
 *
 * @param store The store.
 * @param events Where to report.
 * @param now Milliseconds since the run began.
 * @returns Ends the watch.
 */
export function watchStore(
  store: Store,
  events: EventStream<RunEvent>,
  now: () => number,
): () => void {
  return store.subscribe((event) => {
    const message = messageOf(event);
    if (event.kind === "unkept") {
      events.emit({ type: "warning", at: now(), message });
    } else {
      events.emit({ type: "store", at: now(), action: event.kind, message });
    }
  });
}
