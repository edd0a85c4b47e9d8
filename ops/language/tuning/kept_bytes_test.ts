import assert from "node:assert/strict";
import { tinyModel } from "../adapter/testing_model.ts";
import { keptBytes } from "./kept_bytes.ts";

Deno.test("what is kept grows with rows, length and the width of numbers", () => {
  const { config } = tinyModel();
  const one = keptBytes(config, {
    batchSize: 1,
    sequenceLength: 16,
    dtype: "f32",
  });
  // Two blocks of sixteen tokens: 4·64 + 2·64 + 2·32 + 3·128 numbers each.
  assert.equal(one, 832 * 2 * 16 * 4);
  const many = keptBytes(config, {
    batchSize: 3,
    sequenceLength: 32,
    dtype: "f16",
  });
  assert.equal(many, 3 * one);
});
