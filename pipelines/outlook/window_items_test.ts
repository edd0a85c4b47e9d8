import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { digestBytes } from "../../runtime/core/hash.ts";
import { makeSources } from "../../ops/evidence/mod.ts";
import { SMALL_MODEL } from "../../ops/language/mod.ts";
import { SMALL_MODEL_DIGEST } from "./small_model.ts";
import { windowItems } from "./window_items.ts";

const items = Array.from({ length: 20 }, (_, k) => ({
  id: `item ${k}`,
  sources: makeSources({
    name: "X",
    day: `2020-01-${String(k + 1).padStart(2, "0")}`,
    nextDay: "2020-02-01",
  }),
  truth: k === 4 ? null : { answer: "up" as const, change: 0.05 },
}));
const splits = [{ trainStart: 0, trainEnd: 10, testStart: 12, testEnd: 20 }];

Deno.test("windowItems learns from the past of a window and asks thinned", async () => {
  const { cold, pool, test, train } = await windowItems.run(
    { items, splits },
    { coldItems: 3, policyItems: 2, step: 3 },
  );
  assert.equal(train.length, 9);
  assert.equal(cold.length, 3);
  assert.equal(pool.length, 2);
  assert.ok(cold.at(-1)!.sources.day < pool[0]!.sources.day);
  assert.deepEqual(test.map(({ id }) => id), ["item 12", "item 15", "item 18"]);
  await assert.rejects(
    async () =>
      await windowItems.run({
        items,
        splits: [{ trainStart: 3, trainEnd: 5, testStart: 5, testEnd: 9 }],
      }),
    /Cannot learn from window 0/,
  );
});

Deno.test("smallModel is keyed by the weights that are shipped", async () => {
  const bytes = await readFile(new URL("model.safetensors", SMALL_MODEL));
  assert.equal(digestBytes(bytes), SMALL_MODEL_DIGEST);
});
