import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { WEFT_VERSION } from "./version.ts";

Deno.test("WEFT_VERSION is the version of the package", () => {
  assert.equal(WEFT_VERSION, manifest.version);
});
