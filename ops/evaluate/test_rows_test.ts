import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { testLabels, testRows } from "./test_rows.ts";

const SPLITS = [
  { trainStart: 0, trainEnd: 3, testStart: 4, testEnd: 6 },
  { trainStart: 0, trainEnd: 6, testStart: 8, testEnd: 9 },
];

Deno.test("testRows joins the test windows in time order", async () => {
  const x = wf.tensor(Float64Array.from({ length: 20 }, (_, row) => row), {
    shape: [10, 2],
  });
  const { y } = await testRows.run({ x, splits: SPLITS });
  assert.deepEqual(await y.toArray(), [[8, 9], [10, 11], [16, 17]]);
});

Deno.test("testLabels says where each window stands", async () => {
  const labels = wf.tensor(Int32Array.from({ length: 10 }, (_, row) => row));
  const { y, windows } = await testLabels.run({ labels, splits: SPLITS });
  assert.deepEqual(await y.toArray(), [4, 5, 8]);
  assert.deepEqual(windows, [{ start: 0, end: 2 }, { start: 2, end: 3 }]);
});

Deno.test("testRows refuses windows that leave the rows", async () => {
  await assert.rejects(
    testRows.run({ x: wf.zeros([8], { dtype: "f64" }), splits: SPLITS }),
    /walk-forward window 1 does not fit/,
  );
});
