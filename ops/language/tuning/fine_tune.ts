/**
 * Fine-tuning as an op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import { LORA_ADAPTER } from "../model/model_schema.ts";
import {
  EVALUATION,
  type Evaluation,
  STEP,
  type StepReport,
} from "./checkpoint.ts";
import type { TrainingExample } from "./examples.ts";
import { fineTuneModel } from "./fine_tune_model.ts";
import type { RowSummary } from "./rows.ts";
import type { TrainProgress } from "./step_reports.ts";
import type { TrainOptions } from "./train_settings.ts";
import { TRAINING_EXAMPLE } from "./training_example.ts";

/** Params of {@linkcode fineTune}. */
export interface FineTuneParams extends TrainOptions {
  /** Rank of the adapter; 16 by default. */
  readonly rank?: number | undefined;
  /** Alpha of the adapter; the rank by default. */
  readonly alpha?: number | undefined;
  /** Dropout of the adapter; 0 by default. */
  readonly dropout?: number | undefined;
  /** Layers that it changes; "all-linear" by default. */
  readonly targets?: "all-linear" | string[] | undefined;
  /** Whether its scale is alpha / √rank; false by default. */
  readonly rankStabilized?: boolean | undefined;
}

const PARAMS = z.object({
  rank: z.int().min(1).optional(),
  alpha: z.number().positive().optional(),
  dropout: z.number().min(0).lt(1).optional(),
  targets: z.union([z.literal("all-linear"), z.array(z.string()).min(1)])
    .optional(),
  rankStabilized: z.boolean().optional(),
  sequenceLength: z.int().min(2).optional(),
  packing: z.boolean().optional(),
  overlong: z.enum(["cut", "skip", "error"]).optional(),
  batchSize: z.int().min(1).optional(),
  accumulation: z.int().min(1).optional(),
  epochs: z.int().min(1).optional(),
  steps: z.int().min(1).nullable().optional(),
  learningRate: z.number().positive().optional(),
  schedule: z.enum(["constant", "linear", "cosine"]).optional(),
  warmup: z.number().min(0).optional(),
  finalPart: z.number().min(0).max(1).optional(),
  optimizer: z.enum(["adamW", "adamW8bit"]).optional(),
  beta1: z.number().min(0).lt(1).optional(),
  beta2: z.number().min(0).lt(1).optional(),
  epsilon: z.number().positive().optional(),
  weightDecay: z.number().min(0).optional(),
  maxGradientNorm: z.number().positive().optional(),
  shuffle: z.boolean().optional(),
  seed: z.int().min(0).optional(),
  dtype: z.enum(["f32", "f16"]).optional(),
  checkpointing: z.union([z.boolean(), z.literal("auto")]).optional(),
  evaluateEvery: z.int().min(0).optional(),
  patience: z.int().min(0).optional(),
});

/** What is told of a training. */
export interface FineTuneReport {
  /** Steps taken. */
  readonly steps: number;
  /** Each step. */
  readonly history: StepReport[];
  /** Each evaluation. */
  readonly evaluations: Evaluation[];
  /** Whether it ended as evaluations did not get better. */
  readonly stoppedEarly: boolean;
  /** What became of the examples. */
  readonly examples: RowSummary;
}

const REPORT: z.ZodType<FineTuneReport> = z.object({
  steps: z.int(),
  history: z.array(STEP),
  evaluations: z.array(EVALUATION),
  stoppedEarly: z.boolean(),
  examples: z.object({
    examples: z.int(),
    cut: z.int(),
    skipped: z.int(),
    rows: z.int(),
    tokens: z.int(),
    learnt: z.int(),
  }),
});

/**
 * Fine-tunes a language model by an adapter (LoRA; QLoRA where the model's weights
 * are packed), after "QLoRA: Efficient Finetuning of Quantized LLMs" (Dettmers and
 * others, 2023, arXiv 2305.14314).
 *
 * Inputs: `model`, with its tokenizer; the adapter that it has is trained further;
 * `examples`, prompts with completions or chats, of which answers are learnt, or
 * texts; `evaluation`, examples that choose the best adapter and end the training
 * early. Params: those of the adapter and of training, see
 * {@linkcode FineTuneParams}. Outputs: `adapter`, f32; `report`, the loss of each
 * step and evaluation, and what became of the examples.
 *
 * The same seed gives the same adapter on the same device.
 *
 * @throws {DataError} Where the model has no tokenizer, or nothing can be learnt.
 * @throws {NumericalError} Where a loss is not finite.
 *
 * @example
 * ```ts ignore
 * import { fineTune, loadModel, modelFiles, quantizeNf4 } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = loadModel({ files });
 * const base = quantizeNf4({ model }).model;
 * const examples = [{ prompt: "Sales rose. Outlook:", completion: " up" }];
 * const tuned = fineTune({ model: base, examples }, { rank: 16, steps: 20 });
 * console.log((await tuned.value()).report.history.at(-1)?.loss);
 * ```
 */
export const fineTune: Op<
  {
    model: LanguageModel;
    examples: TrainingExample[];
    evaluation?: TrainingExample[] | undefined;
  },
  FineTuneParams,
  { adapter: LoraAdapter; report: FineTuneReport }
> = op({
  name: "language/fineTune",
  version: "1",
  doc: "Fine-tunes a language model by an adapter (LoRA, QLoRA)",
  inputs: {
    model: modelPort({ doc: "with its tokenizer" }),
    examples: port.value(z.array(TRAINING_EXAMPLE).min(1)),
    evaluation: port.optional(z.array(TRAINING_EXAMPLE)),
  },
  params: PARAMS,
  outputs: {
    adapter: port.value(LORA_ADAPTER),
    report: port.value(REPORT),
  },
  run: async ({ model, examples, evaluation }, params, context) => {
    const { rank, alpha, dropout, targets, rankStabilized, ...training } =
      params;
    const { adapter, model: _, examples: summary, ...report } =
      await fineTuneModel(model, examples, {
        ...training,
        adapter: { rank, alpha, dropout, targets, rankStabilized },
        evaluation,
        signal: context.signal,
        onProgress: (now) => context.progress(now.step / now.steps, told(now)),
      });
    return { adapter, report: { ...report, examples: summary } };
  },
});

function told({ loss, step, steps, tokensPerSecond }: TrainProgress): string {
  return `step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${
    tokensPerSecond.toFixed(0)
  } tokens a second`;
}
