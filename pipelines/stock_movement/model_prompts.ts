/**
 * Prompts that fit a model, counted by its own tokenizer.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  type LanguageModel,
  makeTokenizer,
  modelPort,
} from "../../ops/language/mod.ts";
import { earningsPrompt } from "../../ops/movement/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../../ops/reports.ts";

/** Room for the answer and its end. */
const ANSWER_TOKENS = 8;

/**
 * Prompts of reports, see `earningsPrompt`, counted by the tokenizer of the model
 * that is to answer.
 *
 * Inputs: `events`; `model`, of which only tokenizer and context count. Params:
 * `tokens` of prompt and answer (no more than the context), `reportTokens`,
 * `external` and `hold`. Outputs, one entry an event: `prompts`; `leftOut`,
 * characters of the reports that did not fit.
 *
 * @throws {DataError} Where the model has no tokenizer, or a report no text.
 * @throws {ParameterError} Where all but the report exceeds the budget.
 */
export const modelPrompts: Op<
  { events: ReportEvent[]; model: LanguageModel },
  { tokens: number; reportTokens: number; external: boolean; hold: boolean },
  { prompts: string[]; leftOut: number[] }
> = op({
  name: "stockMovement/modelPrompts",
  version: "1",
  doc: "Prompts of reports that fit a model",
  inputs: {
    events: port.value(z.array(REPORT_EVENT)),
    model: modelPort({ doc: "with its tokenizer" }),
  },
  params: z.object({
    tokens: z.int().min(16),
    reportTokens: z.int().nonnegative(),
    external: z.boolean(),
    hold: z.boolean(),
  }),
  outputs: {
    prompts: port.value(z.array(z.string())),
    leftOut: port.value(z.array(z.int())),
  },
  run: ({ events, model }, { tokens, ...options }, { progress }) => {
    if (model.tokenizer === null) {
      throw new DataError("Cannot count tokens without a tokenizer", {
        hint: "Load the model with one",
      });
    }
    const tokenizer = makeTokenizer(model.tokenizer);
    const budget = Math.min(tokens, model.config.contextLength) - ANSWER_TOKENS;
    const made = events.map((event, at) => {
      progress(at / events.length);
      return earningsPrompt(event, {
        ...options,
        budget,
        countTokens: (text) => tokenizer.encode(text).length,
      });
    });
    return {
      prompts: made.map(({ text }) => text),
      leftOut: made.map(({ leftOut }) => leftOut),
    };
  },
});
