/**
 * Multinomial logistic regression.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";

/** How a multinomial logistic regression is fitted, defaults filled in. */
export interface LogisticSettings {
  /** How many classes there are. */
  readonly classes: number;
  /** Weight of half the squared weights in the mean loss. */
  readonly penalty: number;
  /** Whether the penalty acts on weights of features with unit variance. */
  readonly standardize: boolean;
  /** Most iterations of the search. */
  readonly maxIterations: number;
  /** Largest entry of the gradient at which the search ends. */
  readonly tolerance: number;
}

/** Params of {@linkcode fitLogistic}; all have defaults. */
export type LogisticParams = {
  readonly [K in keyof LogisticSettings]?: LogisticSettings[K] | undefined;
};

/** Schema of {@linkcode LogisticParams}. */
export const LOGISTIC_PARAMS: z.ZodType<LogisticSettings, LogisticParams> = z
  .object({
    classes: z.int().min(2).default(3),
    penalty: z.number().nonnegative().default(0.01),
    standardize: z.boolean().default(true),
    maxIterations: z.int().positive().default(200),
    tolerance: z.number().positive().default(1e-6),
  });

/** A fitted model: logits are `features @ weights + bias`. */
export interface LogisticFit {
  /** Row-major `[features, classes]`, for features as they came. */
  readonly weights: Float64Array;
  /** One for each class. */
  readonly bias: Float64Array;
  /** Penalised mean loss at the end. */
  readonly loss: number;
  /** Iterations of L-BFGS. */
  readonly iterations: number;
  /** Whether the gradient fell under the tolerance. */
  readonly converged: boolean;
}

/** Rows to learn from. */
export interface LogisticData {
  /** Row-major `[rows, width]`. */
  readonly features: Float64Array;
  /** A class for each row. */
  readonly labels: Int32Array;
  /** How many features a row has. */
  readonly width: number;
}

/** Relative spread up to which a feature counts as constant. */
const CONSTANT_TOLERANCE = 1e-12;

interface Scaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

function scalingOf(
  { features, width, labels }: LogisticData,
  standardize: boolean,
): Scaling {
  const rows = labels.length;
  const mean = new Float64Array(width);
  const scale = new Float64Array(width).fill(1);
  if (!standardize) return { mean, scale };
  for (let index = 0; index < features.length; index++) {
    mean[index % width]! += features[index]! / rows;
  }
  const variance = new Float64Array(width);
  for (let index = 0; index < features.length; index++) {
    const column = index % width;
    variance[column]! += (features[index]! - mean[column]!) ** 2 / rows;
  }
  // A constant feature, up to the rounding of its mean, carries no information
  variance.forEach((value, column) => {
    const deviation = Math.sqrt(value);
    if (deviation > CONSTANT_TOLERANCE * Math.abs(mean[column]!)) {
      scale[column] = deviation;
    }
  });
  return { mean, scale };
}

function checkData(
  { features, labels, width }: LogisticData,
  classes: number,
): void {
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(
      `Cannot fit a logistic regression as feature ${bad % width} of row ${
        Math.floor(bad / width)
      } is not finite`,
      {
        actual: String(features[bad]),
        hint: "Drop or fill missing values first",
      },
    );
  }
  const present = new Set(labels);
  for (const label of present) {
    if (label < 0 || label >= classes) {
      throw new DataError(
        "Cannot fit a logistic regression as a label is not a class",
        {
          expected: `integers from 0 to ${classes - 1}`,
          actual: String(label),
        },
      );
    }
  }
  if (present.size < 2) {
    throw new DataError(
      "Cannot fit a logistic regression as fewer than two classes occur",
      {
        actual: `${labels.length} rows of classes [${[...present].join(", ")}]`,
        hint: "Widen the training window or lower the threshold of the labels",
      },
    );
  }
}

/**
 * Fits by L-BFGS on the mean log loss plus `penalty / 2` times the squared
 * weights (the bias is free), from zero.
 *
 * @param data Features and labels.
 * @param params See {@linkcode fitLogistic}.
 * @param signal Stops the fit.
 * @returns Weights for features as they came, whatever was standardised.
 */
export async function logisticFit(
  data: LogisticData,
  params: LogisticSettings,
  signal?: AbortSignal,
): Promise<LogisticFit> {
  const { classes, penalty, standardize, maxIterations, tolerance } = params;
  const { width, labels } = data;
  checkData(data, classes);
  const { mean, scale } = scalingOf(data, standardize);
  const scaled = data.features.map((value, index) =>
    (value - mean[index % width]!) / scale[index % width]!
  );
  const features = wf.tensor(scaled, { shape: [labels.length, width] });
  const targets = wf.oneHot(wf.tensor(labels), classes, { dtype: "f64" });

  const loss = (
    { weights, bias }: { weights: F64; bias: F64 },
  ): F64 => {
    const logits = wf.add(wf.matmul(features, weights), bias);
    const logLikelihood = wf.sum(
      wf.multiply(wf.logSoftmax(logits, { axis: -1 }), targets),
    );
    return wf.subtract(
      wf.multiply(wf.sum(wf.square(weights)), penalty / 2),
      wf.divide(logLikelihood, labels.length),
    );
  };
  const result = await wf.optim.minimize(
    wf.valueAndGrad(loss),
    {
      weights: wf.zeros([width, classes], { dtype: "f64" }),
      bias: wf.zeros([classes], { dtype: "f64" }),
    },
    { maxIterations, tolerance, ...(signal === undefined ? {} : { signal }) },
  );

  const weights = await result.parameters.weights.data();
  const bias = Float64Array.from(await result.parameters.bias.data());
  const unscaled = weights.map((weight, index) =>
    weight / scale[Math.floor(index / classes)]!
  );
  unscaled.forEach((weight, index) => {
    bias[index % classes]! -= weight * mean[Math.floor(index / classes)]!;
  });
  return {
    weights: unscaled,
    bias,
    loss: result.value,
    iterations: result.iterations,
    converged: result.converged,
  };
}

/**
 * Multinomial logistic regression by maximum penalised likelihood.
 *
 * Minimises the mean log loss plus `penalty / 2 · ‖weights‖²` by L-BFGS with
 * our gradients; scikit-learn's `C` is `1 / (penalty · n)`. The bias is not
 * penalised.
 *
 * Inputs: `features`, f64 `["n", "d"]`, finite; `labels`, i32 `["n"]`, from 0
 * to `classes - 1`. Params: `classes` (default 3), `penalty` (default 0.01),
 * `standardize` (default true: the penalty acts on weights of features with
 * unit variance; the weights given back are for the features as they came),
 * `maxIterations` (200), `tolerance` on the gradient's largest entry (1e-6).
 * Outputs: `weights` `["d", "k"]`, `bias` `["k"]` and `report`.
 *
 * @example
 * ```ts
 * import { fitLogistic } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { weights } = await fitLogistic.run({
 *   features: wf.tensor([[-2], [-1], [1], [2]], { dtype: "f64" }),
 *   labels: wf.tensor([0, 0, 1, 1], { dtype: "i32" }),
 * }, { classes: 2 });
 * const [down, up] = await weights.data();
 * console.log(up! > down!); // true
 * ```
 */
export const fitLogistic: Op<
  { features: F64; labels: Tensor<"i32"> },
  LogisticParams,
  {
    weights: F64;
    bias: F64;
    report: { loss: number; iterations: number; converged: boolean };
  }
> = op({
  name: "movement/fitLogistic",
  version: "1",
  doc: "Multinomial logistic regression by maximum penalised likelihood",
  inputs: {
    features: port.tensor("f64", ["n", "d"], { doc: "A row for each case" }),
    labels: port.tensor("i32", ["n"], { doc: "Classes from 0" }),
  },
  params: LOGISTIC_PARAMS,
  outputs: {
    weights: port.tensor("f64", ["d", "k"]),
    bias: port.tensor("f64", ["k"]),
    report: port.value(z.object({
      loss: z.number(),
      iterations: z.number(),
      converged: z.boolean(),
    })),
  },
  run: async ({ features, labels }, params, { signal }) => {
    const width = features.shape[1]!;
    const { weights, bias, ...report } = await logisticFit(
      { features: await features.data(), labels: await labels.data(), width },
      params,
      signal,
    );
    return {
      weights: wf.tensor(weights, { shape: [width, params.classes] }),
      bias: wf.tensor(bias),
      report,
    };
  },
});

/**
 * Class logits `features @ weights + bias`: stays lazy and fuses with what
 * follows. Inputs: `features` f64 `["n", "d"]`, `weights` `["d", "k"]`, `bias`
 * `["k"]`; output: `logits` `["n", "k"]`.
 *
 * @example
 * ```ts
 * import { predictLogistic } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await predictLogistic.run({
 *   features: wf.tensor([[1, 2]], { dtype: "f64" }),
 *   weights: wf.tensor([[1, 0], [0, 1]], { dtype: "f64" }),
 *   bias: wf.tensor([0.5, -0.5], { dtype: "f64" }),
 * });
 * console.log(await logits.toArray()); // [[1.5, 1.5]]
 * ```
 */
export const predictLogistic: Op<
  { features: F64; weights: F64; bias: F64 },
  Record<never, never>,
  { logits: F64 }
> = op({
  name: "movement/predictLogistic",
  version: "1",
  doc: "Class logits of a fitted logistic regression",
  inputs: {
    features: port.tensor("f64", ["n", "d"]),
    weights: port.tensor("f64", ["d", "k"]),
    bias: port.tensor("f64", ["k"]),
  },
  params: z.object({}),
  outputs: { logits: port.tensor("f64", ["n", "k"]) },
  run: ({ features, weights, bias }) => ({
    logits: wf.add(wf.matmul(features, weights), bias),
  }),
});
