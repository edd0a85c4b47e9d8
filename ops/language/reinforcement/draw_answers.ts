/**
 * Answers that a policy draws, and what they are worth.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { Prompt } from "../generation/prompt_text.ts";
import {
  type GeneratedText,
  generateTexts,
} from "../generation/stream_text.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { groupAdvantages } from "./group_advantages.ts";
import { tokenWeights } from "./grpo_loss.ts";
import type { GrpoStep } from "./grpo_record.ts";
import type { GrpoSettings } from "./grpo_settings.ts";
import type { PolicyAnswer } from "./policy_rows.ts";

/**
 * What an answer is worth. A pure function: the same text, the same number.
 *
 * @param text The answer, without special tokens.
 * @param prompt Number of the prompt.
 * @returns A finite number.
 */
export type Reward = (text: string, prompt: number) => number;

/** An answer as it was drawn and graded. */
export interface GradedAnswer {
  /** Number of the prompt. */
  readonly prompt: number;
  /** The text. */
  readonly text: string;
  /** What it is worth. */
  readonly reward: number;
  /** How much better than its group it is. */
  readonly advantage: number;
}

/** What is asked. */
export interface AskedPrompts {
  /** All prompts. */
  readonly prompts: readonly Prompt[];
  /** Their tokens. */
  readonly tokens: readonly (readonly number[])[];
  /** Numbers of those that are asked in this step. */
  readonly asked: readonly number[];
  /** The step, from 0. */
  readonly step: number;
}

/** The answers of a step. */
export interface DrawnAnswers {
  /** What is learnt from. */
  readonly rows: readonly PolicyAnswer[];
  /** What is told of them. */
  readonly graded: readonly GradedAnswer[];
  /** Means over them. */
  readonly summary: Pick<
    GrpoStep,
    "reward" | "bestReward" | "informative" | "length" | "ended"
  >;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function rewardOf(reward: Reward, text: string, prompt: number): number {
  const value = reward(text, prompt);
  if (Number.isFinite(value)) return value;
  throw new DataError(`Cannot learn from the reward of prompt ${prompt}`, {
    expected: "a finite number",
    actual: String(value),
  });
}

async function drawTexts(
  model: LanguageModel,
  { asked, prompts, step }: AskedPrompts,
  settings: GrpoSettings,
  signal: AbortSignal | undefined,
): Promise<GeneratedText[]> {
  const { batchSize, groupSize, maxTokens, seed, stop, temperature, truncate } =
    settings;
  const texts: GeneratedText[] = [];
  for (let at = 0; at < asked.length; at += batchSize) {
    const some = asked.slice(at, at + batchSize);
    const made = await generateTexts(
      model,
      some.map((prompt) => prompts[prompt]!),
      {
        maxTokens,
        temperature,
        stop,
        truncate,
        // Answers differ from step to step, and within a group
        seed: seed * 2 ** 20 + step,
        copies: some.map((_, k) => (at + k) % groupSize),
        signal,
      },
    );
    texts.push(...made);
  }
  return texts;
}

/**
 * Draws a group of answers to each prompt of a step, and grades them.
 *
 * @param model The policy.
 * @param own Prompts, and which of them are asked.
 * @param reward What an answer is worth.
 * @param settings All settings.
 * @param signal Stops between two tokens.
 * @returns The answers, group by group.
 * @throws {DataError} When a reward is not finite.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function drawAnswers(
  model: LanguageModel,
  own: AskedPrompts,
  reward: Reward,
  settings: GrpoSettings,
  signal?: AbortSignal,
): Promise<DrawnAnswers> {
  const { aggregate, deviation, groupSize } = settings;
  const asked = own.asked.flatMap((prompt) =>
    Array.from({ length: groupSize }, () => prompt)
  );
  const texts = await drawTexts(model, { ...own, asked }, settings, signal);
  const rewards = texts.map(({ text }, k) => rewardOf(reward, text, asked[k]!));
  const groups = own.asked.map((_, k) =>
    rewards.slice(k * groupSize, (k + 1) * groupSize)
  );
  const advantages = groups.flatMap((group) =>
    groupAdvantages(group, { deviation })
  );
  const weights = tokenWeights(texts.map(({ ids }) => ids.length), aggregate);
  return {
    rows: texts.map(({ ids }, k) => ({
      prompt: own.tokens[asked[k]!]!,
      answer: ids,
      advantage: advantages[k]!,
      weight: weights[k]!,
    })),
    graded: texts.map(({ text }, k) => ({
      prompt: asked[k]!,
      text,
      reward: rewards[k]!,
      advantage: advantages[k]!,
    })),
    summary: {
      reward: mean(rewards),
      bestReward: mean(groups.map((group) => Math.max(...group))),
      informative: mean(
        groups.map((group) => Number(new Set(group).size > 1)),
      ),
      length: mean(texts.map(({ ids }) => ids.length)),
      ended: mean(
        texts.map(({ finishReason }) =>
          Number(finishReason === "end" || finishReason === "stop")
        ),
      ),
    },
  };
}
