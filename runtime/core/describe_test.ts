import assert from "node:assert/strict";
import { describe, registerDescriber } from "./describe.ts";

Deno.test("describe falls back on the plain text", () => {
  assert.deepEqual(describe({ odd: true }, "text"), { "text/plain": "text" });
});

Deno.test("describe asks the newest describer that accepts the value", () => {
  const isMarked = (value: unknown): value is { mark: string } =>
    typeof value === "object" && value !== null && "mark" in value;
  for (const version of ["old", "new"]) {
    registerDescriber({
      kind: "test/marked",
      accepts: isMarked,
      describe: ({ mark }) => ({ "text/plain": `${version} ${mark}` }),
    });
  }
  assert.deepEqual(describe({ mark: "m" }, ""), { "text/plain": "new m" });
});
