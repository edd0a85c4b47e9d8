/**
 * What all fits of Gaussian processes share: their params, what they report,
 * and the checks of their data.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "./kernel.ts";

/** Params of all fits of Gaussian processes. */
export interface GpFitParams {
  /** The covariance function. */
  kernel: Kernel;
  /**
   * Variance of the observation noise, on the scale of the standardised
   * targets; default 0.1 within `[1e-6, 1e2]`.
   */
  noiseVariance?: HyperParameter | undefined;
  /** Whether targets are centred and scaled (ddof 0); default true. */
  standardise?: boolean | undefined;
  /** Whether hyperparameters are fitted; default true. */
  optimise?: boolean | undefined;
  /** Starting points: the description's own, then random ones; default 3. */
  starts?: number | undefined;
  /** Seed of the random starting points; default 0. */
  seed?: number | undefined;
  /** Most iterations of L-BFGS a start; default 200. */
  maxIterations?: number | undefined;
  /** Largest gradient that ends a start; default 1e-5. */
  tolerance?: number | undefined;
}

/** Fields of the schema of {@linkcode GpFitParams}. */
export const GP_FIT_SHAPE = {
  kernel: kernelSchema,
  noiseVariance: hyperParameterSchema.default({
    value: 0.1,
    bounds: [1e-6, 1e2],
  }),
  standardise: z.boolean().default(true),
  optimise: z.boolean().default(true),
  starts: z.int().min(1).default(3),
  seed: z.int().min(0).default(0),
  maxIterations: z.int().min(0).default(200),
  tolerance: z.number().positive().default(1e-5),
};

/** What every fitted process says of itself. */
export interface FittedProcess {
  /** The kernel with its fitted values. */
  readonly kernel: Kernel;
  /** Variance of the noise, on the scale of the standardised targets. */
  readonly noiseVariance: number;
  /** What was subtracted from the targets; 0 without standardisation. */
  readonly targetMean: number;
  /** What the targets were divided by; 1 without standardisation. */
  readonly targetScale: number;
  /**
   * Jitter on the diagonal of what was factored, as a part of its mean; 0 where
   * none was needed.
   */
  readonly jitter: number;
}

/** Fields of the schema of {@linkcode FittedProcess}. */
export const FITTED_SHAPE = {
  kernel: kernelSchema,
  noiseVariance: z.number().min(0),
  targetMean: z.number(),
  targetScale: z.number().positive(),
  jitter: z.number().min(0),
};

/** How a search for hyperparameters went. */
export interface SearchReport {
  /** Evaluations over all starts; 0 when nothing was optimised. */
  readonly evaluations: number;
  /** Whether the best start met its tolerance; true when nothing was optimised. */
  readonly converged: boolean;
  /** Hyperparameters that ended on a bound. */
  readonly atBounds: readonly string[];
}

/** Fields of the schema of {@linkcode SearchReport}. */
export const SEARCH_SHAPE = {
  evaluations: z.int(),
  converged: z.boolean(),
  atBounds: z.array(z.string()).readonly(),
};

/**
 * Refuses empty and infinite data.
 *
 * @param name The port to blame.
 * @param values What to check.
 */
export function assertFinite(name: string, values: Float64Array): void {
  if (values.length === 0) {
    throw new DataError(`Cannot fit a Gaussian process as "${name}" is empty`, {
      port: name,
    });
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(
      `Cannot fit a Gaussian process as element ${bad} of "${name}" is ${
        values[bad]
      }`,
      { port: name, expected: "finite numbers" },
    );
  }
}

/**
 * Mean and standard deviation (ddof 0) of targets.
 *
 * @param values At least one.
 * @returns What to subtract and to divide by.
 * @throws DataError for constant targets.
 */
export function standardisation(
  values: Float64Array,
): { mean: number; scale: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
      values.length,
  );
  if (!(scale > 0)) {
    throw new DataError(
      `Cannot standardise the targets as all of them are ${mean}`,
      { port: "y", hint: 'Set "standardise: false"' },
    );
  }
  return { mean, scale };
}
