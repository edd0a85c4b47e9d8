/**
 * What the tests of the stores share.
 *
 * @module
 */

import { valueCodec } from "../../ports/mod.ts";
import type { EntryToSave, Provenance } from "./store.ts";

/** A provenance for tests. */
export const provenance: Provenance = {
  op: "demo/op",
  version: "1",
  params: { window: 5 },
  inputs: {},
  weft: "0.1.0",
  milliseconds: 1,
};

/**
 * An entry that keeps every value.
 *
 * @param values Values by output.
 * @returns The entry.
 */
export function entry(values: Readonly<Record<string, unknown>>): EntryToSave {
  return {
    outputs: Object.fromEntries(
      Object.entries(values).map(([name, value]) =>
        [name, { codec: valueCodec, value, keep: true }] as const
      ),
    ),
    provenance,
  };
}
