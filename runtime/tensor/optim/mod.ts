/**
 * Optimisers: pure functions over trees of parameters.
 *
 * @module
 */

export {
  type Adam,
  adam,
  type AdamOptions,
  type AdamState,
  adamW,
} from "./adam.ts";
export {
  type Adam8bit,
  type Adam8bitState,
  adamW8bit,
  type Moments,
  type PackedMoment,
} from "./adam_8bit.ts";
export {
  type Evaluation,
  type MinimizeOptions,
  type MinimizeProgress,
  type MinimizeReason,
  type MinimizeReport,
  minimizeVector,
  type VectorMinimum,
} from "./lbfgs.ts";
export type { LearningRate } from "./leaves.ts";
export { minimize, type Minimum } from "./minimize.ts";
export {
  type Sgd,
  sgd,
  type SgdOptions,
  type SgdState,
  type Updated,
} from "./sgd.ts";
