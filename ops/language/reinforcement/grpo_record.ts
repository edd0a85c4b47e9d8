/**
 * What is noted down while a policy learns.
 *
 * @module
 */

import { z } from "zod";
import { digestValue } from "../../../runtime/core/hash.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { Prompt } from "../generation/prompt_text.ts";
import type { StepRecord } from "../tuning/checkpoint.ts";
import type { GrpoSettings } from "./grpo_settings.ts";

/** What was measured at a step. */
export interface GrpoStep {
  /** The step, from 1. */
  readonly step: number;
  /** Mean reward of its answers. */
  readonly reward: number;
  /** Mean over its prompts of the highest reward. */
  readonly bestReward: number;
  /** Part of its prompts whose answers have different rewards: others teach nothing. */
  readonly informative: number;
  /** Mean number of tokens of its answers. */
  readonly length: number;
  /** Part of its answers that ended by themselves. */
  readonly ended: number;
  /** Divergence from the reference, before the step. */
  readonly divergence: number;
  /** The loss, of the last iteration. */
  readonly loss: number;
  /** Norm of the gradients of the last iteration, before they were shortened. */
  readonly gradientNorm: number;
  /** How far the step went. */
  readonly learningRate: number;
}

/** Schema of {@linkcode GrpoStep}. */
export const GRPO_STEP: z.ZodType<GrpoStep> = z.object({
  step: z.number(),
  reward: z.number(),
  bestReward: z.number(),
  informative: z.number(),
  length: z.number(),
  ended: z.number(),
  divergence: z.number(),
  loss: z.number(),
  gradientNorm: z.number(),
  learningRate: z.number(),
});

/** What has happened. */
export interface GrpoRecord extends StepRecord {
  /** Each step. */
  readonly history: GrpoStep[];
}

/** Schema of {@linkcode GrpoRecord}. */
export const GRPO_RECORD: z.ZodType<GrpoRecord> = z.object({
  fingerprint: z.string(),
  step: z.int().min(0),
  history: z.array(GRPO_STEP),
});

/**
 * What decides the numbers, so that no training is taken up by another. A function
 * cannot be told from another: who changes the reward must change the name.
 *
 * @param settings The settings.
 * @param adapter The adapter at the start; its form counts.
 * @param prompts The prompts.
 * @param rewardName What the reward is called.
 * @returns A digest.
 */
export function grpoFingerprint(
  settings: GrpoSettings,
  adapter: LoraAdapter,
  prompts: readonly Prompt[],
  rewardName: string,
): string {
  return digestValue({
    settings: { ...settings },
    config: { ...adapter.config },
    layers: Object.entries(adapter.layers).map((
      [name, { a, b, scale }],
    ) => [name, [...a.shape], [...b.shape], scale]),
    prompts: JSON.stringify(prompts),
    rewardName,
  });
}
