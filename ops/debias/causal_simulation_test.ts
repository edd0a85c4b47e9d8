// The simulation of the card: a predictor trained on confounded data shrinks the
// outcome, and effects estimated on its predictions with it.
import assert from "node:assert/strict";
import { iptwAte } from "./iptw_ate.ts";
import { lccApply, lccFit } from "./linear_calibration.ts";
import { f64, normals, uniforms } from "./testing.ts";
import { tweedieApply, tweedieFit } from "./tweedie.ts";

const ROWS = 4000;
const CALIBRATION = 800;
const LABELLED = 100;
const EFFECTS = Array.from({ length: 11 }, (_, i) => -2 + 0.4 * i);

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function slope(y: ArrayLike<number>, x: ArrayLike<number>): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < x.length; i += 1) {
    covariance += ((x[i] ?? NaN) - meanX) * ((y[i] ?? NaN) - meanY);
    variance += ((x[i] ?? NaN) - meanX) ** 2;
  }
  return covariance / variance;
}

interface World {
  treatment: Float64Array;
  propensity: Float64Array;
  outcome: Float64Array;
  signal: Float64Array;
}

async function draw(effect: number, seed: number): Promise<World> {
  const confounder = await normals(seed, ROWS);
  const propensity = confounder.map((c) => 1 / (1 + Math.exp(-c)));
  const chance = await uniforms(seed + 1, ROWS);
  const treatment = propensity.map((p, i) => (chance[i] ?? 1) < p ? 1 : 0);
  const noise = await normals(seed + 2, ROWS);
  const outcome = confounder.map((c, i) =>
    effect * (treatment[i] ?? NaN) + c + (noise[i] ?? NaN)
  );
  const blur = await normals(seed + 3, ROWS);
  const signal = outcome.map((y, i) => y + 1.2 * (blur[i] ?? NaN));
  return { treatment, propensity, outcome, signal };
}

/** Prediction-powered means of both arms: predictions plus labelled residuals. */
function predictionPowered(
  world: World,
  predictions: Float64Array,
  labelled: number[],
): number {
  const arm = (treated: boolean) => {
    const weight = (i: number) => {
      const isTreated = world.treatment[i] === 1;
      if (isTreated !== treated) return 0;
      const e = world.propensity[i] ?? NaN;
      return 1 / (treated ? e : 1 - e);
    };
    const average = (rows: number[], value: (i: number) => number) => {
      const total = rows.reduce((sum, i) => sum + weight(i), 0);
      return rows.reduce((sum, i) => sum + weight(i) * value(i), 0) / total;
    };
    const all = Array.from({ length: ROWS }, (_, i) => i);
    return average(all, (i) => predictions[i] ?? NaN) +
      average(
        labelled,
        (i) => (world.outcome[i] ?? NaN) - (predictions[i] ?? NaN),
      );
  };
  return arm(true) - arm(false);
}

Deno.test("lccApply and tweedieApply undo the attenuation of effects that naive estimates show", async () => {
  const estimates = {
    oracle: [] as number[],
    naive: [] as number[],
    lcc: [] as number[],
    tweedie: [] as number[],
    ppi: [] as number[],
  };
  for (const [index, effect] of EFFECTS.entries()) {
    // Upstream: a predictor by least squares, and a held-out calibration split.
    const upstream = await draw(effect, 1000 + 10 * index);
    const b = slope(
      upstream.outcome.slice(CALIBRATION),
      upstream.signal.slice(CALIBRATION),
    );
    const a = mean(upstream.outcome.slice(CALIBRATION)) -
      b * mean(upstream.signal.slice(CALIBRATION));
    const predict = (signal: Float64Array) => signal.map((x) => a + b * x);
    const held = {
      predictions: f64(predict(upstream.signal.slice(0, CALIBRATION))),
      targets: f64(upstream.outcome.slice(0, CALIBRATION)),
    };
    // Downstream: new units, predictions only.
    const world = await draw(effect, 5000 + 10 * index);
    const predictions = predict(world.signal);
    const effectOn = async (outcome: ArrayLike<number>) =>
      (await iptwAte.run({
        outcome: f64(outcome),
        treatment: f64(world.treatment),
        propensity: f64(world.propensity),
      }, { estimator: "hajek" })).effect;
    const linear = await lccApply.run({
      predictions: f64(predictions),
      calibration: (await lccFit.run(held)).calibration,
    });
    const tweedie = await tweedieFit.run(held);
    const curved = await tweedieApply.run({
      predictions: f64(predictions),
      calibration: tweedie.calibration,
      centres: tweedie.centres,
    });
    estimates.oracle.push(await effectOn(world.outcome));
    estimates.naive.push(await effectOn(predictions));
    estimates.lcc.push(await effectOn(await linear.corrected.data()));
    estimates.tweedie.push(await effectOn(await curved.corrected.data()));
    const order = await uniforms(9000 + index, ROWS);
    const labelled = Array.from(order.keys())
      .sort((i, j) => (order[i] ?? 0) - (order[j] ?? 0))
      .slice(0, LABELLED);
    estimates.ppi.push(predictionPowered(world, predictions, labelled));
  }
  const slopeOf = (values: number[]) => slope(values, EFFECTS);
  const errorOf = (values: number[]) =>
    mean(values.map((value, i) => Math.abs(value - (EFFECTS[i] ?? NaN))));
  assert.ok(slopeOf(estimates.naive) < 0.75);
  for (const name of ["lcc", "tweedie"] as const) {
    const found = slopeOf(estimates[name]);
    assert.ok(found >= 0.93 && found <= 1.07, `${name} has slope ${found}`);
    assert.ok(errorOf(estimates[name]) < errorOf(estimates.naive) / 2);
    assert.ok(errorOf(estimates[name]) < errorOf(estimates.ppi) / 2);
  }
  assert.ok(errorOf(estimates.oracle) < 0.1);
});
