import assert from "node:assert/strict";
import { NumericalError } from "../../../runtime/core/errors.ts";
import { gpFit } from "./gp_fit.ts";
import { gpPredict } from "./gp_predict.ts";
import { freeParameters, type Kernel } from "./kernel.ts";
import { allClose, close, matrix, REFERENCE, vector } from "./testing.ts";

const KERNELS: Record<string, Kernel> = {
  "rbf": {
    kind: "product",
    kernels: [
      { kind: "constant", variance: 1 },
      { kind: "rbf", lengthScale: { value: 1, bounds: [1e-2, 1e2] } },
    ],
  },
  "matern 5/2, one length scale a column, standardised": {
    kind: "product",
    kernels: [
      { kind: "constant", variance: 1 },
      {
        kind: "matern",
        nu: 2.5,
        lengthScale: { value: [1, 1], bounds: [1e-2, 1e2] },
      },
    ],
  },
};

const LINE = { x: matrix([[0], [1], [2], [3]]), y: vector([0, 1, 4, 9]) };

for (const [name, reference] of Object.entries(REFERENCE.fits)) {
  Deno.test(`gpFit reaches scikit-learn's optimum: ${name}`, async () => {
    const data = REFERENCE.data[reference.data];
    const fitted = await gpFit.run(
      { x: matrix(data.x), y: vector(data.y) },
      {
        kernel: KERNELS[name] as Kernel,
        noiseVariance: { value: 0.1, bounds: [1e-6, 1e2] },
        standardise: reference.standardise,
      },
    );
    const { model } = fitted;
    close(
      model.logMarginalLikelihood,
      reference.logMarginalLikelihood,
      1e-6,
    );
    const { mean, variance } = await gpPredict.run(
      { ...fitted, xNew: matrix(data.xNew) },
      { noise: true },
    );
    // Two optimisers stop a little apart where the likelihood is flat.
    allClose(await mean.data(), reference.mean, 1e-3);
    allClose(await variance.data(), reference.observationVariance, 1e-3);
    close(
      model.noiseVariance,
      reference.hyperparameters.at(-1),
      1e-3 * (reference.hyperparameters.at(-1) ?? NaN),
    );
    assert.equal(model.jitter, 0);
    assert.equal(model.search?.converged, true);
    assert.equal(model.search?.starts.length, 3);
    assert.ok(
      model.search?.starts.every((value) =>
        value === null || value <= model.logMarginalLikelihood + 1e-9
      ),
    );
  });
}

Deno.test("gpFit gives the same fit for the same seed", async () => {
  const data = REFERENCE.data["1d"];
  const fit = () =>
    gpFit.run(
      { x: matrix(data.x), y: vector(data.y) },
      { kernel: KERNELS["rbf"] as Kernel, starts: 2, seed: 5 },
    );
  assert.deepEqual((await fit()).model, (await fit()).model);
});

Deno.test("gpFit keeps hyperparameters within their bounds and names those that end there", async () => {
  const data = REFERENCE.data["1d"];
  const { model } = await gpFit.run(
    { x: matrix(data.x), y: vector(data.y) },
    {
      kernel: {
        kind: "product",
        kernels: [
          { kind: "constant", variance: { value: 1, fixed: true } },
          { kind: "rbf", lengthScale: { value: 3, bounds: [2, 4] } },
        ],
      },
    },
  );
  const [lengthScale = NaN] = freeParameters(model.kernel)
    .map(({ value }) => value);
  assert.ok(lengthScale >= 2 && lengthScale <= 4);
  assert.deepEqual(model.search?.atBounds, ["kernels[1].lengthScale"]);
});

Deno.test("gpFit adds jitter where rows repeat without noise, and reports it", async () => {
  const fitted = await gpFit.run(
    { x: matrix([[1], [1], [0], [1.5]]), y: vector([1, 1, 0, 2]) },
    {
      kernel: { kind: "rbf" },
      noiseVariance: { value: 1e-300, fixed: true },
      standardise: false,
      optimise: false,
    },
  );
  assert.equal(fitted.model.jitter, 1e-8);
  const { mean } = await gpPredict.run({ ...fitted, xNew: matrix([[1]]) });
  close(await mean.item(), 1, 1e-6);
});

Deno.test("gpFit refuses a covariance that no jitter repairs", async () => {
  // The square of the first row overflows.
  await assert.rejects(
    gpFit.run(
      { x: matrix([[1e200], [2]]), y: vector([0, 1]) },
      {
        kernel: { kind: "linear" },
        noiseVariance: 0.1,
        optimise: false,
      },
    ),
    NumericalError,
  );
});

Deno.test("gpFit refuses NaN, nothing, constant targets and starts out of bounds", async () => {
  const kernel: Kernel = { kind: "rbf" };
  await assert.rejects(
    gpFit.run({ ...LINE, y: vector([0, NaN, 1, 2]) }, { kernel }),
    /element 1 of "y" is NaN/,
  );
  await assert.rejects(
    gpFit.run({ ...LINE, x: matrix([[0], [1], [Infinity], [2]]) }, { kernel }),
    /element 2 of "x" is Infinity/,
  );
  await assert.rejects(
    gpFit.run({ ...LINE, y: vector([3, 3, 3, 3]) }, { kernel }),
    /all of them are 3/,
  );
  await assert.rejects(
    gpFit.run(LINE, {
      kernel: { kind: "rbf", lengthScale: { value: 9, bounds: [1, 2] } },
    }),
    /"lengthScale" from 9 as it lies outside its bounds/,
  );
  await assert.rejects(
    gpFit.run(LINE, { kernel: { kind: "rbf", lengthScale: [1, 2] } }),
    /length scales do not match/,
  );
  await assert.rejects(
    gpFit.run(LINE, { kernel: { kind: "rbf", columns: [3] } }),
    /column 3 as the inputs have 1 columns/,
  );
  await assert.rejects(
    gpFit.run(LINE, { kernel: { kind: "rbf", lengthScale: -1 } }),
    /kernel/,
  );
});
