/**
 * The geometry of moving a distribution along a logit shift.
 *
 * With `P` the softmax of the large model's logits, `D` the shift and
 * `A(a) = log Σ P exp(a D)`, the moved distribution is
 * `P_a = P exp(a D) / exp(A(a))`, and both divergences follow from `A` and the
 * means of `D` (Fan et al. 2024, "On Giant's Shoulders", arXiv 2406.15480; the
 * closed form is worked out in the card of the method):
 * `KL(P_a‖P) = a E_a[D] − A(a)` and `KL(P‖P_a) = A(a) − a E_P[D]`.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";

/** The dtypes that fusion computes in; a set that binds once a call. */
export type FusionDType = "f32" | "f64";

/** A tensor of logits, log probabilities, weights or divergences. */
export type FusionTensor = Tensor<FusionDType>;

/**
 * `weight · value` where a weight of exactly 0 gives 0, also when the value is
 * infinite (a masked token).
 *
 * @param weight The factor that decides.
 * @param value What is weighted; broadcasts against `weight`.
 * @returns The product, 0 where `weight` is 0.
 */
export function weighted(
  weight: FusionTensor,
  value: FusionTensor,
): FusionTensor {
  return wf.where(wf.equal(weight, 0), 0, wf.multiply(weight, value));
}

/**
 * Logit shift of an expert against its base. A token masked in both (−∞ twice)
 * is not shifted; one masked in the expert alone has the shift −∞.
 *
 * @param expert Logits of the fine-tuned model, `[..., V]`.
 * @param base Logits of the model it was tuned from, `[..., V]`.
 * @returns `expert − base`, `[..., V]`.
 */
export function logitShift(
  expert: FusionTensor,
  base: FusionTensor,
): FusionTensor {
  return wf.where(wf.equal(expert, base), 0, wf.subtract(expert, base));
}

/**
 * Kullback-Leibler divergence between rows of log probabilities.
 *
 * @param logA Log probabilities `[..., V]`; −∞ is probability 0.
 * @param logB Log probabilities `[..., V]`.
 * @returns `KL(a‖b)`, `[...]`; +∞ where `b` forbids what `a` allows.
 */
export function klDivergence(
  logA: FusionTensor,
  logB: FusionTensor,
): FusionTensor {
  return wf.sum(weighted(wf.exp(logA), wf.subtract(logA, logB)), { axis: -1 });
}

/** Distributions moved along their shifts, seen from one weight a row. */
export interface MovedDistribution {
  /** `log Σ P exp(a D)`, the shape of the rows. */
  readonly logNormaliser: FusionTensor;
  /** Log probabilities of the moved distribution, `[..., V]`. */
  readonly logProbabilities: FusionTensor;
}

/**
 * Moves log probabilities by an exponent.
 *
 * @param logP Log probabilities of the large model, `[..., V]`.
 * @param exponent What is added to them, `[..., V]`.
 * @returns The moved distribution and its normaliser.
 */
export function move(
  logP: FusionTensor,
  exponent: FusionTensor,
): MovedDistribution {
  const unnormalised = wf.add(logP, exponent);
  const logNormaliser = wf.logSumExp(unnormalised, { axis: -1 });
  return {
    logNormaliser,
    logProbabilities: wf.subtract(
      unnormalised,
      wf.expandDims(logNormaliser, -1),
    ),
  };
}

/**
 * Mean of a shift under a distribution, `E[D]`.
 *
 * @param logProbabilities Log probabilities `[..., V]`.
 * @param shift The shift `[..., V]`; −∞ on a token of probability 0 counts as 0.
 * @returns The means, `[...]`; −∞ where a possible token is shifted to −∞.
 */
export function meanShift(
  logProbabilities: FusionTensor,
  shift: FusionTensor,
): FusionTensor {
  return wf.sum(weighted(wf.exp(logProbabilities), shift), { axis: -1 });
}
