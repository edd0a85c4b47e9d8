import assert from "node:assert/strict";
import { holdStorage, memoryAccount } from "./account.ts";
import { hostStorage } from "./graph.ts";

Deno.test("memoryAccount lists holders by op, the biggest first, and counts data once", () => {
  const small = hostStorage(new Float64Array(1000));
  const big = hostStorage(new Float64Array(2000));
  const tiny = hostStorage(new Float64Array(10));
  const before = memoryAccount().heldBytes;
  holdStorage(small, ["run", "small"]);
  holdStorage(small, ["run", "other"]);
  holdStorage(big, ["run", "big"]);
  holdStorage(tiny, ["run", "tiny"]);
  const { heldBytes, holders, peakBytes } = memoryAccount();
  assert.equal(heldBytes - before, 24_000);
  assert.ok(peakBytes >= heldBytes);
  const own = holders.filter(({ path }) => path[0] === "run");
  assert.deepEqual(own, [
    { path: ["run", "big"], bytes: 16_000 },
    { path: ["run", "small"], bytes: 8_000 },
  ]);
});
