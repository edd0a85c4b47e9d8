import assert from "node:assert/strict";
import { reference } from "../../fixtures/reference/volatility.ts";
import { garch11, garchForecasts } from "./garch11.ts";
import type { GarchParameters } from "./garch_parameters.ts";
import { assertClose, markPound, normals, series } from "./testing.ts";

const returns = markPound();

Deno.test({
  name:
    "garch11 gives the benchmark of Fiorentini, Calzolari and Panattoni on DEM/GBP",
  ignore: returns === undefined,
  fn: async () => {
    const { fit, next } = await garch11.run({ returns: series(returns ?? []) });
    const { parameters, standardErrors } = fit;
    assertClose(parameters.mu, -0.00619041, 1e-4, "mu");
    assertClose(parameters.omega, 0.0107613, 1e-4, "omega");
    assertClose(parameters.alpha, 0.153134, 1e-4, "alpha");
    assertClose(parameters.beta, 0.805974, 1e-4, "beta");
    assertClose(fit.logLikelihood, -1106.607881, 1e-8, "log likelihood");
    assertClose(await next.item(), 0.1469922, 1e-4, "next variance");
    // Published to six digits, from the exact Hessian
    assertClose(standardErrors?.mu ?? NaN, 0.00846212, 1e-3, "error of mu");
    assertClose(
      standardErrors?.omega ?? NaN,
      0.00285271,
      1e-3,
      "error of omega",
    );
    assertClose(
      standardErrors?.alpha ?? NaN,
      0.0265228,
      1e-3,
      "error of alpha",
    );
    assertClose(standardErrors?.beta ?? NaN, 0.0335527, 1e-3, "error of beta");
    assert.deepEqual(fit.warnings, []);
  },
});

for (
  const [distribution, expected] of [
    ["normal", reference.garch.normal],
    ["studentT", reference.garch.student],
  ] as const
) {
  Deno.test(`garch11 (${distribution}) gives arch's maximum likelihood`, async () => {
    const { fit, variance, forecast } = await garch11.run({
      returns: series(expected.returns),
    }, {
      distribution,
      initialVariance: expected.initialVariance,
      horizon: 10,
    });
    assert.ok(fit.converged);
    assertClose(
      fit.logLikelihood,
      expected.logLikelihood,
      1e-8,
      "log likelihood",
    );
    for (const [name, value] of Object.entries(expected.parameters)) {
      const key = name as keyof GarchParameters;
      assertClose(fit.parameters[key] ?? NaN, value, 2e-3, name);
      const error = expected.standardErrors[name] ?? NaN;
      assertClose(
        fit.standardErrors?.[key] ?? NaN,
        error,
        1e-2,
        `error of ${name}`,
      );
      const robust = expected.robustStandardErrors[name] ?? NaN;
      assertClose(
        fit.robustStandardErrors?.[key] ?? NaN,
        robust,
        1e-2,
        `robust error of ${name}`,
      );
    }
    const path = await variance.data();
    assertClose(path.subarray(0, 5), expected.varianceHead, 1e-3, "variance");
    assertClose(path.subarray(-5), expected.varianceTail, 1e-3, "variance");
    assertClose(await forecast.data(), expected.forecast, 1e-3, "forecast");
  });
}

Deno.test("garch11 does not depend on the unit of the returns", async () => {
  const percent = reference.garch.normal.returns.slice(0, 500);
  const one = await garch11.run({ returns: series(percent) }, { starts: 1 });
  const two = await garch11.run({
    returns: series(percent.map((r) => r / 100)),
  }, { starts: 1 });
  assertClose(two.fit.parameters.alpha, one.fit.parameters.alpha, 1e-6);
  assertClose(two.fit.parameters.omega, one.fit.parameters.omega / 1e4, 1e-6);
  assertClose(
    two.fit.logLikelihood,
    one.fit.logLikelihood + 500 * Math.log(100),
    1e-9,
  );
});

Deno.test("garch11: residuals have unit variance where the model holds", async () => {
  const { residuals } = await garch11.run({
    returns: series(reference.garch.normal.returns),
  });
  const values = await residuals.data();
  const square = values.reduce((sum, value) => sum + value * value, 0) /
    values.length;
  assertClose(square, 1, 0.01);
});

Deno.test("garchForecasts follow the closed form towards the mean variance", () => {
  const parameters = { mu: 0, omega: 0.05, alpha: 0.1, beta: 0.85 };
  const mean = 0.05 / 0.05;
  const closed = [1, 2, 3, 50].map((k) => mean + 0.95 ** (k - 1) * (3 - mean));
  const path = garchForecasts(parameters, 3, 50);
  assertClose([path[0]!, path[1]!, path[2]!, path[49]!], closed, 1e-12);
});

Deno.test("garch11 warns where large moves are not followed by large ones", async () => {
  const next = normals(21);
  const { fit } = await garch11.run({
    returns: series(
      Array.from({ length: 300 }, (_, row) => (1 + row % 2) * next()),
    ),
  });
  assert.ok(fit.parameters.alpha < 1e-4, `alpha is ${fit.parameters.alpha}`);
  assert.match(fit.warnings.join("; "), /alpha is at its bound of 0/);
});

Deno.test("garch11 without stationarity may pass alpha + beta = 1, and warns", async () => {
  const next = normals(31);
  const path: number[] = [];
  let variance = 1e-3;
  for (let row = 0; row < 800; row++) {
    const residual = Math.sqrt(variance) * next();
    path.push(residual);
    variance = 1e-3 + 0.35 * residual ** 2 + 0.72 * variance;
  }
  const { fit } = await garch11.run({ returns: series(path) }, {
    stationary: false,
  });
  assert.ok(fit.persistence > 1, `${fit.persistence}`);
  assert.equal(fit.unconditionalVariance, null);
  assert.match(fit.warnings.join("; "), /forecasts grow with the horizon/);
  const bounded = await garch11.run({ returns: series(path) });
  assert.ok(bounded.fit.persistence < 1);
  assert.ok(bounded.fit.logLikelihood <= fit.logLikelihood + 1e-6);
});

Deno.test("garch11 refuses NaN, short and constant returns", async () => {
  await assert.rejects(
    garch11.run({ returns: series([1, NaN, 2]) }),
    /value at row 1 is NaN/,
  );
  await assert.rejects(
    garch11.run({ returns: series([1, 2, 3]) }),
    /too few known rows/,
  );
  await assert.rejects(
    garch11.run({ returns: series(new Float64Array(80).fill(0.1)) }),
    /Cannot fit GARCH\(1,1\) as all returns are equal/,
  );
});
