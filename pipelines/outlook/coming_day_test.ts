import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { comingDay } from "./coming_day.ts";

const x = wf.tensor([1, 2, 3, 4], { dtype: "f64" });
const SPLITS = [
  { trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 3 },
  { trainStart: 0, trainEnd: 3, testStart: 3, testEnd: 4 },
];

Deno.test("comingDay appends a row that only the measured series does not know", async () => {
  const day = await comingDay.run({ variance: x, returns: x, splits: SPLITS });
  assert.deepEqual(await day.variance.toArray(), [1, 2, 3, 4, 4]);
  assert.deepEqual(await day.returns.toArray(), [1, 2, 3, 4, 4]);
  assert.deepEqual(await day.measured.toArray(), [1, 2, 3, 4, NaN]);
});

Deno.test("comingDay adds the row to the window that ends with the series", async () => {
  const day = await comingDay.run({ variance: x, returns: x, splits: SPLITS });
  assert.deepEqual(day.splits, [SPLITS[0], { ...SPLITS[1], testEnd: 5 }]);
});
