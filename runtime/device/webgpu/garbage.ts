/**
 * Makes the garbage collector feel memory that it does not see. A storage on the
 * GPU looks to it like a few bytes, so that dropped ones would pile up.
 *
 * @module
 */

import { nextTurn } from "../clock.ts";

/** Bytes that may be allocated before the collector is pressed. */
const PATIENCE = 256 * 2 ** 20;
/**
 * Length of the array that is made and dropped. The collector counts it as
 * garbage; its pages are never touched, so it costs no memory.
 */
const BALLAST = 256 * 2 ** 20;

let unseen = 0;

/**
 * Notes that memory out of the collector's sight was allocated.
 *
 * @param bytes How much.
 * @param heldBytes How much of it is held in all.
 */
export function noteUnseenMemory(bytes: number, heldBytes: number): void {
  unseen += bytes;
  if (unseen < Math.max(PATIENCE, heldBytes / 4)) return;
  unseen = 0;
  pressCollector();
}

/** Makes the collector run soon. */
function pressCollector(): void {
  new ArrayBuffer(BALLAST);
}

/**
 * Makes the collector run and lets what it found be given back.
 */
export async function collectNow(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    pressCollector();
    await nextTurn();
  }
}
