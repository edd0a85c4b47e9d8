/**
 * Given answers, scored by a language model.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import { type F32, tensor } from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import type { ChatMessage } from "../tokenizer/tokenizer.ts";
import { choiceTokens } from "./choice_tokens.ts";
import { PROMPTS } from "./generate.ts";
import { modelTokenizer } from "./prompt_text.ts";
import {
  type ContinuationScore,
  scoreContinuations,
} from "./score_continuations.ts";

/** What the log-probability of a choice is divided by. */
export type ChoiceNorm = "sum" | "token" | "byte";

/** Params of {@linkcode scoreChoices}. */
export interface ScoreChoicesParams {
  /**
   * Log-probabilities of the tokens of a choice are added up ("sum", the default),
   * and the sum divided by the number of tokens ("token") or of bytes in UTF-8
   * ("byte"), so that long choices have no disadvantage.
   */
  readonly norm?: ChoiceNorm | undefined;
  /** Whether texts are messages to answer, rather than beginnings; false by default. */
  readonly chat?: boolean | undefined;
  /** Sequences that are computed at once; 16 by default. */
  readonly batch?: number | undefined;
}

const CHOICES = z.union([
  z.array(z.string().min(1)).min(1),
  z.array(z.array(z.string().min(1)).min(1)),
]);

/**
 * Scores given answers: how probable each is behind a prompt, under a language model.
 *
 * Inputs: `model`, with its tokenizer; `prompts`, texts or lists of messages;
 * `choices`, the same for all prompts or a list for each, all of one length. A choice
 * is appended to its prompt as it is: begin it with a space where one belongs there.
 * Params: see {@linkcode ScoreChoicesParams}. Outputs: `logProbabilities`,
 * `["n", "k"]`, natural logarithms, normalised as asked; `logits`, `["n", "k"]`, the
 * model's logits of the first token of each choice: where all choices are single
 * tokens, these are the label logits, and their softmax is that of the
 * log-probabilities.
 *
 * @throws {DataError} Where the model has no tokenizer, lists of choices differ in
 * length, or prompt and choice are longer than the context.
 *
 * @example
 * ```ts ignore
 * import { loadModel, modelFiles, scoreChoices } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = loadModel({ files });
 * const scores = scoreChoices({
 *   model,
 *   prompts: ["Profit doubled. The stock will go"],
 *   choices: [" up", " down"],
 * });
 * console.log(await (await scores.value()).logits.toArray());
 * ```
 */
export const scoreChoices: Op<
  {
    model: LanguageModel;
    prompts: (string | ChatMessage[])[];
    choices: string[] | string[][];
  },
  ScoreChoicesParams,
  { logProbabilities: F32; logits: F32 }
> = op({
  name: "language/scoreChoices",
  version: "1",
  doc: "Log-probabilities and label logits of given answers",
  inputs: {
    model: modelPort({ doc: "with its tokenizer" }),
    prompts: port.value(PROMPTS, { doc: "texts, or lists of messages" }),
    choices: port.value(CHOICES, { doc: "k answers, or k for each prompt" }),
  },
  params: z.object({
    norm: z.enum(["sum", "token", "byte"]).default("sum"),
    chat: z.boolean().default(false),
    batch: z.int().min(1).default(16),
  }),
  outputs: {
    logProbabilities: port.tensor("f32", ["n", "k"]),
    logits: port.tensor("f32", ["n", "k"]),
  },
  run: async (
    { choices, model, prompts },
    { batch, chat, norm },
    { progress, signal },
  ) => {
    const lists = listsOf(choices, prompts.length);
    const tokenizer = modelTokenizer(model);
    const encoded = prompts.map((prompt, at) =>
      choiceTokens(
        tokenizer,
        chat && typeof prompt === "string"
          ? [{ role: "user", content: prompt }]
          : prompt,
        lists[at]!,
      )
    );
    const scores = await scoreContinuations(
      model,
      encoded.map((one) => one.prompt),
      encoded.map((one) => one.choices),
      { batch, onProgress: progress, signal },
    );
    const shape = [prompts.length, lists[0]?.length ?? 0];
    const numbers = (of: (score: ContinuationScore, text: string) => number) =>
      tensor(
        Float32Array.from(
          scores.flatMap((list, at) =>
            list.map((score, k) => of(score, lists[at]![k]!))
          ),
        ),
        { shape },
      );
    return {
      logProbabilities: numbers((score, text) =>
        score.logProbability / divisorOf(norm, score, text)
      ),
      logits: numbers((score) => score.firstLogit),
    };
  },
});

function listsOf(
  choices: readonly string[] | readonly (readonly string[])[],
  prompts: number,
): readonly (readonly string[])[] {
  const isShared = (
    list: readonly string[] | readonly (readonly string[])[],
  ): list is readonly string[] => typeof list[0] === "string";
  if (isShared(choices)) return Array(prompts).fill(choices);
  const lengths = new Set(choices.map((list) => list.length));
  if (choices.length !== prompts || lengths.size > 1) {
    throw new DataError("Cannot score choices that do not fit the prompts", {
      expected: `one list of choices, or ${prompts} lists of one length`,
      actual: `${choices.length} lists of lengths ${[...lengths].join(", ")}`,
    });
  }
  return choices;
}

function divisorOf(
  norm: ChoiceNorm,
  { tokenLogProbabilities }: ContinuationScore,
  text: string,
): number {
  if (norm === "token") return tokenLogProbabilities.length;
  return norm === "byte" ? new TextEncoder().encode(text).length : 1;
}
