/**
 * Ordinary least squares with Newey-West standard errors.
 *
 * @module
 */

import { NumericalError, ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** A least-squares fit; lists are in the order of the regressors. */
export interface LeastSquares {
  /** The coefficients. */
  readonly coefficients: readonly number[];
  /** Standard errors for equal, uncorrelated errors. */
  readonly classicErrors: readonly number[];
  /** Standard errors of Newey and West, valid for unequal and correlated errors. */
  readonly neweyWestErrors: readonly number[];
  /** Lags counted in the Newey-West errors. */
  readonly neweyWestLags: number;
  /** Share of the variance explained. */
  readonly rSquared: number;
  /** Sum of squared residuals over n less the number of regressors. */
  readonly residualVariance: number;
  /** Rows fitted. */
  readonly rows: number;
}

/** How standard errors are made. */
export interface NeweyWestOptions {
  /** Lags with Bartlett weights; ⌊4 (n/100)^(2/9)⌋ if absent. */
  readonly neweyWestLags?: number | undefined;
  /** Multiply the Newey-West variances by n/(n − k); false. */
  readonly smallSample?: boolean;
}

/**
 * Regresses `target` on `design` through its QR factorisation, and gives
 * standard errors that allow for correlated, unequal errors (W. Newey and
 * K. West, "A Simple, Positive Semi-Definite, Heteroskedasticity and
 * Autocorrelation Consistent Covariance Matrix", 1987).
 *
 * @param design Regressors, shape [n, k]; a constant is not added.
 * @param target Shape [n].
 * @param options Lags and small-sample factor.
 * @returns The fit.
 * @throws {ParameterError} If n ≤ k, or as many lags as rows are asked for.
 * @throws {NumericalError} If the regressors are collinear.
 */
export async function leastSquares(
  design: F64,
  target: F64,
  options: NeweyWestOptions = {},
): Promise<LeastSquares> {
  const [rows = 0, columns = 0] = design.shape;
  const lags = options.neweyWestLags ?? Math.floor(4 * (rows / 100) ** (2 / 9));
  if (rows <= columns) {
    throw new ParameterError("Cannot fit a regression with so few rows", {
      expected: `more than ${columns}`,
      actual: `${rows}`,
    });
  }
  if (lags >= rows) {
    throw new ParameterError(
      `Cannot use "${lags}" as "neweyWestLags" of ${rows} rows`,
      {
        expected: "fewer lags than rows",
      },
    );
  }
  const { q, r } = wf.linalg.qr(design);
  const inverseR = wf.linalg.triangularSolve(
    r,
    wf.eye(columns, columns, { dtype: "f64" }),
    {
      lower: false,
    },
  );
  await refuseCollinear(design, r);
  const coefficients = wf.matmul(inverseR, wf.matmul(wf.transpose(q), target));
  const residuals = wf.subtract(target, wf.matmul(design, coefficients));
  const sumOfSquares = wf.sum(wf.square(residuals));
  const inverseGram = wf.matmul(inverseR, wf.transpose(inverseR));
  const meat = longRunCovariance(
    wf.multiply(design, wf.expandDims(residuals, 1)),
    lags,
  );
  const sandwich = wf.matmul(inverseGram, wf.matmul(meat, inverseGram));
  const totalSquares = wf.sum(wf.square(wf.subtract(target, wf.mean(target))));

  const residualVariance = await wf.divide(sumOfSquares, rows - columns).item();
  const errors = async (covariance: F64, scale: number): Promise<number[]> => [
    ...await wf.sqrt(wf.multiply(wf.diagonal(covariance), scale)).data(),
  ];
  return {
    coefficients: [...await coefficients.data()],
    classicErrors: await errors(inverseGram, residualVariance),
    neweyWestErrors: await errors(
      sandwich,
      options.smallSample === true ? rows / (rows - columns) : 1,
    ),
    neweyWestLags: lags,
    rSquared: 1 - await wf.divide(sumOfSquares, totalSquares).item(),
    residualVariance,
    rows,
  };
}

/** Refuses regressors of which one is, to rounding, a combination of others. */
async function refuseCollinear(design: F64, r: F64): Promise<void> {
  const pivots = await wf.absolute(wf.diagonal(r)).data();
  const norms = await wf.sqrt(wf.sum(wf.square(design), { axis: 0 })).data();
  pivots.forEach((pivot, column) => {
    if (pivot > 1e-11 * (norms[column] as number)) return;
    throw new NumericalError(
      `Cannot fit a regression as regressor ${column} is a combination of those before it`,
      { hint: "Check that the series is not constant over the training rows" },
    );
  });
}

/** Sum of outer products of scores plus Bartlett-weighted ones of their lags. */
function longRunCovariance(scores: F64, lags: number): F64 {
  const rows = scores.shape[0] ?? 0;
  let total = wf.matmul(wf.transpose(scores), scores);
  for (let lag = 1; lag <= lags; lag++) {
    const later = wf.slice(scores, [lag, rows]);
    const earlier = wf.slice(scores, [0, rows - lag]);
    const cross = wf.matmul(wf.transpose(later), earlier);
    const weight = 1 - lag / (lags + 1);
    total = wf.add(
      total,
      wf.multiply(wf.add(cross, wf.transpose(cross)), weight),
    );
  }
  return total;
}
