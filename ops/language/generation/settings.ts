/**
 * How tokens are chosen and when a sequence ends.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import type { LogitsProcessor } from "./logits_processor.ts";

/** How the next token is chosen. */
export interface SamplingOptions {
  /** 0, the default, takes the most probable token; above, tokens are drawn. */
  readonly temperature?: number | undefined;
  /** Draws among so many most probable tokens only; all by default. */
  readonly topK?: number | undefined;
  /** Draws among the most probable tokens of so much mass only; all by default. */
  readonly topP?: number | undefined;
  /** Draws among tokens at least so probable, relative to the first; all by default. */
  readonly minP?: number | undefined;
  /** Above 1 makes tokens that occurred less probable; 1 by default. */
  readonly repetitionPenalty?: number | undefined;
  /**
   * Seed of the draws, 0 by default. What is drawn for a prompt does not depend on
   * the batch that it is in; a prompt that stands there twice draws anew.
   */
  readonly seed?: number | undefined;
  /** Which of several equal prompts each one is; counted in the batch by default. */
  readonly copies?: readonly number[] | undefined;
  /** What changes the logits of the model before all of the above, in order. */
  readonly processors?: readonly LogitsProcessor[];
  /** Of how many of the most probable tokens to tell at each step; 0 by default. */
  readonly alternatives?: number | undefined;
}

/** When a sequence ends, and what stops all of them. */
export interface GenerateOptions extends SamplingOptions {
  /** Tokens of the answer at most; 128 by default. */
  readonly maxTokens?: number | undefined;
  /** Tokens that end a sequence; by default those of the model's tokenizer. */
  readonly endIds?: readonly number[] | undefined;
  /**
   * What happens to a prompt that leaves no room in the model's context: "refuse",
   * the default, or "left", which drops its first tokens.
   */
  readonly truncate?: "refuse" | "left" | undefined;
  /** Stops between two tokens, and inside of the device. */
  readonly signal?: AbortSignal | undefined;
  /** Called once the prompts were read and their first tokens chosen. */
  readonly onPrompt?: (() => void) | undefined;
}

/** The options after defaults. */
export interface Settings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Undefined takes all. */
  readonly topK: number | undefined;
  /** 1 takes all. */
  readonly topP: number;
  /** 0 takes all. */
  readonly minP: number;
  /** 1 changes nothing. */
  readonly repetitionPenalty: number;
  /** Seed of the draws. */
  readonly seed: number;
  /** Which of several equal prompts each one is. */
  readonly copies: readonly number[] | undefined;
  /** Functions that change logits. */
  readonly processors: readonly LogitsProcessor[];
  /** How many of the most probable tokens to tell of. */
  readonly alternatives: number;
  /** Tokens of the answer at most. */
  readonly maxTokens: number;
  /** What happens to long prompts. */
  readonly truncate: "refuse" | "left";
}

const NUMBERS = {
  temperature: [(x: number) => x >= 0 && x < Infinity, "a number from 0"],
  topK: [isCount, "a whole number from 1"],
  topP: [isShare, "a number from 0 to 1"],
  minP: [isShare, "a number from 0 to 1"],
  repetitionPenalty: [
    (x: number) => x > 0 && x < Infinity,
    "a positive number",
  ],
  seed: [
    (x: number) => Number.isSafeInteger(x) && x >= 0,
    "a whole number from 0 to 2^53 - 1",
  ],
  alternatives: [(x: number) => x === 0 || isCount(x), "a whole number from 0"],
  maxTokens: [isCount, "a whole number from 1"],
} as const;

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/**
 * Fills in defaults.
 *
 * @param options The options.
 * @returns The settings.
 * @throws {ParameterError} When a number is out of its range.
 */
export function settingsOf(options: GenerateOptions): Settings {
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = options[name];
    const [isFine, expected] = NUMBERS[name];
    if (value === undefined || isFine(value)) continue;
    throw new ParameterError(
      `Cannot generate with "${name}": current value is ${value}`,
      { expected, actual: String(value) },
    );
  }
  return {
    temperature: options.temperature ?? 0,
    topK: options.topK,
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    seed: options.seed ?? 0,
    copies: options.copies,
    processors: options.processors ?? [],
    alternatives: options.alternatives ?? 0,
    maxTokens: options.maxTokens ?? 128,
    truncate: options.truncate ?? "refuse",
  };
}
