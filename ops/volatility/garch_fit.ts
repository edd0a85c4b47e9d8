/**
 * Maximum-likelihood fits of GARCH(1,1), one series or many at once.
 *
 * @module
 */

import { z } from "zod";
import { NumericalError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { garchLogDensities } from "./garch_likelihood.ts";
import {
  boundaryWarnings,
  fromFree,
  type GarchDistribution,
  type GarchParameters,
  garchParametersSchema,
  rescale,
  startingPoints,
  toCoefficients,
  toFree,
  toNumbers,
  toParameters,
} from "./garch_parameters.ts";
import {
  differenceSteps,
  type LikelihoodErrors,
  likelihoodErrors,
} from "./likelihood_errors.ts";
import { minimizeTogether } from "./lockstep.ts";

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

/** Most elements of a batch of log densities, so that memory stays bounded. */
const BATCH_ELEMENTS = 2 ** 20;

/** A series scaled to unit variance. */
interface UnitSeries {
  readonly values: Float64Array;
  readonly mean: number;
  readonly scale: number;
  readonly initial: number | undefined;
}

/**
 * Fits GARCH(1,1) to one series; see {@linkcode fitGarchPanel}.
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
  const [fit] = await fitGarchPanel([returns], options);
  return fit as GarchFit;
}

/**
 * Fits GARCH(1,1) to each of many series by maximum likelihood: L-BFGS over
 * free parameters from several starts, with gradients of the scanned likelihood.
 * All series and starts go in lockstep through one batched scan. Returns are
 * scaled to unit variance first, so units do not matter.
 *
 * @param panel Series of one length, of finite returns that are not all equal.
 * @param options How.
 * @returns The best fit of each series.
 * @throws {NumericalError} If all returns of a series are equal, or every start
 * failed; the message has the number of the series, from 0.
 */
export async function fitGarchPanel(
  panel: readonly Float64Array[],
  options: GarchFitOptions,
): Promise<GarchFit[]> {
  const { distribution, stationary, starts, warmStart } = options;
  const named = (index: number): string =>
    panel.length === 1 ? "" : ` to series ${index}`;
  const units = panel.map((returns, index) =>
    toUnit(returns, options.initialVariance, named(index))
  );
  const searches = units.flatMap(({ mean, scale }, series) => {
    const points = startingPoints(mean, distribution, starts);
    if (warmStart !== undefined) points.unshift(rescale(warmStart, 1 / scale));
    return points.map((point) => ({
      series,
      start: toFree(point, stationary),
    }));
  });
  const ends = await minimizeTogether(
    batchedObjective(units, searches.map(({ series }) => series), stationary),
    searches.map(({ start }) => start),
    {
      maxIterations: options.maxIterations,
      tolerance: 1e-8,
      ...(options.signal && { signal: options.signal }),
    },
  );
  const fits: GarchFit[] = [];
  for (const [series, unit] of units.entries()) {
    options.signal?.throwIfAborted();
    const own = ends.filter((_, index) => searches[index]?.series === series);
    fits.push(await describe(unit, own, options, named(series)));
  }
  return fits;
}

function toUnit(
  returns: Float64Array,
  initialVariance: number | undefined,
  name: string,
): UnitSeries {
  const mean = meanOf(returns);
  const scale = Math.sqrt(meanOf(returns.map((value) => (value - mean) ** 2)));
  if (!(scale > 1e-14 * Math.abs(mean))) {
    throw new NumericalError(
      `Cannot fit GARCH(1,1)${name} as all returns are equal`,
    );
  }
  return {
    values: returns.map((value) => value / scale),
    mean: mean / scale,
    scale,
    initial: initialVariance === undefined
      ? undefined
      : initialVariance / scale ** 2,
  };
}

/**
 * Mean negative log likelihoods and their gradients for some searches at once.
 * The number of columns is rounded up to a power of two, so that the program is
 * traced a few times only while searches end one after the other.
 */
function batchedObjective(
  units: readonly UnitSeries[],
  seriesOf: readonly number[],
  stationary: boolean,
): (
  searches: readonly number[],
  points: readonly Float64Array[],
) => Promise<wf.optim.Evaluation[]> {
  const rows = units[0]?.values.length ?? 0;
  const returns = wf.tensor(
    units.length === 1 ? units[0]!.values : interleave(units, rows),
    { dtype: "f64", shape: [rows, units.length] },
  );
  const initials = units[0]?.initial === undefined
    ? undefined
    : wf.tensor(Float64Array.from(units, ({ initial }) => initial ?? NaN));
  const program = wf.compile((free: F64, columns: wf.I32) => {
    const pick = (x: F64): F64 => wf.take(x, columns, { axis: -1 });
    let losses = wf.zerosLike(free);
    const gradient = wf.grad((at: F64): F64 => {
      const densities = garchLogDensities(
        units.length === 1 ? returns : pick(returns),
        toCoefficients(fromFree(at, stationary)),
        initials && pick(initials),
      );
      losses = wf.negative(wf.mean(densities, { axis: 0 }));
      return wf.sum(losses);
    })(free);
    return { losses, gradient };
  });
  const widest = Math.max(1, 2 ** Math.floor(Math.log2(BATCH_ELEMENTS / rows)));

  const evaluate = async (
    searches: readonly number[],
    points: readonly Float64Array[],
  ): Promise<wf.optim.Evaluation[]> => {
    const size = points[0]?.length ?? 0;
    const width = 2 ** Math.ceil(Math.log2(points.length));
    const source = (column: number): number => column % points.length;
    const free = Float64Array.from(
      { length: size * width },
      (_, at) => points[source(at % width)]?.[Math.floor(at / width)] ?? NaN,
    );
    const columns = Int32Array.from(
      { length: width },
      (_, column) => seriesOf[searches[source(column)] ?? 0] ?? 0,
    );
    const { losses, gradient } = program(
      wf.tensor(free, { dtype: "f64", shape: [size, width] }),
      wf.tensor(columns),
    );
    const [values, slopes] = await wf.read(losses, gradient);
    return points.map((_, column) => ({
      value: values[column] as number,
      gradient: Float64Array.from(
        { length: size },
        (_, parameter) => slopes[parameter * width + column] as number,
      ),
    }));
  };
  return async (searches, points) => {
    const evaluations: wf.optim.Evaluation[] = [];
    for (let from = 0; from < points.length; from += widest) {
      const to = from + widest;
      evaluations.push(
        ...await evaluate(searches.slice(from, to), points.slice(from, to)),
      );
    }
    return evaluations;
  };
}

/** Series as columns: row-major [t, series]. */
function interleave(units: readonly UnitSeries[], rows: number): Float64Array {
  const matrix = new Float64Array(rows * units.length);
  units.forEach(({ values }, series) => {
    values.forEach((value, row) => matrix[row * units.length + series] = value);
  });
  return matrix;
}

/** The best of the searches of one series, in units of its returns. */
async function describe(
  unit: UnitSeries,
  ends: readonly (wf.optim.VectorMinimum | NumericalError)[],
  options: GarchFitOptions,
  name: string,
): Promise<GarchFit> {
  const { values, scale, initial } = unit;
  const rows = values.length;
  const logLikelihoodOf = (value: number): number =>
    -rows * (value + Math.log(scale));
  let best: wf.optim.VectorMinimum | undefined;
  for (const end of ends) {
    if (end instanceof NumericalError) continue;
    if (best === undefined || end.value < best.value) best = end;
  }
  if (best === undefined) {
    throw new NumericalError(
      `Cannot fit GARCH(1,1)${name} as the search failed from every start`,
      { cause: ends[0] },
    );
  }
  const free = wf.tensor(best.point, {
    dtype: "f64",
    shape: [best.point.length, 1],
  });
  const estimates = toParameters(
    await fromFree(free, options.stationary).data(),
  );
  const warnings = boundaryWarnings(estimates, options.stationary);
  if (!best.converged) warnings.push("The search ended before it converged");
  const errors = options.errors
    ? await errorsOrWarning(values, estimates, initial, warnings)
    : undefined;
  const parameters = rescale(estimates, scale);
  const { mu, omega, alpha, beta } = parameters;
  const persistence = alpha + beta;
  return {
    distribution: options.distribution,
    parameters,
    standardErrors: errors === undefined
      ? null
      : rescale(toParameters(errors.classic), scale),
    robustStandardErrors: errors === undefined
      ? null
      : rescale(toParameters(errors.robust), scale),
    logLikelihood: logLikelihoodOf(best.value),
    persistence,
    unconditionalVariance: persistence < 1 ? omega / (1 - persistence) : null,
    initialVariance: options.initialVariance ??
      meanOf(values.map((value) => (value * scale - mu) ** 2)),
    converged: best.converged,
    iterations: best.iterations,
    startLogLikelihoods: ends.map((end) =>
      end instanceof NumericalError ? null : logLikelihoodOf(end.value)
    ),
    rows,
    warnings,
  };
}

/** Lower bounds of mu, omega, alpha, beta and the degrees of freedom. */
const LOWER = [-Infinity, 0, 0, 0, 2];

async function errorsOrWarning(
  values: Float64Array,
  estimates: GarchParameters,
  initial: number | undefined,
  warnings: string[],
): Promise<LikelihoodErrors | undefined> {
  const returns: F64 = wf.tensor(values, {
    dtype: "f64",
    shape: [values.length, 1],
  });
  const logDensities = (matrix: F64): F64 => {
    const coefficients = toCoefficients(matrix);
    const before = initial === undefined
      ? undefined
      : wf.fullLike(coefficients.mu, initial);
    return garchLogDensities(returns, coefficients, before);
  };
  const point = toNumbers(estimates);
  try {
    return await likelihoodErrors(
      logDensities,
      point,
      differenceSteps(point, LOWER),
    );
  } catch (error) {
    if (!(error instanceof NumericalError)) throw error;
    warnings.push(
      "Standard errors are missing: the Hessian is not negative definite",
    );
    return undefined;
  }
}
