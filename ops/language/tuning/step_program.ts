/**
 * Steps of training an adapter, whatever its loss is.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";

/** The factors of an adapter, by the name of the layer. */
export type Factors = Readonly<
  Record<string, { readonly a: wf.F32; readonly b: wf.F32 }>
>;

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

/** The programs of steps; what is given up cannot be used afterwards. */
export interface StepProgram<S, B> {
  /** A step of one batch; gives factors and state up. */
  readonly step: (
    params: Factors,
    state: S,
    batch: B,
    weight: number,
    draw: number,
    learningRate: number,
  ) => StepResult<S>;
  /** Adds the gradients of a batch to sums, which are given up. */
  readonly accumulate: (
    sums: Factors,
    params: Factors,
    batch: B,
    weight: number,
    draw: number,
  ) => { readonly sums: Factors; readonly loss: wf.F32 };
  /** A step of the last batch and the sums of others; gives sums, factors and state up. */
  readonly finish: (
    params: Factors,
    state: S,
    sums: Factors,
    batch: B,
    weight: number,
    draw: number,
    learningRate: number,
  ) => StepResult<S>;
}

/** What does not change from step to step. */
export interface StepLimits {
  /** The largest norm of all gradients together; longer ones are shortened. */
  readonly maxGradientNorm: number;
  /** What losses are multiplied by while gradients are computed. */
  readonly lossScale: number;
}

/**
 * Compiles the steps of training.
 *
 * @param lossOf The loss of a batch, to which the weight of a step is applied; `draw`
 * is the number of what is left out by chance.
 * @param optimizer The optimiser.
 * @param limits Largest norm, scale of losses.
 * @returns The programs, each traced at its first call.
 */
export function makeStepProgram<S, B>(
  lossOf: (params: Factors, batch: B, draw: number) => wf.F32,
  optimizer: StepOptimizer<S>,
  { lossScale, maxGradientNorm }: StepLimits,
): StepProgram<S, B> {
  const slopes = (
    params: Factors,
    batch: B,
    weight: wf.Operand<"f32">,
    draw: number,
  ): { loss: wf.F32; grads: Factors } => {
    const [loss, grads] = wf.valueAndGrad((p: Factors) =>
      wf.multiply(wf.multiply(lossOf(p, batch, draw), weight), lossScale)
    )(params);
    return {
      loss: wf.divide(loss, lossScale),
      grads: mapFactors(grads, (one) => wf.divide(one, lossScale)),
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
