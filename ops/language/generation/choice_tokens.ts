/**
 * Tokens of prompts and of the choices behind them.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { encodePrompt, type Prompt } from "./prompt_text.ts";

/** A prompt with its choices. */
export interface ChoiceTokens {
  /** The prompt. */
  readonly prompt: Int32Array;
  /** The choices. */
  readonly choices: readonly Int32Array[];
}

/**
 * Turns a prompt and its choices into tokens. Prompt and choice are encoded as one
 * text where the prompt keeps its tokens in it, else each for itself.
 *
 * @param tokenizer The tokenizer.
 * @param prompt The prompt.
 * @param choices The choices, as they stand behind the prompt: with their space.
 * @returns The tokens.
 * @throws {DataError} When a choice has no tokens.
 */
export function choiceTokens(
  tokenizer: Tokenizer,
  prompt: Prompt,
  choices: readonly string[],
): ChoiceTokens {
  const before = encodePrompt(tokenizer, prompt);
  const isText = typeof prompt === "string";
  const text = isText ? prompt : tokenizer.renderChat(prompt);
  return {
    prompt: before,
    choices: choices.map((choice) => {
      const whole = tokenizer.encode(text + choice, {
        addSpecialTokens: isText,
      });
      const isPrefix = whole.length > before.length &&
        before.every((id, at) => id === whole[at]);
      const own = isPrefix
        ? whole.slice(before.length)
        : tokenizer.encode(choice, { addSpecialTokens: false });
      if (own.length > 0) return own;
      throw new DataError("Cannot score a choice without tokens", {
        expected: "a text",
        actual: JSON.stringify(choice),
      });
    }),
  };
}
