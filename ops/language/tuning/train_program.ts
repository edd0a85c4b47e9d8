/**
 * The compiled steps of training.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { classifierName, classifierOf } from "../model/classifier.ts";
import { type ComputeDType, forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";

/** The factors of an adapter, by the name of the layer. */
export type Factors = Readonly<
  Record<string, { readonly a: wf.F32; readonly b: wf.F32 }>
>;

/** Rows that go through the model at once. */
export interface Batch {
  /** `[batch, length]`. */
  readonly tokens: wf.I32;
  /** The tokens behind them, -100 where they are not learnt, `[batch, length]`. */
  readonly targets: wf.I32;
  /** The example of each token, `[batch, length]`; where rows are shared. */
  readonly segments?: wf.I32;
}

/** An optimiser whose learning rate is known only when it is used. */
export interface StepOptimizer<S> {
  /** The state before the first step. */
  readonly init: (params: Factors) => S;
  /** One step. */
  readonly update: (
    grads: Factors,
    state: S,
    params: Factors,
    learningRate: wf.optim.LearningRate,
  ) => wf.optim.Updated<Factors, S>;
}

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

/** What a step gives. */
export interface StepResult<S> {
  /** The new factors. */
  readonly params: Factors;
  /** The new state of the optimiser. */
  readonly state: S;
  /** The loss of the rows of this call, a part of the step's. */
  readonly loss: wf.F32;
  /** Norm of the gradients before they were shortened. */
  readonly norm: wf.F32;
}

/** The programs of training; what is given up cannot be used afterwards. */
export interface TrainProgram<S> {
  /** A step of one batch; gives factors and state up. */
  readonly step: (
    params: Factors,
    state: S,
    batch: Batch,
    weight: number,
    draw: number,
    learningRate: number,
  ) => StepResult<S>;
  /** Adds the gradients of a batch to sums, which are given up. */
  readonly accumulate: (
    sums: Factors,
    params: Factors,
    batch: Batch,
    weight: number,
    draw: number,
  ) => { readonly sums: Factors; readonly loss: wf.F32 };
  /** A step of the last batch and the sums of others; gives sums, factors and state up. */
  readonly finish: (
    params: Factors,
    state: S,
    sums: Factors,
    batch: Batch,
    weight: number,
    draw: number,
    learningRate: number,
  ) => StepResult<S>;
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
    { tokens, targets, segments }: Batch,
    draw: number | undefined,
  ): wf.F32 => {
    const own = withFactors(model, params);
    const { hidden } = forward(
      own,
      { tokens, ...(segments === undefined ? {} : { segments }) },
      {
        dtype,
        checkpoint,
        ...(draw === undefined ? {} : { dropout: wf.random.foldIn(key, draw) }),
      },
    );
    return wf.cutCrossEntropy(
      wf.cast(hidden, "f32"),
      classifierTable(own),
      targets,
      { reduction: "sum" },
    );
  };
  const scale = dtype === "f16" ? HALF_LOSS_SCALE : 1;
  const slopes = (
    params: Factors,
    batch: Batch,
    weight: wf.Operand<"f32">,
    draw: number,
  ): { loss: wf.F32; grads: Factors } => {
    const [loss, grads] = wf.valueAndGrad((p: Factors) =>
      wf.multiply(wf.multiply(lossOf(p, batch, draw), weight), scale)
    )(params);
    return {
      loss: wf.divide(loss, scale),
      grads: mapFactors(grads, (one) => wf.divide(one, scale)),
    };
  };
  const moved = (
    params: Factors,
    state: S,
    grads: Factors,
    loss: wf.F32,
    learningRate: wf.optim.LearningRate,
  ): StepResult<S> => {
    const norm = normOf(grads);
    const part = wf.minimum(wf.divide(maxGradientNorm, wf.add(norm, 1e-6)), 1);
    const short = mapFactors(grads, (one) => wf.multiply(one, part));
    const next = optimizer.update(short, state, params, learningRate);
    return { ...next, loss, norm };
  };
  return {
    step: wf.compile(
      (params, state, batch, weight, draw, learningRate) => {
        const { loss, grads } = slopes(params, batch, weight, draw);
        return moved(params, state, grads, loss, learningRate);
      },
      { donate: [0, 1] },
    ),
    accumulate: wf.compile(
      (sums, params, batch, weight, draw) => {
        const { loss, grads } = slopes(params, batch, weight, draw);
        return { sums: addFactors(sums, grads), loss };
      },
      { donate: [0] },
    ),
    finish: wf.compile(
      (params, state, sums, batch, weight, draw, learningRate) => {
        const { loss, grads } = slopes(params, batch, weight, draw);
        const all = addFactors(sums, grads);
        return moved(params, state, all, loss, learningRate);
      },
      { donate: [0, 1, 2] },
    ),
    evaluate: wf.compile((params, batch) => lossOf(params, batch, undefined)),
  };
}

/** The classifier: f16 where it is held so, which is cast chunk by chunk. */
function classifierTable(model: LanguageModel): wf.F32 | wf.Tensor<"f16"> {
  const name = classifierName(model);
  const weight = model.weights[`${name}.weight`];
  const isPlain = weight?.format === "plain" &&
    model.adapter?.layers[name] === undefined;
  return isPlain && weight.value.dtype === "f16"
    ? wf.cast(weight.value, "f16")
    : wf.cast(classifierOf(model), "f32");
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

function mapFactors(
  factors: Factors,
  fn: (one: wf.F32, name: string, part: "a" | "b") => wf.F32,
): Factors {
  return Object.fromEntries(
    Object.entries(factors).map(([name, { a, b }]) =>
      [name, { a: fn(a, name, "a"), b: fn(b, name, "b") }] as const
    ),
  );
}

function addFactors(left: Factors, right: Factors): Factors {
  return mapFactors(left, (one, name, part) => wf.add(one, right[name]![part]));
}

function normOf(factors: Factors): wf.F32 {
  const squares = Object.values(factors).flatMap(({ a, b }) =>
    [a, b].map((one) => wf.expandDims(wf.sum(wf.square(one)), 0))
  );
  return wf.sqrt(wf.sum(wf.concat(squares)));
}
