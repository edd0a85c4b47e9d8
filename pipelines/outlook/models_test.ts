import assert from "node:assert/strict";
import { inOrder, modelName } from "./models.ts";

Deno.test("inOrder tells of the baselines first and of unknown models last", () => {
  const models = inOrder({ other: 1, fused: 2, technical: 3, prior: 4 });
  assert.deepEqual(models, [
    ["prior", 4],
    ["technical", 3],
    ["fused", 2],
    ["other", 1],
  ]);
});

Deno.test("modelName gives unknown models as they are", () => {
  assert.equal(modelName("har"), "HAR");
  assert.equal(modelName("other"), "other");
});
