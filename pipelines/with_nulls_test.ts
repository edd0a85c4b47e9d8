import assert from "node:assert/strict";
import { withNulls } from "./with_nulls.ts";

Deno.test("withNulls cuts rows out and has null for what JSON cannot say", () => {
  const values = Float64Array.of(9, 1, NaN, Infinity, 2, 9);
  assert.deepEqual(withNulls(values, 1, 5), [1, null, null, 2]);
  assert.deepEqual(withNulls(values, 3, 3), []);
});
