/**
 * Files of tuned choices.
 *
 * @module
 */

import { dirname } from "node:path";
import { DataError } from "../../core/errors.ts";
import { TuningTable } from "./table.ts";

/** Bytes of a file at most. */
const MAX_BYTES = 1 << 20;

/**
 * Reads a table.
 *
 * @param path Its file.
 * @returns The table; an empty one where there is no file.
 * @throws {DataError} When the file is no table, or too large.
 */
export function readTuning(path: string): TuningTable {
  let text: string;
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile || size > MAX_BYTES) {
      throw new DataError(`Cannot read "${path}" as a table of tuned kernels`, {
        expected: `a file of at most ${MAX_BYTES} bytes`,
        actual: isFile ? `${size} bytes` : "no file",
        hint: "Move it away, or name another one by WEFT_TUNING",
      });
    }
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return TuningTable.EMPTY;
    throw error;
  }
  return TuningTable.parse(text, path);
}

/**
 * Writes a table: the file is there in whole or not at all.
 *
 * @param path Its file; the folder is made when missing.
 * @param table The table.
 */
export async function writeTuning(
  path: string,
  table: TuningTable,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { createNew: true, write: true });
    const bytes = new TextEncoder().encode(table.text());
    for (let at = 0; at < bytes.length;) {
      at += await file.write(bytes.subarray(at));
    }
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
