import assert from "node:assert/strict";
import { evenlySpread } from "./spread.ts";

Deno.test("evenlySpread keeps the middle of each part, and all of a short list", () => {
  const list = Array.from({ length: 10 }, (_, at) => at);
  assert.deepEqual(evenlySpread(list, 1), [5]);
  assert.deepEqual(evenlySpread(list, 2), [2, 7]);
  assert.deepEqual(evenlySpread(list, 3), [1, 5, 8]);
  for (const most of [10, 11, Infinity]) {
    assert.deepEqual(evenlySpread(list, most), list);
  }
  assert.notEqual(evenlySpread(list, 10), list);
  assert.deepEqual(evenlySpread([], 3), []);
  for (let length = 0; length < 60; length++) {
    const rows = Array.from({ length }, (_, at) => at);
    for (let most = 1; most <= length; most++) {
      assert.equal(new Set(evenlySpread(rows, most)).size, most);
    }
  }
});
