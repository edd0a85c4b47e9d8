import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { gpFit } from "../gaussian_process/gp_fit.ts";
import { gpPredict } from "../gaussian_process/gp_predict.ts";
import type { Kernel } from "../gaussian_process/kernel.ts";
import {
  allClose,
  close,
  matrix,
  vector,
} from "../gaussian_process/testing.ts";
import { censoredGp } from "./censored_gp.ts";
import { censoredGpPredict } from "./censored_gp_predict.ts";
import type { CensoredMethod } from "./inference.ts";

// The fixture of the card: a sine cut off at 0.9.
const X = [0, 0.5, 1, 1.5, 2, 2.5];
const Y = X.map((x) => Math.min(1.2 * Math.sin(1.5 * x), 0.9));
const DATA = { x: matrix(X.map((x) => [x])), y: vector(Y) };
const KERNEL: Kernel = {
  kind: "product",
  kernels: [
    { kind: "rbf", lengthScale: 0.8 },
    { kind: "constant", variance: 1 },
  ],
};
const METHODS: readonly CensoredMethod[] = ["ep", "vi", "laplace"];
const AS_GIVEN = { standardise: false, optimise: false };
const EXACT = -5.0648235;

async function evidenceOf(method: CensoredMethod): Promise<number> {
  const { model } = await censoredGp.run(DATA, {
    ...AS_GIVEN,
    kernel: KERNEL,
    noiseVariance: 0.04,
    right: 0.9,
    method,
  });
  assert.equal(model.censoredRight, 2);
  assert.equal(model.censoredLeft, 0);
  return model.logMarginalLikelihood;
}

Deno.test("censoredGp meets the evidences of its card, in their order", async () => {
  const ep = await evidenceOf("ep");
  const vi = await evidenceOf("vi");
  const laplace = await evidenceOf("laplace");
  close(ep, -5.0709148, 6e-8, "ep");
  close(vi, -5.0882463, 6e-8, "vi");
  close(laplace, -5.0972002, 6e-8, "laplace");
  assert.ok(EXACT > ep && ep > vi && vi > laplace);
});

Deno.test("censoredGp meets the posterior means of its card at the censored points", async () => {
  const expected = { ep: [1.41668, 1.17897], laplace: [1.3338, 1.0979] };
  for (const method of ["ep", "laplace"] as const) {
    const fitted = await censoredGp.run(DATA, {
      ...AS_GIVEN,
      kernel: KERNEL,
      noiseVariance: 0.04,
      right: 0.9,
      method,
    });
    const { latentMean } = await censoredGpPredict.run({
      ...fitted,
      xNew: matrix([[1], [1.5]]),
    });
    allClose(await latentMean.data(), expected[method], 5.1e-5, method);
  }
});

/** `log Φ` by its own definition, for moderate arguments. */
async function logPhi(z: number): Promise<number> {
  return await wf.logNormalCdf(vector([z])).item();
}

for (const method of METHODS) {
  Deno.test(`censoredGp is the exact regression where nothing is cut off: ${method}`, async () => {
    const params = { kernel: KERNEL, noiseVariance: 0.04, starts: 1 };
    for (const optimise of [false, true]) {
      const exact = await gpFit.run(DATA, { ...params, optimise });
      const censored = await censoredGp.run(DATA, {
        ...params,
        optimise,
        method,
        left: -7,
        right: 5,
      });
      close(
        censored.model.logMarginalLikelihood,
        exact.model.logMarginalLikelihood,
        1e-8,
      );
      const xNew = matrix([[0.75], [1.25], [3]]);
      const reference = await gpPredict.run({ ...exact, xNew }, {
        noise: true,
      });
      const found = await censoredGpPredict.run({ ...censored, xNew });
      allClose(
        await found.latentMean.data(),
        await reference.mean.data(),
        1e-8,
      );
      allClose(
        await found.uncensoredVariance.data(),
        await reference.variance.data(),
        1e-8,
      );
    }
  });

  Deno.test(`censoredGp has the gradient that a search needs: ${method}`, async () => {
    // At the optimum no step in any direction raises the evidence.
    const params = {
      kernel: KERNEL,
      noiseVariance: { value: 0.04, bounds: [1e-3, 1] as const },
      standardise: false,
      right: 0.9,
      left: -0.5,
      starts: 1,
      method,
      tolerance: 1e-7,
    };
    const data = { x: DATA.x, y: vector(Y.map((y) => Math.max(y, -0.5))) };
    const { model } = await censoredGp.run(data, params);
    assert.ok(model.converged, JSON.stringify(model));
    const at = async (noise: number) =>
      (await censoredGp.run(data, {
        ...params,
        kernel: model.kernel,
        noiseVariance: noise,
        optimise: false,
      })).model.logMarginalLikelihood;
    assert.ok(model.logMarginalLikelihood >= await at(0.04));
    const best = await at(model.noiseVariance);
    close(best, model.logMarginalLikelihood, 1e-9);
    if (model.atBounds.length > 0) return;
    assert.ok(await at(model.noiseVariance * 1.05) < best);
    assert.ok(await at(model.noiseVariance * 0.95) < best);
  });

  Deno.test(`censoredGp gives one censored point its closed form: ${method}`, async () => {
    const spread = 0.7 + 0.04;
    for (const [side, limit] of [["right", 0.3], ["left", -0.2]] as const) {
      const fitted = await censoredGp.run(
        { x: matrix([[0]]), y: vector([limit]) },
        {
          ...AS_GIVEN,
          kernel: { kind: "constant", variance: 0.7 },
          noiseVariance: 0.04,
          [side]: limit,
          method,
        },
      );
      const sign = side === "right" ? 1 : -1;
      const z = -sign * limit / Math.sqrt(spread);
      const exact = await logPhi(z);
      const evidence = fitted.model.logMarginalLikelihood;
      if (method === "ep") {
        close(evidence, exact, 1e-12);
        // Mean and variance of a normal variable, weighted by Φ.
        const ratio = Math.exp(
          -z * z / 2 - Math.log(2 * Math.PI) / 2 - exact,
        );
        const { latentMean, latentVariance } = await censoredGpPredict.run({
          ...fitted,
          xNew: matrix([[5]]),
        });
        close(
          await latentMean.item(),
          sign * 0.7 * ratio / Math.sqrt(spread),
          1e-10,
        );
        close(
          await latentVariance.item(),
          0.7 - 0.49 * ratio * (z + ratio) / spread,
          1e-10,
        );
      } else {
        assert.ok(evidence < exact && evidence > exact - 0.3, `${evidence}`);
      }
    }
  });

  Deno.test(`censoredGp mirrors: ${method}`, async () => {
    const options = {
      ...AS_GIVEN,
      kernel: KERNEL,
      noiseVariance: 0.04,
      method,
    };
    const above = await censoredGp.run(DATA, { ...options, right: 0.9 });
    const below = await censoredGp.run(
      { x: DATA.x, y: vector(Y.map((y) => -y)) },
      { ...options, left: -0.9 },
    );
    close(
      above.model.logMarginalLikelihood,
      below.model.logMarginalLikelihood,
      1e-10,
    );
    const xNew = matrix([[1.2], [4]]);
    const up = await censoredGpPredict.run({ ...above, xNew });
    const down = await censoredGpPredict.run({ ...below, xNew });
    allClose(
      await up.mean.data(),
      (await down.mean.data()).map((value) => -value),
      1e-10,
    );
    allClose(await up.variance.data(), await down.variance.data(), 1e-10);
  });
}

Deno.test("censoredGp converges where most of many neighbours are cut off", async () => {
  const x = Array.from({ length: 60 }, (_, row) => row / 10);
  const y = x.map((at) => Math.min(Math.max(2 * Math.sin(at), -0.2), 0.3));
  for (const method of METHODS) {
    const fitted = await censoredGp.run(
      { x: matrix(x.map((at) => [at])), y: vector(y) },
      {
        ...AS_GIVEN,
        kernel: { kind: "rbf", lengthScale: 1.5 },
        noiseVariance: 0.001,
        left: -0.2,
        right: 0.3,
        method,
      },
    );
    assert.ok(fitted.model.censoredLeft + fitted.model.censoredRight > 45);
    const { latentMean, mean } = await censoredGpPredict.run({
      ...fitted,
      xNew: matrix([[1.57], [4.71]]),
    });
    const [high = NaN, low = NaN] = await latentMean.data();
    assert.ok(high > 0.5 && low < -0.5, `${method}: ${high} ${low}`);
    const seen = await mean.data();
    assert.ok(seen.every((value) => value <= 0.3 && value >= -0.2));
  }
});

Deno.test("censoredGp refuses limits in the wrong order and values beyond them", async () => {
  const kernel: Kernel = { kind: "rbf" };
  await assert.rejects(
    censoredGp.run(DATA, { kernel, left: 1, right: 1 }),
    /Cannot censor between 1 and 1/,
  );
  await assert.rejects(
    censoredGp.run(DATA, { kernel, right: 0.5 }),
    /element 1 of "y" is 0\.8/,
  );
});
