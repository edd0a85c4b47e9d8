/**
 * Fresh adapters, after "LoRA: Low-Rank Adaptation of Large Language Models" (Hu
 * and others, 2021, arXiv 2106.09685) and "QLoRA: Efficient Finetuning of
 * Quantized LLMs" (Dettmers and others, 2023, arXiv 2305.14314).
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import {
  moduleNames,
  targetLayers,
  type TargetModules,
} from "../model/linear_layers.ts";
import type { LanguageModel } from "../model/language_model.ts";
import type { LoraAdapter, LoraConfig, LoraFactors } from "./lora_adapter.ts";

/** Settings of {@linkcode addAdapter}. */
export interface AddAdapterOptions {
  /** Rank of the factors; 16 by default. */
  readonly rank?: number | undefined;
  /** Alpha: the factors' product is multiplied by alpha / rank; the rank by default. */
  readonly alpha?: number | undefined;
  /** Probability with which an input is dropped in training; 0 by default. */
  readonly dropout?: number | undefined;
  /** Which layers get factors; all linear ones but the classifier by default. */
  readonly targets?: TargetModules | undefined;
  /** Whether the product is multiplied by alpha / √rank instead; false by default. */
  readonly rankStabilized?: boolean | undefined;
  /** What the base model is called in `adapter_config.json`; nothing by default. */
  readonly baseModel?: string | null | undefined;
  /** Decides the random factors; 0 by default. */
  readonly seed?: number | undefined;
}

/**
 * What the product of two factors is multiplied by.
 *
 * @param config Rank, alpha, and whether the scale is rank-stabilised.
 * @returns alpha / rank or alpha / √rank.
 */
export function adapterScale(
  config: Pick<LoraConfig, "rank" | "alpha" | "rankStabilized">,
): number {
  const { rank, alpha, rankStabilized } = config;
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}

/**
 * Gives a model an adapter that changes nothing yet: `a` is uniform between
 * -1/√inputs and 1/√inputs, `b` is 0. Factors are f32.
 *
 * @param model The model; an adapter that it has is replaced.
 * @param options `rank` (16), `alpha` (the rank), `dropout` (0), `targets`
 * ("all-linear"), `rankStabilized` (false), `baseModel` (null), `seed` (0).
 * @returns The model with its adapter.
 * @throws {ParameterError} When a setting is out of range or a target fits no
 * layer.
 */
export function addAdapter(
  model: LanguageModel,
  options: AddAdapterOptions = {},
): LanguageModel & { readonly adapter: LoraAdapter } {
  const { targets = "all-linear", seed = 0 } = options;
  const layers = targetLayers(model, targets);
  const { rank = 16, alpha = rank, dropout = 0 } = options;
  const config: LoraConfig = {
    rank,
    alpha,
    dropout,
    targetModules: targets === "all-linear" ? moduleNames(layers) : targets,
    rankStabilized: options.rankStabilized ?? false,
    baseModel: options.baseModel ?? null,
  };
  checkConfig(config);
  const scale = adapterScale(config);
  const key = wf.random.key(seed);
  const factors = layers.map(
    ({ name, inputs, outputs }, index): [string, LoraFactors] => {
      const bound = 1 / Math.sqrt(inputs);
      const own = wf.random.foldIn(key, index);
      const a = wf.random.uniform(own, [rank, inputs], {
        low: -bound,
        high: bound,
      });
      return [name, { a, b: wf.zeros([outputs, rank]), scale }];
    },
  );
  return { ...model, adapter: { layers: Object.fromEntries(factors), config } };
}

/**
 * Refuses settings of an adapter that cannot be.
 *
 * @param config The settings.
 * @throws {ParameterError} When one is out of range.
 */
export function checkConfig(config: LoraConfig): void {
  const { rank, alpha, dropout } = config;
  const refuse = (name: string, value: number, expected: string): never => {
    throw new ParameterError(
      `Cannot use "${name}" in an adapter: current value is ${value}`,
      { expected, actual: String(value) },
    );
  };
  if (!(Number.isInteger(rank) && rank >= 1)) {
    refuse("rank", rank, "a whole number from 1");
  }
  if (!(Number.isFinite(alpha) && alpha > 0)) {
    refuse("alpha", alpha, "a positive number");
  }
  if (!(dropout >= 0 && dropout < 1)) refuse("dropout", dropout, "[0, 1)");
}
