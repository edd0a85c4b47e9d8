/**
 * The tuning that programs are compiled with: a file, where there is one.
 *
 * @module
 */

import { readTuning } from "./file.ts";
import { NO_TUNING, type Tuning } from "./tuning.ts";

/** Where the table lies, from the current folder. */
const DEFAULT_PATH = ".weft/tuning.json";

let current: Tuning | undefined;

/**
 * The tuning of this process. Its file is read when this is called first, and
 * only with a permission that is given already: nobody is asked. A computation
 * never fails by it: what cannot be read leaves everything to the rules.
 *
 * @returns The tuning.
 */
export function currentTuning(): Tuning {
  return current ??= fromFile();
}

/**
 * Compiles all further programs with a tuning: to measure it, or to choose as
 * an earlier run did.
 *
 * @param tuning The tuning; undefined for that of the file, read anew.
 */
export function useTuning(tuning: Tuning | undefined): void {
  current = tuning;
}

/**
 * Digest of all tuned choices, which results may depend on in their last digits.
 *
 * @returns The digest; undefined where rules choose everything.
 */
export function tuningDigest(): string | undefined {
  const { key } = currentTuning();
  return key === "" ? undefined : key;
}

/**
 * Where the table of this process lies: `WEFT_TUNING` where the permission to
 * read it is already given, else `.weft/tuning.json`.
 *
 * @returns The path.
 */
export function tuningPath(): string {
  const query = { name: "env", variable: "WEFT_TUNING" } as const;
  const named = Deno.permissions.querySync(query).state === "granted"
    ? Deno.env.get("WEFT_TUNING") ?? ""
    : "";
  return named === "" ? DEFAULT_PATH : named;
}

function fromFile(): Tuning {
  const path = tuningPath();
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return NO_TUNING;
  try {
    const table = readTuning(path);
    return table.key === "" ? NO_TUNING : table;
  } catch {
    // It is about speed only; `deno task tune` says what is wrong with it.
    return NO_TUNING;
  }
}
