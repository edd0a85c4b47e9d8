import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { gpFit } from "./gp_fit.ts";
import { gpForecast } from "./gp_forecast.ts";
import { gpPredict } from "./gp_predict.ts";
import { inducingRows } from "./inducing_rows.ts";
import type { Kernel } from "./kernel.ts";
import { PriorCovariance } from "./regression.ts";
import {
  filterRows,
  sparseEvidence,
  SparseGeometry,
  type SparseMethod,
} from "./sparse.ts";
import { sparseGpFit } from "./sparse_gp_fit.ts";
import { sparseGpPredict } from "./sparse_gp_predict.ts";
import { allClose, close, matrix, vector } from "./testing.ts";

interface SparseReference {
  x: number[][];
  y: number[];
  xNew: number[][];
  chosen: number[];
  values: [number, number, number, number];
  exact: number;
  methods: Record<SparseMethod, {
    evidence: number;
    gradient: number[];
    mean: number[];
    variance: number[];
  }>;
}

const REFERENCE: SparseReference = JSON.parse(
  await Deno.readTextFile(
    new URL("../../../fixtures/reference/sparse_gp.json", import.meta.url),
  ),
);
const [VARIANCE, FIRST, SECOND, NOISE] = REFERENCE.values;
const KERNEL: Kernel = {
  kind: "product",
  kernels: [
    { kind: "constant", variance: VARIANCE },
    { kind: "rbf", lengthScale: [FIRST, SECOND] },
  ],
};
const DATA = { x: matrix(REFERENCE.x), y: vector(REFERENCE.y) };
const AS_GIVEN = {
  kernel: KERNEL,
  noiseVariance: NOISE,
  standardise: false,
  optimise: false,
};
const ROWS = REFERENCE.y.length;
const COUNT = REFERENCE.chosen.length;

Deno.test("inducingRows are those of the reference, and longer choices begin with shorter ones", () => {
  const flat = Float64Array.from(REFERENCE.x.flat());
  assert.deepEqual(inducingRows(flat, 2, COUNT), REFERENCE.chosen);
  assert.deepEqual(
    inducingRows(flat, 2, COUNT + 5).slice(0, COUNT),
    REFERENCE.chosen,
  );
  assert.deepEqual(inducingRows(Float64Array.of(1, 1, 1, 2), 1, 4).length, 2);
});

for (const method of ["vfe", "fitc"] as const) {
  const expected = REFERENCE.methods[method];

  Deno.test(`sparseGpFit and sparseGpPredict meet the dense definition: ${method}`, async () => {
    const fitted = await sparseGpFit.run(DATA, {
      ...AS_GIVEN,
      method,
      inducing: COUNT,
    });
    assert.equal(fitted.model.jitter, 0);
    close(fitted.model.evidence, expected.evidence, 1e-8);
    const { mean, variance } = await sparseGpPredict.run({
      ...fitted,
      xNew: matrix(REFERENCE.xNew),
    });
    allClose(await mean.data(), expected.mean, 1e-8);
    allClose(await variance.data(), expected.variance, 1e-8);
  });

  Deno.test(`the sparse evidence has the gradient of the dense definition: ${method}`, async () => {
    const prior = new PriorCovariance(AS_GIVEN);
    const inducing = matrix(REFERENCE.chosen.map((row) => REFERENCE.x[row]!));
    const geometry = new SparseGeometry(inducing, DATA.x);
    const gradient = wf.grad((logs: F64): F64 => {
      const values = wf.exp(logs);
      return sparseEvidence(
        geometry.project(prior, values, 0),
        DATA.y,
        prior.noise(values),
        method,
      ).evidence;
    })(wf.tensor(prior.start.map(Math.log)));
    allClose(await gradient.data(), expected.gradient, 1e-6);
  });

  Deno.test(`a sparse process with all rows inducing is the exact one: ${method}`, async () => {
    const exact = await gpFit.run(DATA, AS_GIVEN);
    close(exact.model.logMarginalLikelihood, REFERENCE.exact, 1e-9);
    const fitted = await sparseGpFit.run(DATA, {
      ...AS_GIVEN,
      method,
      inducing: ROWS,
    });
    close(fitted.model.evidence, REFERENCE.exact, 1e-5);
    const xNew = matrix(REFERENCE.xNew);
    const wanted = await gpPredict.run({ ...exact, xNew }, { noise: true });
    const found = await sparseGpPredict.run({ ...fitted, xNew }, {
      noise: true,
    });
    allClose(await found.mean.data(), await wanted.mean.data(), 1e-5);
    allClose(await found.variance.data(), await wanted.variance.data(), 1e-5);
  });

  Deno.test(`filterRows predicts as the batch on the rows before: ${method}`, async () => {
    const prior = new PriorCovariance(AS_GIVEN);
    const values = wf.tensor(prior.start);
    const inducing = matrix(REFERENCE.chosen.map((row) => REFERENCE.x[row]!));
    const { features, rest } = new SparseGeometry(inducing, DATA.x)
      .project(prior, values, 0);
    const rows = filterRows(
      await features.data(),
      await rest.data(),
      Float64Array.from(REFERENCE.y),
      NOISE,
      method,
    );
    for (const row of [1, 20, ROWS - 1]) {
      const before = new SparseGeometry(
        inducing,
        matrix(REFERENCE.x.slice(0, row)),
      ).project(prior, values, 0);
      const { information, mean } = sparseEvidence(
        before,
        vector(REFERENCE.y.slice(0, row)),
        wf.tensor(NOISE, { dtype: "f64" }),
        method,
      );
      const at = await sparseGpPredict.run({
        model: {
          kernel: KERNEL,
          noiseVariance: NOISE,
          targetMean: 0,
          targetScale: 1,
          method,
          evidence: 0,
          jitter: 0,
          evaluations: 0,
          converged: true,
          atBounds: [],
        },
        inducing,
        factor: before.factor,
        information,
        mean,
        xNew: matrix([REFERENCE.x[row]!]),
      }, { noise: true });
      close(rows.means[row], await at.mean.item(), 1e-9);
      close(rows.variances[row], await at.variance.item(), 1e-9);
    }
  });
}

Deno.test("the bound of vfe rises with the inducing rows, up to the exact evidence", async () => {
  let before = -Infinity;
  for (const inducing of [1, 3, 7, 12, 20, 30]) {
    const { model } = await sparseGpFit.run(DATA, { ...AS_GIVEN, inducing });
    assert.ok(
      model.evidence >= before - 1e-9,
      `${inducing}: ${model.evidence} < ${before}`,
    );
    assert.ok(model.evidence <= REFERENCE.exact + 1e-9);
    before = model.evidence;
  }
  assert.ok(before > REFERENCE.exact - 0.5, `${before}`);
});

Deno.test("gpForecast with few inducing rows stays near the exact forecast, and is causal", async () => {
  const length = 420;
  const shocks = await wf.random.normal(wf.random.key(3), [2, length], {
    dtype: "f64",
  }).data();
  const variance = new Float64Array(length);
  let level = 0;
  for (let day = 0; day < length; day += 1) {
    level = 0.95 * level + 0.3 * (shocks[day] ?? NaN);
    variance[day] = 1e-4 *
      Math.exp(level + 0.4 * (shocks[length + day] ?? NaN));
  }
  const splits = [
    { trainStart: 0, trainEnd: 360, testStart: 360, testEnd: length },
  ];
  const logMeans = async (values: Float64Array, inducing?: number) => {
    const { logMean } = await gpForecast.run(
      { variance: wf.tensor(values), splits },
      { maxIterations: 15, inducing },
    );
    return (await logMean.data()).slice(360);
  };
  const exact = await logMeans(variance);
  const sparse = await logMeans(variance, 40);
  const errors = sparse.map((value, row) => Math.abs(value - exact[row]!));
  const mean = errors.reduce((sum, error) => sum + error) / errors.length;
  assert.ok(mean < 0.03, `${mean}`);
  const changed = variance.map((value, row) => row < 390 ? value : 2 * value);
  const after = await logMeans(changed, 40);
  assert.deepEqual([...after.slice(0, 31)], [...sparse.slice(0, 31)]);
  assert.notEqual(after[31], sparse[31]);
});
