/**
 * The stage that learns from rewards.
 *
 * @module
 */

import {
  EVIDENCE_TRUTH,
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

/**
 * GRPO on the reward for form, accuracy and agreement, with its default weights.
 *
 * Inputs: `model`, with the adapter of the examples to begin with; `prompts`;
 * `truths`. Params: those of GRPO. Outputs: `adapter`; `history`.
 */
export const evidencePolicy: Op<
  GrpoInputsOf<EvidenceTruth>,
  GrpoParams,
  { adapter: LoraAdapter; history: GrpoStep[] }
> = defineGrpo({
  name: "retuning/evidencePolicy",
  version: "1",
  doc: "Learns to answer from rewards for form, accuracy and agreement",
  truth: EVIDENCE_TRUTH,
  reward: (text, truth) => gradeEvidence(parseEvidence(text), truth).total,
});
