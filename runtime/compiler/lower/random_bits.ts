/**
 * Keyed random bits as integer arithmetic, so that draws fuse with what is made
 * of them: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, Parallel
 * random numbers: as easy as 1, 2, 3, 2011).
 *
 * @module
 */

import type { Expr } from "../ir/expr.ts";
import type { Draft, Place } from "./draft.ts";
import type { FlatNode } from "./flat.ts";

const PARITY = 0x1BD11BDA;
const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]] as const;

/**
 * One word of the random bits at a place.
 *
 * @param draft The kernel.
 * @param node A node of the op `randomBits`: inputs are keys and first counter.
 * @param place Index along each axis; the last one counts draws.
 * @param valid Where the value matters.
 * @returns The word, u32.
 */
export function randomWords(
  draft: Draft,
  node: FlatNode,
  place: Place,
  valid: Expr | undefined,
): Expr {
  const { pool, index } = draft;
  const [keys, first] = node.inputs as [FlatNode, FlatNode];
  const make = (op: Expr["op"], a: Expr, b: Expr) =>
    pool.make(op, "u32", [a, b]);
  const word = (value: number) => pool.constant(value, "u32");
  const plus = (a: Expr, b: Expr) => make("add", a, b);
  const mix = (a: Expr, b: Expr) => make("xor", a, b);
  const rows = place.slice(0, -1);
  const key = [0, 1].map((k) =>
    draft.pull(keys, [...rows, index.constant(k)], valid)
  );
  key.push(mix(mix(word(PARITY), key[0]!), key[1]!));
  const start = draft.pull(
    first,
    first.shape.map(() => index.constant(0)),
    valid,
  );
  const low = plus(start, draft.cast(place.at(-1)!, "u32"));
  // The counter has 64 bits; a sum below its first part has gone around.
  const high = draft.cast(pool.make("less", "bool", [low, start]), "u32");
  let x = plus(high, key[0]!);
  let y = plus(low, key[1]!);
  for (let round = 0; round < 5; round++) {
    for (const turn of ROTATIONS[round % 2]!) {
      x = plus(x, y);
      const turned = make(
        "or",
        make("shiftLeft", y, word(turn)),
        make("shiftRight", y, word(32 - turn)),
      );
      y = mix(turned, x);
    }
    x = plus(x, key[(round + 1) % 3]!);
    y = plus(plus(y, key[(round + 2) % 3]!), word(round + 1));
  }
  return node.attributes.index === 0 ? x : y;
}
