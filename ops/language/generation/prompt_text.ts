/**
 * Prompts as text or as chats.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import type { ChatMessage, Tokenizer } from "../tokenizer/tokenizer.ts";

/** A text to continue, or messages to answer. */
export type Prompt = string | readonly ChatMessage[];

/**
 * The tokenizer of a model.
 *
 * @param model The model.
 * @returns The tokenizer.
 * @throws {DataError} When the model has none.
 */
export function modelTokenizer(model: LanguageModel): Tokenizer {
  if (model.tokenizer === null) {
    throw new DataError(
      "Cannot read text with the model as it has no tokenizer",
      { hint: "Load the model with its tokenizer, or give tokens" },
    );
  }
  return makeTokenizer(model.tokenizer);
}

/**
 * Turns a prompt into tokens: a text with the special tokens that the model
 * expects around it, a chat by the model's template, up to where the answer
 * begins.
 *
 * @param tokenizer The tokenizer.
 * @param prompt The prompt.
 * @returns The tokens.
 * @throws {DataError} When there is nothing to continue, or the template fails.
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  prompt: Prompt,
): Int32Array<ArrayBuffer> {
  const ids = typeof prompt === "string"
    ? tokenizer.encode(prompt)
    : tokenizer.encode(tokenizer.renderChat(prompt), {
      addSpecialTokens: false,
    });
  if (ids.length > 0) return ids;
  // Nothing but a token that begins every text can stand for an empty one.
  if (tokenizer.beginId !== null) return Int32Array.of(tokenizer.beginId);
  throw new DataError("Cannot continue an empty prompt with the model", {
    expected: "a text, as the tokenizer has no token that begins one",
  });
}
