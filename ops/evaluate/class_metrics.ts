/**
 * Scores of predicted classes as ops: accuracy, F1, Matthews correlation and
 * the confusion matrix.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import {
  accuracyOf,
  type Confusion,
  confusionCounts,
  macroF1Of,
  matthewsOf,
  weightedF1Of,
} from "./confusion.ts";
import { checkLabels } from "./labelled.ts";

/** True and predicted classes, both i32 `["n"]`. */
export type ClassPredictions = {
  labels: Tensor<"i32">;
  predictions: Tensor<"i32">;
};

const INPUTS = {
  labels: port.tensor("i32", ["n"], { doc: "True classes from 0" }),
  predictions: port.tensor("i32", ["n"], { doc: "Predicted classes from 0" }),
};

/** Most classes of a confusion matrix: it has as many numbers as their square. */
const MOST_CLASSES = 4096;

async function readConfusion(
  { labels, predictions }: ClassPredictions,
  classes?: number,
): Promise<Confusion> {
  const truth = await labels.data();
  const predicted = await predictions.data();
  const count = classes ?? 1 + truth.reduce(
        (most, label) => Math.max(most, label),
        predicted.reduce((most, label) => Math.max(most, label), 0),
      );
  if (count > MOST_CLASSES) {
    throw new DataError(
      "Cannot count confusions as there are too many classes",
      {
        expected: `classes from 0 to ${MOST_CLASSES - 1}`,
        actual: String(count - 1),
        hint: "Number the classes from 0 without gaps",
      },
    );
  }
  checkLabels(truth, count);
  checkLabels(predicted, count);
  return confusionCounts(truth, predicted, count);
}

/**
 * Share of rows whose class was predicted: `score` from 0 to 1.
 *
 * Inputs: `labels` and `predictions`, i32 `["n"]`, classes from 0; rows without a
 * label must be left out first.
 *
 * @throws {DataError} If there are no rows, or a label or prediction is negative
 * or above 4095.
 *
 * @example
 * ```ts
 * import { accuracy } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await accuracy.run({
 *   labels: wf.tensor([0, 1, 2, 2], { dtype: "i32" }),
 *   predictions: wf.tensor([0, 1, 1, 2], { dtype: "i32" }),
 * });
 * console.log(score); // 0.75
 * ```
 */
export const accuracy: Op<
  ClassPredictions,
  Record<never, never>,
  { score: number }
> = op({
  name: "evaluate/accuracy",
  version: "1",
  doc: "Share of rows whose class was predicted",
  inputs: INPUTS,
  params: z.object({}),
  outputs: { score: port.value(z.number()) },
  run: async (inputs) => ({ score: accuracyOf(await readConfusion(inputs)) }),
});

/**
 * F1 over the classes. `average: "macro"` (the default) is the plain mean over
 * the classes that occur in labels or predictions; `"weighted"` weighs each by
 * its number of rows. A class that is never predicted or never true has F1 0.
 *
 * Inputs: `labels` and `predictions`, i32 `["n"]`, classes from 0; rows without a
 * label must be left out first.
 *
 * @throws {DataError} If there are no rows, or a label or prediction is negative
 * or above 4095.
 *
 * @example
 * ```ts
 * import { f1Score } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await f1Score.run({
 *   labels: wf.tensor([0, 1, 2, 2], { dtype: "i32" }),
 *   predictions: wf.tensor([0, 1, 1, 2], { dtype: "i32" }),
 * });
 * console.log(score.toFixed(4)); // 0.7778
 * ```
 */
export const f1Score: Op<
  ClassPredictions,
  { average?: "macro" | "weighted" | undefined },
  { score: number }
> = op({
  name: "evaluate/f1Score",
  version: "1",
  doc: "F1 over the classes, macro or weighted",
  inputs: INPUTS,
  params: z.object({ average: z.enum(["macro", "weighted"]).default("macro") }),
  outputs: { score: port.value(z.number()) },
  run: async (inputs, { average }) => {
    const confusion = await readConfusion(inputs);
    return {
      score: average === "macro"
        ? macroF1Of(confusion)
        : weightedF1Of(confusion),
    };
  },
});

/**
 * Matthews correlation coefficient for any number of classes: `score` from -1
 * to 1; 0 is chance, and what constant labels or predictions get.
 *
 * Inputs: `labels` and `predictions`, i32 `["n"]`, classes from 0; rows without a
 * label must be left out first.
 *
 * @throws {DataError} If there are no rows, or a label or prediction is negative
 * or above 4095.
 *
 * @example
 * ```ts
 * import { matthewsCorrelation } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await matthewsCorrelation.run({
 *   labels: wf.tensor([0, 1, 2, 2], { dtype: "i32" }),
 *   predictions: wf.tensor([0, 1, 1, 2], { dtype: "i32" }),
 * });
 * console.log(score.toFixed(4)); // 0.7000
 * ```
 */
export const matthewsCorrelation: Op<
  ClassPredictions,
  Record<never, never>,
  { score: number }
> = op({
  name: "evaluate/matthewsCorrelation",
  version: "1",
  doc: "Matthews correlation coefficient for any number of classes",
  inputs: INPUTS,
  params: z.object({}),
  outputs: { score: port.value(z.number()) },
  run: async (inputs) => ({ score: matthewsOf(await readConfusion(inputs)) }),
});

/**
 * Counts `[true class][predicted class]`. `classes` fixes their number where
 * the last ones may not occur.
 *
 * Inputs: `labels` and `predictions`, i32 `["n"]`, classes from 0; rows without a
 * label must be left out first.
 *
 * @throws {DataError} If there are no rows, or a label or prediction is no class.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { counts } = await confusionMatrix.run({
 *   labels: wf.tensor([0, 1, 2, 2], { dtype: "i32" }),
 *   predictions: wf.tensor([0, 1, 1, 2], { dtype: "i32" }),
 * });
 * console.log(counts); // [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
 * ```
 */
export const confusionMatrix: Op<
  ClassPredictions,
  { classes?: number | undefined },
  { counts: number[][] }
> = op({
  name: "evaluate/confusionMatrix",
  version: "1",
  doc: "How often each true class was predicted as each class",
  inputs: INPUTS,
  params: z.object({
    classes: z.int().positive().max(MOST_CLASSES).optional(),
  }),
  outputs: { counts: port.value(z.array(z.array(z.number()))) },
  run: async (inputs, { classes }) => ({
    counts: (await readConfusion(inputs, classes)).map((row) => [...row]),
  }),
});
