import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { scoreForecasts } from "../../ops/volatility/mod.ts";
import { lossIntervals } from "./loss_intervals.ts";

const ROWS = 600;

Deno.test("lossIntervals have the means of scoreForecasts, and the width of the standard error", async () => {
  const shocks = await wf.random.normal(wf.random.key(1), [2, ROWS], {
    dtype: "f64",
  }).data();
  const truth = Float64Array.from(shocks.subarray(0, ROWS));
  truth[7] = NaN;
  const guess = Float64Array.from(shocks.subarray(ROWS));
  guess[9] = NaN;
  const inputs = {
    zero: wf.zeros([ROWS], { dtype: "f64" }),
    guess: wf.tensor(guess),
  };
  const { intervals } = await lossIntervals.run({
    truth: wf.tensor(truth),
    forecasts: inputs,
  }, { losses: ["mae", "mse"], seed: 0 });
  const { table } = await scoreForecasts.run({
    variance: wf.tensor(truth),
    forecasts: inputs,
  }, { baseline: "zero", losses: ["mae", "mse"], missing: "drop" });
  for (const { loss, model, mean } of table) {
    const { value, lower, upper } = intervals[loss]![model]!;
    assert.ok(Math.abs(value - mean) < 1e-12);
    assert.ok(lower < value && value < upper);
  }
  // Independent rows: blocks change nothing, so the interval is 1.96 errors wide.
  const { lower, upper } = intervals["mse"]!["zero"]!;
  const error = Math.sqrt(2 / ROWS);
  assert.ok(Math.abs((upper - lower) / (2 * 1.96 * error) - 1) < 0.25);
});

Deno.test("lossIntervals are wider where losses last for days", async () => {
  const shocks = await wf.random.normal(wf.random.key(2), [ROWS / 20], {
    dtype: "f64",
  }).data();
  const lasting = Float64Array.from(
    { length: ROWS },
    (_, row) => shocks[Math.floor(row / 20)]!,
  );
  // The same numbers in an order without neighbours.
  const mixed = lasting.map((_, row) => lasting[row * 371 % ROWS]!);
  const widthOf = async (truth: Float64Array) => {
    const { intervals } = await lossIntervals.run({
      truth: wf.tensor(truth),
      forecasts: { zero: wf.zeros([ROWS], { dtype: "f64" }) },
    }, { losses: ["mse"], seed: 0 });
    const { lower, upper } = intervals["mse"]!["zero"]!;
    return upper - lower;
  };
  assert.ok(await widthOf(lasting) > 2 * await widthOf(mixed));
});

Deno.test("lossIntervals refuse series that are never known together", async () => {
  await assert.rejects(
    lossIntervals.run({
      truth: wf.tensor([1, NaN], { dtype: "f64" }),
      forecasts: { one: wf.tensor([NaN, 1], { dtype: "f64" }) },
    }, { losses: ["mse"], seed: 0 }),
    /no row is left/,
  );
});
