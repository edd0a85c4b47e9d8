/**
 * How far a logit shift moves a distribution, for many weights at once.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float } from "../../runtime/tensor/mod.ts";
import { meanShift } from "./logit_shift.ts";
import { shiftDivergences } from "./shift_objective.ts";

/**
 * Kullback-Leibler divergences between `P` and `P_a ∝ P exp(a D)` in both
 * directions, for every row and every weight `a`, by the closed form in the
 * cumulant function `A(a) = log Σ P exp(a D)`: `KL(P_a‖P) = a A'(a) − A(a)` and
 * `KL(P‖P_a) = A(a) − a E_P[D]`. Both grow with `a ≥ 0`.
 *
 * Inputs: `logP` `[b, v]`, logits or log probabilities of the large model (they
 * are normalised here); `shift` `[b, v]`, expert logits minus base logits.
 * Param `alphas`: `n` weights, each ≥ 0. Outputs `[b, n]`: `klForward` =
 * `KL(P_a‖P)`, `klReverse` = `KL(P‖P_a)`. Lazy; −∞ is a masked token; a row
 * with NaN or +∞ gives NaN.
 *
 * Source: Fan et al. 2024, "On Giant's Shoulders: Effortless Weak to Strong by
 * Dynamic Logits Fusion", NeurIPS, arXiv 2406.15480; the closed form is not in
 * the paper.
 *
 * @example Two tokens: log cosh(1) and tanh(1) − log cosh(1)
 * ```ts
 * import { logitShiftKl } from "@weft/weft/ops/fusion";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { klForward, klReverse } = await logitShiftKl.run({
 *   logP: wf.tensor([[0, 0]], { dtype: "f64" }),
 *   shift: wf.tensor([[1, -1]], { dtype: "f64" }),
 * }, { alphas: [1] });
 * console.log(await klForward.toArray()); // [[0.327…]] = tanh(1) − log cosh(1)
 * console.log(await klReverse.toArray()); // [[0.433…]] = log cosh(1)
 * ```
 */
export const logitShiftKl: Op<
  { logP: Float; shift: Float },
  { alphas: number[] },
  { klForward: Float; klReverse: Float }
> = op({
  name: "fusion/logitShiftKl",
  version: "1",
  doc: "Divergences of a distribution moved along a logit shift",
  inputs: {
    logP: port.tensor(["f32", "f64"], ["b", "v"]),
    shift: port.tensor(["f32", "f64"], ["b", "v"]),
  },
  params: z.object({ alphas: z.array(z.number().min(0)).min(1) }),
  outputs: {
    klForward: port.tensor(["f32", "f64"], ["b", "n"]),
    klReverse: port.tensor(["f32", "f64"], ["b", "n"]),
  },
  run: ({ logP, shift }, { alphas }) => {
    const rows = logP.shape[0] ?? 0;
    const normalised = wf.logSoftmax(logP, { axis: -1 });
    const restingMean = wf.expandDims(meanShift(normalised, shift), 1);
    const weights = wf.broadcastTo(
      wf.tensor(alphas, { dtype: logP.dtype }),
      [rows, alphas.length],
    );
    const { forward, reverse } = shiftDivergences(
      wf.expandDims(normalised, 1),
      wf.expandDims(shift, 1),
      weights,
      restingMean,
    );
    return { klForward: forward, klReverse: reverse };
  },
});
