/**
 * Models that have learnt nothing yet.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import type { Weight } from "../weights/weight.ts";
import { checkConfig } from "./config_limits.ts";
import type { LanguageModel } from "./language_model.ts";
import type { ModelConfig } from "./model_config.ts";
import { parametersOf } from "./parameters.ts";

/** Standard deviation of the weights, as in GPT-2. */
const DEVIATION = 0.02;

/** Projections whose results are added to the hidden states. */
const ADDED = /(?:o_proj|down_proj|c_proj)\.weight$/;

/** What {@linkcode initialModel} takes beside the sizes. */
export interface InitialModelOptions {
  /** Seed of the weights; 0 by default. */
  readonly seed?: number | undefined;
  /** The tokenizer; null by default. */
  readonly tokenizer?: TokenizerData | null | undefined;
}

/**
 * A model with random weights, to be trained: normal ones of deviation 0.02, less
 * by √(2 · layers) where results are added to the hidden states; norms are 1,
 * biases 0 (Radford and others, Language models are unsupervised multitask
 * learners, 2019).
 *
 * @param config The sizes.
 * @param options `seed` (0), `tokenizer` (null).
 * @returns The model, f32.
 * @throws {DataError} When the sizes cannot be.
 */
export function initialModel(
  config: ModelConfig,
  options: InitialModelOptions = {},
): LanguageModel {
  const { seed = 0, tokenizer = null } = options;
  checkConfig(config);
  const root = wf.random.key(seed);
  const weights: Record<string, Weight> = {};
  for (const [at, { name, shape }] of parametersOf(config).entries()) {
    weights[name] = {
      format: "plain",
      value: initialWeight(
        wf.random.foldIn(root, at),
        name,
        shape,
        config.layers,
      ),
    };
  }
  return { config, weights, tokenizer };
}

function initialWeight(
  key: wf.random.Key,
  name: string,
  shape: readonly number[],
  layers: number,
): wf.F32 {
  if (name.endsWith(".bias")) return wf.zeros(shape);
  if (shape.length === 1) return wf.ones(shape);
  const deviation = ADDED.test(name)
    ? DEVIATION / Math.sqrt(2 * layers)
    : DEVIATION;
  return wf.multiply(wf.random.normal(key, shape), deviation);
}
