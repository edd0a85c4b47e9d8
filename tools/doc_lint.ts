/**
 * `deno doc --lint` for all that is exported, less two complaints: about what
 * npm packages export, and about a type of such a package in a signature of
 * ours, which Weft does not export again.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import config from "../deno.json" with { type: "json" };

const FOREIGN_TYPES = [
  "$ZodType",
  "DataFrame",
  "Series",
  "ZodType",
  "output",
];

const { stderr, success } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...Object.values(config.exports)],
  env: { NO_COLOR: "1" },
  stdout: "null",
  stderr: "piped",
}).output();
const text = new TextDecoder().decode(stderr);
const complaints = text.split(/\n(?=error)/).filter((part) =>
  part.startsWith("error[")
);
const ours = complaints.filter((complaint) => {
  if (complaint.includes("/npm/")) return false;
  const type = /references private type '([^']+)'/.exec(complaint)?.[1];
  return type === undefined || !FOREIGN_TYPES.includes(type);
});
if (!success && complaints.length === 0) {
  console.error(text);
  Deno.exit(1);
}
for (const complaint of ours) console.error(complaint.trimEnd() + "\n");
console.log(`${ours.length} complaints about what is exported`);
Deno.exit(ours.length === 0 ? 0 : 1);
