/**
 * The compiled steps of training.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { ComputeDType } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { type Batch, batchLoss } from "./batch_loss.ts";
import {
  type Factors,
  makeStepProgram,
  type StepOptimizer,
  type StepProgram,
} from "./step_program.ts";

/** What a step is made of. */
export interface StepSettings {
  /** What is computed in. */
  readonly dtype: ComputeDType;
  /** Whether blocks are computed again on the way back. */
  readonly checkpoint: boolean;
  /** The largest norm of all gradients together; longer ones are shortened. */
  readonly maxGradientNorm: number;
  /** Decides what dropout leaves out. */
  readonly key: wf.random.Key;
}

/** The programs of training; what is given up cannot be used afterwards. */
export interface TrainProgram<S> extends StepProgram<S, Batch> {
  /** The summed loss of a batch, without dropout. */
  readonly evaluate: (params: Factors, batch: Batch) => wf.F32;
}

/** Halves hold gradients of at least 6e-8: larger ones are computed, and divided again. */
const HALF_LOSS_SCALE = 1024;

/**
 * Compiles the steps of training an adapter. The base is taken from outside: it
 * stays packed, and nothing is learnt about it.
 *
 * @param model The base with the adapter whose settings hold.
 * @param optimizer The optimiser.
 * @param settings What a step is made of.
 * @returns The programs, each traced at its first call.
 */
export function makeTrainProgram<S>(
  model: LanguageModel & { readonly adapter: LoraAdapter },
  optimizer: StepOptimizer<S>,
  settings: StepSettings,
): TrainProgram<S> {
  const { dtype, checkpoint, maxGradientNorm, key } = settings;
  const lossOf = (
    params: Factors,
    batch: Batch,
    draw: number | undefined,
  ): wf.F32 =>
    batchLoss(withFactors(model, params), batch, {
      dtype,
      checkpoint: checkpoint ? true : "weights",
      ...(draw === undefined ? {} : { dropout: wf.random.foldIn(key, draw) }),
    });
  return {
    ...makeStepProgram(lossOf, optimizer, {
      maxGradientNorm,
      lossScale: lossScaleOf(dtype),
    }),
    evaluate: wf.compile((params, batch) => lossOf(params, batch, undefined)),
  };
}

/**
 * What losses are multiplied by while gradients are computed.
 *
 * @param dtype What is computed in.
 * @returns 1, or more for halves.
 */
export function lossScaleOf(dtype: ComputeDType): number {
  return dtype === "f16" ? HALF_LOSS_SCALE : 1;
}

/**
 * A model whose adapter has other factors.
 *
 * @param model The model.
 * @param params The factors, by the name of the layer.
 * @returns The model.
 */
export function withFactors(
  model: LanguageModel & { readonly adapter: LoraAdapter },
  params: Factors,
): LanguageModel & { readonly adapter: LoraAdapter } {
  const layers = Object.entries(model.adapter.layers).map(
    ([name, { scale }]) => [name, { ...params[name]!, scale }] as const,
  );
  return {
    ...model,
    adapter: { ...model.adapter, layers: Object.fromEntries(layers) },
  };
}
