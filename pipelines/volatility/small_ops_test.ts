import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { priceOf } from "./small_ops.ts";

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
