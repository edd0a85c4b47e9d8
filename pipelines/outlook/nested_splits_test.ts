import assert from "node:assert/strict";
import { nestedSplits } from "./nested_splits.ts";

const SPLITS = [0, 1, 2].map((index) => ({
  trainStart: 10 * index,
  trainEnd: 20 + 10 * index,
  testStart: 20 + 10 * index,
  testEnd: 30 + 10 * index,
}));

Deno.test("nestedSplits trains on all that was forecast before each test window", async () => {
  const { splits } = await nestedSplits.run({ splits: SPLITS }, { purge: 3 });
  assert.deepEqual(splits, [
    { trainStart: 20, trainEnd: 27, testStart: 30, testEnd: 40 },
    { trainStart: 20, trainEnd: 37, testStart: 40, testEnd: 50 },
  ]);
});

Deno.test("nestedSplits keeps the first windows for training only", async () => {
  const { splits } = await nestedSplits.run({ splits: SPLITS }, { skip: 2 });
  assert.deepEqual(splits, [
    { trainStart: 20, trainEnd: 40, testStart: 40, testEnd: 50 },
  ]);
});

Deno.test("nestedSplits refuses where nothing is left to test or train on", async () => {
  for (const params of [{ skip: 3 }, { purge: 10 }]) {
    await assert.rejects(
      nestedSplits.run({ splits: SPLITS }, params),
      /there are too few/,
    );
  }
});
