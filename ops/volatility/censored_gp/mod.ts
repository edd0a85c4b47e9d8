/**
 * Gaussian processes for observations that limits cut off.
 *
 * @module
 */

export {
  type CensoredGaussianProcessModel,
  censoredGp,
  type CensoredGpParams,
} from "./censored_gp.ts";
export {
  censoredGpPredict,
  type CensoredGpPredictInputs,
  type CensoredGpPrediction,
} from "./censored_gp_predict.ts";
export type { CensoredMethod } from "./inference.ts";
export type { CensoringLimits } from "./limits.ts";
