/**
 * Keyed random bits.
 *
 * @module
 */

import type { Work } from "../../clock.ts";
import { SLICE_WORK } from "./sliced.ts";

const PARITY = 0x1BD11BDA;
const OPERATIONS = 100;

/**
 * Draws 64 random bits for each counter `first`, `first + 1`, … by Threefry-2x32
 * with 20 rounds (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy
 * as 1, 2, 3, 2011). The bits at a counter depend on the key and the counter only.
 *
 * @param keys Pairs of words, `[count, 2]`.
 * @param count Number of keys.
 * @param first The first counter, the same for each key.
 * @param draws Pairs of words to draw for each key.
 * @returns The first and the second words, each `[count, draws]`.
 */
export function* randomBitsRoutine(
  keys: Uint32Array,
  count: number,
  first: number,
  draws: number,
): Work<{ high: Uint32Array<ArrayBuffer>; low: Uint32Array<ArrayBuffer> }> {
  const high = new Uint32Array(count * draws);
  const low = new Uint32Array(count * draws);
  const drawsAtOnce = Math.floor(SLICE_WORK / OPERATIONS);
  let work = 0;
  for (let index = 0; index < count; index++) {
    const key0 = keys[2 * index]!;
    const key1 = keys[2 * index + 1]!;
    for (let from = 0; from < draws; from += drawsAtOnce) {
      const to = Math.min(draws, from + drawsAtOnce);
      for (let draw = from; draw < to; draw++) {
        const counter = first + draw;
        const carry = Math.floor(counter / 2 ** 32);
        threefry(key0, key1, carry, counter, high, low, index * draws + draw);
      }
      work += (to - from) * OPERATIONS;
      if (work >= SLICE_WORK) {
        work = 0;
        yield;
      }
    }
  }
  return { high, low };
}

/**
 * One block of Threefry-2x32 with 20 rounds.
 *
 * @param key0 First word of the key.
 * @param key1 Second word of the key.
 * @param counter0 First word of the counter.
 * @param counter1 Second word of the counter.
 * @param out0 Receives the first word of the result.
 * @param out1 Receives the second word of the result.
 * @param at Where to write both.
 */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out0: Uint32Array,
  out1: Uint32Array,
  at: number,
): void {
  const key2 = PARITY ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;

  x = (x + y) | 0, y = (y << 13 | y >>> 19) ^ x;
  x = (x + y) | 0, y = (y << 15 | y >>> 17) ^ x;
  x = (x + y) | 0, y = (y << 26 | y >>> 6) ^ x;
  x = (x + y) | 0, y = (y << 6 | y >>> 26) ^ x;
  x = (x + key1) | 0, y = (y + key2 + 1) | 0;

  x = (x + y) | 0, y = (y << 17 | y >>> 15) ^ x;
  x = (x + y) | 0, y = (y << 29 | y >>> 3) ^ x;
  x = (x + y) | 0, y = (y << 16 | y >>> 16) ^ x;
  x = (x + y) | 0, y = (y << 24 | y >>> 8) ^ x;
  x = (x + key2) | 0, y = (y + key0 + 2) | 0;

  x = (x + y) | 0, y = (y << 13 | y >>> 19) ^ x;
  x = (x + y) | 0, y = (y << 15 | y >>> 17) ^ x;
  x = (x + y) | 0, y = (y << 26 | y >>> 6) ^ x;
  x = (x + y) | 0, y = (y << 6 | y >>> 26) ^ x;
  x = (x + key0) | 0, y = (y + key1 + 3) | 0;

  x = (x + y) | 0, y = (y << 17 | y >>> 15) ^ x;
  x = (x + y) | 0, y = (y << 29 | y >>> 3) ^ x;
  x = (x + y) | 0, y = (y << 16 | y >>> 16) ^ x;
  x = (x + y) | 0, y = (y << 24 | y >>> 8) ^ x;
  x = (x + key1) | 0, y = (y + key2 + 4) | 0;

  x = (x + y) | 0, y = (y << 13 | y >>> 19) ^ x;
  x = (x + y) | 0, y = (y << 15 | y >>> 17) ^ x;
  x = (x + y) | 0, y = (y << 26 | y >>> 6) ^ x;
  x = (x + y) | 0, y = (y << 6 | y >>> 26) ^ x;
  out0[at] = x + key2;
  out1[at] = y + key0 + 5;
}
