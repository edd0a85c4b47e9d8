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
  /** Standard errors from the Hessian; null if it is not definite. */
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
  /** Stops the search. */
  readonly signal: AbortSignal;
}

/** β and γ where searches start, for returns of unit variance. */
const STARTS: readonly (readonly [beta: number, gamma: number])[] = [
  [0.95, 0.2],
  [0.8, 0.4],
  [0.98, 0.1],
];

/** β from its free form: tanh keeps it between −1 and 1. */
function fromFree(free: F64): F64 {
  const row = (index: number): F64 => wf.slice(free, [index, index + 1]);
  return wf.concat([row(0), row(1), row(2), wf.tanh(row(3)), row(4)], {
    axis: 0,
  });
}

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
        wf.sum(egarchLogDensities(unit, fromFree(free), initial)),
        rows,
      ))
    ),
  );
  let best: wf.optim.Minimum<F64> | undefined;
  let failure: unknown;
  for (const [beta, gamma] of STARTS) {
    const start = Float64Array.of(mean / scale, 0, 0, Math.atanh(beta), gamma);
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
    await fromFree(best.parameters).data(),
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
  const errors = await errorsOrWarning(
    returns,
    parameters,
    initialVariance,
    scale,
    warnings,
  );
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
  initial: number | undefined,
  scale: number,
  warnings: string[],
): Promise<LikelihoodErrors | null> {
  const { mu, omega, alpha, beta, gamma } = parameters;
  const column: F64 = wf.tensor(returns, {
    dtype: "f64",
    shape: [returns.length, 1],
  });
  try {
    return await likelihoodErrors(
      (matrix) => egarchLogDensities(column, matrix, initial),
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
