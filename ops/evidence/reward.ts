/**
 * What a response is worth, by rule.
 *
 * "RETuning" (arXiv 2510.21604) sums format, accuracy and consistency, but gives no
 * weights; the defaults here are those of its one worked grading: 1 for the form, 4
 * for the answer (2 for the class, 1 for having dared to say up or down, 1 for a
 * change within 0.01), 1 for a change that agrees with the answer.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import {
  answerOfChange,
  EVIDENCE_ANSWER,
  type EvidenceAnswer,
  OVERNIGHT_THRESHOLD,
} from "./answers.ts";
import type { ParsedEvidence } from "./parse_evidence.ts";

/** What has happened. */
export interface EvidenceTruth {
  /** The class. */
  readonly answer: EvidenceAnswer;
  /** The change of the price, as a part of it. */
  readonly change: number;
}

/** Schema of {@linkcode EvidenceTruth}. */
export const EVIDENCE_TRUTH: z.ZodType<EvidenceTruth> = z.object({
  answer: EVIDENCE_ANSWER,
  change: z.number(),
});

/** How responses are graded. */
export interface RewardSettings {
  /** For the form to the letter; 1 by default. */
  readonly format: number;
  /** For the class; 2 by default. */
  readonly accuracy: number;
  /** For a class that is right and is no hold; 1 by default. */
  readonly direction: number;
  /** For a change near the true one, with the class right; 1 by default. */
  readonly nearness: number;
  /** For a change that agrees with the answer; 1 by default. */
  readonly consistency: number;
  /** What is near: less than this apart; 0.01 by default. */
  readonly nearBelow: number;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold: number;
  /**
   * When a change agrees with the answer: by "threshold" (the default) if it is of
   * the answer's class; by "sign" if up and down have the right sign, and a hold is
   * within the threshold.
   */
  readonly agreement: "threshold" | "sign";
}

/** The defaults. */
export const REWARD_DEFAULTS: RewardSettings = {
  format: 1,
  accuracy: 2,
  direction: 1,
  nearness: 1,
  consistency: 1,
  nearBelow: 0.01,
  threshold: OVERNIGHT_THRESHOLD,
  agreement: "threshold",
};

/** Settings, any of which may be left out. */
export type RewardOptions = {
  readonly [K in keyof RewardSettings]?: RewardSettings[K] | undefined;
};

/** Schema of {@linkcode RewardSettings}. */
export const REWARD_SETTINGS: z.ZodType<RewardSettings, RewardOptions> = z
  .object({
    format: z.number().nonnegative().default(REWARD_DEFAULTS.format),
    accuracy: z.number().nonnegative().default(REWARD_DEFAULTS.accuracy),
    direction: z.number().nonnegative().default(REWARD_DEFAULTS.direction),
    nearness: z.number().nonnegative().default(REWARD_DEFAULTS.nearness),
    consistency: z.number().nonnegative().default(REWARD_DEFAULTS.consistency),
    nearBelow: z.number().positive().default(REWARD_DEFAULTS.nearBelow),
    threshold: z.number().nonnegative().default(REWARD_DEFAULTS.threshold),
    agreement: z.enum(["threshold", "sign"]).default(REWARD_DEFAULTS.agreement),
  });

/** What a response is worth, part by part. */
export interface EvidenceReward {
  /** For the form. */
  readonly format: number;
  /** For the class. */
  readonly accuracy: number;
  /** For having dared. */
  readonly direction: number;
  /** For a change near the true one. */
  readonly nearness: number;
  /** For a change that agrees with the answer. */
  readonly consistency: number;
  /** The sum. */
  readonly total: number;
}

/**
 * Whether the change of a response agrees with its answer.
 *
 * @param change The change that is expected.
 * @param answer The answer.
 * @param settings `threshold` and `agreement`.
 * @returns Whether they agree.
 */
export function agrees(
  change: number,
  answer: EvidenceAnswer,
  { agreement, threshold }: Pick<RewardSettings, "agreement" | "threshold">,
): boolean {
  if (agreement === "threshold" || answer === "hold") {
    return answerOfChange(change, threshold) === answer;
  }
  return answer === "up" ? change > 0 : change < 0;
}

/**
 * Grades a response.
 *
 * @param parsed The response, read.
 * @param truth What has happened.
 * @param options Weights and rules.
 * @returns Its worth, part by part.
 * @throws {ParameterError} When a weight or a bound is negative or no number.
 *
 * @example
 * ```ts
 * import { gradeEvidence, parseEvidence } from "@weft/weft/ops/evidence";
 *
 * const response = parseEvidence(
 *   "<think>…</think><score>[8.5, 6.5]</score>" +
 *     "<pct_change>0.0350</pct_change><answer>up</answer>",
 * );
 * console.log(gradeEvidence(response, { answer: "up", change: 0.04 }).total); // 6
 * ```
 */
export function gradeEvidence(
  parsed: ParsedEvidence,
  truth: EvidenceTruth,
  options: RewardOptions = {},
): EvidenceReward {
  const settings = rewardSettings(options);
  const { answer, change, isStrict } = parsed;
  const isRight = answer === truth.answer;
  const isNear = isRight && change !== null &&
    Math.abs(change - truth.change) < settings.nearBelow;
  const parts = {
    format: isStrict ? settings.format : 0,
    accuracy: isRight ? settings.accuracy : 0,
    direction: isRight && answer !== "hold" ? settings.direction : 0,
    nearness: isNear ? settings.nearness : 0,
    consistency:
      answer !== null && change !== null && agrees(change, answer, settings)
        ? settings.consistency
        : 0,
  };
  const total = Object.values(parts).reduce((sum, one) => sum + one, 0);
  return { ...parts, total };
}

function rewardSettings(options: RewardOptions): RewardSettings {
  const parsed = REWARD_SETTINGS.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new ParameterError("Cannot grade with these settings", {
    actual: z.prettifyError(parsed.error),
  });
}
