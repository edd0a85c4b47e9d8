/**
 * How often what was predicted with a probability came true.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  binsOf,
  edgesOf,
  expectedErrorOf,
  pointsOf,
} from "./calibration_points.ts";
import { readLabelled } from "./labelled.ts";
import { CLASS_PROBABILITIES } from "./probability_metrics.ts";
import type { ClassProbabilities } from "./probability_metrics.ts";

/** One bin of a calibration curve. */
export interface CalibrationBin {
  /** Lower edge, a probability. */
  readonly lower: number;
  /** Upper edge, a probability. */
  readonly upper: number;
  /** How many rows fell into it. */
  readonly count: number;
  /** Mean of the probabilities that were predicted. */
  readonly meanPredicted: number;
  /** Share of the rows in which what was predicted came true. */
  readonly observed: number;
}

/** Schema of {@linkcode CalibrationBin}. */
export const CALIBRATION_BIN: z.ZodType<CalibrationBin> = z.object({
  lower: z.number(),
  upper: z.number(),
  count: z.number(),
  meanPredicted: z.number(),
  observed: z.number(),
});

/**
 * Calibration curve: rows are binned by predicted probability, and each bin
 * that is not empty says how often the prediction came true.
 *
 * `of` is a class, or `"top"` (the default) for the most probable class of
 * each row. `strategy` makes `bins` bins of equal width (`"uniform"`, the
 * default) or with equally many rows (`"quantile"`). The expected calibration
 * error is the mean of `|observed - meanPredicted|`, weighted by count.
 *
 * Inputs: `labels`, i32 `["n"]`, -1 where not known (such rows are left out);
 * `probabilities`, f64 `["n", "k"]`. `bins` is 10 by default. Outputs: `bins`, in
 * ascending order, and `expectedError`.
 *
 * @throws {DataError} If no row is labelled, a label is no class, or a row of
 * probabilities holds NaN, a negative number, or does not sum to 1 (to 1e-6).
 *
 * @example
 * ```ts
 * import { calibrationCurve } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { expectedError } = await calibrationCurve.run({
 *   labels: wf.tensor([0, 0, 0, 1], { dtype: "i32" }),
 *   probabilities: wf.tensor(Array(4).fill([0.75, 0.25]), { dtype: "f64" }),
 * });
 * console.log(expectedError); // 0
 * ```
 */
export const calibrationCurve: Op<
  ClassProbabilities,
  {
    of?: number | "top" | undefined;
    bins?: number | undefined;
    strategy?: "uniform" | "quantile" | undefined;
  },
  { bins: CalibrationBin[]; expectedError: number }
> = op({
  name: "evaluate/calibrationCurve",
  version: "1",
  doc: "How often what was predicted with a probability came true",
  inputs: CLASS_PROBABILITIES,
  params: z.object({
    of: z.union([z.int().nonnegative(), z.literal("top")]).default("top"),
    bins: z.int().positive().max(1000).default(10),
    strategy: z.enum(["uniform", "quantile"]).default("uniform"),
  }),
  outputs: {
    bins: port.value(z.array(CALIBRATION_BIN)),
    expectedError: port.value(z.number()),
  },
  run: async ({ labels, probabilities }, { of, bins, strategy }) => {
    const labelled = await readLabelled(labels, probabilities);
    if (of !== "top" && of >= labelled.classes) {
      throw new ParameterError(
        `Cannot draw the calibration curve of class ${of} as there is no such class`,
        {
          expected: `"top" or a class from 0 to ${labelled.classes - 1}`,
          actual: String(of),
        },
      );
    }
    const points = pointsOf(labelled, of);
    const curve = binsOf(points, edgesOf(points, bins, strategy));
    return { bins: curve, expectedError: expectedErrorOf(curve) };
  },
});
