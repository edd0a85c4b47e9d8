/**
 * Arrays that lie in one or several files, read by name.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import type { StoredWeight, StoredWeights } from "./weight_file.ts";

/** An array and where it lies. */
export interface PlacedWeight extends StoredWeight {
  /** The file. */
  readonly source: ByteSource;
  /** Its first byte there. */
  readonly start: number;
}

/**
 * Joins arrays to what can be read by name.
 *
 * @param name What errors call the whole.
 * @param placed The arrays, which headers were checked to hold.
 * @param sources The files, which are closed together.
 * @returns The arrays by name.
 */
export function storedWeights(
  name: string,
  placed: readonly PlacedWeight[],
  sources: readonly ByteSource[],
): StoredWeights {
  const places = new Map(placed.map((weight) => [weight.name, weight]));
  return {
    name,
    entries: new Map(
      placed.map(({ name, shape, format, byteLength }) => [
        name,
        { name, shape, format, byteLength },
      ]),
    ),
    read: async (wanted, signal) => {
      const place = places.get(wanted);
      if (place === undefined) {
        throw new DataError(`Cannot read weight "${wanted}" from "${name}"`, {
          expected: `one of ${places.size} names: ${
            [...places.keys()].slice(0, 5).join(", ")
          }${places.size > 5 ? ", …" : ""}`,
        });
      }
      return await place.source.read(place.start, place.byteLength, signal);
    },
    close: () => closeAll(sources),
  };
}

/**
 * Closes files, all of them even if one fails.
 *
 * @param sources The files.
 */
export async function closeAll(sources: readonly ByteSource[]): Promise<void> {
  const results = await Promise.allSettled(
    sources.map((source) => source.close()),
  );
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
}
