// deno-lint-ignore-file no-console -- a command talks to its terminal
/**
 * Records the text of all published ops in `ops/versions.json`.
 *
 * Refuses where an op's text changed under the same version: raise the
 * version, or say with `--same-results` that no result can differ.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import {
  changedInSilence,
  readOpTexts,
  readRecord,
  RECORD_PATH,
} from "./op_texts.ts";

const current = readOpTexts();
const silent = changedInSilence(readRecord(), current);
if (silent.length > 0 && !Deno.args.includes("--same-results")) {
  console.error(
    `Cannot record as the text of these ops changed under the same version: ${
      silent.join(", ")
    }\n  hint      Raise their "version"; where results cannot differ (a rename, a refactoring): deno task versions --same-results`,
  );
  Deno.exit(1);
}
writeFileSync(RECORD_PATH, JSON.stringify(current, null, 2) + "\n");
console.log(`Recorded ${Object.keys(current).length} ops`);
