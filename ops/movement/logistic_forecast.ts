/**
 * Walk-forward class logits: fitted on the past, given for the future.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { checkSplits, type Split, SPLITS, type Splits } from "../splits.ts";
import { labelledRows } from "./labelled_rows.ts";
import {
  LOGISTIC_PARAMS,
  logisticFit,
  type LogisticParams,
} from "./logistic_regression.ts";

/** What is told of the fit on one training window. */
export interface LogisticFitReport {
  /** Labelled rows that it learnt from. */
  readonly trainRows: number;
  /** Penalised mean loss at the end. */
  readonly loss: number;
  /** Iterations of the search. */
  readonly iterations: number;
  /** Whether the gradient fell under the tolerance. */
  readonly converged: boolean;
}

const FIT: z.ZodType<LogisticFitReport> = z.object({
  trainRows: z.number(),
  loss: z.number(),
  iterations: z.number(),
  converged: z.boolean(),
});

/** Runs `forecast` for each window and puts its rows where they belong. */
async function fillTestRows(
  rows: number,
  classes: number,
  splits: Splits,
  forecast: (split: Splits[number], index: number) => Promise<Float64Array>,
): Promise<F64> {
  checkSplits(splits, rows);
  const logits = new Float64Array(rows * classes).fill(NaN);
  for (const [index, split] of splits.entries()) {
    logits.set(await forecast(split, index), split.testStart * classes);
  }
  return tensor(logits, { shape: [rows, classes] });
}

/**
 * Multinomial logistic regression, refitted on each training window and asked
 * for each row of the test window behind it.
 *
 * Inputs: `features`, f64 `["t", "d"]`, row `t` known at the end of day `t`
 * and finite in all windows; `labels`, i32 `["t"]`, -1 where not known (such
 * rows do not train); `splits` from `walkForwardSplits`, purged by at least
 * the horizon of the labels. Params: those of `fitLogistic`. Outputs:
 * `logits`, f64 `["t", "k"]`, NaN outside the test windows; `fits`, one report
 * for each window.
 *
 * @throws {DataError} Where a window does not fit the rows, a feature is not
 * finite or fewer than two classes occur in a training window.
 *
 * @example
 * ```ts
 * import { logisticForecast } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await logisticForecast.run({
 *   features: wf.tensor([[-2], [-1], [1], [2], [-1], [1]], { dtype: "f64" }),
 *   labels: wf.tensor([0, 0, 1, 1, 0, 1], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 4, testStart: 4, testEnd: 6 }],
 * }, { classes: 2 });
 * const test = wf.slice(logits, [4, 6]);
 * console.log(await wf.argmax(test, { axis: 1 }).toArray()); // [0, 1]
 * ```
 */
export const logisticForecast: Op<
  { features: F64; labels: Tensor<"i32">; splits: Splits },
  LogisticParams,
  { logits: F64; fits: LogisticFitReport[] }
> = op({
  name: "movement/logisticForecast",
  version: "1",
  doc: "Walk-forward class logits by multinomial logistic regression",
  inputs: {
    features: port.tensor("f64", ["t", "d"]),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: LOGISTIC_PARAMS,
  outputs: {
    logits: port.tensor("f64", ["t", "k"]),
    fits: port.value(z.array(FIT)),
  },
  run: async (inputs, params, { signal, progress }) => {
    const width = inputs.features.shape[1]!;
    const features = await inputs.features.data();
    const labels = await inputs.labels.data();
    const fits: LogisticFitReport[] = [];
    const logits = await fillTestRows(
      labels.length,
      params.classes,
      inputs.splits,
      async (split, index) => {
        const rows = labelledRows(labels, split);
        const { weights, bias, ...report } = await logisticFit(
          {
            features: gatherRows(features, rows, width),
            labels: Int32Array.from(rows, (row) => labels[row]!),
            width,
          },
          params,
          signal,
        );
        fits.push({ trainRows: rows.length, ...report });
        progress((index + 1) / inputs.splits.length);
        return affineRows(features, split, weights, bias);
      },
    );
    return { logits, fits };
  },
});

function gatherRows(
  values: Float64Array,
  rows: readonly number[],
  width: number,
): Float64Array {
  const gathered = new Float64Array(rows.length * width);
  rows.forEach((row, index) => {
    gathered.set(
      values.subarray(row * width, (row + 1) * width),
      index * width,
    );
  });
  return gathered;
}

/** The logits of a test window. */
function affineRows(
  features: Float64Array,
  { testStart, testEnd }: Split,
  weights: Float64Array,
  bias: Float64Array,
): Float64Array {
  const classes = bias.length;
  const width = weights.length / classes;
  const logits = new Float64Array((testEnd - testStart) * classes);
  for (let row = testStart; row < testEnd; row++) {
    for (let k = 0; k < classes; k++) {
      let sum = bias[k]!;
      for (let column = 0; column < width; column++) {
        sum += features[row * width + column]! * weights[column * classes + k]!;
      }
      if (!Number.isFinite(sum)) {
        throw new DataError(
          `Cannot forecast as the features of row ${row} are not finite`,
          { hint: "Drop or fill missing values first" },
        );
      }
      logits[(row - testStart) * classes + k] = sum;
    }
  }
  return logits;
}

/**
 * The baseline of every classifier: for each test window the log frequencies
 * of the classes in its training window, each count raised by one (Laplace).
 *
 * Inputs: `labels`, i32 `["t"]`, -1 where not known; `splits`. Params:
 * `classes` (default 3). Output: `logits`, f64 `["t", "k"]`, NaN outside the
 * test windows.
 *
 * @example
 * ```ts
 * import { classPriorForecast } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await classPriorForecast.run({
 *   labels: wf.tensor([0, 1, 1, 1, 0], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 4, testStart: 4, testEnd: 5 }],
 * }, { classes: 2 });
 * console.log(await wf.exp(wf.slice(logits, 4)).toArray()); // [0.333…, 0.666…]
 * ```
 */
export const classPriorForecast: Op<
  { labels: Tensor<"i32">; splits: Splits },
  { classes?: number | undefined },
  { logits: F64 }
> = op({
  name: "movement/classPriorForecast",
  version: "1",
  doc: "Walk-forward log frequencies of the classes: the baseline",
  inputs: {
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({ classes: z.int().min(2).default(3) }),
  outputs: { logits: port.tensor("f64", ["t", "k"]) },
  run: async (inputs, { classes }) => {
    const labels = await inputs.labels.data();
    return {
      logits: await fillTestRows(
        labels.length,
        classes,
        inputs.splits,
        (split) => Promise.resolve(priorRows(labels, split, classes)),
      ),
    };
  },
});

function priorRows(
  labels: Int32Array,
  split: Splits[number],
  classes: number,
): Float64Array {
  const rows = labelledRows(labels, split);
  const counts = new Float64Array(classes).fill(1);
  for (const row of rows) {
    const label = labels[row]!;
    if (label >= classes) {
      throw new DataError(
        `Cannot count classes as the label of row ${row} is not a class`,
        {
          expected: `integers from 0 to ${classes - 1}, or -1`,
          actual: String(label),
        },
      );
    }
    counts[label]! += 1;
  }
  const logits = new Float64Array((split.testEnd - split.testStart) * classes);
  return logits.map((_, index) =>
    Math.log(counts[index % classes]! / (rows.length + classes))
  );
}
