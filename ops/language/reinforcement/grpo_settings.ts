/**
 * Settings of GRPO, with their defaults.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../../runtime/core/errors.ts";
import type { ComputeDType } from "../model/forward.ts";
import type { Schedule } from "../tuning/schedule.ts";
import type { GrpoAggregate } from "./grpo_loss.ts";

/** Settings that decide the numbers. */
export interface GrpoSettings {
  /** Answers to each prompt: the group; 8 by default. */
  readonly groupSize: number;
  /** Prompts of a step; 8 by default. */
  readonly promptsPerStep: number;
  /** Answers that go through the model at once; 8 by default. */
  readonly batchSize: number;
  /** Steps on the same answers; 1 by default. */
  readonly iterations: number;
  /** How often every prompt is seen; 1 by default, without effect where `steps` is given. */
  readonly epochs: number;
  /** How many steps are taken, iterations not counted; as many as the epochs have by default. */
  readonly steps: number | null;
  /** Whether the order of prompts is drawn anew in each epoch; false by default. */
  readonly shuffle: boolean;
  /** Tokens of an answer at most; 256 by default. */
  readonly maxTokens: number;
  /** What answers are drawn with; 0.6 by default. Probabilities are scored with it too. */
  readonly temperature: number;
  /** Strings that end an answer; none by default. */
  readonly stop: readonly string[];
  /** What happens to long prompts: "refuse" (default) or "left", which drops their beginnings. */
  readonly truncate: "refuse" | "left";
  /** How far ratios count; 0.2 by default. */
  readonly clip: number;
  /** Weight of the divergence from the reference; 0.001 by default. */
  readonly divergenceWeight: number;
  /** How tokens are summed up; "sequence" by default. */
  readonly aggregate: GrpoAggregate;
  /** What advantages are divided by; "sample" by default. */
  readonly deviation: "sample" | "population" | "none";
  /** The reference: the adapter at the "start" (default), or the "base" without one. */
  readonly reference: "start" | "base";
  /** The highest learning rate; 1e-5 by default (the paper's 3e-7 is for all weights). */
  readonly learningRate: number;
  /** How it falls; "constant" by default. */
  readonly schedule: Schedule;
  /** Steps in which it rises; 0 by default. */
  readonly warmup: number;
  /** Memory of the mean gradient; 0.9 by default. */
  readonly beta1: number;
  /** Memory of the mean square; 0.999 by default. */
  readonly beta2: number;
  /** What AdamW adds to the root of the mean square; 1e-8 by default. */
  readonly epsilon: number;
  /** Decoupled weight decay; 0 by default. */
  readonly weightDecay: number;
  /** The largest norm of gradients; 1 by default. */
  readonly maxGradientNorm: number;
  /** Decides answers and order; 0 by default. */
  readonly seed: number;
  /** What is computed in; f32 by default. */
  readonly dtype: ComputeDType;
  /** Whether blocks are computed again on the way back; true by default. */
  readonly checkpointing: boolean;
}

/** Settings, any of which may be left out. */
export type GrpoSettingsInput = {
  readonly [K in keyof GrpoSettings]?: GrpoSettings[K] | undefined;
};

/** The fields of {@linkcode GRPO_SETTINGS}. */
export const GRPO_FIELDS = {
  groupSize: z.int().min(2).default(8),
  promptsPerStep: z.int().min(1).default(8),
  batchSize: z.int().min(1).default(8),
  iterations: z.int().min(1).default(1),
  epochs: z.int().min(1).default(1),
  steps: z.int().min(1).nullable().default(null),
  shuffle: z.boolean().default(false),
  maxTokens: z.int().min(1).default(256),
  temperature: z.number().positive().default(0.6),
  stop: z.array(z.string().min(1)).readonly().default([]),
  truncate: z.enum(["refuse", "left"]).default("refuse"),
  clip: z.number().nonnegative().default(0.2),
  divergenceWeight: z.number().nonnegative().default(0.001),
  aggregate: z.enum(["sequence", "token"]).default("sequence"),
  deviation: z.enum(["sample", "population", "none"]).default("sample"),
  reference: z.enum(["start", "base"]).default("start"),
  learningRate: z.number().positive().default(1e-5),
  schedule: z.enum(["constant", "linear", "cosine"]).default("constant"),
  warmup: z.int().nonnegative().default(0),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().nonnegative().default(0),
  maxGradientNorm: z.number().positive().default(1),
  seed: z.int().nonnegative().max(2 ** 32 - 1).default(0),
  dtype: z.enum(["f32", "f16"]).default("f32"),
  checkpointing: z.boolean().default(true),
};

/** Schema of {@linkcode GrpoSettings}. */
export const GRPO_SETTINGS: z.ZodType<GrpoSettings, GrpoSettingsInput> = z
  .object(GRPO_FIELDS);

/**
 * Fills settings up with the defaults and checks them.
 *
 * @param options What was chosen; other fields are left aside.
 * @returns All settings.
 * @throws {ParameterError} When one is out of range.
 */
export function grpoSettings(options: GrpoSettingsInput): GrpoSettings {
  const parsed = GRPO_SETTINGS.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new ParameterError("Cannot train with these settings", {
    actual: z.prettifyError(parsed.error),
  });
}
