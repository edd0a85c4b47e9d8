/**
 * Prompts that fit into the context of a model.
 *
 * @module
 */

import { z } from "zod";
import {
  EVIDENCE_ITEM,
  type EvidenceItem,
  evidencePrompt,
  OVERNIGHT_THRESHOLD,
} from "../../ops/evidence/mod.ts";
import {
  type LanguageModel,
  makeTokenizer,
  modelPort,
} from "../../ops/language/mod.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";

/** Params of {@linkcode fittedPrompts}. */
export interface FittedPromptsParams {
  /** Tokens of a prompt at most; 200 by default. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the answer that must find room behind it; 128 by default. */
  readonly answerTokens?: number | undefined;
  /** How long the instructions are; "brief" by default. */
  readonly detail?: "full" | "brief" | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
}

/**
 * Prompts of items, counted by the model's own tokenizer, with room for an answer.
 *
 * Inputs: `model`, with its tokenizer; `items`. Params: see
 * {@linkcode FittedPromptsParams}. Outputs: `prompts`; `leftOut`, the lines of sources
 * that did not fit.
 *
 * @throws {DataError} When the model has no tokenizer.
 * @throws {ParameterError} When the instructions alone do not fit.
 */
export const fittedPrompts: Op<
  { model: LanguageModel; items: EvidenceItem[] },
  FittedPromptsParams,
  { prompts: string[]; leftOut: number[] }
> = op({
  name: "retuning/fittedPrompts",
  version: "1",
  doc: "Prompts of items that fit into the context of a model",
  inputs: {
    model: modelPort({ doc: "with its tokenizer" }),
    items: port.value(z.array(EVIDENCE_ITEM)),
  },
  params: z.object({
    promptTokens: z.int().min(1).default(200),
    answerTokens: z.int().min(1).default(128),
    detail: z.enum(["full", "brief"]).default("brief"),
    threshold: z.number().positive().default(OVERNIGHT_THRESHOLD),
  }),
  outputs: {
    prompts: port.value(z.array(z.string())),
    leftOut: port.value(z.array(z.number())),
  },
  run: ({ items, model }, params) => {
    if (model.tokenizer === null) {
      throw new DataError("Cannot ask a model without a tokenizer", {
        hint: "Load it with one",
      });
    }
    const { answerTokens, detail, promptTokens, threshold } = params;
    const tokenizer = makeTokenizer(model.tokenizer);
    const countTokens = (text: string) => tokenizer.encode(text).length;
    const room = model.config.contextLength - answerTokens;
    const budget = Math.min(promptTokens, room);
    const made = items.map(({ sources }) =>
      evidencePrompt(sources, { budget, countTokens, detail, threshold })
    );
    return {
      prompts: made.map(({ text }) => text),
      leftOut: made.map(({ leftOut }) => leftOut),
    };
  },
});
