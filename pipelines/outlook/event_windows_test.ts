import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import {
  askedEvents,
  eventWindows,
  joinWindows,
  standingLogits,
} from "./event_windows.ts";

const ROWS = [0, 4, 8, 10, 12, 16, 19];
const SPLITS = [
  { trainStart: 2, trainEnd: 8, testStart: 10, testEnd: 15 },
  { trainStart: 2, trainEnd: 13, testStart: 15, testEnd: 20 },
];

Deno.test("eventWindows learns only from outcomes that were known", async () => {
  const { splits } = await eventWindows.run({ rows: ROWS, splits: SPLITS }, {
    refits: 2,
    purge: 3,
  });
  assert.deepEqual(splits, [
    { trainStart: 0, trainEnd: 2, testStart: 3, testEnd: 5 },
    { trainStart: 0, trainEnd: 5, testStart: 5, testEnd: 7 },
  ]);
  for (const { trainEnd, testStart } of splits) {
    assert.ok(ROWS[trainEnd - 1]! + 3 <= ROWS[testStart]!);
  }
  await assert.rejects(
    async () =>
      await eventWindows.run({ rows: ROWS, splits: SPLITS }, { refits: 5 }),
    /too few events/,
  );
});

Deno.test("standingLogits lets an answer stand until the next one", async () => {
  const { splits } = await eventWindows.run({ rows: ROWS, splits: SPLITS });
  assert.deepEqual(askedEvents(splits[0]!, 2), [3, 5]);
  const { logits } = await joinWindows.run({
    parts: [wf.tensor([[1, 2], [3, 4]], { dtype: "f32" })],
    splits,
    rows: ROWS,
  }, { step: 2 });
  const all = await standingLogits.run({
    logits,
    rows: ROWS,
    splits: SPLITS,
    like: wf.zeros([20], { dtype: "f64" }),
  });
  const rows = await all.logits.toArray() as number[][];
  assert.deepEqual(rows[9], [NaN, NaN]);
  assert.ok(rows.slice(10, 16).every(([a, b]) => a === 1 && b === 2));
  assert.ok(rows.slice(16).every(([a, b]) => a === 3 && b === 4));
});
