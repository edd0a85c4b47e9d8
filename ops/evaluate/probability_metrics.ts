/**
 * Proper scores of class probabilities as ops: Brier score and log loss.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { type Port, port } from "../../runtime/ports/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { readLabelled } from "./labelled.ts";
import { brierOf, logLossOf } from "./probability_scores.ts";

/**
 * True classes, i32 `["n"]`, -1 where not known (such rows are left out), and
 * class probabilities, f64 `["n", "k"]`.
 */
export type ClassProbabilities = {
  labels: Tensor<"i32">;
  probabilities: F64;
};

/** The ports of {@linkcode ClassProbabilities}. */
export const CLASS_PROBABILITIES: {
  readonly labels: Port<Tensor<"i32">>;
  readonly probabilities: Port<F64>;
} = {
  labels: port.tensor("i32", ["n"], { doc: "Classes from 0; -1 unknown" }),
  probabilities: port.tensor("f64", ["n", "k"], {
    doc: "A probability for every class; rows sum to 1",
  }),
};

const SCORE = { score: port.value(z.number()) };

/**
 * Mean Brier score (Brier, 1950): the squared distance between probabilities
 * and the one-hot label, summed over the classes; from 0 to 2, lower is
 * better. For two classes it is twice what scikit-learn gives by default.
 *
 * Inputs: `labels`, i32 `["n"]`, -1 where not known (such rows are left out);
 * `probabilities`, f64 `["n", "k"]`. Output: `score`.
 *
 * @throws {DataError} If no row is labelled, a label is no class, or a row of
 * probabilities holds NaN, a negative number, or does not sum to 1 (to 1e-6).
 *
 * @example
 * ```ts
 * import { brierScore } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await brierScore.run({
 *   labels: wf.tensor([0, 1], { dtype: "i32" }),
 *   probabilities: wf.tensor([[0.8, 0.2], [0.5, 0.5]], { dtype: "f64" }),
 * });
 * console.log(score.toFixed(4)); // 0.2900
 * ```
 */
export const brierScore: Op<
  ClassProbabilities,
  Record<never, never>,
  { score: number }
> = op({
  name: "evaluate/brierScore",
  version: "1",
  doc: "Mean squared distance between probabilities and one-hot labels",
  inputs: CLASS_PROBABILITIES,
  params: z.object({}),
  outputs: SCORE,
  run: async ({ labels, probabilities }) => ({
    score: meanOf(brierOf(await readLabelled(labels, probabilities))),
  }),
});

/**
 * Mean log loss in nats, lower is better. Probabilities under the machine
 * epsilon count as the epsilon, as in scikit-learn.
 *
 * Inputs: `labels`, i32 `["n"]`, -1 where not known (such rows are left out);
 * `probabilities`, f64 `["n", "k"]`. Output: `score`.
 *
 * @throws {DataError} If no row is labelled, a label is no class, or a row of
 * probabilities holds NaN, a negative number, or does not sum to 1 (to 1e-6).
 *
 * @example
 * ```ts
 * import { logLoss } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await logLoss.run({
 *   labels: wf.tensor([0, 1], { dtype: "i32" }),
 *   probabilities: wf.tensor([[0.5, 0.5], [0.5, 0.5]], { dtype: "f64" }),
 * });
 * console.log(score.toFixed(4)); // 0.6931
 * ```
 */
export const logLoss: Op<
  ClassProbabilities,
  Record<never, never>,
  { score: number }
> = op({
  name: "evaluate/logLoss",
  version: "1",
  doc: "Mean negative log probability of the true class",
  inputs: CLASS_PROBABILITIES,
  params: z.object({}),
  outputs: SCORE,
  run: async ({ labels, probabilities }) => ({
    score: meanOf(logLossOf(await readLabelled(labels, probabilities))),
  }),
});
