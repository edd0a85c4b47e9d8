/**
 * Frequencies of rotary embeddings, scaled for long contexts as in the
 * transformers library.
 *
 * @module
 */

import type { LlamaConfig, RopeScaling } from "./model_config.ts";

/** How queries and keys are turned. */
export interface RotaryFrequencies {
  /** Radians a position, one for each pair of elements. */
  readonly frequencies: readonly number[];
  /** What products of queries and keys are multiplied by beside `1 / √headSize`. */
  readonly scoreFactor: number;
}

/**
 * The frequencies of a model.
 *
 * @param config The model's sizes.
 * @returns Frequencies and factor.
 */
export function rotaryFrequencies(
  config: Pick<LlamaConfig, "headSize" | "ropeBase" | "ropeScaling">,
): RotaryFrequencies {
  const { headSize, ropeBase, ropeScaling } = config;
  const plain = Array.from(
    { length: headSize / 2 },
    (_, pair) => ropeBase ** (-2 * pair / headSize),
  );
  if (ropeScaling === null) return { frequencies: plain, scoreFactor: 1 };
  switch (ropeScaling.type) {
    case "linear":
      return {
        frequencies: plain.map((one) => one / ropeScaling.factor),
        scoreFactor: 1,
      };
    case "llama3":
      return {
        frequencies: plain.map((one) => llama3(one, ropeScaling)),
        scoreFactor: 1,
      };
    case "factors":
      return {
        frequencies: plain.map((one, pair) => one / ropeScaling.factors[pair]!),
        scoreFactor: 1,
      };
    case "yarn":
      return {
        frequencies: yarn(plain, ropeBase, headSize, ropeScaling),
        scoreFactor: ropeScaling.attentionFactor ** 2,
      };
  }
}

type ScalingOf<T extends RopeScaling["type"]> = Extract<
  RopeScaling,
  { readonly type: T }
>;

/** Slow turns are slowed down, quick ones are not, those between in part. */
function llama3(frequency: number, scaling: ScalingOf<"llama3">): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor } = scaling;
  const turns = scaling.originalContext * frequency / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const share = (turns - lowFrequencyFactor) /
    (highFrequencyFactor - lowFrequencyFactor);
  return (1 - share) * frequency / factor + share * frequency;
}

/** After "YaRN" (Peng and others, 2023, arXiv 2309.00071): a ramp over pairs. */
function yarn(
  frequencies: readonly number[],
  base: number,
  size: number,
  scaling: ScalingOf<"yarn">,
): number[] {
  const { factor, originalContext, betaFast, betaSlow } = scaling;
  const pairOfTurns = (turns: number) =>
    size * Math.log(originalContext / (turns * 2 * Math.PI)) /
    (2 * Math.log(base));
  const low = Math.max(Math.floor(pairOfTurns(betaFast)), 0);
  const high = Math.min(Math.ceil(pairOfTurns(betaSlow)), size - 1);
  // Never of no length, as in the library.
  const length = low === high ? 0.001 : high - low;
  return frequencies.map((frequency, pair) => {
    const ramp = Math.min(Math.max((pair - low) / length, 0), 1);
    return ramp * frequency / factor + (1 - ramp) * frequency;
  });
}
