/**
 * Data frames of nodejs-polars: recognised by their shape, so that this module
 * does not load polars.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { DataFrame } from "nodejs-polars";
import { type Digest, digestValue } from "../../core/hash.ts";
import type { Leaf } from "./leaf.ts";
import {
  columnBytes,
  compareColumns,
  digestColumn,
  findColumnNaN,
  readArrow,
  SYNCHRONOUS_BYTES,
} from "./series_leaf.ts";

/** Frames as leaves. */
export const frameLeaf: Leaf<DataFrame> = {
  kind: "frame",
  is: (value): value is DataFrame =>
    Reflect.get(value, Symbol.toStringTag) === "DataFrame" &&
    typeof Reflect.get(value, "writeIPC") === "function",
  digest: (value) =>
    frameBytes(value) <= SYNCHRONOUS_BYTES
      ? digestAtOnce(value)
      : digestWithPauses(value),
  version: (value) =>
    frameBytes(value) <= SYNCHRONOUS_BYTES ? digestAtOnce(value) : undefined,
  describe: (value) => `frame ${value.height} rows × ${value.width} columns`,
  byteSize: frameBytes,
  holdings: (value) => [[value, frameBytes(value)]],
  isPending: () => false,
  findNaN(value, at) {
    for (const column of value.getColumns()) {
      const inside = at === "" ? column.name : `${at}.${column.name}`;
      const found = findColumnNaN(column, inside);
      if (found !== undefined) return Promise.resolve(found);
    }
    return Promise.resolve(undefined);
  },
  rows: (value) => value.height,
  truncate: (value, count) => value.head(count),
  compare(left, right, at) {
    const names = [left.columns.join(", "), right.columns.join(", ")] as const;
    if (names[0] !== names[1]) {
      return Promise.resolve({ at, left: names[0], right: names[1] });
    }
    for (const name of left.columns) {
      const difference = compareColumns(
        left.getColumn(name),
        right.getColumn(name),
        at === "value" ? name : `${at}.${name}`,
      );
      if (difference !== undefined) return Promise.resolve(difference);
    }
    return Promise.resolve(undefined);
  },
  reference: (_value, name) => name,
  save: (value, name) =>
    Promise.resolve({
      part: { name, format: "arrow", chunks: [value.rechunk().writeIPC()] },
    }),
  load: (name, source) => readArrow(source.bytes(name)),
};

function frameBytes(frame: DataFrame): number {
  return frame.getColumns().reduce(
    (sum, column) => sum + columnBytes(column),
    0,
  );
}

function digestAtOnce(frame: DataFrame): Digest {
  return combine(frame, frame.getColumns().map(digestColumn));
}

/** Lets the event loop turn between columns. */
async function digestWithPauses(frame: DataFrame): Promise<Digest> {
  const digests: Digest[] = [];
  for (const column of frame.getColumns()) {
    digests.push(digestColumn(column));
    await setImmediate();
  }
  return combine(frame, digests);
}

function combine(frame: DataFrame, columns: readonly Digest[]): Digest {
  return digestValue({ frame: frame.columns, height: frame.height, columns });
}
