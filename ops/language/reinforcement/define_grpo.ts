/**
 * GRPO as ops.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { PROMPTS } from "../generation/generate.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import { LORA_ADAPTER } from "../model/model_schema.ts";
import type { ChatMessage } from "../tokenizer/tokenizer.ts";
import { DataError } from "../../../runtime/core/errors.ts";
import { GRPO_STEP, type GrpoStep } from "./grpo_record.ts";
import { GRPO_FIELDS, type GrpoSettingsInput } from "./grpo_settings.ts";
import { trainGrpo } from "./train_grpo.ts";

/** Params of an op of {@linkcode defineGrpo}; all have defaults. */
export interface GrpoParams extends GrpoSettingsInput {
  /** Rank of the adapter, where the model has none; 16 by default. */
  readonly rank?: number | undefined;
  /** Alpha of that adapter; the rank by default. */
  readonly alpha?: number | undefined;
}

/** What an op of {@linkcode defineGrpo} is made of. */
export interface GrpoDefinition<T> {
  /** Name of the op. */
  readonly name: string;
  /** Version of the op: raise it when the reward changes. */
  readonly version: string;
  /** One line about it. */
  readonly doc: string;
  /** Schema of what is known of each prompt. */
  readonly truth: z.ZodType<T>;
  /**
   * What an answer is worth; pure.
   *
   * @param text The answer.
   * @param truth What is known of the prompt.
   * @returns A finite number.
   */
  readonly reward: (text: string, truth: T) => number;
}

/** The inputs of an op of {@linkcode defineGrpo}. */
export type GrpoInputsOf<T> = {
  model: LanguageModel;
  prompts: (string | ChatMessage[])[];
  truths: T[];
};

/**
 * Makes an op that trains the adapter of a model on a reward. Functions cannot be told
 * apart by what they compute, so the reward belongs to the op, whose name and version
 * stand for it.
 *
 * Inputs of the op: `model`, with its tokenizer; `prompts`; `truths`, one a prompt.
 * Params: those of GRPO, `rank` and `alpha`. Outputs: `adapter`, f32; `history`, what
 * was measured at each step.
 *
 * @param definition Name, version, truths and reward.
 * @returns The op.
 *
 * @example
 * ```ts
 * import { defineGrpo } from "@weft/weft/ops/language";
 * import { z } from "@weft/weft";
 *
 * const endsRight = defineGrpo({
 *   name: "demo/endsRight",
 *   version: "1",
 *   doc: "Learns to end with the right word",
 *   truth: z.string(),
 *   reward: (text, truth) => Number(text.endsWith(truth)),
 * });
 * console.log(endsRight.info.name); // demo/endsRight
 * ```
 */
export function defineGrpo<T>(
  { doc, name, reward, truth, version }: GrpoDefinition<T>,
): Op<
  GrpoInputsOf<T>,
  GrpoParams,
  { adapter: LoraAdapter; history: GrpoStep[] }
> {
  return op({
    name,
    version,
    doc,
    inputs: {
      model: modelPort({ doc: "with its tokenizer" }),
      prompts: port.value(PROMPTS),
      truths: port.value(z.array(truth), { doc: "One a prompt" }),
    },
    params: z.object({
      ...GRPO_FIELDS,
      rank: z.int().min(1).optional(),
      alpha: z.number().positive().optional(),
    }),
    outputs: {
      adapter: port.value(LORA_ADAPTER),
      history: port.value(z.array(GRPO_STEP)),
    },
    run: async ({ model, prompts, truths }, params, { progress, signal }) => {
      const { alpha, rank, ...settings } = params;
      if (prompts.length !== truths.length) {
        throw new DataError(
          `Cannot grade answers to ${prompts.length} prompts by ${truths.length} truths`,
          { expected: "one truth a prompt" },
        );
      }
      const { adapter, history } = await trainGrpo(
        model,
        prompts,
        (text, prompt) => reward(text, truths[prompt]!),
        {
          ...settings,
          adapter: { alpha, rank },
          signal,
          onProgress: ({ step }, _, steps) => progress(step / steps),
        },
      );
      return { adapter, history };
    },
  });
}
