/**
 * Scores (derivatives of the log density) of Gaussian mixtures and kernel
 * density estimates in one dimension.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float } from "../../runtime/tensor/mod.ts";
import { assertFinite, isConstant } from "./calibration_rows.ts";

/** Elements of `[points, components]` that one pass may hold. */
const CHUNK_ELEMENTS = 1 << 22;

/** A mixture of normal distributions in one dimension. */
export interface GaussianMixture {
  /** Mean of each component, `[m]`. */
  readonly means: Float;
  /** Standard deviation of each component, `[m]`, or one for all. */
  readonly deviations: Float | number;
  /** Weight of each component, `[m]`; equal when omitted. */
  readonly weights?: Float;
}

/**
 * Score of a Gaussian mixture in closed form,
 * `d/dy log p(y) = Σ_j r_j(y) (mean_j − y) / deviation_j²` with `r_j` the
 * responsibility of component j. Lazy; holds `[n, m]` unless fused.
 *
 * @param points Where to take it, `[n]`.
 * @param mixture The components.
 * @returns The score at each point, `[n]`.
 *
 * @example
 * ```ts
 * import { gaussianMixtureScore } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * // The score of one normal distribution is (mean − y) / deviation²
 * const score = gaussianMixtureScore(wf.tensor([0, 1, 3], { dtype: "f64" }), {
 *   means: wf.tensor([1], { dtype: "f64" }),
 *   deviations: 2,
 * });
 * console.log(await score.toArray()); // [0.25, 0, -0.5]
 * ```
 */
export function gaussianMixtureScore(
  points: Float,
  mixture: GaussianMixture,
): Float {
  const { means, deviations, weights } = mixture;
  const distance = wf.subtract(means, wf.expandDims(points, 1));
  const standardised = wf.divide(distance, deviations);
  let logits = wf.multiply(wf.square(standardised), -0.5);
  if (typeof deviations !== "number") {
    logits = wf.subtract(logits, wf.log(deviations));
  }
  if (weights !== undefined) logits = wf.add(logits, wf.log(weights));
  const responsibilities = wf.softmax(logits, { axis: 1 });
  return wf.sum(
    wf.multiply(responsibilities, wf.divide(standardised, deviations)),
    { axis: 1 },
  );
}

/**
 * Scott's bandwidth in one dimension, `n^(−1/5)` standard deviations (n − 1 in
 * the denominator), as scipy's `gaussian_kde` takes it. Lazy.
 *
 * @param centres The sample, `[n]`, n ≥ 2.
 * @returns The bandwidth, a scalar.
 */
export function scottBandwidth(centres: Float): Float {
  return wf.multiply(wf.std(centres, { correction: 1 }), centres.size ** -0.2);
}

/**
 * Score of a Gaussian kernel density estimate. Long inputs are taken in chunks,
 * each realised before the next, so that `[n, m]` is never held whole; short
 * ones stay lazy.
 *
 * @param points Where to take it, `[n]`.
 * @param centres The sample behind the density, `[m]`.
 * @param bandwidth Standard deviation of the kernel.
 * @param signal Aborts between chunks.
 * @returns The score at each point, `[n]`.
 */
export async function kernelDensityScore(
  points: Float,
  centres: Float,
  bandwidth: Float | number,
  signal?: AbortSignal,
): Promise<Float> {
  const mixture = { means: centres, deviations: bandwidth };
  const rows = Math.max(1, Math.floor(CHUNK_ELEMENTS / centres.size));
  if (points.size <= rows) return gaussianMixtureScore(points, mixture);
  const chunks: Float[] = [];
  for (let start = 0; start < points.size; start += rows) {
    signal?.throwIfAborted();
    const stop = Math.min(start + rows, points.size);
    const chunk = gaussianMixtureScore(
      wf.slice(points, [start, stop]),
      mixture,
    );
    await wf.realize(chunk);
    chunks.push(chunk);
  }
  return wf.concat(chunks, { axis: 0 });
}

/**
 * Score (derivative of the log density) of a Gaussian kernel density estimate in
 * one dimension, in closed form: `Σ_j w_j (y_j − y) / h²` with
 * `w = softmax(−(y − y_j)² / 2h²)`.
 *
 * Inputs: `points` `[n]`, where to take it; `centres` `[m]`, the sample behind
 * the density, m ≥ 2. Param `bandwidth`: h; Scott's rule when omitted. Output
 * `score` `[n]`. Errors: values that are not finite, a constant sample without
 * a bandwidth.
 *
 * Source: Pettersson, Jerzak, Daoud 2025, arXiv 2508.01341, whose code takes a
 * finite difference of the log density; the closed form is exact.
 *
 * @example
 * ```ts
 * import { kdeScore1d } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await kdeScore1d.run({
 *   points: wf.tensor([-1, 0, 1], { dtype: "f64" }),
 *   centres: wf.tensor([-1, 1], { dtype: "f64" }),
 * }, { bandwidth: 1 });
 * console.log(await score.toArray()); // [0.2384…, 0, -0.2384…]
 * ```
 */
export const kdeScore1d: Op<
  { points: Float; centres: Float },
  { bandwidth?: number | undefined },
  { score: Float }
> = op({
  name: "debias/kdeScore1d",
  version: "1",
  doc: "Score of a Gaussian kernel density estimate in one dimension",
  inputs: {
    points: port.tensor(["f32", "f64"], ["n"]),
    centres: port.tensor(["f32", "f64"], ["m"]),
  },
  params: z.object({ bandwidth: z.number().positive().optional() }),
  outputs: { score: port.tensor(["f32", "f64"], ["n"]) },
  run: async ({ points, centres }, { bandwidth }, ctx) => {
    assertFinite("points", await points.data());
    const sample = await centres.data();
    assertFinite("centres", sample);
    if (bandwidth === undefined && (sample.length < 2 || isConstant(sample))) {
      throw new ParameterError(
        "Cannot take Scott's bandwidth as the centres do not vary",
        { port: "centres", hint: 'Give the param "bandwidth"' },
      );
    }
    const width = bandwidth ?? scottBandwidth(centres);
    return {
      score: await kernelDensityScore(points, centres, width, ctx.signal),
    };
  },
});
