import assert from "node:assert/strict";
import { DataError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { labelOvernight, overnightChange } from "./label_overnight.ts";

const f64 = (values: number[]) => wf.tensor(values, { dtype: "f64" });

Deno.test("labelOvernight sets the next open against the close", async () => {
  const { labels, changes } = await labelOvernight.run({
    open: f64([1, 103, 97, 103.01, 96.99]),
    close: f64([100, 100, 100, 100, 1]),
  });
  assert.deepEqual(await labels.toArray(), [1, 1, 2, 0, -1]);
  const found = await changes.data();
  assert.equal(found[0], 0.03);
  assert.ok(Number.isNaN(found[4]));
});

Deno.test("labelOvernight takes another threshold", async () => {
  const { labels } = await labelOvernight.run({
    open: f64([1, 102, 98]),
    close: f64([100, 100, 100]),
  }, { threshold: 0.01 });
  assert.deepEqual(await labels.toArray(), [2, 0, -1]);
});

Deno.test("labelOvernight refuses prices that are none", async () => {
  for (const bad of [0, -1, NaN, Infinity]) {
    assert.throws(() => overnightChange(bad, 1), DataError);
    assert.throws(() => overnightChange(1, bad), DataError);
    await assert.rejects(
      async () =>
        await labelOvernight.run({ open: f64([1, bad]), close: f64([1, 1]) }),
      DataError,
    );
  }
});
