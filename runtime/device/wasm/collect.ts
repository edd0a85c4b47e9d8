/**
 * Garbage collection on demand, for when memory that the collector knows
 * nothing of has run out.
 *
 * @module
 */

import { nextTurn } from "../clock.ts";

let collector: Promise<(() => void) | undefined> | undefined;

/**
 * Has garbage collected, and waits until what was waiting for it is freed.
 *
 * @returns When that is done.
 */
export async function collectGarbage(): Promise<void> {
  (await (collector ??= findCollector()))?.();
  // What was found is told of in one of the next turns of the event loop.
  await nextTurn();
  await nextTurn();
}

/** The engine's collector: a new context shows it after the flag is set. */
async function findCollector(): Promise<(() => void) | undefined> {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("globalThis.gc");
  return typeof found === "function" ? () => found() : undefined;
}
