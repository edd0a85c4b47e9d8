import assert from "node:assert/strict";
import { close, vector } from "../gaussian_process/testing.ts";
import { observedMoments } from "./observed_moments.ts";
import { normalQuadrature } from "./quadrature.ts";
import { logCdfSlopes } from "./tobit.ts";

Deno.test("observedMoments are those of clipped draws on a fine grid", async () => {
  const [mean, deviation] = [0.2, 0.7];
  for (
    const [left, right] of [[-0.3, 0.6], [-Infinity, 0.1], [
      0.4,
      Infinity,
    ], [-Infinity, Infinity]] as const
  ) {
    let mass = 0;
    let first = 0;
    let second = 0;
    for (let z = -10; z <= 10; z += 1e-4) {
      const density = Math.exp(-z * z / 2);
      const value = Math.min(Math.max(mean + deviation * z, left), right);
      mass += density;
      first += density * value;
      second += density * value ** 2;
    }
    const found = observedMoments(vector([mean]), vector([deviation ** 2]), {
      left,
      right,
    });
    close(await found.mean.item(), first / mass, 1e-7);
    close(
      await found.variance.item(),
      second / mass - (first / mass) ** 2,
      1e-7,
    );
  }
});

Deno.test("logCdfSlopes hold far to the left, where the ratio is 0 by 0", async () => {
  // φ/Φ and r (z + r) by mpmath with 40 digits.
  const points = [-1000, -60, -50.001, -49.999, -5, 0, 5, 40];
  const { slope, curvature } = logCdfSlopes(vector(points));
  const slopes = await slope.data();
  const curvatures = await curvature.data();
  close(slopes[0], 1000.000999998, 1e-9);
  close(curvatures[0], 0.999999000006, 1e-9);
  close(slopes[1], 60.01665742, 1e-7);
  // Both sides of the seam, on the asymptotic 1 − 1/z².
  close(curvatures[2], curvatures[3], 1e-6);
  close(slopes[4], 5.186503967125842, 1e-12);
  close(slopes[5], Math.sqrt(2 / Math.PI), 1e-14);
  close(curvatures[5], 2 / Math.PI, 1e-14);
  assert.equal(slopes[7], 0);
});

Deno.test("normalQuadrature integrates powers exactly", () => {
  for (const count of [1, 2, 5, 32, 64, 100]) {
    const { nodes, weights } = normalQuadrature(count);
    const moment = (power: number) =>
      nodes.reduce(
        (sum, node, index) => sum + (weights[index] ?? NaN) * node ** power,
        0,
      );
    close(moment(0), 1, 1e-12, `${count}`);
    close(moment(1), 0, 1e-12);
    if (count >= 2) close(moment(2), 1, 1e-11);
    if (count >= 5) close(moment(8), 105, 1e-9);
  }
});
