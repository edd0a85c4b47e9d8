/**
 * A process that reads and writes a store, for the tests that kill it or run
 * two of it. Arguments: the folder, how many rounds, the size limit in bytes,
 * how many numbers each value has.
 *
 * Writes a byte to its standard output once it has saved something. Exits with 3 when the store ever gives a wrong value or tells of damage.
 *
 * @module
 */

import { digestText } from "../../core/hash.ts";
import { valueCodec } from "../../ports/mod.ts";
import { Tensor, tensor } from "../../tensor/mod.ts";
import { DiskStore } from "./disk_store.ts";
import { entry } from "./testing.ts";

/** How many keys the children use. */
export const KEYS = 24;

/**
 * The key of a number.
 *
 * @param at The number.
 * @returns The key.
 */
export function keyOf(at: number): string {
  return digestText(`key ${at}`);
}

/**
 * Whether what was loaded is what the children save under a key.
 *
 * @param at The number of the key.
 * @param value What was loaded.
 * @returns True when it is.
 */
export async function isRight(at: number, value: unknown): Promise<boolean> {
  if (!(value instanceof Tensor) || value.size === 0) return false;
  const data: ArrayLike<number> = await value.data();
  return Array.from(data).every((element, i) => i === 0 || element === at);
}

if (import.meta.main) {
  const [folder = "", rounds = "", maxBytes = "", size = ""] = Deno.args;
  const store = new DiskStore(folder, { maxBytes: Number(maxBytes) });
  store.subscribe((event) => {
    if (event.kind === "damaged") Deno.exit(3);
  });
  for (let round = 0; round < Number(rounds); round++) {
    // Steps that share no factor with the number of keys reach all of them
    const at = (round * 7 + Number(rounds)) % KEYS;
    const data = new Float64Array(Number(size)).fill(at);
    data[0] = round; // So that every round writes a file of its own
    await store.save(keyOf(at), entry({ y: tensor(data) }));
    if (round === 0) Deno.stdout.writeSync(new Uint8Array(1));
    const other = (round * 5) % KEYS;
    const record = await store.find(keyOf(other));
    if (record === undefined) continue;
    const loaded = await store.load(record, "y", valueCodec);
    if (loaded !== undefined && !await isRight(other, loaded.value)) {
      Deno.exit(3);
    }
  }
}
