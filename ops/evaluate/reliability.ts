/**
 * Reliability of class probabilities, for the most probable class and class
 * by class, with intervals.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { pacer } from "../pace.ts";
import { INTERVAL, type Interval, intervalOf } from "./bootstrap.ts";
import { CALIBRATION_BIN, type CalibrationBin } from "./calibration_curve.ts";
import {
  binsOf,
  edgesOf,
  expectedErrorOf,
  type Point,
  pointsOf,
} from "./calibration_points.ts";
import { readLabelled } from "./labelled.ts";
import {
  CLASS_PROBABILITIES,
  type ClassProbabilities,
} from "./probability_metrics.ts";
import { wilsonInterval } from "./proportion.ts";
import {
  INTERVAL_PARAMS,
  type IntervalParams,
  resampledRows,
} from "./resample.ts";

/** A bin of a reliability curve with the interval of what came true. */
export interface ReliabilityBin extends CalibrationBin {
  /** Lower end of Wilson's interval of `observed`. */
  readonly observedLower: number;
  /** Upper end of Wilson's interval of `observed`. */
  readonly observedUpper: number;
}

/** A reliability curve and its errors. */
export interface ReliabilityCurve {
  /** The bins that are not empty, in ascending order. */
  readonly bins: readonly ReliabilityBin[];
  /**
   * Expected calibration error, with a bootstrap interval. Noise alone raises
   * it, most so in small samples, so that the interval may lie above the value.
   */
  readonly expectedError: Interval;
  /** Largest error of a bin. */
  readonly maximumError: number;
}

const CURVE: z.ZodType<ReliabilityCurve> = z.object({
  bins: z.array(z.intersection(
    CALIBRATION_BIN,
    z.object({ observedLower: z.number(), observedUpper: z.number() }),
  )).readonly(),
  expectedError: INTERVAL,
  maximumError: z.number(),
});

interface BinRule {
  readonly bins: number;
  readonly strategy: "uniform" | "quantile";
}

function curveOf(points: readonly Point[], rule: BinRule): CalibrationBin[] {
  return binsOf(points, edgesOf(points, rule.bins, rule.strategy));
}

/**
 * Reliability of class probabilities: the curve of the most probable class and
 * one of each class, every bin with Wilson's interval of what came true, and
 * the expected and largest calibration errors. The classwise error is the mean
 * of the classes' expected errors (Kull and others, 2019). Bins are those of
 * `calibrationCurve`. Wilson's intervals take rows as independent; the
 * bootstrap of the expected errors draws whole `clusters` where given.
 *
 * Inputs: `labels`, i32 `["n"]`, -1 where not known (such rows are left out);
 * `probabilities`, f64 `["n", "k"]`; optional `clusters`, i32 `["n"]`, for
 * example days. Params: `bins` (10), `strategy` ("uniform" or "quantile") and
 * those of {@linkcode IntervalParams}. Outputs: `top`, `classes` and
 * `classwiseError`.
 *
 * @throws {DataError} If no row is labelled, a label is no class, or a row of
 * probabilities is no distribution.
 *
 * @example
 * ```ts
 * import { reliability } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { top, classwiseError } = await reliability.run({
 *   labels: wf.tensor([0, 0, 0, 1], { dtype: "i32" }),
 *   probabilities: wf.tensor(Array(4).fill([0.75, 0.25]), { dtype: "f64" }),
 * });
 * console.log(top.expectedError.value, classwiseError.value); // 0 0
 * console.log(top.bins[0]!.observedLower.toFixed(4)); // 0.3006
 * ```
 */
export const reliability: Op<
  ClassProbabilities & { clusters?: Tensor<"i32"> },
  {
    bins?: number | undefined;
    strategy?: "uniform" | "quantile" | undefined;
  } & IntervalParams,
  {
    top: ReliabilityCurve;
    classes: ReliabilityCurve[];
    classwiseError: Interval;
  }
> = op({
  name: "evaluate/reliability",
  version: "1",
  doc: "Reliability curves and calibration errors, with intervals",
  inputs: {
    ...CLASS_PROBABILITIES,
    clusters: port.optional(port.tensor("i32", ["n"])),
  },
  params: z.object({
    bins: z.int().positive().max(1000).default(10),
    strategy: z.enum(["uniform", "quantile"]).default("uniform"),
    ...INTERVAL_PARAMS,
  }),
  outputs: {
    top: port.value(CURVE),
    classes: port.value(z.array(CURVE)),
    classwiseError: port.value(INTERVAL),
  },
  run: async ({ labels, probabilities, clusters }, params, { signal }) => {
    const labelled = await readLabelled(labels, probabilities);
    const all = await clusters?.data();
    const groups = all && Int32Array.from(labelled.rows, (row) => all[row]!);
    const which = ["top" as const, ...Array(labelled.classes).keys()];
    const points = which.map((of) => pointsOf(labelled, of));
    const errorsOf = (samples: readonly (readonly Point[])[]) =>
      samples.map((own) => expectedErrorOf(curveOf(own, params)));

    const drawn: number[][] = [];
    const pace = pacer(signal);
    for await (
      const picks of resampledRows(labelled.labels.length, params, groups)
    ) {
      await pace();
      drawn.push(errorsOf(
        points.map((own) => Array.from(picks, (row) => own[row]!)),
      ));
    }
    const errors = errorsOf(points);
    const classwise = (values: readonly number[]) => meanOf(values.slice(1));
    const curves = points.map((own, index): ReliabilityCurve => {
      const bins = curveOf(own, params);
      return {
        bins: bins.map((bin) => withInterval(bin, params.level)),
        expectedError: intervalOf(
          errors[index]!,
          drawn.map((sample) => sample[index]!),
          params.level,
        ),
        maximumError: bins.reduce(
          (most, { observed, meanPredicted }) =>
            Math.max(most, Math.abs(observed - meanPredicted)),
          0,
        ),
      };
    });
    return {
      top: curves[0]!,
      classes: curves.slice(1),
      classwiseError: intervalOf(
        classwise(errors),
        drawn.map(classwise),
        params.level,
      ),
    };
  },
});

function withInterval(bin: CalibrationBin, level: number): ReliabilityBin {
  const hits = Math.round(bin.observed * bin.count);
  const [observedLower, observedUpper] = wilsonInterval(hits, bin.count, level);
  return { ...bin, observedLower, observedUpper };
}
