/**
 * Notes on what is being fetched.
 *
 * @module
 */

import type { FetchProgress } from "../../ops/language/weights/sources/model_folder.ts";
import { formatBytes } from "../../runtime/core/text.ts";
import type { Terminal } from "./terminal.ts";

/** Smaller files are there before anybody wonders. */
const LARGE_BYTES = 1e7;

/**
 * Tells how far large files have been fetched, each tenth once.
 *
 * @param terminal Where it is told.
 * @returns What hears of the progress.
 */
export function fetchNotes(
  terminal: Pick<Terminal, "note">,
): (progress: FetchProgress) => void {
  const told = new Map<string, number>();
  return ({ done, file, total }) => {
    const tenth = Math.floor(10 * done / total);
    if (total < LARGE_BYTES || tenth === (told.get(file) ?? 0)) return;
    told.set(file, tenth);
    terminal.note(
      `Fetched ${10 * tenth} % of ${file} (${formatBytes(total)})`,
    );
  };
}
