import assert from "node:assert/strict";
import { changedInSilence, readOpTexts, readRecord } from "./op_texts.ts";

const HINT = 'run "deno task versions"';

Deno.test("an op's text does not change without a new version", () => {
  const silent = changedInSilence(readRecord(), readOpTexts());
  assert.deepEqual(silent, [], `Raise the version of these ops, then ${HINT}`);
});

Deno.test("all published ops are recorded", () => {
  const strip = (texts: ReturnType<typeof readOpTexts>) =>
    Object.entries(texts).map(([name, { version }]) => `${name}@${version}`);
  assert.deepEqual(strip(readRecord()), strip(readOpTexts()), `Then ${HINT}`);
});

Deno.test("changedInSilence tells a changed text from a new version", () => {
  const before = {
    a: { version: "1", text: "x" },
    b: { version: "1", text: "x" },
  };
  const after = {
    a: { version: "1", text: "y" },
    b: { version: "2", text: "y" },
    c: { version: "1", text: "z" },
  };
  assert.deepEqual(changedInSilence(before, after), ["a"]);
});
