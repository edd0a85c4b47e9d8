/**
 * Average treatment effect by inverse probability of treatment weighting.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { assertFinite } from "./calibration_rows.ts";

/** Params of {@linkcode iptwAte}. */
export interface IptwAteParams {
  /**
   * `horvitzThompson` (default) divides each arm by n, `hajek` by the sum of its
   * weights.
   */
  estimator?: "horvitzThompson" | "hajek" | undefined;
  /** Propensities are clipped to `[clip, 1 − clip]`; default 1e-6. */
  clip?: number | undefined;
}

/**
 * Average treatment effect from outcomes, treatments and propensities:
 * `mean(A y / e) − mean((1 − A) y / (1 − e))`.
 *
 * Inputs `[n]`, f64: `outcome` y (observed, predicted or debiased; or scores),
 * `treatment` A (0 or 1), `propensity` e in [0, 1]. Outputs: `effect`,
 * `treatedMean`, `controlMean` (numbers). Errors: values that are not finite, a
 * treatment other than 0 or 1, a propensity outside [0, 1], one arm only.
 *
 * Source: Pettersson, Jerzak, Daoud 2025, arXiv 2508.01341: its notebooks use
 * Horvitz-Thompson, its package Hajek weights.
 *
 * @example
 * ```ts
 * import { iptwAte } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const result = await iptwAte.run({
 *   outcome: wf.tensor([3, 1, 4, 2], { dtype: "f64" }),
 *   treatment: wf.tensor([1, 0, 1, 0], { dtype: "f64" }),
 *   propensity: wf.tensor([0.5, 0.5, 0.5, 0.5], { dtype: "f64" }),
 * });
 * console.log(result); // { effect: 2, treatedMean: 3.5, controlMean: 1.5 }
 * ```
 */
export const iptwAte: Op<
  { outcome: F64; treatment: F64; propensity: F64 },
  IptwAteParams,
  { effect: number; treatedMean: number; controlMean: number }
> = op({
  name: "debias/iptwAte",
  version: "1",
  doc: "Average treatment effect by inverse probability weighting",
  inputs: {
    outcome: port.tensor("f64", ["n"]),
    treatment: port.tensor("f64", ["n"]),
    propensity: port.tensor("f64", ["n"]),
  },
  params: z.object({
    estimator: z.enum(["horvitzThompson", "hajek"]).default("horvitzThompson"),
    clip: z.number().positive().lt(0.5).default(1e-6),
  }),
  outputs: {
    effect: port.value(z.number()),
    treatedMean: port.value(z.number()),
    controlMean: port.value(z.number()),
  },
  run: async (inputs, { estimator, clip }) => {
    const outcome = await inputs.outcome.data();
    const treatment = await inputs.treatment.data();
    const propensity = await inputs.propensity.data();
    assertFinite("outcome", outcome);
    assertFinite("propensity", propensity);
    const total = [0, 0];
    const weight = [0, 0];
    for (let row = 0; row < outcome.length; row += 1) {
      const arm = treatment[row] ?? NaN;
      const chance = propensity[row] ?? NaN;
      if (arm !== 0 && arm !== 1) {
        throw new DataError(
          `Cannot estimate an effect as "treatment" of row ${row} is ${arm}`,
          { port: "treatment", expected: "0 or 1" },
        );
      }
      if (chance < 0 || chance > 1) {
        throw new DataError(
          `Cannot estimate an effect as "propensity" of row ${row} is ${chance}`,
          { port: "propensity", expected: "a probability" },
        );
      }
      const clipped = Math.min(Math.max(chance, clip), 1 - clip);
      const inverse = 1 / (arm === 1 ? clipped : 1 - clipped);
      total[arm] = (total[arm] ?? 0) + inverse * (outcome[row] ?? NaN);
      weight[arm] = (weight[arm] ?? 0) + inverse;
    }
    const [controlTotal = 0, treatedTotal = 0] = total;
    const [controlWeight = 0, treatedWeight = 0] = weight;
    if (controlWeight === 0 || treatedWeight === 0) {
      throw new DataError(
        "Cannot estimate an effect as one arm of the treatment is empty",
        { port: "treatment", expected: "rows with 0 and rows with 1" },
      );
    }
    const hajek = estimator === "hajek";
    const treatedMean = treatedTotal / (hajek ? treatedWeight : outcome.length);
    const controlMean = controlTotal / (hajek ? controlWeight : outcome.length);
    return { effect: treatedMean - controlMean, treatedMean, controlMean };
  },
});
