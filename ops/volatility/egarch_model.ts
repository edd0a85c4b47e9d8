/**
 * The recursion, likelihood and forecasts of EGARCH(1,1).
 *
 * @module
 */

import { z } from "zod";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/** Parameters of EGARCH(1,1). */
export interface EgarchParameters {
  /** Mean return, in units of the returns. */
  readonly mu: number;
  /** Constant of the log variance. */
  readonly omega: number;
  /** Weight of the last standardised residual: below 0 if falls raise variance more. */
  readonly alpha: number;
  /** Weight of the last log variance, between −1 and 1. */
  readonly beta: number;
  /** Weight of the size of the last standardised residual. */
  readonly gamma: number;
}

/** The schema of {@linkcode EgarchParameters}. */
export const egarchParametersSchema: z.ZodType<EgarchParameters> = z.object({
  mu: z.number(),
  omega: z.number(),
  alpha: z.number(),
  beta: z.number(),
  gamma: z.number(),
});

/** Conditional variances of a series. */
export interface EgarchPath {
  /** Residuals about the mean, shape [t, b]. */
  readonly residuals: F64;
  /** Log variance of each row given the rows before it, shape [t, b]. */
  readonly logVariance: F64;
  /** Log variance of the row after the last one, shape [b]. */
  readonly next: F64;
}

/** The mean size of a standard normal variable, √(2/π). */
const MEAN_SIZE = Math.sqrt(2 / Math.PI);

/**
 * The recursion `log hₜ = ω + β log hₜ₋₁ + α zₜ₋₁ + γ (|zₜ₋₁| − √(2/π))` from
 * `h₁`, the mean squared residual or what is given.
 *
 * @param returns Shape [t, 1].
 * @param parameters mu, omega, alpha, beta, gamma: shape [5, b].
 * @param initial The variance of the first row; the mean squared residual if absent.
 * @returns The path.
 */
export function egarchPath(
  returns: F64,
  parameters: F64,
  initial?: number,
): EgarchPath {
  const row = (index: number): F64 => wf.slice(parameters, index);
  const [mu, omega, alpha, beta, gamma] = [
    row(0),
    row(1),
    row(2),
    row(3),
    row(4),
  ];
  const residuals = wf.subtract(returns, mu);
  const first = initial === undefined
    ? wf.log(wf.mean(wf.square(residuals), { axis: 0 }))
    : wf.fullLike(mu, Math.log(initial));
  const [next, logVariance] = wf.scan(
    (current: F64, residual: F64): [F64, F64] => {
      const standard = wf.multiply(
        residual,
        wf.exp(wf.multiply(current, -0.5)),
      );
      const size = wf.subtract(wf.absolute(standard), MEAN_SIZE);
      const news = wf.add(
        wf.multiply(alpha, standard),
        wf.multiply(gamma, size),
      );
      return [wf.add(wf.add(omega, wf.multiply(beta, current)), news), current];
    },
    first,
    residuals,
  );
  return { residuals, logVariance, next };
}

/**
 * Normal log densities of returns given the returns before them.
 *
 * @param returns Shape [t, 1].
 * @param parameters mu, omega, alpha, beta, gamma: shape [5, b].
 * @param initial The variance of the first row; the mean squared residual if absent.
 * @returns Shape [t, b]; their sum over rows is the log likelihood.
 */
export function egarchLogDensities(
  returns: F64,
  parameters: F64,
  initial?: number,
): F64 {
  const { residuals, logVariance } = egarchPath(returns, parameters, initial);
  const squares = wf.multiply(
    wf.square(residuals),
    wf.exp(wf.negative(logVariance)),
  );
  const terms = wf.add(wf.add(logVariance, squares), Math.log(2 * Math.PI));
  return wf.multiply(terms, -0.5);
}

/**
 * Expected variances further ahead, in closed form for normal residuals: with
 * `g(z) = α z + γ (|z| − √(2/π))` and the log variance n of the next row,
 * `E h_{k} = exp(ω Σ βⁱ + β^{k−1} n) Π E exp(βⁱ g)`, both over i = 0 … k − 2.
 *
 * @param parameters The parameters.
 * @param next The log variance one row ahead.
 * @param horizon How many rows.
 * @returns The variances 1 to `horizon` rows ahead.
 */
export async function egarchForecasts(
  parameters: EgarchParameters,
  next: number,
  horizon: number,
): Promise<Float64Array> {
  const { omega, alpha, beta, gamma } = parameters;
  const powers = Float64Array.from({ length: horizon }, (_, i) => beta ** i);
  const up = powers.map((power) => power * (gamma + alpha));
  const down = powers.map((power) => power * (gamma - alpha));
  const [above, below] = await wf.read(
    cumulative(wf.tensor(up)),
    cumulative(wf.tensor(down)),
  );
  const forecasts = new Float64Array(horizon);
  let constant = 0;
  let news = 1;
  powers.forEach((power, step) => {
    forecasts[step] = Math.exp(constant + power * next) * news;
    constant += power * omega;
    const growth = (weight: number, share: number): number =>
      Math.exp(weight ** 2 / 2) * share;
    news *= Math.exp(-power * gamma * MEAN_SIZE) *
      (growth(up[step] as number, above[step] as number) +
        growth(down[step] as number, below[step] as number));
  });
  return forecasts;
}

/** The distribution function of the standard normal. */
function cumulative(x: F64): F64 {
  return wf.multiply(wf.erfc(wf.multiply(x, -Math.SQRT1_2)), 0.5);
}
