import assert from "node:assert/strict";
import { shareOut } from "./kernel_timer.ts";

Deno.test("shareOut gives each its part of the time", () => {
  assert.deepEqual(shareOut(12, [1, 2, 3]), [2, 4, 6]);
  assert.deepEqual(shareOut(5, [0.1]), [5]);
  assert.deepEqual(shareOut(5, []), []);
});
