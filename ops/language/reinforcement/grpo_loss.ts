/**
 * The loss of GRPO: a clipped ratio times the advantage, less what leads away from a
 * reference.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";

/** What the loss is made of; all are `["n", "t"]`, a row an answer, a column a token. */
export interface GrpoInputs<D extends wf.FloatDType> {
  /** Log-probabilities under the policy that learns. */
  readonly policy: wf.Tensor<D>;
  /** Under the policy that answered; no gradient flows into them. */
  readonly old: wf.Tensor<D>;
  /** Under the reference; no gradient flows into them. */
  readonly reference: wf.Tensor<D>;
  /** Advantages, `["n", 1]` or `["n", "t"]`. */
  readonly advantages: wf.Tensor<D>;
}

/** Weights of the parts. */
export interface GrpoOptions {
  /** The ratio is held between 1 - clip and 1 + clip; 0.2 by default. */
  readonly clip?: number | undefined;
  /** The upper bound, where it is another one: 1 + clipAbove. */
  readonly clipAbove?: number | undefined;
  /** Weight of the divergence from the reference; 0.001 by default. */
  readonly divergenceWeight?: number | undefined;
}

/**
 * How tokens are summed up: "sequence" takes the mean over the tokens of each answer,
 * then over the answers (the paper's); "token" the mean over all tokens.
 */
export type GrpoAggregate = "sequence" | "token";

/**
 * The divergence of a policy from a reference at tokens that the policy chose, by the
 * estimator `e^d - d - 1` with `d = log reference - log policy` ("k3"): never negative,
 * 0 where they are equal.
 *
 * @param policy Log-probabilities under the policy.
 * @param reference Under the reference.
 * @returns The divergence at each token.
 *
 * @example
 * ```ts
 * import { tokenDivergence } from "@weft/weft/ops/language";
 * import * as wf from "@weft/weft/tensor";
 *
 * const made = tokenDivergence(wf.tensor([-1, -2]), wf.tensor([-1, -1]));
 * console.log(await made.toArray()); // [0, 0.718…]
 * ```
 */
export function tokenDivergence<D extends wf.FloatDType>(
  policy: wf.Tensor<D>,
  reference: wf.Tensor<D>,
): wf.Tensor<D> {
  const difference = wf.subtract(reference, policy);
  // expm1 keeps its digits where the two are nearly equal
  return wf.subtract(wf.expm1(difference), difference);
}

/**
 * The loss of each token, to be summed up by {@linkcode tokenWeights}:
 * `-min(ρ A, clip(ρ) A) + β k3` with `ρ = policy / old`.
 *
 * @param inputs Log-probabilities and advantages.
 * @param options `clip` (0.2), `clipAbove` (`clip`), `divergenceWeight` (0.001).
 * @returns `["n", "t"]`.
 * @throws {ParameterError} When an option is negative.
 */
export function grpoTokenLosses<D extends wf.FloatDType>(
  inputs: GrpoInputs<D>,
  options: GrpoOptions = {},
): wf.Tensor<D> {
  const { clip = 0.2, divergenceWeight = 0.001 } = options;
  const { clipAbove = clip } = options;
  for (
    const [name, value] of Object.entries({ clip, clipAbove, divergenceWeight })
  ) {
    if (value >= 0 && value < Infinity) continue;
    throw new ParameterError(
      `Cannot compute the loss with "${name}": current value is ${value}`,
      { expected: "a number from 0" },
    );
  }
  const { advantages, policy } = inputs;
  const ratio = wf.exp(wf.subtract(policy, wf.stopGradient(inputs.old)));
  const held = wf.clip(ratio, 1 - clip, 1 + clipAbove);
  const gain = wf.minimum(
    wf.multiply(ratio, advantages),
    wf.multiply(held, advantages),
  );
  if (divergenceWeight === 0) return wf.negative(gain);
  const divergence = tokenDivergence(policy, wf.stopGradient(inputs.reference));
  return wf.subtract(wf.multiply(divergence, divergenceWeight), gain);
}

/**
 * What each token weighs, so that the weights of all add up to 1 (to less where an
 * answer has no tokens).
 *
 * @param lengths Tokens of each answer.
 * @param aggregate How tokens are summed up.
 * @returns The weight of a token of each answer.
 */
export function tokenWeights(
  lengths: readonly number[],
  aggregate: GrpoAggregate,
): number[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) =>
    length === 0
      ? 0
      : 1 / (aggregate === "token" ? total : length * lengths.length)
  );
}

/**
 * The loss of GRPO over a batch of answers.
 *
 * @param inputs Log-probabilities and advantages.
 * @param mask 1 at tokens of answers, 0 at prompts and filling, `["n", "t"]`.
 * @param options Those of {@linkcode grpoTokenLosses}, and `aggregate` ("sequence").
 * @returns A scalar. With equal policies and a group's advantages it is 0, and its
 * gradient is that of `-mean(A · mean log policy)`.
 * @throws {ParameterError} When an option is negative.
 *
 * @example
 * ```ts
 * import { grpoLoss } from "@weft/weft/ops/language";
 * import * as wf from "@weft/weft/tensor";
 *
 * const old = wf.tensor([[-1, -2], [-1, -3]]);
 * const advantages = wf.tensor([[1], [-1]]);
 * const mask = wf.tensor([[1, 1], [1, 0]]);
 * const inputs = { old, reference: old, advantages };
 * const slope = wf.grad((policy: wf.F32) => grpoLoss({ ...inputs, policy }, mask));
 * console.log(await slope(old).toArray()); // [[-0.25, -0.25], [0.5, 0]]
 * ```
 */
export function grpoLoss<D extends wf.FloatDType>(
  inputs: GrpoInputs<D>,
  mask: wf.Tensor,
  options: GrpoOptions & { readonly aggregate?: GrpoAggregate } = {},
): wf.Tensor<D> {
  const { aggregate = "sequence" } = options;
  const counted = wf.cast(mask, inputs.policy.dtype) as wf.Tensor<D>;
  const losses = wf.multiply(grpoTokenLosses(inputs, options), counted);
  if (aggregate === "token") {
    return wf.divide(wf.sum(losses), wf.maximum(wf.sum(counted), 1));
  }
  const lengths = wf.maximum(wf.sum(counted, { axis: 1 }), 1);
  return wf.mean(wf.divide(wf.sum(losses, { axis: 1 }), lengths));
}
