/**
 * Maximum-likelihood fits of GARCH(1,1).
 *
 * @module
 */

import { z } from "zod";
import { NumericalError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import {
  type GarchCoefficients,
  garchLogDensities,
} from "./garch_likelihood.ts";
import { readDiagonal } from "./diagonal.ts";
import { meanOf } from "./losses.ts";

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

/** A fitted GARCH(1,1). */
export interface GarchFit {
  /** The distribution of standardised residuals. */
  readonly distribution: GarchDistribution;
  /** The estimates. */
  readonly parameters: GarchParameters;
  /** Standard errors from the Hessian; null at a boundary or if it is not definite. */
  readonly standardErrors: GarchParameters | null;
  /** Bollerslev and Wooldridge's errors, valid if the distribution is wrong; null likewise. */
  readonly robustStandardErrors: GarchParameters | null;
  /** The log likelihood of all rows. */
  readonly logLikelihood: number;
  /** α + β. */
  readonly persistence: number;
  /** ω/(1 − α − β); null if α + β ≥ 1. */
  readonly unconditionalVariance: number | null;
  /** The squared residual and variance before the first row. */
  readonly initialVariance: number;
  /** Whether the best start converged. */
  readonly converged: boolean;
  /** Iterations of the best start. */
  readonly iterations: number;
  /** The log likelihood that each start reached; null for one that failed. */
  readonly startLogLikelihoods: readonly (number | null)[];
  /** Rows fitted. */
  readonly rows: number;
  /** What the user should know before trusting the fit. */
  readonly warnings: readonly string[];
}

/** The schema of {@linkcode GarchParameters}. */
export const garchParametersSchema: z.ZodType<GarchParameters> = z.object({
  mu: z.number(),
  omega: z.number(),
  alpha: z.number(),
  beta: z.number(),
  degreesOfFreedom: z.number().exactOptional(),
});

/** The schema of {@linkcode GarchFit}. */
export const garchFitSchema: z.ZodType<GarchFit> = z.object({
  distribution: z.enum(["normal", "studentT"]),
  parameters: garchParametersSchema,
  standardErrors: garchParametersSchema.nullable(),
  robustStandardErrors: garchParametersSchema.nullable(),
  logLikelihood: z.number(),
  persistence: z.number(),
  unconditionalVariance: z.number().nullable(),
  initialVariance: z.number(),
  converged: z.boolean(),
  iterations: z.number().int(),
  startLogLikelihoods: z.array(z.number().nullable()),
  rows: z.number().int(),
  warnings: z.array(z.string()),
});

/** How to fit. */
export interface GarchFitOptions {
  /** The distribution of standardised residuals. */
  readonly distribution: GarchDistribution;
  /** Keep α + β below 1. */
  readonly stationary: boolean;
  /** The variance before the first row; the mean squared residual if absent. */
  readonly initialVariance?: number | undefined;
  /** How many of the standard starting points to try, 1 to 4. */
  readonly starts: number;
  /** A further start, such as an earlier fit. */
  readonly warmStart?: GarchParameters | undefined;
  /** Most iterations a start. */
  readonly maxIterations: number;
  /** Whether to compute standard errors. */
  readonly errors: boolean;
  /** Stops the search. */
  readonly signal?: AbortSignal | undefined;
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

const BOUNDARY = 1e-4;

/**
 * The free parameters that a search moves in, for returns of unit variance:
 * mu, log ω, and (α, β) as logits of α + β and of α's share, or without
 * stationarity as log α and logit β; then log(ν − 2).
 */
function toFree(parameters: GarchParameters, stationary: boolean): number[] {
  const { mu, omega, degreesOfFreedom } = parameters;
  const alpha = Math.max(parameters.alpha, 1e-6);
  const beta = Math.max(parameters.beta, 1e-6);
  const persistence = Math.min(alpha + beta, 1 - 1e-6);
  const free = stationary
    ? [mu, Math.log(omega), logit(persistence), logit(alpha / (alpha + beta))]
    : [mu, Math.log(omega), Math.log(alpha), logit(Math.min(beta, 1 - 1e-6))];
  if (degreesOfFreedom !== undefined) free.push(Math.log(degreesOfFreedom - 2));
  return free;
}

function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** The way back, on tensors: `free` has the shape [k]; all results [1]. */
function fromFree(free: F64, stationary: boolean): GarchCoefficients {
  const part = (index: number): F64 => wf.slice(free, [index, index + 1]);
  const shared = { mu: part(0), omega: wf.exp(part(1)) };
  const first = stationary ? wf.sigmoid(part(2)) : wf.exp(part(2));
  const second = wf.sigmoid(part(3));
  const alpha = stationary ? wf.multiply(first, second) : first;
  const beta = stationary ? wf.multiply(first, wf.subtract(1, second)) : second;
  const coefficients = { ...shared, alpha, beta };
  return free.size === 4
    ? coefficients
    : { ...coefficients, degreesOfFreedom: wf.add(wf.exp(part(4)), 2) };
}

/**
 * Fits GARCH(1,1) by maximum likelihood: L-BFGS over free parameters from
 * several starts, with gradients of the scanned likelihood. Returns are scaled
 * to unit variance first, so units do not matter.
 *
 * @param returns Finite returns that are not all equal.
 * @param options How.
 * @returns The best fit.
 * @throws {NumericalError} If all returns are equal, or every start failed.
 */
export async function fitGarch(
  returns: Float64Array,
  options: GarchFitOptions,
): Promise<GarchFit> {
  const mean = meanOf(returns);
  const scale = Math.sqrt(meanOf(returns.map((value) => (value - mean) ** 2)));
  if (!(scale > 1e-14 * Math.abs(mean))) {
    throw new NumericalError("Cannot fit GARCH(1,1) as all returns are equal");
  }
  const unit: F64 = wf.tensor(returns.map((value) => value / scale));
  const initial = options.initialVariance === undefined
    ? undefined
    : options.initialVariance / scale ** 2;
  const best = await search(unit, mean / scale, initial, scale, options);
  const coefficients = fromFree(best.free, options.stationary);
  const estimates = await naturalNumbers(coefficients);

  const warnings = boundaryWarnings(estimates, options.stationary);
  if (!best.converged) warnings.push("The search ended before it converged");
  const errors = options.errors
    ? await standardErrors(unit, estimates, initial).catch(refused(warnings))
    : undefined;
  const parameters = rescale(estimates, scale);
  const { alpha, beta, omega, mu } = parameters;
  const persistence = alpha + beta;
  return {
    distribution: options.distribution,
    parameters,
    standardErrors: errors === undefined
      ? null
      : rescale(errors.classic, scale),
    robustStandardErrors: errors === undefined
      ? null
      : rescale(errors.robust, scale),
    logLikelihood: best.logLikelihood - returns.length * Math.log(scale),
    persistence,
    unconditionalVariance: persistence < 1 ? omega / (1 - persistence) : null,
    initialVariance: options.initialVariance ??
      meanOf(returns.map((value) => (value - mu) ** 2)),
    converged: best.converged,
    iterations: best.iterations,
    startLogLikelihoods: best.reached.map((value) =>
      value === null ? null : value - returns.length * Math.log(scale)
    ),
    rows: returns.length,
    warnings,
  };
}

interface SearchResult {
  readonly free: F64;
  readonly logLikelihood: number;
  readonly converged: boolean;
  readonly iterations: number;
  readonly reached: readonly (number | null)[];
}

async function search(
  unit: F64,
  mean: number,
  initial: number | undefined,
  scale: number,
  options: GarchFitOptions,
): Promise<SearchResult> {
  const rows = unit.size;
  const objective = wf.compile(wf.valueAndGrad((free: F64): F64 => {
    const coefficients = fromFree(free, options.stationary);
    return wf.negative(
      wf.divide(wf.sum(garchLogDensities(unit, coefficients, initial)), rows),
    );
  }));
  let best: Omit<SearchResult, "reached"> | undefined;
  const reached: (number | null)[] = [];
  let failure: unknown;
  for (const start of startingPoints(mean, scale, options)) {
    try {
      const end = await wf.optim.minimize(
        objective,
        wf.tensor(start, { dtype: "f64" }),
        {
          maxIterations: options.maxIterations,
          tolerance: 1e-8,
          ...(options.signal && { signal: options.signal }),
        },
      );
      const logLikelihood = -end.value * rows;
      reached.push(logLikelihood);
      if (best !== undefined && logLikelihood <= best.logLikelihood) continue;
      const { converged, iterations } = end;
      best = { free: end.parameters, logLikelihood, converged, iterations };
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      failure = error;
      reached.push(null);
    }
  }
  if (best === undefined) {
    throw new NumericalError(
      "Cannot fit GARCH(1,1) as the search failed from every start",
      {
        cause: failure,
      },
    );
  }
  return { ...best, reached };
}

function startingPoints(
  mean: number,
  scale: number,
  options: GarchFitOptions,
): number[][] {
  const { distribution, stationary, starts, warmStart } = options;
  const degrees = distribution === "studentT" ? { degreesOfFreedom: 8 } : {};
  const points = STARTS.slice(0, starts).map(([persistence, share]) =>
    toFree({
      mu: mean,
      omega: 1 - persistence,
      alpha: persistence * share,
      beta: persistence * (1 - share),
      ...degrees,
    }, stationary)
  );
  if (warmStart !== undefined) {
    points.unshift(toFree(rescale(warmStart, 1 / scale), stationary));
  }
  return points;
}

/** The parameters when returns are multiplied by `scale`. */
function rescale(parameters: GarchParameters, scale: number): GarchParameters {
  const { mu, omega } = parameters;
  return { ...parameters, mu: mu * scale, omega: omega * scale ** 2 };
}

const NAMES = ["mu", "omega", "alpha", "beta", "degreesOfFreedom"] as const;

async function naturalNumbers(
  coefficients: GarchCoefficients,
): Promise<GarchParameters> {
  const numbers: number[] = [];
  for (const name of NAMES) {
    const coefficient = coefficients[name];
    if (coefficient !== undefined) numbers.push(await coefficient.item());
  }
  return toParameters(numbers);
}

function toParameters(numbers: ArrayLike<number>): GarchParameters {
  const [mu, omega, alpha, beta, degreesOfFreedom] = Array.from(numbers);
  const parameters = { mu, omega, alpha, beta } as GarchParameters;
  return degreesOfFreedom === undefined
    ? parameters
    : { ...parameters, degreesOfFreedom };
}

function boundaryWarnings(
  estimates: GarchParameters,
  stationary: boolean,
): string[] {
  const { alpha, beta } = estimates;
  const warnings: string[] = [];
  if (alpha + beta >= 1) {
    warnings.push(
      `alpha + beta is ${
        (alpha + beta).toPrecision(6)
      }: the variance has no finite mean, and forecasts grow with the horizon`,
    );
  } else if (stationary && alpha + beta > 1 - BOUNDARY) {
    warnings.push(
      "alpha + beta is at its bound of 1: standard errors do not hold there",
    );
  }
  if (alpha < BOUNDARY) {
    warnings.push(
      "alpha is at its bound of 0: beta cannot be told from the data",
    );
  }
  if (beta < BOUNDARY) warnings.push("beta is at its bound of 0");
  return warnings;
}

/** Turns a numerical failure of the standard errors into a warning. */
function refused(warnings: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof NumericalError)) throw error;
    warnings.push(
      "Standard errors are missing: the Hessian is not negative definite",
    );
    return undefined;
  };
}

interface Errors {
  readonly classic: GarchParameters;
  readonly robust: GarchParameters;
}

/**
 * Standard errors from the inverse Hessian H⁻¹, and from the sandwich
 * H⁻¹ S H⁻¹ with the scores' outer products S (T. Bollerslev and J. Wooldridge,
 * 1992). H holds central differences of exact gradients, S of log densities;
 * all parameter vectors that this takes go through one batched scan.
 */
async function standardErrors(
  unit: F64,
  estimates: GarchParameters,
  initial: number | undefined,
): Promise<Errors> {
  const point = NAMES.map((name) => estimates[name]).filter((value) =>
    value !== undefined
  );
  const size = point.length;
  const steps = point.map((value, index) => {
    const step = 1e-5 * Math.max(Math.abs(value), 1e-2);
    const room = index === 0 ? Infinity : index === 4 ? value - 2 : value;
    return Math.min(step, room / 2);
  });
  const shifted = Float64Array.from({ length: size * 2 * size }, (_, at) => {
    const [parameter, column] = [Math.floor(at / (2 * size)), at % (2 * size)];
    const step = column % size === parameter ? steps[parameter] as number : 0;
    return (point[parameter] as number) + (column < size ? step : -step);
  });
  const densities = (matrix: F64): F64 => {
    const row = (index: number): F64 => wf.slice(matrix, index);
    const coefficients = {
      mu: row(0),
      omega: row(1),
      alpha: row(2),
      beta: row(3),
    };
    const all = size === 4
      ? coefficients
      : { ...coefficients, degreesOfFreedom: row(4) };
    return garchLogDensities(unit, all, initial);
  };
  const matrix: F64 = wf.tensor(shifted, { shape: [size, 2 * size] });
  const gradient = wf.grad((at: F64): F64 => wf.sum(densities(at)))(matrix);
  const halfSteps = wf.tensor(steps.map((step) => 1 / (2 * step)), {
    dtype: "f64",
  });
  const difference = (values: F64): F64 =>
    wf.multiply(
      wf.subtract(
        wf.slice(values, null, [0, size]),
        wf.slice(values, null, [size, 2 * size]),
      ),
      halfSteps,
    );
  const raw = difference(gradient);
  const information = wf.multiply(wf.add(raw, wf.transpose(raw)), -0.5);
  const scores = difference(densities(matrix));
  const inverseFactor = wf.linalg.triangularSolve(
    wf.linalg.cholesky(information),
    wf.eye(size, size, { dtype: "f64" }),
    { lower: true },
  );
  const covariance = wf.matmul(wf.transpose(inverseFactor), inverseFactor);
  const meat = wf.matmul(wf.transpose(scores), scores);
  const sandwich = wf.matmul(covariance, wf.matmul(meat, covariance));
  return {
    classic: toParameters((await readDiagonal(covariance)).map(Math.sqrt)),
    robust: toParameters((await readDiagonal(sandwich)).map(Math.sqrt)),
  };
}
