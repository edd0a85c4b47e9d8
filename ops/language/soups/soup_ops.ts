/**
 * Soups of language models as ops.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { type Batch, batchLoss } from "../tuning/batch_loss.ts";
import { batchOf } from "../tuning/batches.ts";
import { encodeExample, type TrainingExample } from "../tuning/examples.ts";
import { makeRows } from "../tuning/rows.ts";
import { TRAINING_EXAMPLE } from "../tuning/training_example.ts";
import { MODELS } from "./soup_kind.ts";
import {
  type Acceptance,
  type GreedyTrial,
  mixByLearning,
  mixGreedily,
  mixUniformly,
} from "./soups.ts";

const MEMBERS = port.list(modelPort());
const EXAMPLES = port.value(z.array(TRAINING_EXAMPLE).min(1));

/**
 * The mean of models that were tuned from one start, after "Model soups" (Wortsman
 * and others, 2022, arXiv 2203.05482).
 *
 * Input: `models`, all of one shape: with adapters, whose changes are averaged on
 * the base of the first (ranks add up), or without, where all weights are averaged
 * and become plain numbers. Output: `model`.
 *
 * @throws {ParameterError} Where there are no models.
 * @throws {DataError} Where names or shapes differ, or only some have adapters.
 *
 * @example
 * ```ts ignore
 * import { loadModel, modelFiles, uniformSoup } from "@weft/weft/ops/language";
 *
 * const places = await Promise.all(["runs/a", "runs/b"].map((place) => modelFiles(place)));
 * const models = places.map((files) => loadModel({ files }).model);
 * const { model } = await uniformSoup({ models }).value();
 * console.log(Object.keys(model.weights).length);
 * ```
 */
export const uniformSoup: Op<
  { models: LanguageModel[] },
  Record<never, never>,
  { model: LanguageModel }
> = op({
  name: "language/uniformSoup",
  version: "1",
  doc: "The mean of language models that were tuned from one start",
  inputs: { models: MEMBERS },
  outputs: { model: modelPort() },
  run: ({ models }) => ({ model: mixUniformly(MODELS, models) }),
});

/** Params that all soups with held-out examples have. */
export interface HeldOutParams {
  /** Tokens of a row; 512 by default. */
  readonly sequenceLength?: number | undefined;
  /** Rows that go through a model at once; 1 by default. */
  readonly batchSize?: number | undefined;
}

const HELD_OUT = {
  sequenceLength: z.int().min(2).default(512),
  batchSize: z.int().min(1).default(1),
} as const;

/** Params of {@linkcode greedySoup}. */
export interface GreedySoupParams extends HeldOutParams {
  /** Whether a model is taken that makes the loss no worse ("ge", default) or only one that makes it better ("gt"). */
  readonly accept?: Acceptance | undefined;
}

const TRIAL: z.ZodType<GreedyTrial> = z.object({
  member: z.int(),
  score: z.number(),
  accepted: z.boolean(),
});

/**
 * The mean of some of the models that were tuned from one start: the best first,
 * then each whose company does not make the loss on held-out examples worse
 * ("Model soups", Wortsman and others, 2022, arXiv 2203.05482). It is never worse
 * there than the best model.
 *
 * Inputs: `models`, as for {@linkcode uniformSoup}, with tokenizers; `examples`,
 * held out. Params: see {@linkcode GreedySoupParams}. Outputs: `model`; `members`,
 * the numbers of the models that were taken; `trace`, all trials, the score being
 * the mean loss of a learnt token with its sign changed.
 *
 * @throws {ParameterError} Where there are no models.
 * @throws {DataError} Where names or shapes differ, or the first has no tokenizer.
 * @throws {NumericalError} Where a loss is NaN.
 *
 * @example
 * ```ts ignore
 * import { greedySoup, loadModel, modelFiles } from "@weft/weft/ops/language";
 *
 * const places = await Promise.all(["runs/a", "runs/b"].map((place) => modelFiles(place)));
 * const models = places.map((files) => loadModel({ files }).model);
 * const examples = [{ prompt: "Sales rose. Outlook:", completion: " up" }];
 * console.log((await greedySoup({ models, examples }).value()).members);
 * ```
 */
export const greedySoup: Op<
  { models: LanguageModel[]; examples: TrainingExample[] },
  GreedySoupParams,
  { model: LanguageModel; members: number[]; trace: GreedyTrial[] }
> = op({
  name: "language/greedySoup",
  version: "1",
  doc: "The mean of those language models that lower a held-out loss together",
  inputs: { models: MEMBERS, examples: EXAMPLES },
  params: z.object({
    ...HELD_OUT,
    accept: z.enum(["ge", "gt"]).default("ge"),
  }),
  outputs: {
    model: modelPort(),
    members: port.value(z.array(z.int())),
    trace: port.value(z.array(TRIAL)),
  },
  run: async ({ models, examples }, params, { progress, signal }) => {
    const { batches, learnt } = batchesOf(models, examples, params);
    let done = 0;
    const score = async (model: LanguageModel): Promise<number> => {
      signal.throwIfAborted();
      const loss = wf.compile((batch: Batch) => batchLoss(model, batch));
      const sums: wf.F32[] = [];
      for (const batch of batches) {
        const sum = loss(batch);
        await wf.realize(sum);
        sums.push(sum);
      }
      progress(++done / (2 * models.length - 1));
      const values = await wf.read(...sums);
      return -values.reduce((sum, [value]) => sum + value!, 0) / learnt;
    };
    const scores: number[] = [];
    for (const model of models) scores.push(await score(model));
    const { soup, members, trace } = await mixGreedily(
      MODELS,
      models,
      scores,
      score,
      params,
    );
    return { model: soup, members, trace };
  },
});

/** Params of {@linkcode learnedSoup}. */
export interface LearnedSoupParams extends HeldOutParams {
  /** Whether each weight has shares of its own; false by default. */
  readonly perTensor?: boolean | undefined;
  /** Learning rate of AdamW; 0.05 by default. */
  readonly learningRate?: number | undefined;
  /** How often all examples are seen; 5 by default. */
  readonly epochs?: number | undefined;
}

/**
 * A mixture of models that were tuned from one start, in shares that make the loss
 * on held-out examples small, with a factor for the logits ("Model soups",
 * Wortsman and others, 2022, arXiv 2203.05482, appendix I).
 *
 * Inputs: as for {@linkcode greedySoup}. Params: see
 * {@linkcode LearnedSoupParams}. Outputs: `model`; `alpha`, the shares, by weight
 * where each has its own, else under ""; `beta`, the factor, which is not part of
 * the model.
 *
 * @throws {ParameterError} Where there are no models.
 * @throws {DataError} Where names or shapes differ, or the first has no tokenizer.
 * @throws {NumericalError} Where shares become NaN.
 *
 * @example
 * ```ts ignore
 * import { learnedSoup, loadModel, modelFiles } from "@weft/weft/ops/language";
 *
 * const places = await Promise.all(["runs/a", "runs/b"].map((place) => modelFiles(place)));
 * const models = places.map((files) => loadModel({ files }).model);
 * const examples = [{ prompt: "Sales rose. Outlook:", completion: " up" }];
 * console.log((await learnedSoup({ models, examples }).value()).alpha);
 * ```
 */
export const learnedSoup: Op<
  { models: LanguageModel[]; examples: TrainingExample[] },
  LearnedSoupParams,
  { model: LanguageModel; alpha: Record<string, number[]>; beta: number }
> = op({
  name: "language/learnedSoup",
  version: "1",
  doc: "A mixture of language models in shares learnt on held-out examples",
  inputs: { models: MEMBERS, examples: EXAMPLES },
  params: z.object({
    ...HELD_OUT,
    perTensor: z.boolean().default(false),
    learningRate: z.number().positive().default(0.05),
    epochs: z.int().min(1).default(5),
  }),
  outputs: {
    model: modelPort(),
    alpha: port.value(z.record(z.string(), z.array(z.number()))),
    beta: port.value(z.number()),
  },
  run: async ({ models, examples }, params, { progress, signal }) => {
    const { batches, learnt } = batchesOf(models, examples, params);
    const { perTensor, learningRate, epochs } = params;
    const mean = batches.length / learnt;
    const { soup, shares, temperature } = await mixByLearning(
      MODELS,
      models,
      (model, factor, batch: Batch) =>
        wf.multiply(batchLoss(model, batch, { factor }), mean),
      batches,
      {
        perPart: perTensor,
        learningRate,
        epochs,
        signal,
        onProgress: progress,
      },
    );
    return { model: soup, alpha: shares, beta: temperature };
  },
});

/** Held-out examples as batches of one form. */
function batchesOf(
  models: readonly LanguageModel[],
  examples: readonly TrainingExample[],
  { sequenceLength = 512, batchSize = 1 }: HeldOutParams,
): { readonly batches: Batch[]; readonly learnt: number } {
  const data = models[0]?.tokenizer;
  if (data === undefined || data === null) {
    throw new DataError("Cannot score models without a tokenizer", {
      actual: models.length === 0 ? "no models" : "a model without one",
    });
  }
  const tokenizer = makeTokenizer(data);
  const { rows, summary } = makeRows(
    examples.map((one) => encodeExample(tokenizer, one)),
    {
      length: sequenceLength,
      packing: true,
      overlong: "cut",
      padId: tokenizer.padId,
    },
  );
  const batches: Batch[] = [];
  for (let at = 0; at < rows.length; at += batchSize) {
    batches.push(batchOf(rows.slice(at, at + batchSize), batchSize, true));
  }
  return { batches, learnt: summary.learnt };
}
