import assert from "node:assert/strict";
import { checkCausal } from "../../runtime/flow/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { ewma } from "./ewma.ts";
import { assertClose, normals, series } from "./testing.ts";

const next = normals(8);
const values = Float64Array.from({ length: 30 }, () => 0.01 * next());

/** The weights of the definition, written out: no recursion. */
function weighted(
  row: number,
  decay: number,
  initial: number,
  start: number,
): number {
  let sum = decay ** (row - start) * initial;
  for (let past = start; past < row; past++) {
    sum += (1 - decay) * decay ** (row - 1 - past) *
      (values[past] as number) ** 2;
  }
  return sum;
}

Deno.test("ewma forecasts each row by exponentially falling weights on the rows before", async () => {
  const path = await ewma.run({ returns: series(values) }, {
    decay: 0.9,
    initialVariance: 2e-4,
  });
  const variance = await path.variance.data();
  for (const row of [0, 1, 2, 17, 29]) {
    assertClose(
      variance[row] as number,
      weighted(row, 0.9, 2e-4, 0),
      1e-12,
      `row ${row}`,
    );
  }
  assertClose(await path.next.item(), weighted(30, 0.9, 2e-4, 0), 1e-12);
});

Deno.test("ewma starts from the mean square of its warm-up, NaN before", async () => {
  const { variance, next } = await ewma.run({ returns: series(values) }, {
    warmUp: 3,
  });
  const initial =
    [0, 1, 2].reduce((sum, row) => sum + (values[row] as number) ** 2, 0) / 3;
  const path = await variance.data();
  assertClose(path.subarray(0, 4), [NaN, NaN, NaN, initial], 1e-12);
  assertClose(path[20] as number, weighted(20, 0.94, initial, 3), 1e-12);
  assertClose(await next.item(), weighted(30, 0.94, initial, 3), 1e-12);
  const short = await ewma.run({ returns: series(values.subarray(0, 3)) }, {
    warmUp: 3,
  });
  assertClose(await short.variance.data(), [NaN, NaN, NaN], 0);
  assertClose(await short.next.item(), initial, 1e-12);
});

Deno.test("ewma batches over leading axes", async () => {
  const returns = wf.reshape(series(values), [2, 15]);
  const { variance, next } = await ewma.run({ returns });
  const single = await ewma.run({ returns: wf.slice(returns, 1) });
  assert.deepEqual(next.shape, [2]);
  assertClose(
    (await variance.data()).subarray(15),
    await single.variance.data(),
    1e-12,
  );
  assertClose(
    (await next.data())[1] as number,
    await single.next.item(),
    1e-12,
  );
});

Deno.test("ewma is causal", async () => {
  await checkCausal(ewma, { returns: series(values) }, {});
});

Deno.test("ewma refuses NaN, a decay outside of (0, 1) and two starting points", async () => {
  await assert.rejects(
    ewma.run({ returns: series([1, NaN]) }),
    /value at row 1 is NaN/,
  );
  await assert.rejects(
    ewma.run({ returns: series([1, 2]) }, { decay: 1 }),
    /decay/,
  );
  await assert.rejects(
    ewma.run({ returns: series([1, 2]) }, { warmUp: 1, initialVariance: 1 }),
    /Cannot use both "warmUp" and "initialVariance"/,
  );
  await assert.rejects(
    ewma.run({ returns: series([1, 2]) }, { warmUp: 3 }),
    /too few rows/,
  );
});
