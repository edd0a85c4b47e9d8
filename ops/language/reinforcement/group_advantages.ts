/**
 * How much better than its group each answer is, after "DeepSeekMath: Pushing the
 * Limits of Mathematical Reasoning in Open Language Models" (Shao and others, 2024,
 * arXiv 2402.03300, GRPO).
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";

/** How rewards become advantages. */
export interface AdvantageOptions {
  /**
   * What differences are divided by: the "sample" deviation of the group, with
   * `G - 1` (the default, as in common trainers), the "population" deviation, with
   * `G`, or "none".
   */
  readonly deviation?: "sample" | "population" | "none" | undefined;
  /** Added to the deviation; 1e-6 by default. */
  readonly epsilon?: number | undefined;
}

/**
 * Advantages of the answers to one prompt: `(R - mean) / (deviation + epsilon)`. Where
 * all rewards are equal, and for a single answer, all are 0.
 *
 * @param rewards The rewards of the group.
 * @param options Which deviation, and what is added to it.
 * @returns An advantage each.
 * @throws {DataError} When a reward is not finite.
 * @throws {ParameterError} When epsilon is negative.
 *
 * @example
 * ```ts
 * import { groupAdvantages } from "@weft/weft/ops/language";
 *
 * const options = { deviation: "population", epsilon: 0 } as const;
 * console.log(groupAdvantages([1, 1, 0, 0], options)); // [1, 1, -1, -1]
 * ```
 */
export function groupAdvantages(
  rewards: readonly number[],
  options: AdvantageOptions = {},
): number[] {
  const { deviation = "sample", epsilon = 1e-6 } = options;
  if (!(epsilon >= 0)) {
    throw new ParameterError(
      `Cannot compare rewards with "epsilon": current value is ${epsilon}`,
      { expected: "a number from 0" },
    );
  }
  const bad = rewards.find((reward) => !Number.isFinite(reward));
  if (bad !== undefined) {
    throw new DataError("Cannot compare rewards that are not finite", {
      actual: String(bad),
    });
  }
  const count = rewards.length;
  // Equal rewards must not become differences by the rounding of their mean
  if (rewards.every((reward) => reward === rewards[0])) {
    return rewards.map(() => 0);
  }
  const mean = rewards.reduce((sum, one) => sum + one, 0) / count;
  const centred = rewards.map((reward) => reward - mean);
  if (deviation === "none") return centred;
  const squares = centred.reduce((sum, one) => sum + one * one, 0);
  const freedom = deviation === "sample" ? count - 1 : count;
  const scale = Math.sqrt(squares / freedom) + epsilon;
  return centred.map((one) => one / scale);
}
