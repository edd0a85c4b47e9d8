/**
 * Maximum-likelihood fits of EGARCH(1,1).
 *
 * @module
 */

import { z } from "zod";
import { NumericalError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  egarchLogDensities,
  type EgarchParameters,
  egarchParametersSchema,
} from "./egarch_model.ts";
import {
  differenceSteps,
  type LikelihoodErrors,
  likelihoodErrors,
} from "./likelihood_errors.ts";

/** A fitted EGARCH(1,1). */
export interface EgarchFit {
  /** The estimates. */
  readonly parameters: EgarchParameters;
  /**
   * Standard errors from the Hessian; null if it is not definite, if the fit lies
   * on a bound, or where they were not wanted.
   */
  readonly standardErrors: EgarchParameters | null;
  /** Bollerslev and Wooldridge's errors; null likewise. */
  readonly robustStandardErrors: EgarchParameters | null;
  /** The log likelihood of all rows. */
  readonly logLikelihood: number;
  /** The variance of the first row. */
  readonly initialVariance: number;
  /** Whether the best start converged. */
  readonly converged: boolean;
  /** Rows fitted. */
  readonly rows: number;
  /** What the user should know before trusting the fit. */
  readonly warnings: readonly string[];
}

/** The schema of {@linkcode EgarchFit}. */
export const egarchFitSchema: z.ZodType<EgarchFit> = z.object({
  parameters: egarchParametersSchema,
  standardErrors: egarchParametersSchema.nullable(),
  robustStandardErrors: egarchParametersSchema.nullable(),
  logLikelihood: z.number(),
  initialVariance: z.number(),
  converged: z.boolean(),
  rows: z.number().int(),
  warnings: z.array(z.string()),
});

/** How to fit. */
export interface EgarchFitOptions {
  /** The variance of the first row; the mean squared residual if absent. */
  readonly initialVariance?: number | undefined;
  /** Most iterations a start. */
  readonly maxIterations: number;
  /** Whether the search keeps to γ ≥ |α| and 0 < β < 1. */
  readonly invertible: boolean;
  /** Whether standard errors are wanted. */
  readonly errors: boolean;
  /** Stops the search. */
  readonly signal: AbortSignal;
}

/** β and γ where searches start, for returns of unit variance. */
const STARTS: readonly (readonly [beta: number, gamma: number])[] = [
  [0.95, 0.2],
  [0.8, 0.4],
  [0.98, 0.1],
];

/** A way to write parameters, so that a search needs no bounds. */
interface FreeForm {
  /** mu, omega, alpha, beta, gamma of free numbers, shape [5, 1]. */
  readonly toParameters: (free: F64) => F64;
  /** Free numbers for a mean, β and γ; ω and α are 0. */
  readonly start: (mu: number, beta: number, gamma: number) => Float64Array;
}

function rowOf(free: F64, index: number): F64 {
  return wf.slice(free, [index, index + 1]);
}

/** Only |β| < 1, by tanh. */
const STATIONARY: FreeForm = {
  toParameters: (free) =>
    wf.concat([
      wf.slice(free, [0, 3]),
      wf.tanh(rowOf(free, 3)),
      rowOf(free, 4),
    ], { axis: 0 }),
  start: (mu, beta, gamma) =>
    Float64Array.of(mu, 0, 0, Math.atanh(beta), gamma),
};

/**
 * Neither a rise nor a fall lowers the variance by its size: γ + α and γ − α
 * are squares, and β lies between 0 and 1. The log variance then has a floor,
 * `(ω − γ √(2/π)) / (1 − β)`.
 */
const INVERTIBLE: FreeForm = {
  toParameters: (free) => {
    const [up, down] = [wf.square(rowOf(free, 2)), wf.square(rowOf(free, 4))];
    return wf.concat([
      wf.slice(free, [0, 2]),
      wf.multiply(wf.subtract(up, down), 0.5),
      wf.sigmoid(rowOf(free, 3)),
      wf.multiply(wf.add(up, down), 0.5),
    ], { axis: 0 });
  },
  start: (mu, beta, gamma) => {
    const root = Math.sqrt(gamma);
    return Float64Array.of(mu, 0, root, Math.log(beta / (1 - beta)), root);
  },
};

/** How near to |α|, relative to γ, γ counts as on its bound. */
const AT_BOUND = 1e-4;

function toParameters(numbers: ArrayLike<number>): EgarchParameters {
  const [mu, omega, alpha, beta, gamma] = Array.from(numbers);
  return { mu, omega, alpha, beta, gamma } as EgarchParameters;
}

/**
 * Fits EGARCH(1,1): L-BFGS from several starts, with gradients of the scanned
 * likelihood, on returns scaled to unit variance.
 *
 * @param returns Finite returns that are not all equal.
 * @param options How.
 * @returns The best fit.
 * @throws {NumericalError} If all returns are equal, or every start failed.
 */
export async function fitEgarch(
  returns: Float64Array,
  options: EgarchFitOptions,
): Promise<EgarchFit> {
  const { initialVariance, maxIterations, signal } = options;
  const form = options.invertible ? INVERTIBLE : STATIONARY;
  const mean = meanOf(returns);
  const scale = Math.sqrt(meanOf(returns.map((value) => (value - mean) ** 2)));
  if (!(scale > 1e-14 * Math.abs(mean))) {
    throw new NumericalError("Cannot fit EGARCH(1,1) as all returns are equal");
  }
  const rows = returns.length;
  const unit: F64 = wf.tensor(returns.map((value) => value / scale), {
    dtype: "f64",
    shape: [rows, 1],
  });
  const initial = initialVariance === undefined
    ? undefined
    : initialVariance / scale ** 2;
  const objective = wf.compile(
    wf.valueAndGrad((free: F64): F64 =>
      wf.negative(wf.divide(
        wf.sum(egarchLogDensities(unit, form.toParameters(free), initial)),
        rows,
      ))
    ),
  );
  let best: wf.optim.Minimum<F64> | undefined;
  let failure: unknown;
  for (const [beta, gamma] of STARTS) {
    const start = form.start(mean / scale, beta, gamma);
    try {
      const end = await wf.optim.minimize(
        objective,
        wf.tensor(start, { dtype: "f64", shape: [5, 1] }),
        { maxIterations, tolerance: 1e-8, signal },
      );
      if (best === undefined || end.value < best.value) best = end;
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      failure = error;
    }
  }
  if (best === undefined) {
    throw new NumericalError(
      "Cannot fit EGARCH(1,1) as the search failed from every start",
      { cause: failure },
    );
  }
  const { mu, omega, ...weights } = toParameters(
    await form.toParameters(best.parameters).data(),
  );
  // In log variances a change of unit adds a constant
  const parameters = {
    mu: mu * scale,
    omega: omega + (1 - weights.beta) * 2 * Math.log(scale),
    ...weights,
  };
  const warnings = best.converged
    ? []
    : ["The search ended before it converged"];
  const errors = options.errors
    ? await errorsOrWarning(
      returns,
      parameters,
      options,
      scale,
      warnings,
    )
    : null;
  return {
    parameters,
    standardErrors: errors && toParameters(errors.classic),
    robustStandardErrors: errors && toParameters(errors.robust),
    logLikelihood: -rows * (best.value + Math.log(scale)),
    initialVariance: initialVariance ??
      meanOf(returns.map((value) => (value - parameters.mu) ** 2)),
    converged: best.converged,
    rows,
    warnings,
  };
}

async function errorsOrWarning(
  returns: Float64Array,
  parameters: EgarchParameters,
  { initialVariance, invertible }: EgarchFitOptions,
  scale: number,
  warnings: string[],
): Promise<LikelihoodErrors | null> {
  const { mu, omega, alpha, beta, gamma } = parameters;
  if (invertible && gamma - Math.abs(alpha) <= AT_BOUND * gamma) {
    warnings.push(
      "Standard errors are missing: the best fit lies on the bound γ = |α|",
    );
    return null;
  }
  const column: F64 = wf.tensor(returns, {
    dtype: "f64",
    shape: [returns.length, 1],
  });
  try {
    return await likelihoodErrors(
      (matrix) => egarchLogDensities(column, matrix, initialVariance),
      [mu, omega, alpha, beta, gamma],
      [1e-5 * scale, ...differenceSteps([omega, alpha, beta, gamma], [])],
    );
  } catch (error) {
    if (!(error instanceof NumericalError)) throw error;
    warnings.push(
      "Standard errors are missing: the Hessian is not negative definite",
    );
    return null;
  }
}
