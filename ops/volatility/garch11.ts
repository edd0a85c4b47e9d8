/**
 * GARCH(1,1) by maximum likelihood.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { readSeries } from "./checks.ts";
import { fitGarch, type GarchFit, garchFitSchema } from "./garch_fit.ts";
import { garchVariances } from "./garch_likelihood.ts";
import {
  type GarchDistribution,
  type GarchParameters,
  MOST_STARTS,
} from "./garch_parameters.ts";

/** Fewest returns that a fit takes. */
export const GARCH_ROWS = 50;

/** Params of {@linkcode garch11}. */
export interface Garch11Params {
  /** The distribution of standardised residuals: "normal" (default) or "studentT". */
  readonly distribution?: GarchDistribution;
  /** Keep α + β below 1; true. */
  readonly stationary?: boolean;
  /** Squared residual and variance before the first row; the mean squared residual if absent. */
  readonly initialVariance?: number;
  /** How many starting points to try, 1 to 4; 3. */
  readonly starts?: number;
  /** Most iterations a start; 500. */
  readonly maxIterations?: number;
  /** Days ahead of `forecast`; 1. */
  readonly horizon?: number;
}

/** Outputs of {@linkcode garch11}. */
export interface Garch11Outputs {
  /** Estimates, standard errors, likelihood, warnings. */
  readonly fit: GarchFit;
  /** Variance of each row given the rows before it, shape [t]. */
  readonly variance: F64;
  /** Residuals divided by their standard deviations, shape [t]. */
  readonly residuals: F64;
  /** Variance of the row after the last one, shape []. */
  readonly next: F64;
  /** Variances of the next rows, shape [horizon]. */
  readonly forecast: F64;
}

/**
 * Conditional variances of returns under given parameters.
 *
 * @param returns Shape [t].
 * @param parameters The parameters.
 * @param initial Squared residual and variance before the first row.
 * @returns Residuals and variances, shape [t], and the next variance, shape [].
 */
export function filterGarch(
  returns: F64,
  parameters: GarchParameters,
  initial: number,
): { residuals: F64; variance: F64; next: F64 } {
  const scalar = (value: number): F64 => wf.full([], value, { dtype: "f64" });
  const residuals = wf.subtract(returns, parameters.mu);
  const { variance, next } = garchVariances(wf.square(residuals), {
    mu: scalar(parameters.mu),
    omega: scalar(parameters.omega),
    alpha: scalar(parameters.alpha),
    beta: scalar(parameters.beta),
  }, scalar(initial));
  return { residuals, variance, next };
}

/**
 * Variances further ahead: `h_{k+1} = ω + (α + β) h_k`, which is
 * `σ̄² + (α + β)^{k−1} (h₁ − σ̄²)` where the mean variance σ̄² exists.
 *
 * @param parameters The parameters.
 * @param next The variance one row ahead.
 * @param horizon How many rows.
 * @returns The variances 1 to `horizon` rows ahead.
 *
 * @example
 * ```ts
 * import { garchForecasts } from "@weft/weft/ops/volatility";
 *
 * const parameters = { mu: 0, omega: 0.125, alpha: 0.125, beta: 0.75 };
 * console.log(garchForecasts(parameters, 2, 3)); // [2, 1.875, 1.765625], on the way to 1
 * ```
 */
export function garchForecasts(
  parameters: GarchParameters,
  next: number,
  horizon: number,
): Float64Array {
  const { omega, alpha, beta } = parameters;
  const forecasts = new Float64Array(horizon);
  let variance = next;
  for (let step = 0; step < horizon; step++) {
    forecasts[step] = variance;
    variance = omega + (alpha + beta) * variance;
  }
  return forecasts;
}

/**
 * GARCH(1,1) by maximum likelihood (T. Bollerslev, "Generalized Autoregressive
 * Conditional Heteroskedasticity", 1986): `rₜ = μ + eₜ`, `eₜ = √hₜ zₜ`,
 * `hₜ = ω + α e²ₜ₋₁ + β hₜ₋₁`, with z normal or Student's t scaled to unit
 * variance. Before the first row `e²` and `h` are the mean squared residual, or
 * `initialVariance`.
 *
 * Returns may be in any unit: fits in decimals and per cent agree.
 *
 * Input `returns` [t], at least 50, all finite. Params: see
 * {@linkcode Garch11Params}. Outputs: see {@linkcode Garch11Outputs}; `variance`
 * is in-sample: its recursion looks back only, but its parameters know the whole
 * series. Where α + β reaches 1, or a parameter its bound, `fit.warnings` says so
 * and the log of the run too. Throws a `DataError` for NaN or too few rows, a
 * `NumericalError` for constant returns or if no start succeeds.
 *
 * @example
 * ```ts
 * import { garch11 } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = Float64Array.from({ length: 200 }, (_, t) => Math.sin(t * t) * (1 + t % 7));
 * const { fit, forecast } = await garch11.run({ returns: wf.tensor(returns) }, { horizon: 5 });
 * console.log(fit.parameters.alpha, await forecast.data()); // 0.0885… [9.685…, 9.322…, …]
 * console.log(fit.warnings[0]); // beta is at its bound of 0
 * ```
 */
export const garch11: Op<{ returns: F64 }, Garch11Params, Garch11Outputs> = op({
  name: "volatility/garch11",
  version: "1",
  doc: "GARCH(1,1) by maximum likelihood, normal or Student's t",
  inputs: {
    returns: port.tensor("f64", ["t"], { doc: "Returns in any unit" }),
  },
  params: z.object({
    distribution: z.enum(["normal", "studentT"]).default("normal"),
    stationary: z.boolean().default(true),
    initialVariance: z.number().positive().optional(),
    starts: z.number().int().min(1).max(MOST_STARTS).default(3),
    maxIterations: z.number().int().min(1).default(500),
    horizon: z.number().int().min(1).default(1),
  }),
  outputs: {
    fit: port.value(garchFitSchema, {
      doc: "Estimates, errors, likelihood, warnings",
    }),
    variance: port.tensor("f64", ["t"], {
      doc: "Variance of each row given those before",
    }),
    residuals: port.tensor("f64", ["t"], {
      doc: "Residuals over their standard deviations",
    }),
    next: port.tensor("f64", [], { doc: "Variance of the row after the last" }),
    forecast: port.tensor("f64", ["horizon"], {
      doc: "Variances of the next rows",
    }),
  },
  run: async ({ returns }, { horizon, ...params }, ctx) => {
    const values = await readSeries(returns, {
      name: "returns",
      atLeast: GARCH_ROWS,
    });
    const fit = await fitGarch(values, {
      ...params,
      errors: true,
      signal: ctx.signal,
    });
    for (const warning of fit.warnings) ctx.log(`GARCH(1,1): ${warning}`);
    const { residuals, variance, next } = filterGarch(
      returns,
      fit.parameters,
      fit.initialVariance,
    );
    const ahead = garchForecasts(fit.parameters, await next.item(), horizon);
    return {
      fit,
      variance,
      residuals: wf.divide(residuals, wf.sqrt(variance)),
      next,
      forecast: wf.tensor(ahead),
    };
  },
});
