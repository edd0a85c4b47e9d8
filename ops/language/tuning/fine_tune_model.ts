/**
 * Fine-tuning of a language model by an adapter.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { addAdapter, type AddAdapterOptions } from "../adapter/add_adapter.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { encodeExample, type TrainingExample } from "./examples.ts";
import { makeRows, type Row, type RowSummary } from "./rows.ts";
import {
  trainAdapter,
  type TrainResult,
  type TrainRun,
} from "./train_adapter.ts";
import {
  type TrainOptions,
  type TrainSettings,
  trainSettings,
} from "./train_settings.ts";

/** How {@linkcode fineTuneModel} trains. */
export interface FineTuneOptions extends TrainOptions, TrainRun {
  /** The adapter to begin with, unless the model has one. */
  readonly adapter?: AddAdapterOptions | undefined;
  /** Examples that are not learnt but looked at from time to time. */
  readonly evaluation?: readonly TrainingExample[] | undefined;
}

/** What came of fine-tuning. */
export interface FineTuneResult extends TrainResult {
  /** The model with its adapter. */
  readonly model: LanguageModel & { readonly adapter: LoraAdapter };
  /** What became of the examples. */
  readonly examples: RowSummary;
}

/**
 * Fine-tunes a model: an adapter learns, the base stays as it is. A base that is
 * packed (see `quantizeModel`) stays packed: this is QLoRA. One step is one
 * compiled program: blocks are computed again on the way back, logits are never
 * held.
 *
 * Of a prompt with its completion, and of a chat, answers are learnt; of a text,
 * everything. Losses are means over all tokens that a step learns. What is cut or
 * left out is told in the result.
 *
 * @param model The model, with its tokenizer. The adapter that it has is trained
 * further; else it gets one.
 * @param examples What is learnt.
 * @param options Settings of training and of the adapter, evaluation, and how it is
 * run: `folder` for checkpoints, `resume`, `signal`, `onProgress`.
 * @returns The adapter, and what was measured.
 * @throws {DataError} When the model has no tokenizer, or nothing can be learnt.
 * @throws {ParameterError} When a setting is out of range.
 * @throws {NumericalError} When a loss is not finite.
 * @throws {CancelledError} When the signal is aborted; a checkpoint is written first
 * where there is a folder for it.
 */
export async function fineTuneModel(
  model: LanguageModel,
  examples: readonly TrainingExample[],
  options: FineTuneOptions = {},
): Promise<FineTuneResult> {
  const settings = trainSettings(options);
  if (model.tokenizer === null) {
    throw new DataError("Cannot fine-tune a model without a tokenizer", {
      hint: "Load it with one",
    });
  }
  checkLength(model, settings);
  const tokenizer = makeTokenizer(model.tokenizer);
  const { rows, summary } = encodedRows(tokenizer, examples, settings);
  const { evaluation = [] } = options;
  const held = evaluation.length === 0
    ? []
    : encodedRows(tokenizer, evaluation, settings).rows;
  const { adapter } = model;
  const start = adapter === undefined
    ? addAdapter(model, { seed: settings.seed, ...options.adapter })
    : { ...model, adapter };
  const result = await trainAdapter({
    model: start,
    rows,
    evaluation: held,
    settings,
    run: options,
  });
  return {
    ...result,
    model: { ...model, adapter: result.adapter },
    examples: summary,
  };
}

function checkLength(
  { config: { contextLength } }: LanguageModel,
  { sequenceLength }: TrainSettings,
): void {
  if (sequenceLength <= contextLength) return;
  throw new DataError(
    `Cannot train on rows of ${sequenceLength} tokens as the model takes ${contextLength}`,
    { hint: 'Lower "sequenceLength"' },
  );
}

function encodedRows(
  tokenizer: Tokenizer,
  examples: readonly TrainingExample[],
  { sequenceLength, packing, overlong }: TrainSettings,
): { rows: Row[]; summary: RowSummary } {
  return makeRows(examples.map((one) => encodeExample(tokenizer, one)), {
    length: sequenceLength,
    packing,
    overlong,
    padId: tokenizer.padId,
  });
}
