import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { labelMovement } from "./label_movement.ts";

async function labelsOf(
  close: number[],
  params: { threshold?: number; horizon?: number } = {},
): Promise<number[]> {
  const { labels } = await labelMovement.run({
    close: wf.tensor(close, { dtype: "f64" }),
  }, params);
  return [...await labels.data()];
}

Deno.test("labelMovement holds at exactly the threshold", async () => {
  assert.deepEqual(
    await labelsOf([64, 80, 64, 64], { threshold: 0.25 }),
    [1, 1, 1, -1],
  );
  assert.deepEqual(
    await labelsOf([64, 81, 60, 64], { threshold: 0.25 }),
    [2, 0, 1, -1],
  );
});

Deno.test("labelMovement looks exactly horizon rows ahead", async () => {
  assert.deepEqual(
    await labelsOf([100, 50, 110, 100], { horizon: 2 }),
    [2, 2, -1, -1],
  );
});

Deno.test("labelMovement leaves all rows unlabelled when the horizon is too long", async () => {
  assert.deepEqual(await labelsOf([100, 101], { horizon: 5 }), [-1, -1]);
});

Deno.test("labelMovement refuses prices that are not positive", async () => {
  for (const price of [0, -1, NaN, Infinity]) {
    await assert.rejects(
      labelsOf([100, price, 100]),
      /the price of row 1 is not positive/,
    );
  }
});
