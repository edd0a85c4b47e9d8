/**
 * From signals to positions: by class, by probability, and scaled to a
 * volatility.
 *
 * @module
 */

import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";

function checkExposures(exposures: readonly number[], classes: number): void {
  if (exposures.length === classes) return;
  throw new ParameterError(
    `Cannot take positions in ${classes} classes as "exposures" has ${exposures.length} numbers`,
    { expected: "one number for each class" },
  );
}

/**
 * Positions of class probabilities: of the most probable class
 * (`by: "class"`, the default; the first of equals), or the mean exposure
 * (`by: "probability"`), which is small where the model is unsure. Rows with
 * NaN, as outside of test windows, and rows whose most probable class has less
 * than `threshold` stay flat.
 *
 * Inputs: `probabilities`, f64 `["t", "k"]`. Params: `exposures`, the position
 * of each class ([-1, 0, 1]: short, flat, long), `by` and `threshold` (0).
 * Output: `positions`, f64 `["t"]`, row `t` as known when row `t` is.
 *
 * @throws {ParameterError} If there are not as many exposures as classes.
 *
 * @example
 * ```ts
 * import { signalPositions } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const probabilities = wf.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], { dtype: "f64" });
 * const { positions } = await signalPositions.run({ probabilities });
 * console.log(await positions.toArray()); // [-1, 1]
 * const mean = await signalPositions.run({ probabilities }, { by: "probability" });
 * console.log((await mean.positions.data())[1]!.toFixed(1)); // 0.6
 * ```
 */
export const signalPositions: Op<
  { probabilities: F64 },
  {
    exposures?: readonly number[] | undefined;
    by?: "class" | "probability" | undefined;
    threshold?: number | undefined;
  },
  { positions: F64 }
> = op({
  name: "evaluate/signalPositions",
  version: "1",
  doc: "Positions by the most probable class or by the mean exposure",
  inputs: { probabilities: port.tensor("f64", ["t", "k"]) },
  params: z.object({
    exposures: z.array(z.number()).min(2).readonly().default([-1, 0, 1]),
    by: z.enum(["class", "probability"]).default("class"),
    threshold: z.number().min(0).max(1).default(0),
  }),
  outputs: { positions: port.tensor("f64", ["t"]) },
  run: async ({ probabilities }, { exposures, by, threshold }) => {
    const [rows, classes] = probabilities.shape as [number, number];
    checkExposures(exposures, classes);
    const values = await probabilities.data();
    const positions = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * classes, (row + 1) * classes);
      const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
      // NaN is below every threshold
      if (!(most >= threshold)) continue;
      positions[row] = by === "class"
        ? exposures[own.indexOf(most)]!
        : own.reduce((sum, p, k) => sum + p * exposures[k]!, 0);
    }
    return { positions: tensor(positions) };
  },
});

/**
 * Positions of classes that were answered: `exposures[class]`, and flat for
 * answers that name no class (-1).
 *
 * Inputs: `answers`, i32 `["t"]`. Params: `exposures` ([-1, 0, 1]). Output:
 * `positions`, f64 `["t"]`.
 *
 * @throws {DataError} If an answer has no exposure.
 *
 * @example
 * ```ts
 * import { answerPositions } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const answers = wf.tensor([1, 0, -1], { dtype: "i32" });
 * const { positions } = await answerPositions.run({ answers }, { exposures: [-1, 1] });
 * console.log(await positions.toArray()); // [1, -1, 0]
 * ```
 */
export const answerPositions: Op<
  { answers: Tensor<"i32"> },
  { exposures?: readonly number[] | undefined },
  { positions: F64 }
> = op({
  name: "evaluate/answerPositions",
  version: "1",
  doc: "Positions by the class that was answered",
  inputs: { answers: port.tensor("i32", ["t"]) },
  params: z.object({
    exposures: z.array(z.number()).min(2).readonly().default([-1, 0, 1]),
  }),
  outputs: { positions: port.tensor("f64", ["t"]) },
  run: async ({ answers }, { exposures }) => {
    const positions = Float64Array.from(await answers.data(), (answer, row) => {
      const exposure = answer === -1 ? 0 : exposures[answer];
      if (exposure !== undefined) return exposure;
      throw new DataError(
        `Cannot take a position in row ${row} as its class has no exposure`,
        {
          expected: `an integer from -1 to ${exposures.length - 1}`,
          actual: String(answer),
        },
      );
    });
    return { positions: tensor(positions) };
  },
});

/**
 * Scales positions so that each is expected to swing as much as the next: by
 * `target` over the forecast volatility, at most `most` times (Moreira and
 * Muir, "Volatility-Managed Portfolios", 2017, in its plainest form). Rows
 * without a forecast (NaN) stay flat.
 *
 * Inputs, both as known when row `t` is: `positions`, f64 `["t"]`; `variance`,
 * f64 `["t"]`, the forecast variance of the period that the position will be
 * held, positive. A forecast in the row of the day that it is for must be moved
 * up by one row first. Params: `target`, the volatility a year (0.1), `most`
 * (2) and `periodsPerYear` (252). Output: `positions`, f64 `["t"]`.
 *
 * @throws {DataError} If a variance is not positive.
 *
 * @example
 * ```ts
 * import { volatilityTarget } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { positions } = await volatilityTarget.run({
 *   positions: wf.tensor([1, -1, 1], { dtype: "f64" }),
 *   variance: wf.tensor([0.04 / 252, 0.0016 / 252, NaN], { dtype: "f64" }),
 * });
 * console.log(await positions.toArray()); // [0.5, -2, 0]: 20 %, 4 % and no forecast
 * ```
 */
export const volatilityTarget: Op<
  { positions: F64; variance: F64 },
  {
    target?: number | undefined;
    most?: number | undefined;
    periodsPerYear?: number | undefined;
  },
  { positions: F64 }
> = op({
  name: "evaluate/volatilityTarget",
  version: "1",
  doc: "Positions scaled to a volatility by a forecast of variance",
  inputs: {
    positions: port.tensor("f64", ["t"]),
    variance: port.tensor("f64", ["t"], {
      doc: "Forecast variance of the period to come",
    }),
  },
  params: z.object({
    target: z.number().positive().default(0.1),
    most: z.number().positive().default(2),
    periodsPerYear: z.number().positive().default(252),
  }),
  outputs: { positions: port.tensor("f64", ["t"]) },
  run: async (inputs, { target, most, periodsPerYear }) => {
    const variance = await inputs.variance.data();
    const bad = variance.findIndex((value) => value <= 0);
    if (bad >= 0) {
      throw new DataError(
        `Cannot scale the position of row ${bad} as its variance is not positive`,
        { actual: String(variance[bad]) },
      );
    }
    const positions = (await inputs.positions.data()).map((position, row) => {
      const volatility = Math.sqrt(variance[row]! * periodsPerYear);
      const scale = Math.min(most, target / volatility);
      return Number.isNaN(scale) ? 0 : position * scale;
    });
    return { positions: tensor(positions) };
  },
});
