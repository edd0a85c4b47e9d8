/**
 * The stage that learns from rewards.
 *
 * @module
 */

import { z } from "zod";
import {
  EVIDENCE_ANSWER,
  type EvidenceTruth,
  gradeEvidence,
  parseEvidence,
} from "../../ops/evidence/mod.ts";
import {
  defineGrpo,
  type GrpoInputsOf,
  type GrpoParams,
  type GrpoStep,
  type LoraAdapter,
} from "../../ops/language/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";

/** What has happened, and from which change on it is no hold. */
export interface RewardedTruth extends EvidenceTruth {
  /** The change from which it is no hold. */
  readonly threshold: number;
}

/** Schema of {@linkcode RewardedTruth}. */
export const REWARDED_TRUTH: z.ZodType<RewardedTruth> = z.object({
  answer: EVIDENCE_ANSWER,
  change: z.number(),
  threshold: z.number().positive(),
});

/**
 * What a response is worth, by the default weights.
 *
 * @param text The response; anything.
 * @param truth What has happened, and the threshold.
 * @returns Its worth.
 */
export function rewardOf(
  text: string,
  { threshold, ...truth }: RewardedTruth,
): number {
  return gradeEvidence(parseEvidence(text), truth, { threshold }).total;
}

/**
 * GRPO on the reward for form, accuracy and agreement, with its default weights.
 *
 * Inputs: `model`, with the adapter of the examples to begin with; `prompts`;
 * `truths`, each with the threshold that its answers are graded by. Params: those of
 * GRPO. Outputs: `adapter`; `history`.
 */
export const evidencePolicy: Op<
  GrpoInputsOf<RewardedTruth>,
  GrpoParams,
  { adapter: LoraAdapter; history: GrpoStep[] }
> = defineGrpo({
  name: "retuning/evidencePolicy",
  version: "2",
  doc: "Learns to answer from rewards for form, accuracy and agreement",
  truth: REWARDED_TRUTH,
  reward: rewardOf,
});
