import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { shuffleLabels, shuffleRows } from "./shuffle_rows.ts";

const ROWS = 30;
const labels = wf.tensor(Int32Array.from({ length: ROWS }, (_, row) => row));

async function orderOf(seed: number): Promise<number[]> {
  const { y } = await shuffleLabels.run({ labels }, { seed });
  return [...await y.data()];
}

Deno.test("shuffleRows keeps rows whole and joined to labels of the same seed", async () => {
  const x = wf.tensor(Float64Array.from({ length: 2 * ROWS }, (_, i) => i), {
    shape: [ROWS, 2],
  });
  const { y } = await shuffleRows.run({ x }, { seed: 3 });
  const order = await orderOf(3);
  assert.deepEqual(
    await y.toArray(),
    order.map((row) => [2 * row, 2 * row + 1]),
  );
});

Deno.test("shuffleLabels gives every label once, in another order for another seed", async () => {
  const [one, two] = [await orderOf(1), await orderOf(2)];
  assert.deepEqual([...one].sort((a, b) => a - b), [...Array(ROWS).keys()]);
  assert.notDeepEqual(one, two);
  assert.notDeepEqual(one, [...Array(ROWS).keys()]);
  assert.deepEqual(await orderOf(1), one);
});
