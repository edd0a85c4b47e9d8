/**
 * Generation of text.
 *
 * @module
 */

import type { LanguageModel } from "../model/language_model.ts";
import type { TokenStream } from "../tokenizer/tokenizer.ts";
import { generateTokens } from "./generate_tokens.ts";
import { encodePrompt, modelTokenizer, type Prompt } from "./prompt_text.ts";
import type { GenerateOptions } from "./settings.ts";
import { StopStrings } from "./stop_strings.ts";
import type { GeneratedTokens, TokenEvent } from "./token_event.ts";

/** How text is generated. */
export interface TextOptions extends GenerateOptions {
  /** Strings that end an answer; the text ends before them. */
  readonly stop?: readonly string[] | undefined;
}

/** A token of one of several texts. */
export interface TextEvent extends TokenEvent {
  /**
   * The text that is sure now, maybe none: half characters and what may become a
   * stop string are held back.
   */
  readonly text: string;
}

/** The answer to one prompt. */
export interface GeneratedText extends GeneratedTokens {
  /** The text, without special tokens and stop strings. */
  readonly text: string;
  /** Tokens of the prompt. */
  readonly promptTokens: number;
}

/** A text that grows. */
class GrowingText {
  text = "";
  readonly #stream: TokenStream;
  readonly #stops: StopStrings;

  constructor(stream: TokenStream, stops: readonly string[]) {
    this.#stream = stream;
    this.#stops = new StopStrings(stops);
  }

  /** Whether a stop string came. */
  get isStopped(): boolean {
    return this.#stops.isStopped;
  }

  push(id: number): string {
    return this.#add(this.#stops.push(this.#stream.push(id)));
  }

  flush(): string {
    const last = this.#stops.push(this.#stream.flush());
    return this.#add(last + this.#stops.flush());
  }

  #add(piece: string): string {
    this.text += piece;
    return piece;
  }
}

/**
 * Continues several prompts side by side.
 *
 * @param model The model, with its tokenizer.
 * @param prompts Texts to continue, or chats to answer.
 * @param options How tokens are chosen, and when a text ends.
 * @yields Each token with the text that is sure by it.
 * @returns The answers, in the order of the prompts.
 * @throws {CancelledError} When the signal is aborted.
 * @throws {DataError} When the model has no tokenizer, or a prompt is empty or too
 * long.
 * @throws {ParameterError} When an option is out of its range.
 */
export async function* streamTexts(
  model: LanguageModel,
  prompts: readonly Prompt[],
  options: TextOptions = {},
): AsyncGenerator<TextEvent, GeneratedText[], undefined> {
  const tokenizer = modelTokenizer(model);
  const { endIds = tokenizer.endIds, stop = [] } = options;
  const encoded = prompts.map((prompt) => encodePrompt(tokenizer, prompt));
  const texts = encoded.map((ids) => {
    const stream = tokenizer.stream();
    // Whether a space at the beginning counts depends on what is before it.
    ids.forEach((id) => stream.push(id));
    return new GrowingText(stream, stop);
  });
  const sure = texts.map(() => "");
  const tokens = generateTokens(model, encoded, {
    ...options,
    endIds,
    isStop(sequence, id) {
      const text = texts[sequence]!;
      sure[sequence] = text.push(id);
      return text.isStopped;
    },
  });
  for (;;) {
    const next = await tokens.next();
    if (next.done === true) {
      return next.value.map((answer, at) => ({
        ...answer,
        text: texts[at]!.text,
        promptTokens: encoded[at]!.length,
      }));
    }
    const { finishReason, sequence } = next.value;
    let text = sure[sequence]!;
    sure[sequence] = "";
    if (finishReason !== null && finishReason !== "stop") {
      text += texts[sequence]!.flush();
    }
    yield { ...next.value, text };
  }
}

/**
 * Continues a prompt.
 *
 * @param model The model, with its tokenizer.
 * @param prompt A text to continue, or a chat to answer.
 * @param options How tokens are chosen, and when the text ends.
 * @yields The text, piece by piece.
 * @returns The whole answer.
 * @throws {CancelledError} When the signal is aborted.
 * @throws {DataError} When the model has no tokenizer, or the prompt is empty or
 * too long.
 * @throws {ParameterError} When an option is out of its range.
 *
 * @example
 * ```ts ignore
 * import { readModel, streamText } from "@weft/weft/ops/language";
 *
 * const model = await readModel("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * for await (const piece of streamText(model, "Once upon a time")) {
 *   console.log(piece);
 * }
 * ```
 */
export async function* streamText(
  model: LanguageModel,
  prompt: Prompt,
  options: TextOptions = {},
): AsyncGenerator<string, GeneratedText, undefined> {
  const events = streamTexts(model, [prompt], options);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value[0]!;
    if (next.value.text !== "") yield next.value.text;
  }
}

/**
 * Continues several prompts side by side, and gives what came of it.
 *
 * @param model The model, with its tokenizer.
 * @param prompts Texts to continue, or chats to answer.
 * @param options How tokens are chosen, and when a text ends; `onToken` is called
 * after each token.
 * @returns The answers, in the order of the prompts.
 * @throws {CancelledError} When the signal is aborted.
 * @throws {DataError} When the model has no tokenizer, or a prompt is empty or too
 * long.
 * @throws {ParameterError} When an option is out of its range.
 */
export async function generateTexts(
  model: LanguageModel,
  prompts: readonly Prompt[],
  options: TextOptions & { readonly onToken?: (event: TextEvent) => void } = {},
): Promise<GeneratedText[]> {
  const events = streamTexts(model, prompts, options);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    options.onToken?.(next.value);
  }
}
