import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { lccApply, lccFit } from "./linear_calibration.ts";
import { allClose, close, f64, normals, readReference } from "./testing.ts";

Deno.test("lccFit and lccApply give scipy's line and its inverse", async () => {
  const reference = await readReference();
  const { calibration, findings } = await lccFit.run({
    predictions: f64(reference.predictions),
    targets: f64(reference.targets),
  });
  close(calibration.slope, reference.linear.slope, 1e-12);
  close(calibration.intercept, reference.linear.intercept, 1e-12);
  assert.equal(calibration.rows, 60);
  assert.deepEqual(findings.map(({ name }) => name), ["fewRows"]);
  const { corrected } = await lccApply.run({
    predictions: f64(reference.downstream),
    calibration,
  });
  allClose(await corrected.data(), reference.linear.corrected, 1e-12);
});

Deno.test("lccFit regresses predictions on targets and not the other way round", async () => {
  // Shrunken predictions: Y = Ŷ + ε, so targets on predictions have slope 1.
  const shrunken = await normals(1, 20_000);
  const noise = await normals(2, 20_000);
  const { calibration } = await lccFit.run({
    predictions: f64(shrunken),
    targets: f64(shrunken.map((value, row) => value + (noise[row] ?? NaN))),
  });
  close(calibration.slope, 0.5, 0.02);
});

Deno.test("lccApply keeps the shape and dtype and marks what is out of range", async () => {
  const { corrected, outsideRange } = await lccApply.run({
    predictions: wf.tensor([[0, 1], [2, 3]], { dtype: "f32" }),
    calibration: { intercept: 1, slope: 0.5, rows: 100, range: [0.5, 2] },
  });
  assert.equal(corrected.dtype, "f32");
  assert.deepEqual(await corrected.toArray(), [[-2, 0], [2, 4]]);
  assert.deepEqual([...await outsideRange.data()], [1, 0, 0, 1]);
});

Deno.test("lccFit says when the slope is small and refuses when there is none", async () => {
  const targets = Array.from({ length: 200 }, (_, row) => row);
  const fit = (slope: number) =>
    lccFit.run({
      predictions: f64(targets.map((value) => 1 + slope * value)),
      targets: f64(targets),
    });
  assert.deepEqual((await fit(0.3)).findings, []);
  const [finding] = (await fit(0.1)).findings;
  assert.equal(finding?.name, "smallSlope");
  await assert.rejects(fit(-0.5), /slope on the targets is -0.5/);
  await assert.rejects(fit(1e-9), /slope above 1e-8/);
});

Deno.test("lccFit refuses rows that no line can be taken from", async () => {
  const fit = (predictions: number[], targets: number[]) =>
    lccFit.run({ predictions: f64(predictions), targets: f64(targets) });
  await assert.rejects(fit([1], [1]), /too few rows/);
  await assert.rejects(fit([1, NaN], [1, 2]), /"predictions" as row 1 is NaN/);
  await assert.rejects(fit([1, 2], [1, Infinity]), /"targets" as row 1/);
  await assert.rejects(fit([2, 2], [1, 2]), /all predictions are 2/);
  await assert.rejects(fit([1, 2], [3, 3]), /all targets are 3/);
  await assert.rejects(fit([1, 2, 3], [1, 2]), /targets/);
});
