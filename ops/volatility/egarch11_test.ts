import assert from "node:assert/strict";
import { reference } from "../../fixtures/reference/volatility.ts";
import { egarch11 } from "./egarch11.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { egarchForecasts, egarchPath } from "./egarch_model.ts";
import { assertClose, markPound, normals, series } from "./testing.ts";

const returns = markPound();

Deno.test({
  name: "egarch11 gives the card's estimates on DEM/GBP",
  ignore: returns === undefined,
  fn: async () => {
    const { fit } = await egarch11.run({ returns: series(returns ?? []) });
    assertClose(fit.logLikelihood, -1102.257989, 1e-8, "log likelihood");
    const { mu, omega, alpha, beta, gamma } = fit.parameters;
    assertClose(omega, -0.1266235, 1e-3, "omega");
    assertClose(beta, 0.9124930, 1e-3, "beta");
    assertClose(alpha, -0.0384569, 1e-3, "alpha");
    assertClose(gamma, 0.3327933, 1e-3, "gamma");
    assertClose(mu, -0.0116092, 1e-3, "mu");
  },
});

const parameters = {
  mu: 0.02,
  omega: -0.02,
  alpha: -0.08,
  beta: 0.94,
  gamma: 0.2,
};

/** A path of the model from a log variance, with the variances on its way. */
function simulate(
  next: () => number,
  rows: number,
  first = parameters.omega / (1 - parameters.beta),
): { returns: number[]; variances: number[] } {
  const { mu, omega, alpha, beta, gamma } = parameters;
  const path = { returns: [] as number[], variances: [] as number[] };
  let log = first;
  for (let row = 0; row < rows; row++) {
    const standard = next();
    path.variances.push(Math.exp(log));
    path.returns.push(mu + Math.exp(log / 2) * standard);
    const size = Math.abs(standard) - Math.sqrt(2 / Math.PI);
    log = omega + beta * log + alpha * standard + gamma * size;
  }
  return path;
}

Deno.test("egarch11 finds the parameters of a simulated path, falls weighing more", async () => {
  const { fit } = await egarch11.run({
    returns: series(simulate(normals(41), 6000).returns),
  });
  assert.ok(fit.converged);
  for (const name of ["mu", "omega", "alpha", "beta", "gamma"] as const) {
    const error = fit.standardErrors?.[name] ?? NaN;
    const miss = Math.abs(fit.parameters[name] - parameters[name]);
    assert.ok(miss < 3.5 * error, `${name}: ${fit.parameters[name]}`);
    assert.ok(error < 0.03, `error of ${name}: ${error}`);
  }
  assert.ok(fit.parameters.alpha < -3 * (fit.standardErrors?.alpha ?? NaN));
});

Deno.test("egarch11 has the variances and the likelihood that arch has for its parameters, and finds them", async () => {
  const { egarch } = reference;
  const { mu, omega, alpha, beta, gamma } = egarch.parameters;
  const { logVariance } = egarchPath(
    wf.expandDims(series(egarch.returns), 1),
    wf.tensor([mu, omega, alpha, beta, gamma].map((one) => [one ?? NaN]), {
      dtype: "f64",
    }),
    egarch.initialVariance,
  );
  const path = await wf.exp(wf.slice(logVariance, null, 0)).data();
  assertClose(path.slice(0, 5), egarch.varianceHead, 1e-12);
  assertClose(path.slice(-5), egarch.varianceTail, 1e-12);

  for (const invertible of [true, false]) {
    const { fit } = await egarch11.run({ returns: series(egarch.returns) }, {
      initialVariance: egarch.initialVariance,
      invertible,
    });
    // Its first variance moves with its parameters, ours does not.
    assert.ok(Math.abs(fit.logLikelihood - egarch.logLikelihood) < 0.1);
    for (const name of ["mu", "omega", "alpha", "beta", "gamma"] as const) {
      const error = egarch.standardErrors[name] ?? NaN;
      const miss = Math.abs(
        fit.parameters[name] - (egarch.parameters[name] ?? NaN),
      );
      assert.ok(miss < 0.1 * error, `${name}: ${fit.parameters[name]}`);
    }
  }
});

Deno.test("egarch11 keeps the likelihood's best fit from running away unless told otherwise", async () => {
  // Noise of one size: a small sample likes sizes that calm.
  const returns = series(Float64Array.from({ length: 250 }, normals(5)));
  const plain = (await egarch11.run({ returns }, { invertible: false })).fit;
  const kept = (await egarch11.run({ returns })).fit;
  assert.ok(plain.parameters.gamma < Math.abs(plain.parameters.alpha));
  assert.ok(plain.logLikelihood > kept.logLikelihood);
  const { alpha, beta, gamma } = kept.parameters;
  assert.ok(gamma >= Math.abs(alpha) && beta > 0 && beta < 1);
});

Deno.test("egarch11 does not depend on the unit of the returns", async () => {
  const percent = reference.garch.normal.returns.slice(0, 500);
  const one = await egarch11.run({ returns: series(percent) });
  const two = await egarch11.run({
    returns: series(percent.map((value) => value / 100)),
  });
  const shift = (1 - one.fit.parameters.beta) * 2 * Math.log(100);
  assertClose(two.fit.parameters.gamma, one.fit.parameters.gamma, 1e-5);
  assertClose(two.fit.parameters.omega, one.fit.parameters.omega - shift, 1e-5);
  assertClose(
    two.fit.logLikelihood,
    one.fit.logLikelihood + 500 * Math.log(100),
    1e-9,
  );
  assertClose(
    two.fit.standardErrors?.alpha ?? NaN,
    one.fit.standardErrors?.alpha ?? NaN,
    1e-3,
  );
});

Deno.test("egarch11: the variance path starts at the mean squared residual and leads to next", async () => {
  const { fit, variance, next } = await egarch11.run({
    returns: series(reference.garch.normal.returns.slice(0, 300)),
  });
  const path = await variance.data();
  const { mu, omega, alpha, beta, gamma } = fit.parameters;
  assertClose(path[0] as number, fit.initialVariance, 1e-12);
  const last = path[299] as number;
  const value = reference.garch.normal.returns[299] as number;
  const standard = (value - mu) / Math.sqrt(last);
  const size = Math.abs(standard) - Math.sqrt(2 / Math.PI);
  const log = omega + beta * Math.log(last) + alpha * standard + gamma * size;
  assertClose(await next.item(), Math.exp(log), 1e-10);
});

Deno.test("egarchForecasts are the means of simulated variances", async () => {
  const next = normals(9);
  const trials = 40_000;
  const sums = new Float64Array(6);
  for (let trial = 0; trial < trials; trial++) {
    simulate(next, 6, 0.5).variances.forEach((variance, step) => {
      sums[step] = (sums[step] as number) + variance / trials;
    });
  }
  const forecasts = await egarchForecasts(parameters, 0.5, 6);
  assertClose(forecasts[0] as number, Math.exp(0.5), 1e-12);
  assertClose(forecasts, sums, 0.01);
});

Deno.test("egarch11 refuses NaN, short and constant returns", async () => {
  await assert.rejects(
    egarch11.run({ returns: series([1, NaN, 2]) }),
    /value at row 1 is NaN/,
  );
  await assert.rejects(
    egarch11.run({ returns: series([1, 2, 3]) }),
    /too few known rows/,
  );
  await assert.rejects(
    egarch11.run({ returns: series(new Float64Array(80).fill(0.1)) }),
    /Cannot fit EGARCH\(1,1\) as all returns are equal/,
  );
});
