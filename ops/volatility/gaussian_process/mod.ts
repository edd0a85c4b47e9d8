/**
 * Gaussian-process regression, exact and sparse.
 *
 * @module
 */

export type { FittedProcess, GpFitParams, SearchReport } from "./fit_shapes.ts";
export { type GaussianProcessModel, gpFit } from "./gp_fit.ts";
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
export type { SparseMethod } from "./sparse.ts";
export {
  type SparseGaussianProcessModel,
  sparseGpFit,
  type SparseGpFitParams,
} from "./sparse_gp_fit.ts";
export {
  sparseGpPredict,
  type SparseGpPredictInputs,
} from "./sparse_gp_predict.ts";
export type { WindowFit } from "./one_step_ahead.ts";
