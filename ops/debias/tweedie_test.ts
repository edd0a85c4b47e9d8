import assert from "node:assert/strict";
import { lccApply, lccFit } from "./linear_calibration.ts";
import { allClose, close, f64, normals, readReference } from "./testing.ts";
import { tweedieApply, tweedieFit } from "./tweedie.ts";

Deno.test("tweedieFit and tweedieApply give scipy's correction for both densities", async () => {
  const reference = await readReference();
  const { calibration, centres, findings } = await tweedieFit.run({
    predictions: f64(reference.predictions),
    targets: f64(reference.targets),
  });
  const { tweedie } = reference;
  close(calibration.sigma, tweedie.sigma, 1e-12);
  close(calibration.bandwidth, tweedie.calibrationBandwidth, 1e-12);
  assert.deepEqual(findings.map(({ name }) => name), ["fewRows"]);
  const predictions = f64(reference.downstream);
  for (
    const [density, expected] of [
      ["calibration", tweedie.calibrationCorrected],
      ["downstream", tweedie.downstreamCorrected],
    ] as const
  ) {
    const { corrected } = await tweedieApply.run(
      { predictions, calibration, centres },
      { density },
    );
    allClose(await corrected.data(), expected, 1e-8);
  }
});

Deno.test("tweedieApply and lccApply agree within 1 % on normal predictions", async () => {
  const count = 100_000;
  const predictions = (await normals(11, count)).map((z) => 3 + 2 * z);
  const noise = await normals(12, count);
  const rows = {
    predictions: f64(predictions),
    targets: f64(predictions.map((p, row) => p + (noise[row] ?? NaN))),
  };
  const linear = await lccFit.run(rows);
  // Population values: k = v / (v + σ²).
  close(linear.calibration.slope, 0.8, 0.01);
  const tweedie = await tweedieFit.run(rows);
  const points = f64(predictions.slice(0, 400));
  const straight = await (await lccApply.run({
    predictions: points,
    calibration: linear.calibration,
  })).corrected.data();
  const curved = await (await tweedieApply.run({
    predictions: points,
    calibration: tweedie.calibration,
    centres: tweedie.centres,
  })).corrected.data();
  // Slope of one on the other: what they make of an effect.
  const centred = Array.from(straight, (value) => value - 3);
  const product = centred.reduce(
    (sum, value, row) => sum + value * ((curved[row] ?? NaN) - 3),
    0,
  );
  const square = centred.reduce((sum, value) => sum + value * value, 0);
  close(product / square, 1, 0.01);
});

Deno.test("tweedieApply with sigma 0 changes nothing", async () => {
  const predictions = f64([1, 2, 4]);
  const { calibration, centres } = await tweedieFit.run({
    predictions,
    targets: predictions,
  });
  assert.equal(calibration.sigma, 0);
  const { corrected } = await tweedieApply.run({
    predictions,
    calibration,
    centres,
  });
  assert.deepEqual([...await corrected.data()], [1, 2, 4]);
});

Deno.test("tweedieFit takes sigma from a separate split where one is given", async () => {
  const rows = { predictions: f64([1, 2, 4]), targets: f64([1, 2, 4]) };
  const { calibration } = await tweedieFit.run({
    ...rows,
    sigmaPredictions: f64([0, 1, 0, 1]),
    sigmaTargets: f64([1, 2, -1, 0]),
  });
  close(calibration.sigma, 1, 1e-15);
  await assert.rejects(
    tweedieFit.run({ ...rows, sigmaTargets: f64([1, 2]) }),
    /one half is missing/,
  );
});

Deno.test("tweedieFit refuses constant predictions", async () => {
  await assert.rejects(
    tweedieFit.run({ predictions: f64([1, 1]), targets: f64([1, 2]) }),
    /all predictions are 1/,
  );
});

Deno.test("tweedieApply refuses a downstream density of constant predictions", async () => {
  const { calibration, centres } = await tweedieFit.run({
    predictions: f64([1, 2, 4]),
    targets: f64([1, 3, 4]),
  });
  const apply = (predictions: number[]) =>
    tweedieApply.run(
      { predictions: f64(predictions), calibration, centres },
      { density: "downstream" },
    );
  await assert.rejects(apply([2, 2, 2]), /all predictions are 2/);
  await assert.rejects(apply([2]), /too few rows/);
});
