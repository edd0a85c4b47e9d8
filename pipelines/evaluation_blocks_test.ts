import assert from "node:assert/strict";
import { backtest, reliability } from "../ops/evaluate/mod.ts";
import * as wf from "../runtime/tensor/mod.ts";
import {
  equityFigure,
  performanceTable,
  reliabilityFigure,
} from "./evaluation_blocks.ts";

Deno.test("performanceTable tells per cent, marks the best and sets the baseline apart", async () => {
  const { performance, holding } = await backtest.run({
    positions: wf.tensor([[1], [-1], [0]], { dtype: "f64" }),
    returns: wf.tensor([[0], [0.1], [-0.1]], { dtype: "f64" }),
  }, { costs: 0 });
  const table = performanceTable(
    { signal: performance, holding },
    "Three days without costs",
    "holding",
  );
  const [signal, held] = table.rows;
  assert.equal(signal!.cells[6], 100);
  assert.equal(held!.cells[6], 50);
  assert.equal(held!.tone, "baseline");
  assert.match(String(table), /Three days without costs/);
});

Deno.test("equityFigure draws a line for each strategy", () => {
  const { data } = equityFigure(["2020-01-02", "2020-01-03"], {
    signal: Float64Array.of(1, 1.1),
    holding: [1, 0.9],
  });
  assert.deepEqual(data.map(({ name }) => name), ["signal", "holding"]);
});

Deno.test("reliabilityFigure draws the intervals of every bin", async () => {
  const { top } = await reliability.run({
    labels: wf.tensor([0, 0, 0, 1], { dtype: "i32" }),
    probabilities: wf.tensor(Array(4).fill([0.75, 0.25]), { dtype: "f64" }),
  }, { resamples: 1 });
  const [, curve] = reliabilityFigure({ top }).data;
  const bin = top.bins[0]!;
  assert.deepEqual(curve!.y, [0.75]);
  assert.deepEqual(curve!.error_y?.array, [bin.observedUpper - 0.75]);
});
