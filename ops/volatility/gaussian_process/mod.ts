/**
 * Exact Gaussian-process regression.
 *
 * @module
 */

export {
  type GaussianProcessModel,
  gpFit,
  type GpFitParams,
} from "./gp_fit.ts";
export {
  gpForecast,
  type GpForecastFit,
  type GpForecastParams,
} from "./gp_forecast.ts";
export { gpLogMarginalLikelihood } from "./gp_log_marginal_likelihood.ts";
export {
  gpPredict,
  gpPredictCovariance,
  type GpPredictInputs,
} from "./gp_predict.ts";
export type { HyperParameter, Kernel, LengthScale } from "./kernel.ts";
