/**
 * Walk-forward correction of class probabilities that lean to the base rates.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import { meanOf } from "../mean.ts";
import { checkSplits, SPLITS, type Splits } from "../splits.ts";
import { isConstant } from "./calibration_rows.ts";
import { fewRowsFinding, type Finding, findingSchema } from "./findings.ts";
import { regressPredictions } from "./linear_calibration.ts";

/** The constants of one window. */
export interface ClassCalibration {
  /** Rows before the test window that they rest on. */
  readonly rows: number;
  /** m of each class; 0 where the window is left as it is. */
  readonly intercepts: readonly number[];
  /** k of each class after the floor; 1 where the window is left as it is. */
  readonly slopes: readonly number[];
  /** What was noticed. */
  readonly findings: readonly Finding[];
}

const classCalibrationSchema: z.ZodType<ClassCalibration> = z.object({
  rows: z.int(),
  intercepts: z.array(z.number()).readonly(),
  slopes: z.array(z.number()).readonly(),
  findings: z.array(findingSchema).readonly(),
}).readonly();

/** Params of {@linkcode debiasClassScores}. */
export interface DebiasClassScoresParams {
  /** Smallest slope that a class is divided by; default 0.2. */
  minimumSlope?: number | undefined;
  /** Fewest calibration rows; a window with fewer is left as it is. Default 60. */
  minimumRows?: number | undefined;
  /** Most calibration rows, the last ones of the training window; default all. */
  calibrationRows?: number | undefined;
  /** Corrected probabilities are clipped to at least this; default 0.01. */
  floor?: number | undefined;
}

/**
 * Debiases the class probabilities of a classifier walk-forward, and gives
 * logits. A weak classifier's probabilities stay close to the base rates; the
 * linear calibration correction is applied class by class: on calibration rows the
 * probability of class c is regressed on the indicator of class c,
 * `p_c = m_c + k_c·1{y = c} + e`, and test rows become `(p_c − m_c) / k_c`,
 * clipped to `[floor, 1]`, renormalised, logged.
 *
 * This use is our extension and not in the paper: the paper corrects averages of
 * a numeric outcome, and the correction of a single row carries its noise
 * divided by k. Hence the floor: where k_c < `minimumSlope` the slope is set to
 * the floor and the intercept to keep the mean, and the finding
 * `slopeFloorBinds` says so.
 *
 * Inputs: `probabilities` `[t, c]`, f64, NaN where there is none; `labels`
 * `[t]`, i32, 0 … c − 1, or −1 where unknown; `splits`. The constants of a
 * window rest on those rows of its **training window** that have a probability
 * and a label: pass out-of-sample probabilities only (walk-forward forecasts,
 * where earlier test windows serve as calibration rows, or out-of-fold ones).
 * Fitted probabilities of the training rows would hide the shrinkage.
 *
 * Outputs: `probabilities` and `logits` `[t, c]`, NaN outside the test windows;
 * `calibrations`, one a window. A window with fewer than `minimumRows` rows, or
 * whose calibration rows lack a class, is left as it is and reported
 * (`notCalibrated`). Errors: rows outside [0, 1] or that do not sum to 1 (to
 * 1e-6), half-missing rows, test rows without probabilities, unknown labels.
 *
 * Source of the linear correction: Pettersson, Jerzak, Daoud 2025, arXiv
 * 2508.01341.
 *
 * @example
 * ```ts
 * import { debiasClassScores } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { probabilities } = await debiasClassScores.run({
 *   probabilities: wf.tensor([
 *     [0.6, 0.4],
 *     [0.4, 0.6],
 *     [0.6, 0.4],
 *     [0.4, 0.6],
 *     [0.55, 0.45],
 *   ], { dtype: "f64" }),
 *   labels: wf.tensor([0, 1, 0, 1, 0], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 4, testStart: 4, testEnd: 5 }],
 * }, { minimumRows: 4 });
 * const [first, second] = await wf.slice(probabilities, 4).data();
 * console.log(first?.toFixed(4), second?.toFixed(4)); // 0.7500 0.2500
 * ```
 */
export const debiasClassScores: Op<
  { probabilities: F64; labels: Tensor<"i32">; splits: Splits },
  DebiasClassScoresParams,
  { probabilities: F64; logits: F64; calibrations: ClassCalibration[] }
> = op({
  name: "debias/debiasClassScores",
  version: "1",
  doc: "Walk-forward linear calibration of class probabilities",
  inputs: {
    probabilities: port.tensor("f64", ["t", "c"]),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    minimumSlope: z.number().positive().max(1).default(0.2),
    minimumRows: z.int().min(2).default(60),
    calibrationRows: z.int().min(2).optional(),
    floor: z.number().positive().max(0.1).default(0.01),
  }),
  outputs: {
    probabilities: port.tensor("f64", ["t", "c"]),
    logits: port.tensor("f64", ["t", "c"]),
    calibrations: port.value(z.array(classCalibrationSchema)),
  },
  run: async (inputs, params) => {
    const [rows = 0, classes = 0] = inputs.probabilities.shape;
    const scores: ClassScores = {
      probabilities: await inputs.probabilities.data(),
      labels: await inputs.labels.data(),
      rows,
      classes,
    };
    checkSplits(inputs.splits, rows);
    checkScores(scores);
    const corrected = new Float64Array(rows * classes).fill(NaN);
    const calibrations: ClassCalibration[] = [];
    for (const split of inputs.splits) {
      const calibration = calibrate(scores, split, params);
      calibrations.push(calibration);
      for (let row = split.testStart; row < split.testEnd; row += 1) {
        correctRow(scores, row, calibration, params.floor, corrected);
      }
    }
    const probabilities = wf.tensor(corrected, { shape: [rows, classes] });
    return { probabilities, logits: wf.log(probabilities), calibrations };
  },
});

interface ClassScores {
  readonly probabilities: Float64Array;
  readonly labels: Int32Array;
  readonly rows: number;
  readonly classes: number;
}

function checkScores({ probabilities, labels, rows, classes }: ClassScores) {
  for (let row = 0; row < rows; row += 1) {
    const label = labels[row] ?? NaN;
    if (!(label >= UNLABELLED && label < classes)) {
      throw new DataError(
        `Cannot debias class scores as the label of row ${row} is ${label}`,
        { port: "labels", expected: `0 to ${classes - 1}, or ${UNLABELLED}` },
      );
    }
    const values = probabilities.subarray(row * classes, (row + 1) * classes);
    if (values.every((value) => Number.isNaN(value))) continue;
    const total = values.reduce((sum, value) => sum + value, 0);
    const legal = values.every((value) => value >= 0 && value <= 1);
    if (!legal || Math.abs(total - 1) > 1e-6) {
      throw new DataError(
        `Cannot debias class scores as row ${row} is no distribution`,
        {
          port: "probabilities",
          expected: "probabilities that sum to 1, or NaN in all classes",
          actual: `[${values.join(", ")}]`,
        },
      );
    }
  }
}

function calibrate(
  scores: ClassScores,
  split: Splits[number],
  params: {
    minimumSlope: number;
    minimumRows: number;
    calibrationRows?: number | undefined;
  },
): ClassCalibration {
  const { probabilities, labels, classes } = scores;
  const known: number[] = [];
  for (let row = split.trainStart; row < split.trainEnd; row += 1) {
    const label = labels[row] ?? UNLABELLED;
    if (label !== UNLABELLED && !Number.isNaN(probabilities[row * classes])) {
      known.push(row);
    }
  }
  const used = known.slice(-(params.calibrationRows ?? known.length));
  const present = new Set(used.map((row) => labels[row]));
  if (used.length < params.minimumRows || present.size < classes) {
    return {
      rows: used.length,
      intercepts: Array.from({ length: classes }, () => 0),
      slopes: Array.from({ length: classes }, () => 1),
      findings: [{
        name: "notCalibrated",
        message: used.length < params.minimumRows
          ? `Left as it is: ${used.length} calibration rows, ${params.minimumRows} needed`
          : `Left as it is: ${present.size} of ${classes} classes occur in the calibration rows`,
      }],
    };
  }
  const findings = fewRowsFinding(used.length);
  const lines = Array.from({ length: classes }, (_, k) => {
    const line = {
      predictions: used.map((row) => probabilities[row * classes + k] ?? NaN),
      targets: used.map((row) => labels[row] === k ? 1 : 0),
    };
    const { intercept, slope } = isConstant(line.predictions)
      ? { intercept: meanOf(line.predictions), slope: 0 }
      : regressPredictions(line);
    if (slope >= params.minimumSlope) return { intercept, slope };
    findings.push({
      name: "slopeFloorBinds",
      message:
        `The slope of class ${k} is ${slope}; ${params.minimumSlope} is used`,
    });
    return {
      intercept: meanOf(line.predictions) -
        params.minimumSlope * meanOf(line.targets),
      slope: params.minimumSlope,
    };
  });
  return {
    rows: used.length,
    intercepts: lines.map((line) => line.intercept),
    slopes: lines.map((line) => line.slope),
    findings,
  };
}

function correctRow(
  { probabilities, classes }: ClassScores,
  row: number,
  calibration: ClassCalibration,
  floor: number,
  corrected: Float64Array,
): void {
  const start = row * classes;
  if (Number.isNaN(probabilities[start])) {
    throw new DataError(
      `Cannot debias class scores as test row ${row} has no probabilities`,
      { port: "probabilities" },
    );
  }
  let total = 0;
  for (let k = 0; k < classes; k += 1) {
    const raw = ((probabilities[start + k] ?? NaN) -
      (calibration.intercepts[k] ?? NaN)) / (calibration.slopes[k] ?? NaN);
    const clipped = Math.min(Math.max(raw, floor), 1);
    corrected[start + k] = clipped;
    total += clipped;
  }
  for (let k = 0; k < classes; k += 1) {
    corrected[start + k] = (corrected[start + k] ?? NaN) / total;
  }
}
