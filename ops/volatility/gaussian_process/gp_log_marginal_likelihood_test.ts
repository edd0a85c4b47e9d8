import assert from "node:assert/strict";
import { gpFit } from "./gp_fit.ts";
import { gpLogMarginalLikelihood } from "./gp_log_marginal_likelihood.ts";
import { gpPredict } from "./gp_predict.ts";
import { type Kernel, withValues } from "./kernel.ts";
import { allClose, close, matrix, REFERENCE, vector } from "./testing.ts";

// The fixture of the card: a sine cut off at 0.9, taken as uncensored.
const X = [0, 0.5, 1, 1.5, 2, 2.5];
const Y = X.map((x) => Math.min(1.2 * Math.sin(1.5 * x), 0.9));
const CARD: Kernel = {
  kind: "product",
  kernels: [
    { kind: "rbf", lengthScale: 0.8 },
    { kind: "constant", variance: 1 },
  ],
};

Deno.test("gpLogMarginalLikelihood meets the fixture of its card", async () => {
  const { likelihood, gradient, names } = await gpLogMarginalLikelihood.run(
    { x: matrix(X.map((x) => [x])), y: vector(Y) },
    { kernel: CARD, noiseVariance: 0.04 },
  );
  close(await likelihood.item(), -4.350169799, 5e-10);
  allClose(
    await gradient.data(),
    [1.6913557, -0.8967794, -0.3340144],
    5e-8,
  );
  assert.deepEqual(names, [
    "kernels[0].lengthScale",
    "kernels[1].variance",
    "noiseVariance",
  ]);
});

Deno.test("gpPredict meets the fixture of its card", async () => {
  const fitted = await gpFit.run(
    { x: matrix(X.map((x) => [x])), y: vector(Y) },
    {
      kernel: CARD,
      noiseVariance: 0.04,
      standardise: false,
      optimise: false,
    },
  );
  const { mean, variance } = await gpPredict.run({
    ...fitted,
    xNew: matrix([[0.75], [1.25], [3]]),
  });
  allClose(await mean.data(), [0.8952020, 0.9777723, -0.8729071], 5e-8);
  allClose(await variance.data(), [0.0246139, 0.0240694, 0.2465189], 5e-8);
});

Deno.test("gpLogMarginalLikelihood has the gradient that finite differences show", async () => {
  const data = REFERENCE.data["2d"];
  const inputs = { x: matrix(data.x), y: vector(data.y) };
  const kernel: Kernel = {
    kind: "sum",
    kernels: [
      { kind: "white", variance: 0.02 },
      {
        kind: "product",
        kernels: [
          { kind: "constant", variance: 1.4 },
          { kind: "matern", nu: 1.5, lengthScale: [0.7, 1.8] },
          { kind: "periodic", lengthScale: 1.5, period: 2.5, columns: [1] },
        ],
      },
      { kind: "linear", offsetVariance: 0.3, columns: [0] },
    ],
  };
  const start = [0.02, 1.4, 0.7, 1.8, 1.5, 2.5, 0.3, 0.05];
  const at = async (values: number[]) =>
    await (await gpLogMarginalLikelihood.run(inputs, {
      kernel: withValues(kernel, values.slice(0, -1)),
      noiseVariance: values.at(-1) ?? NaN,
    })).likelihood.item();
  const { gradient } = await gpLogMarginalLikelihood.run(inputs, {
    kernel,
    noiseVariance: 0.05,
  });
  const found = await gradient.data();
  const step = 1e-5;
  for (let index = 0; index < start.length; index += 1) {
    const moved = (by: number) =>
      at(start.map((v, i) => i === index ? v * Math.exp(by) : v));
    const difference = (await moved(step) - await moved(-step)) / (2 * step);
    close(found[index], difference, 1e-6 * (1 + Math.abs(difference)));
  }
});

Deno.test("gpLogMarginalLikelihood leaves fixed hyperparameters out of the gradient", async () => {
  const { gradient, names } = await gpLogMarginalLikelihood.run(
    { x: matrix(X.map((x) => [x])), y: vector(Y) },
    {
      kernel: {
        kind: "product",
        kernels: [
          { kind: "rbf", lengthScale: { value: 0.8, fixed: true } },
          { kind: "constant", variance: 1 },
        ],
      },
      noiseVariance: { value: 0.04, fixed: true },
    },
  );
  assert.deepEqual(names, ["kernels[1].variance"]);
  allClose(await gradient.data(), [-0.8967794], 5e-8);
});

Deno.test("gpPredict counts white noise of the kernel as part of the function, and adds the observation noise only where asked to", async () => {
  const data = { x: matrix(X.map((x) => [x])), y: vector(Y) };
  const options = { standardise: false, optimise: false };
  const split = await gpFit.run(data, {
    ...options,
    kernel: { kind: "sum", kernels: [CARD, { kind: "white", variance: 0.03 }] },
    noiseVariance: { value: 0.01, fixed: true },
  });
  const whole = await gpFit.run(data, {
    ...options,
    kernel: CARD,
    noiseVariance: { value: 0.04, fixed: true },
  });
  const xNew = matrix([[0.75], [3]]);
  const observed = await gpPredict.run({ ...split, xNew }, { noise: true });
  const reference = await gpPredict.run({ ...whole, xNew }, { noise: true });
  allClose(await observed.mean.data(), await reference.mean.data(), 1e-12);
  allClose(
    await observed.variance.data(),
    await reference.variance.data(),
    1e-12,
  );
  const latent = await gpPredict.run({ ...split, xNew });
  close(
    (await observed.variance.data())[0],
    ((await latent.variance.data())[0] ?? NaN) + 0.01,
    1e-12,
  );
});
