/**
 * The compiled parts of learning from rewards.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { type ComputeDType, forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import {
  type Factors,
  makeStepProgram,
  type StepOptimizer,
  type StepProgram,
} from "../tuning/step_program.ts";
import { classifierTable } from "../tuning/batch_loss.ts";
import { lossScaleOf, withFactors } from "../tuning/train_program.ts";
import {
  type GrpoOptions,
  grpoTokenLosses,
  tokenDivergence,
} from "./grpo_loss.ts";
import type { PolicyBatch } from "./policy_rows.ts";

/** A batch with what the policy that answered and the reference say of it. */
export interface ScoredBatch extends PolicyBatch {
  /** Log-probabilities under the policy that answered, `[batch, length]`. */
  readonly old: wf.F32;
  /** Under the reference. */
  readonly reference: wf.F32;
}

/** What the programs are made of. */
export interface PolicySettings extends GrpoOptions {
  /** What is computed in. */
  readonly dtype: ComputeDType;
  /** Whether blocks are computed again on the way back. */
  readonly checkpointing: boolean;
  /** What logits are divided by, as where the answers were drawn. */
  readonly temperature: number;
  /** The largest norm of all gradients together. */
  readonly maxGradientNorm: number;
}

/** The programs. */
export interface PolicyProgram<S> extends StepProgram<S, ScoredBatch> {
  /** Log-probabilities of the answers of a batch, 0 elsewhere, `[batch, length]`. */
  readonly score: (params: Factors, batch: PolicyBatch) => wf.F32;
  /** The mean divergence from the reference, by the weights of tokens: a part of it. */
  readonly divergence: (batch: ScoredBatch) => wf.F32;
}

/**
 * Compiles the programs. The base is taken from outside and learns nothing.
 *
 * @param model The base with the adapter that learns.
 * @param optimizer The optimiser.
 * @param settings What a step is made of.
 * @returns The programs, each traced at its first call.
 */
export function makePolicyProgram<S>(
  model: LanguageModel & { readonly adapter: LoraAdapter },
  optimizer: StepOptimizer<S>,
  settings: PolicySettings,
): PolicyProgram<S> {
  const { checkpointing, dtype, maxGradientNorm, temperature } = settings;
  const score = (params: Factors, { targets, tokens }: PolicyBatch): wf.F32 => {
    const own = withFactors(model, params);
    const { hidden } = forward(own, { tokens }, {
      dtype,
      checkpoint: checkpointing,
    });
    return wf.negative(wf.cutCrossEntropy(
      wf.divide(wf.cast(hidden, "f32"), temperature),
      classifierTable(own),
      targets,
      { reduction: "none" },
    ));
  };
  const lossOf = (params: Factors, batch: ScoredBatch): wf.F32 => {
    const losses = grpoTokenLosses(
      { ...batch, policy: score(params, batch) },
      settings,
    );
    return wf.sum(wf.multiply(losses, batch.weights));
  };
  return {
    ...makeStepProgram(lossOf, optimizer, {
      maxGradientNorm,
      lossScale: lossScaleOf(dtype),
    }),
    score: wf.compile(score),
    divergence: wf.compile(({ old, reference, weights }: ScoredBatch) =>
      wf.sum(wf.multiply(tokenDivergence(old, reference), weights))
    ),
  };
}
