import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { lastClose, priceOf } from "./small_ops.ts";

Deno.test("priceOf makes the prices that returns were made of, and one price of one", async () => {
  for (const prices of [[100, 90, 99, 120.5], [7]]) {
    const close = wf.tensor(prices, { dtype: "f64" });
    const returns = wf.tensor(
      prices.map((price, row) => Math.log(price / (prices[row - 1] ?? NaN))),
      { dtype: "f64" },
    );
    const made = await (await priceOf.run({ close, returns })).close.data();
    made.forEach((price, row) =>
      assert.ok(Math.abs(price / prices[row]! - 1) < 1e-14)
    );
    assert.equal(made.length, prices.length);
  }
});

Deno.test("lastClose scores no day that has not come", async () => {
  const close = wf.tensor([1, Math.E, Math.E, Math.E], { dtype: "f64" });
  const made = await lastClose.run({ close });
  assert.deepEqual([...await made.truth.data()], [0, 1, 1, NaN]);
  assert.deepEqual([...await made.returns.data()], [NaN, 1, 0, NaN]);
});
