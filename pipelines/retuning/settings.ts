/**
 * What RETuning can be told, and what its two sizes mean.
 *
 * @module
 */

import { z } from "zod";
import { OVERNIGHT_THRESHOLD } from "../../ops/evidence/mod.ts";

/** The settings, defaults filled in. */
export interface RetuningSettings {
  /** The change from which it is no hold. */
  readonly threshold: number;
  /** How long instructions and examples are. */
  readonly detail: "full" | "brief";
  /** Tokens of a prompt at most. */
  readonly promptTokens: number;
  /** Tokens of an answer at most. */
  readonly answerTokens: number;
  /** Walk-forward windows, each with a chain of its own: as many as the splits have. */
  readonly windows: number;
  /** Items at most that the examples to begin with are made of. */
  readonly coldItems: number;
  /** Items at most whose answers are rewarded. */
  readonly policyItems: number;
  /** Items at most that are tested on in a window. */
  readonly testItems: number;
  /** Whether each class has equally many items, in the test too. */
  readonly balance: boolean;
  /** Rank of the adapter. */
  readonly rank: number;
  /** Steps on the examples to begin with. */
  readonly coldSteps: number;
  /**
   * What AdamW adds to the root of the mean square, in both stages. A larger one keeps
   * rounding from deciding where gradients nearly vanish, so that devices agree.
   */
  readonly epsilon: number;
  /** Examples of such a step. */
  readonly coldBatch: number;
  /** Highest learning rate of these steps. */
  readonly coldRate: number;
  /** Answers by which it is told how hard an item is. */
  readonly difficultySamples: number;
  /** Steps on rewards. */
  readonly policySteps: number;
  /** Prompts of such a step. */
  readonly promptsPerStep: number;
  /** Answers to each of them. */
  readonly groupSize: number;
  /** Learning rate of these steps. */
  readonly policyRate: number;
  /** What answers are drawn with. */
  readonly temperature: number;
  /** Answers that vote. */
  readonly samples: number;
  /** How votes are counted. */
  readonly rule: "majority" | "score";
  /** Samples of each bootstrap. */
  readonly resamples: number;
  /** Seed of all random draws. */
  readonly seed: number;
}

const count = (value: number) => z.int().min(1).default(value);

/** The fields of the settings with the defaults of size "small". */
export const RETUNING_FIELDS = {
  threshold: z.number().positive().max(0.5).default(OVERNIGHT_THRESHOLD),
  detail: z.enum(["full", "brief"]).default("brief"),
  promptTokens: count(200),
  answerTokens: count(128),
  windows: z.int().min(1).max(50).default(1),
  coldItems: count(120),
  policyItems: count(16),
  testItems: count(24),
  balance: z.boolean().default(true),
  rank: count(16),
  coldSteps: count(30),
  epsilon: z.number().positive().default(1e-8),
  coldBatch: count(4),
  coldRate: z.number().positive().default(5e-3),
  difficultySamples: count(4),
  policySteps: count(2),
  promptsPerStep: count(2),
  groupSize: z.int().min(2).default(4),
  policyRate: z.number().positive().default(1e-4),
  temperature: z.number().positive().default(0.6),
  samples: count(4),
  rule: z.enum(["majority", "score"]).default("majority"),
  resamples: count(300),
  seed: z.int().nonnegative().max(2 ** 32 - 1).default(0),
};

/** Settings as they are given; all have defaults. */
export type RetuningInput = {
  readonly [K in keyof RetuningSettings]?: RetuningSettings[K] | undefined;
};

/** Schema of the settings. */
export const RETUNING_SETTINGS: z.ZodType<RetuningSettings, RetuningInput> = z
  .object(RETUNING_FIELDS);

/**
 * What the sizes change: how much there is of everything, never the stages. "full" is
 * for a model of a hundred million parameters and an hour on a CPU; the paper's own
 * sizes (prompts of 32,000 tokens, 8 answers a group, 32 votes) are for GPUs.
 */
export const RETUNING_SIZES: Readonly<
  Record<"small" | "full", RetuningInput>
> = {
  small: {},
  full: {
    promptTokens: 320,
    answerTokens: 128,
    coldItems: 240,
    policyItems: 12,
    testItems: 48,
    coldSteps: 80,
    coldBatch: 1,
    coldRate: 5e-4,
    difficultySamples: 3,
    policySteps: 2,
    groupSize: 4,
    policyRate: 2e-5,
    samples: 3,
    resamples: 1000,
  },
};
