import assert from "node:assert/strict";
import { withUserFrames } from "./stack.ts";

function errorWith(...frames: string[]): Error {
  const error = new Error("told");
  error.stack = ["Error: told", ...frames.map((at) => `    at ${at}`)].join(
    "\n",
  );
  return error;
}

Deno.test("withUserFrames keeps the user's frames and drops the framework's, Deno's and packages'", () => {
  const thrown = errorWith(
    "check (file:///x/runtime/ports/port.ts:1:1)",
    "mine (file:///home/me/notebook.ts:2:3)",
    "run (file:///x/ops/volatility/har.ts:9:9)",
    "op (file:///x/runtime/flow/engine.ts:1:1)",
    "inner (ext:core/01_core.js:1:1)",
    "task (node:internal/process:1:1)",
    "parse (file:///cache/npm/registry/zod/4/core.js:1:1)",
    "<anonymous>:4:2",
  );
  const shown = withUserFrames(new TypeError("outer"), thrown).stack;
  assert.equal(
    shown,
    [
      "TypeError: outer",
      "    at mine (file:///home/me/notebook.ts:2:3)",
      "    at run (file:///x/ops/volatility/har.ts:9:9)",
      "    at <anonymous>:4:2",
    ].join("\n"),
  );
});

Deno.test("withUserFrames keeps the nearest frames where none is the user's", () => {
  const frames = ["a", "b", "c", "d"].map((name) =>
    `${name} (file:///x/runtime/flow/engine.ts:1:1)`
  );
  const { stack } = withUserFrames(new Error("e"), errorWith(...frames));
  assert.equal(stack!.split("\n").length, 4);
  assert.equal(withUserFrames(new Error("e"), "a text").stack, "Error: e");
});
