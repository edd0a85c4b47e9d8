/**
 * Fusion of models on their logits.
 *
 * @example
 * ```ts
 * import { dynamicLogitFusion } from "@weft/weft/ops/fusion";
 * import * as wf from "@weft/weft/tensor";
 *
 * const logits = (row: number[]) => wf.tensor([row], { dtype: "f64" });
 * const fused = await dynamicLogitFusion.run({
 *   large: logits([2, 1, 0, -1]),
 *   smallBase: logits([1, 1, 0, 0]),
 *   experts: [logits([0, 3, 0, 0])],
 * });
 * const [row] = await wf.softmax(fused.logits).toArray() as number[][];
 * console.log(row?.map((p) => p.toFixed(3))); // ["0.156", "0.775", "0.050", "0.019"]
 * ```
 *
 * @module
 */

export {
  dynamicLogitFusion,
  type DynamicLogitFusionParams,
} from "./dynamic_logit_fusion.ts";
export { logitShiftKl } from "./logit_shift_kl.ts";
