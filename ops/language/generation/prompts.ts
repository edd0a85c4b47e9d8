/**
 * Prompts before they are read.
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import type { ModelConfig } from "../model/model_config.ts";

/**
 * Checks prompts, and shortens those that leave no room for an answer.
 *
 * @param config The model's sizes.
 * @param prompts Tokens of each prompt.
 * @param options `maxTokens`, the room that is wished for, and `truncate`.
 * @returns The prompts as lists that may grow.
 * @throws {DataError} When a prompt is empty, holds what is no token, or is too
 * long and may not be shortened.
 * @throws {ParameterError} When there are no prompts.
 */
export function checkPrompts(
  config: ModelConfig,
  prompts: readonly ArrayLike<number>[],
  { maxTokens, truncate }: {
    readonly maxTokens: number;
    readonly truncate: "refuse" | "left";
  },
): number[][] {
  if (prompts.length === 0) {
    throw new ParameterError("Cannot generate as there are no prompts", {
      expected: "at least one prompt",
    });
  }
  const { contextLength, vocabularySize } = config;
  return prompts.map((prompt, at) => {
    if (prompt.length === 0) {
      throw new DataError(`Cannot continue prompt ${at} as it is empty`, {
        expected: "at least one token",
        hint: "Begin with the begin token, or with a text",
      });
    }
    const ids = Array.from(prompt);
    const wrong = ids.find((id) =>
      !Number.isInteger(id) || id < 0 || id >= vocabularySize
    );
    if (wrong !== undefined) {
      throw new DataError(`Cannot continue prompt ${at}`, {
        expected: `tokens from 0 to ${vocabularySize - 1}`,
        actual: String(wrong),
        hint: "Encode it with the tokenizer of the model",
      });
    }
    if (ids.length < contextLength) return ids;
    if (truncate === "left") {
      // Half of the context stays, however long the answer may get.
      const room = Math.min(maxTokens, Math.floor(contextLength / 2));
      return ids.slice(ids.length - Math.max(1, contextLength - room));
    }
    throw new DataError(`Cannot continue prompt ${at} as it is too long`, {
      expected: `fewer than ${contextLength} tokens, the context of the model`,
      actual: `${ids.length} tokens`,
      hint: 'Shorten it, or drop its beginning with truncate: "left"',
    });
  });
}
