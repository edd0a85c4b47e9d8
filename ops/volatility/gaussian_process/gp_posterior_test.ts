// Posterior and marginal likelihood against scikit-learn, for every family.
import { gpFit } from "./gp_fit.ts";
import { gpLogMarginalLikelihood } from "./gp_log_marginal_likelihood.ts";
import { gpPredict, gpPredictCovariance } from "./gp_predict.ts";
import { allClose, close, matrix, REFERENCE, vector } from "./testing.ts";

for (const [name, reference] of Object.entries(REFERENCE.cases)) {
  const data = REFERENCE.data[reference.data];
  const inputs = { x: matrix(data.x), y: vector(data.y) };
  const { kernel, noiseVariance, standardise } = reference;

  Deno.test(`gpFit and gpPredict give scikit-learn's posterior: ${name}`, async () => {
    const fitted = await gpFit.run(inputs, {
      kernel,
      noiseVariance,
      standardise,
      optimise: false,
    });
    close(
      fitted.model.logMarginalLikelihood,
      reference.logMarginalLikelihood,
      1e-9,
    );
    const xNew = matrix(data.xNew);
    const latent = await gpPredict.run({ ...fitted, xNew });
    allClose(await latent.mean.data(), reference.mean, 1e-9);
    allClose(await latent.variance.data(), reference.variance, 1e-9);
    const observed = await gpPredict.run({ ...fitted, xNew }, { noise: true });
    const noise = noiseVariance * fitted.model.targetScale ** 2;
    allClose(
      await observed.variance.data(),
      reference.variance.map((value) => value + noise),
      1e-9,
    );
    const joint = await gpPredictCovariance.run({ ...fitted, xNew });
    allClose(await joint.covariance.data(), reference.covariance.flat(), 1e-9);
  });

  if (standardise) continue;
  Deno.test(`gpLogMarginalLikelihood gives scikit-learn's value and gradient: ${name}`, async () => {
    const found = await gpLogMarginalLikelihood.run(inputs, {
      kernel,
      noiseVariance,
    });
    close(
      await found.likelihood.item(),
      reference.logMarginalLikelihood,
      1e-9,
    );
    allClose(await found.gradient.data(), reference.gradient, 1e-7);
  });
}
