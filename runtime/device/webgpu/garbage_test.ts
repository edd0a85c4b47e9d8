import assert from "node:assert/strict";
import { GarbageWatch } from "./garbage.ts";

Deno.test("GarbageWatch finds what was dropped", async () => {
  let found = 0;
  const registry = new FinalizationRegistry<undefined>(() => found++);
  for (let k = 0; k < 50; k++) registry.register({ k }, undefined);
  await new GarbageWatch(2 ** 32).collect();
  assert.ok(found > 40, `${found} of 50 were found`);
});

Deno.test("GarbageWatch waits until it is worth while", async () => {
  const watch = new GarbageWatch(2 ** 32);
  watch.note(200e6);
  assert.equal(watch.isDue(0), false);
  watch.note(200e6);
  assert.equal(watch.isDue(0), true);
  assert.equal(watch.isDue(4e9), false);
  await watch.collect();
  assert.equal(watch.isDue(0), false);
});
