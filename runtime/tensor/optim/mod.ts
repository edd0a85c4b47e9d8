/**
 * Optimisers: pure functions over trees of parameters.
 *
 * @module
 */

export {
  type MinimizeOptions,
  type MinimizeProgress,
  type MinimizeReason,
  type MinimizeReport,
} from "./lbfgs.ts";
export { minimize, type Minimum } from "./minimize.ts";
