/**
 * EGARCH(1,1) by maximum likelihood.
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
import { type EgarchFit, egarchFitSchema, fitEgarch } from "./egarch_fit.ts";
import { egarchForecasts, egarchPath } from "./egarch_model.ts";
import { GARCH_ROWS } from "./garch11.ts";

/** Params of {@linkcode egarch11}. */
export interface Egarch11Params {
  /** The variance of the first row; the mean squared residual if absent. */
  readonly initialVariance?: number;
  /** Most iterations a start; 500. */
  readonly maxIterations?: number;
  /** Days ahead of `forecast`; 1. */
  readonly horizon?: number;
  /** Whether γ ≥ |α| and 0 < β < 1 are kept to; true. */
  readonly invertible?: boolean;
}

/** Outputs of {@linkcode egarch11}. */
export interface Egarch11Outputs {
  /** Estimates, standard errors, likelihood, warnings. */
  readonly fit: EgarchFit;
  /** Variance of each row given the rows before it, shape [t]. */
  readonly variance: F64;
  /** Variance of the row after the last one, shape []. */
  readonly next: F64;
  /** Expected variances of the next rows, shape [horizon]. */
  readonly forecast: F64;
}

/**
 * EGARCH(1,1) by maximum likelihood for normal residuals (D. Nelson,
 * "Conditional Heteroskedasticity in Asset Returns", 1991): `rₜ = μ + √hₜ zₜ`,
 * `log hₜ = ω + β log hₜ₋₁ + α zₜ₋₁ + γ (|zₜ₋₁| − √(2/π))`. Falls and rises may
 * move the variance differently. The first variance is the mean squared residual,
 * or `initialVariance`.
 *
 * Variances are positive whatever the parameters, but not all parameters can be
 * used to forecast: where γ < |α|, moves of one side lower the next variance,
 * which makes the next standardised move larger and the variance lower still,
 * until it is nothing. Short series often have their greatest likelihood there. By
 * default the search keeps to γ ≥ |α|, 0 < β < 1, where the log variance has a
 * floor (O. Wintenberger, "Continuous invertibility and stable QML estimation of
 * the EGARCH(1,1) model", 2013); `invertible: false` asks for |β| < 1 only, as
 * other software does.
 *
 * Input `returns` [t], at least 50, all finite, in any unit. Params: see
 * {@linkcode Egarch11Params}. Outputs: see {@linkcode Egarch11Outputs};
 * `variance` is in-sample, as of `garch11`; `forecast` is the expected variance in
 * closed form. Throws a `DataError` for NaN or too few rows, a `NumericalError`
 * for constant returns or if no start succeeds.
 *
 * @example
 * ```ts
 * import { egarch11 } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const returns = Float64Array.from({ length: 200 }, (_, t) => Math.sin(t * t) * (1 + t % 7));
 * const { fit, forecast } = await egarch11.run({ returns: wf.tensor(returns) }, { horizon: 5 });
 * console.log(fit.parameters.gamma); // -0.367…
 * console.log(await forecast.data()); // [8.077…, 8.277…, …]
 * ```
 */
export const egarch11: Op<{ returns: F64 }, Egarch11Params, Egarch11Outputs> =
  op({
    name: "volatility/egarch11",
    version: "2",
    doc: "EGARCH(1,1) by maximum likelihood",
    inputs: {
      returns: port.tensor("f64", ["t"], { doc: "Returns in any unit" }),
    },
    params: z.object({
      initialVariance: z.number().positive().optional(),
      maxIterations: z.number().int().min(1).default(500),
      horizon: z.number().int().min(1).default(1),
      invertible: z.boolean().default(true),
    }),
    outputs: {
      fit: port.value(egarchFitSchema, {
        doc: "Estimates, errors, likelihood",
      }),
      variance: port.tensor("f64", ["t"], {
        doc: "Variance of each row given those before",
      }),
      next: port.tensor("f64", [], {
        doc: "Variance of the row after the last",
      }),
      forecast: port.tensor("f64", ["horizon"], {
        doc: "Expected variances of the next rows",
      }),
    },
    run: async ({ returns }, params, ctx) => {
      const values = await readSeries(returns, {
        name: "returns",
        atLeast: GARCH_ROWS,
      });
      const fit = await fitEgarch(values, {
        ...params,
        errors: true,
        signal: ctx.signal,
      });
      for (const warning of fit.warnings) ctx.log(`EGARCH(1,1): ${warning}`);
      const { mu, omega, alpha, beta, gamma } = fit.parameters;
      const { logVariance, next } = egarchPath(
        wf.expandDims(returns, 1),
        wf.tensor(Float64Array.of(mu, omega, alpha, beta, gamma), {
          dtype: "f64",
          shape: [5, 1],
        }),
        fit.initialVariance,
      );
      const ahead = await egarchForecasts(
        fit.parameters,
        await next.item(),
        params.horizon,
      );
      return {
        fit,
        variance: wf.exp(wf.slice(logVariance, null, 0)),
        next: wf.exp(wf.slice(next, 0)),
        forecast: wf.tensor(ahead),
      };
    },
  });
