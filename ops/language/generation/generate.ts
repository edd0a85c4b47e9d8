/**
 * Generation of text as an op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import type { ChatMessage } from "../tokenizer/tokenizer.ts";
import type { Prompt } from "./prompt_text.ts";
import { copiesOf } from "./sampler.ts";
import { type GeneratedText, generateTexts } from "./stream_text.ts";
import type { FinishReason } from "./token_event.ts";

/** Params of {@linkcode generate}. */
export interface GenerateParams {
  /** Tokens of an answer at most; 128 by default. */
  readonly maxTokens?: number | undefined;
  /** 0, the default, takes the most probable token; above, tokens are drawn. */
  readonly temperature?: number | undefined;
  /** Draws among so many most probable tokens only. */
  readonly topK?: number | undefined;
  /** Draws among the most probable tokens of so much mass only; 1 by default. */
  readonly topP?: number | undefined;
  /** Draws among tokens at least so probable, relative to the first; 0 by default. */
  readonly minP?: number | undefined;
  /** Above 1 makes tokens that occurred less probable; 1 by default. */
  readonly repetitionPenalty?: number | undefined;
  /** Seed of the draws, 0 by default. */
  readonly seed?: number | undefined;
  /** Strings that end an answer; none by default. */
  readonly stop?: string[] | undefined;
  /** Whether texts are messages to answer, rather than beginnings; false by default. */
  readonly chat?: boolean | undefined;
  /** What happens to prompts that are too long: "refuse" (the default) or "left", which drops their beginnings. */
  readonly truncate?: "refuse" | "left" | undefined;
  /** Prompts that are continued at once; 8 by default. */
  readonly batch?: number | undefined;
}

const PARAMS = z.object({
  maxTokens: z.int().min(1).default(128),
  temperature: z.number().min(0).default(0),
  topK: z.int().min(1).optional(),
  topP: z.number().min(0).max(1).default(1),
  minP: z.number().min(0).max(1).default(0),
  repetitionPenalty: z.number().positive().default(1),
  seed: z.int().min(0).default(0),
  stop: z.array(z.string().min(1)).default([]),
  chat: z.boolean().default(false),
  truncate: z.enum(["refuse", "left"]).default("refuse"),
  batch: z.int().min(1).default(8),
});

const MESSAGE: z.ZodType<ChatMessage> = z.object({
  role: z.string(),
  content: z.string(),
});

/** Texts, or conversations. */
export const PROMPTS: z.ZodType<(string | ChatMessage[])[]> = z.array(
  z.union([z.string(), z.array(MESSAGE)]),
);

const REASON: z.ZodType<FinishReason> = z.enum([
  "end",
  "stop",
  "length",
  "context",
]);

/**
 * Continues texts, or answers chats, with a language model.
 *
 * Inputs: `model`, with its tokenizer; `prompts`, texts or lists of messages. Params:
 * see {@linkcode GenerateParams}. Outputs, one entry for each prompt: `texts`, without
 * special tokens and stop strings; `tokens`, with the end token if one came;
 * `logProbabilities` of the tokens under the model (natural logarithm, before
 * temperature and the like); `finishReasons`, "end", "stop", "length" or "context".
 *
 * The same seed gives the same texts. A text that is drawn does not depend on the
 * prompts beside it, but for the rounding of sums.
 *
 * @throws {DataError} Where the model has no tokenizer, or a prompt is empty or too
 * long.
 *
 * @example
 * ```ts ignore
 * import { generate, loadModel, modelFiles } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = loadModel({ files });
 * const answers = generate({ model, prompts: ["The capital of France is"] });
 * console.log((await answers.value()).texts);
 * ```
 */
export const generate: Op<
  { model: LanguageModel; prompts: (string | ChatMessage[])[] },
  GenerateParams,
  {
    texts: string[];
    tokens: number[][];
    logProbabilities: number[][];
    finishReasons: FinishReason[];
  }
> = op({
  name: "language/generate",
  version: "1",
  doc: "Continues texts or answers chats with a language model",
  inputs: {
    model: modelPort({ doc: "with its tokenizer" }),
    prompts: port.value(PROMPTS, { doc: "texts, or lists of messages" }),
  },
  params: PARAMS,
  outputs: {
    texts: port.value(z.array(z.string())),
    tokens: port.value(z.array(z.array(z.int()))),
    logProbabilities: port.value(z.array(z.array(z.number()))),
    finishReasons: port.value(z.array(REASON)),
  },
  run: async ({ model, prompts }, params, { progress, signal }) => {
    const { batch, chat, ...options } = params;
    const asked: Prompt[] = prompts.map((prompt) =>
      chat && typeof prompt === "string"
        ? [{ role: "user", content: prompt }]
        : prompt
    );
    const copies = copiesOf(asked.map((prompt) => JSON.stringify(prompt)));
    const order = byLength(asked);
    const answers: GeneratedText[] = [];
    let done = 0;
    for (let first = 0; first < order.length; first += batch) {
      const some = order.slice(first, first + batch);
      const made = await generateTexts(model, some.map((at) => asked[at]!), {
        ...options,
        copies: some.map((at) => copies[at]!),
        signal,
        onToken({ finishReason }) {
          if (finishReason !== null) progress(++done / asked.length);
        },
      });
      some.forEach((at, k) => answers[at] = made[k]!);
    }
    return {
      texts: answers.map((one) => one.text),
      tokens: answers.map((one) => [...one.ids]),
      logProbabilities: answers.map((one) => [...one.logProbabilities]),
      finishReasons: answers.map((one) => one.finishReason),
    };
  },
});

/** Prompts of similar lengths stand together, so that little is filled up. */
function byLength(prompts: readonly Prompt[]): number[] {
  const length = (prompt: Prompt) =>
    typeof prompt === "string"
      ? prompt.length
      : prompt.reduce((sum, { content }) => sum + content.length, 0);
  return [...prompts.keys()].sort((a, b) =>
    length(prompts[a]!) - length(prompts[b]!)
  );
}
