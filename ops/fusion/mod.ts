/**
 * Fusion of models on their logits.
 *
 * @module
 */

export {
  dynamicLogitFusion,
  type DynamicLogitFusionParams,
} from "./dynamic_logit_fusion.ts";
export { logitShiftKl } from "./logit_shift_kl.ts";
