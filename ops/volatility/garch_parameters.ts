/**
 * The parameters of GARCH(1,1) and the free ones that a search moves in.
 *
 * @module
 */

import { z } from "zod";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import type { GarchCoefficients } from "./garch_likelihood.ts";

/** The distribution of standardised residuals. */
export type GarchDistribution = "normal" | "studentT";

/** Numbers for the parameters of GARCH(1,1), in units of the returns. */
export interface GarchParameters {
  /** Mean return. */
  readonly mu: number;
  /** Constant of the variance. */
  readonly omega: number;
  /** Weight of the last squared residual. */
  readonly alpha: number;
  /** Weight of the last variance. */
  readonly beta: number;
  /** Degrees of freedom of Student's t; absent for the normal. */
  readonly degreesOfFreedom?: number;
}

/** The schema of {@linkcode GarchParameters}. */
export const garchParametersSchema: z.ZodType<GarchParameters> = z.object({
  mu: z.number(),
  omega: z.number(),
  alpha: z.number(),
  beta: z.number(),
  degreesOfFreedom: z.number().exactOptional(),
});

/**
 * Parameters as a list: mu, omega, alpha, beta and, if there are any, degrees of
 * freedom.
 *
 * @param parameters The parameters.
 * @returns 4 or 5 numbers.
 */
export function toNumbers(parameters: GarchParameters): number[] {
  const { mu, omega, alpha, beta, degreesOfFreedom } = parameters;
  const numbers = [mu, omega, alpha, beta];
  return degreesOfFreedom === undefined
    ? numbers
    : [...numbers, degreesOfFreedom];
}

/**
 * The way back from {@linkcode toNumbers}.
 *
 * @param numbers 4 or 5 numbers.
 * @returns The parameters.
 */
export function toParameters(numbers: ArrayLike<number>): GarchParameters {
  const [mu, omega, alpha, beta, degreesOfFreedom] = Array.from(numbers);
  const parameters = { mu, omega, alpha, beta } as GarchParameters;
  return degreesOfFreedom === undefined
    ? parameters
    : { ...parameters, degreesOfFreedom };
}

/**
 * Rows of a matrix as coefficients of the likelihood.
 *
 * @param matrix Parameters, shape [k, b], k being 4 or 5.
 * @returns Coefficients of shape [b].
 */
export function toCoefficients(matrix: F64): GarchCoefficients {
  const row = (index: number): F64 => wf.slice(matrix, index);
  const normal = { mu: row(0), omega: row(1), alpha: row(2), beta: row(3) };
  return matrix.shape[0] === 4
    ? normal
    : { ...normal, degreesOfFreedom: row(4) };
}

/**
 * The parameters when returns are multiplied by a factor.
 *
 * @param parameters The parameters.
 * @param factor The factor, positive.
 * @returns The parameters of the multiplied returns.
 */
export function rescale(
  parameters: GarchParameters,
  factor: number,
): GarchParameters {
  const { mu, omega } = parameters;
  return { ...parameters, mu: mu * factor, omega: omega * factor ** 2 };
}

/**
 * The free parameters that a search moves in: mu, log ω, and (α, β) as logits of
 * α + β and of α's share, or without stationarity as log α and logit β; then
 * log(ν − 2). What lies on a bound is moved a little inside.
 *
 * @param parameters The parameters, of returns of unit variance.
 * @param stationary Whether α + β stays below 1.
 * @returns 4 or 5 numbers of any size.
 */
export function toFree(
  parameters: GarchParameters,
  stationary: boolean,
): Float64Array {
  const { mu, omega, degreesOfFreedom } = parameters;
  const alpha = Math.max(parameters.alpha, 1e-6);
  const beta = Math.max(parameters.beta, 1e-6);
  const persistence = Math.min(alpha + beta, 1 - 1e-6);
  const scale = Math.log(Math.max(omega, 1e-12));
  const free = stationary
    ? [mu, scale, logit(persistence), logit(alpha / (alpha + beta))]
    : [mu, scale, Math.log(alpha), logit(Math.min(beta, 1 - 1e-6))];
  if (degreesOfFreedom !== undefined) free.push(Math.log(degreesOfFreedom - 2));
  return Float64Array.from(free);
}

function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/**
 * The way back from {@linkcode toFree}, on tensors.
 *
 * @param free Free parameters, shape [k, b].
 * @param stationary Whether α + β stays below 1.
 * @returns Parameters, shape [k, b].
 */
export function fromFree(free: F64, stationary: boolean): F64 {
  const row = (index: number): F64 => wf.slice(free, index);
  const first = stationary ? wf.sigmoid(row(2)) : wf.exp(row(2));
  const second = wf.sigmoid(row(3));
  const alpha = stationary ? wf.multiply(first, second) : first;
  const beta = stationary ? wf.multiply(first, wf.subtract(1, second)) : second;
  const rows = [row(0), wf.exp(row(1)), alpha, beta];
  if (free.shape[0] === 5) rows.push(wf.add(wf.exp(row(4)), 2));
  return wf.stack(rows, { axis: 0 });
}

/** Persistence and the share of α in it, from the usual to the unusual. */
const STARTS: readonly (readonly [persistence: number, share: number])[] = [
  [0.95, 0.1],
  [0.8, 0.25],
  [0.99, 0.04],
  [0.5, 0.5],
];

/** The greatest number of standard starting points. */
export const MOST_STARTS: number = STARTS.length;

/**
 * Standard starting points for returns of unit variance.
 *
 * @param mean The mean return.
 * @param distribution The distribution.
 * @param count How many, at most {@linkcode MOST_STARTS}.
 * @returns The points, the most usual one first.
 */
export function startingPoints(
  mean: number,
  distribution: GarchDistribution,
  count: number,
): GarchParameters[] {
  const degrees = distribution === "studentT" ? { degreesOfFreedom: 8 } : {};
  return STARTS.slice(0, count).map(([persistence, share]) => ({
    mu: mean,
    omega: 1 - persistence,
    alpha: persistence * share,
    beta: persistence * (1 - share),
    ...degrees,
  }));
}

const AT_BOUND = 1e-4;

/**
 * What to know of estimates that lie on a bound or beyond stationarity.
 *
 * @param estimates The parameters, of returns of unit variance.
 * @param stationary Whether α + β was kept below 1.
 * @returns Sentences; none if all is well.
 */
export function boundaryWarnings(
  estimates: GarchParameters,
  stationary: boolean,
): string[] {
  const { omega, alpha, beta } = estimates;
  const persistence = alpha + beta;
  const warnings: string[] = [];
  if (stationary && persistence > 1 - AT_BOUND) {
    warnings.push(
      "alpha + beta is at its bound of 1: standard errors do not hold there",
    );
  } else if (persistence >= 1) {
    warnings.push(
      `alpha + beta is ${
        persistence.toPrecision(6)
      }: the variance has no finite mean, and forecasts grow with the horizon`,
    );
  }
  if (alpha < AT_BOUND) {
    warnings.push(
      "alpha is at its bound of 0: beta cannot be told from the data",
    );
  }
  if (beta < AT_BOUND) warnings.push("beta is at its bound of 0");
  if (omega < AT_BOUND ** 2) warnings.push("omega is at its bound of 0");
  return warnings;
}
