/**
 * Which devices computed a run.
 *
 * @module
 */

import type { RunEvent } from "../../runtime/core/events.ts";

/**
 * The devices that ran kernels, and how many.
 *
 * @param events What happened.
 * @returns For example `wasm (1204 kernels), webgpu (3 kernels)`; a sentence
 * where nothing was computed.
 */
export function devicesUsed(events: readonly RunEvent[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type !== "kernel") continue;
    counts.set(event.device, (counts.get(event.device) ?? 0) + 1);
  }
  if (counts.size === 0) return "none, as no kernel had to run";
  return [...counts].sort((a, b) => b[1] - a[1])
    .map(([device, count]) => `${device} (${count} kernels)`).join(", ");
}
