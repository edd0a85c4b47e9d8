import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { gaussianMixtureScore, kdeScore1d } from "./density_score.ts";
import { allClose, close, f64, normals, readReference } from "./testing.ts";

// The prediction distribution of the authors' notebook.
const WEIGHTS = [0.64, 0.16, 0.16, 0.04];
const MEANS = [5, 7.2, 13, 14.2];
const DEVIATIONS = [1, 2, 4, 5];

const gaussian = (x: number, mean: number, deviation: number) =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / deviation;

/** E[g(Ŷ) | Y = y] for Y = Ŷ + N(0, 1) and Ŷ from the mixture. */
function conditionalMean(
  y: number,
  points: Float64Array,
  values: ArrayLike<number>,
): number {
  let total = 0;
  let weight = 0;
  points.forEach((point, index) => {
    const density = MEANS.reduce(
      (sum, mean, j) =>
        sum + (WEIGHTS[j] ?? NaN) * gaussian(point, mean, DEVIATIONS[j] ?? NaN),
      0,
    ) * gaussian(y, point, 1);
    weight += density;
    total += density * (values[index] ?? NaN);
  });
  return total / weight;
}

Deno.test("gaussianMixtureScore undoes the shrinkage of the card's mixture exactly", async () => {
  // The trapezoidal rule converges faster than any power for such integrands.
  const points = Float64Array.from({ length: 12_001 }, (_, i) => -30 + i / 150);
  const score = await gaussianMixtureScore(wf.tensor(points), {
    means: f64(MEANS),
    deviations: f64(DEVIATIONS),
    weights: f64(WEIGHTS),
  }).data();
  const corrected = points.map((point, i) => point - (score[i] ?? NaN));
  const shrunken = [1.7911, 3.9823, 5.0451, 8.6788, 12.9485, 19.6466];
  [0, 3, 5, 9, 13, 20].forEach((y, index) => {
    close(conditionalMean(y, points, points), shrunken[index], 5e-5);
    close(conditionalMean(y, points, corrected), y, 1e-10);
  });
});

Deno.test("kdeScore1d agrees with scipy's kernel density", async () => {
  const reference = await readReference();
  const points = f64(reference.downstream);
  const calibration = await kdeScore1d.run({
    points,
    centres: f64(reference.predictions),
  });
  allClose(
    await calibration.score.data(),
    reference.tweedie.calibrationScore,
    1e-8,
  );
  const downstream = await kdeScore1d.run({ points, centres: points });
  allClose(
    await downstream.score.data(),
    reference.tweedie.downstreamScore,
    1e-8,
  );
  const given = await kdeScore1d.run(
    { points, centres: points },
    { bandwidth: reference.tweedie.downstreamBandwidth },
  );
  allClose(await given.score.data(), reference.tweedie.downstreamScore, 1e-8);
});

Deno.test("kdeScore1d stays finite far outside the sample", async () => {
  const { score } = await kdeScore1d.run(
    { points: f64([-1000, 1000]), centres: f64([-1, 0, 1]) },
    { bandwidth: 1 },
  );
  allClose(await score.data(), [999, -999], 1e-9);
});

Deno.test("kdeScore1d takes long inputs in chunks without changing them", async () => {
  const sample = await normals(5, 3000);
  const centres = wf.tensor(sample);
  const { score } = await kdeScore1d.run({ points: centres, centres });
  const whole = await score.data();
  const { score: part } = await kdeScore1d.run({
    points: f64(sample.slice(2900)),
    centres,
  });
  allClose(whole.slice(2900), await part.data(), 1e-12);
});

Deno.test("kdeScore1d refuses NaN and a sample without a bandwidth", async () => {
  const good = f64([0, 1]);
  await assert.rejects(
    kdeScore1d.run({ points: f64([NaN]), centres: good }),
    /"points" as row 0 is NaN/,
  );
  await assert.rejects(
    kdeScore1d.run({ points: good, centres: f64([2, 2]) }),
    /centres do not vary/,
  );
});
