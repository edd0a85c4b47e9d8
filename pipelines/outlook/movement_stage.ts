/**
 * The movement stage: logits of four experts, two of which read numbers and two
 * language, debiased, then fused.
 *
 * @module
 */

import { map, type Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { debiasClassScores } from "../../ops/debias/mod.ts";
import {
  evaluateClasses,
  testLabels,
  testRows,
} from "../../ops/evaluate/mod.ts";
import { dynamicLogitFusion } from "../../ops/fusion/mod.ts";
import {
  classPriorForecast,
  logisticForecast,
} from "../../ops/movement/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import { classProbabilities } from "./class_probabilities.ts";
import type { LanguageLogits } from "./language_stage.ts";
import { type Settings, SIZES } from "./settings.ts";

/** The model that the others are compared with: how often classes occurred. */
export const MOVEMENT_BASELINE = "prior";

/** The experts that are fused with the volatility expert, in order. */
export const FUSED_EXPERTS: readonly string[] = [
  "technical",
  "qlora",
  "retuning",
];

/** What the movement stage reads. */
export interface MovementInputs {
  /** Features of price and volume, f64 `["t", "d"]`. */
  readonly technical: Output<F64>;
  /** Features of forecast volatility, f64 `["t", "v"]`. */
  readonly volatility: Output<F64>;
  /** Logits of language models and of what they are compared with. */
  readonly language: LanguageLogits;
  /** Down, hold, up or not known: i32 `["t"]`. */
  readonly labels: Output<Tensor<"i32">>;
  /** Walk-forward windows, purged by the horizon of the labels. */
  readonly splits: Output<Splits>;
}

/**
 * Wires the movement stage.
 *
 * @param inputs Features of both experts, labels and windows.
 * @param settings The settings of the outlook.
 * @returns Logits and scores by model, and the weights of the fusion.
 */
// deno-lint-ignore explicit-module-boundary-types -- the type is the wiring
export function movementStage(inputs: MovementInputs, settings: Settings) {
  const { labels, splits } = inputs;
  const tested = (x: Output<F64>) => testRows({ x, splits }).y;
  const expert = (logits: Output<F64>) => {
    const { probabilities } = classProbabilities({ logits });
    const debiased = debiasClassScores(
      { probabilities, labels, splits },
      { minimumSlope: settings.minimumSlope },
    );
    return {
      raw: tested(logits),
      debiased: tested(debiased.logits),
    };
  };
  const numeric = (features: Output<F64>) =>
    expert(logisticForecast({ features, labels, splits }).logits);
  const technical = numeric(inputs.technical);
  const volatility = numeric(inputs.volatility);
  const { bagOfWords, structured, untuned } = inputs.language;
  const qlora = expert(inputs.language.qlora);
  const retuning = expert(inputs.language.retuning);
  const prior = tested(classPriorForecast({ labels, splits }).logits);
  const fuse = (
    kind: "raw" | "debiased",
    experts: readonly (typeof technical)[],
  ) =>
    dynamicLogitFusion({
      large: volatility[kind],
      smallBase: prior,
      experts: experts.map((one) => one[kind]),
    }, { mode: "joint", jointSearch: "coordinate" });
  const experts = [technical, qlora, retuning];
  const fusion = fuse("debiased", experts);
  const logits = {
    prior,
    technical: technical.raw,
    technicalDebiased: technical.debiased,
    volatility: volatility.raw,
    volatilityDebiased: volatility.debiased,
    bagOfWords: tested(bagOfWords),
    untuned: tested(untuned),
    qlora: qlora.raw,
    qloraDebiased: qlora.debiased,
    structured: tested(structured),
    retuning: retuning.raw,
    retuningDebiased: retuning.debiased,
    fusedNumbers: fuse("debiased", [technical]).logits,
    fusedRaw: fuse("raw", experts).logits,
    fused: fusion.logits,
  };
  const truth = testLabels({ labels, splits });
  const models = Object.keys(logits) as (keyof typeof logits)[];
  const scores = map(models, (model) =>
    evaluateClasses({
      logits: logits[model],
      labels: truth.y,
      windows: truth.windows,
    }, {
      resamples: SIZES[settings.size].resamples,
      blockLength: settings.horizon,
      seed: settings.seed,
    }));
  return { logits, labels: truth.y, alpha: fusion.alpha, scores };
}
