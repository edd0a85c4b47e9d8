/**
 * GARCH(1,1) fitted to many series at once.
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
import { GARCH_ROWS } from "./garch11.ts";
import { fitGarchPanel, type GarchFit, garchFitSchema } from "./garch_fit.ts";
import { garchVariances } from "./garch_likelihood.ts";
import {
  type GarchDistribution,
  MOST_STARTS,
  toCoefficients,
  toNumbers,
} from "./garch_parameters.ts";
import { timeFirst, timeLast } from "./windows.ts";

/** Params of {@linkcode garch11Panel}. */
export interface Garch11PanelParams {
  /** The distribution of standardised residuals: "normal" (default) or "studentT". */
  readonly distribution?: GarchDistribution;
  /** Keep α + β below 1; true. */
  readonly stationary?: boolean;
  /** How many starting points to try for each series, 1 to 4; 3. */
  readonly starts?: number;
  /** Most iterations a start; 500. */
  readonly maxIterations?: number;
  /** Whether to compute standard errors; false. */
  readonly errors?: boolean;
}

/** Outputs of {@linkcode garch11Panel}. */
export interface Garch11PanelOutputs {
  /** The fit of each series, in order. */
  readonly fits: readonly GarchFit[];
  /** Variance of each row given the rows before it, shape [series, t]. */
  readonly variance: F64;
  /** Variance of the row after the last one, shape [series]. */
  readonly next: F64;
}

/**
 * The model of `garch11` fitted to each of many series of one length (stocks of
 * a market, bootstrap samples). All series and starting points go side by side
 * through one batched scan; the estimates are those of `garch11`.
 *
 * Input `returns` [series, t], at least 50 rows, all finite. Params: see
 * {@linkcode Garch11PanelParams}. Outputs: see {@linkcode Garch11PanelOutputs}.
 * Each fit has its own warnings. Throws a `DataError` for NaN or too few rows, a
 * `NumericalError` that numbers the series for constant returns or if no start
 * succeeds.
 *
 * @example
 * ```ts
 * import { garch11Panel } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const two = Float64Array.from({ length: 400 }, (_, t) => Math.sin(t * t) * (1 + t % 7));
 * const returns = wf.tensor(two, { dtype: "f64", shape: [2, 200] });
 * const { fits } = await garch11Panel.run({ returns });
 * console.log(fits.map((fit) => fit.persistence)); // [0.0885…, 0.3719…]
 * ```
 */
export const garch11Panel: Op<
  { returns: F64 },
  Garch11PanelParams,
  Garch11PanelOutputs
> = op({
  name: "volatility/garch11Panel",
  version: "1",
  doc: "GARCH(1,1) by maximum likelihood for many series at once",
  inputs: {
    returns: port.tensor("f64", ["series", "t"], {
      doc: "Returns in any unit",
    }),
  },
  params: z.object({
    distribution: z.enum(["normal", "studentT"]).default("normal"),
    stationary: z.boolean().default(true),
    starts: z.number().int().min(1).max(MOST_STARTS).default(3),
    maxIterations: z.number().int().min(1).default(500),
    errors: z.boolean().default(false),
  }),
  outputs: {
    fits: port.value(z.array(garchFitSchema), {
      doc: "The fit of each series",
    }),
    variance: port.tensor("f64", ["series", "t"], {
      doc: "Variance of each row given those before",
    }),
    next: port.tensor("f64", ["series"], {
      doc: "Variance of the row after the last",
    }),
  },
  run: async ({ returns }, params, ctx) => {
    const values = await readSeries(returns, {
      name: "returns",
      atLeast: GARCH_ROWS,
    });
    const [series = 0, rows = 0] = returns.shape;
    const panel = Array.from(
      { length: series },
      (_, index) => values.subarray(index * rows, (index + 1) * rows),
    );
    const fits = await fitGarchPanel(panel, { ...params, signal: ctx.signal });
    const coefficients = toCoefficients(wf.stack(
      fits.map(({ parameters }) =>
        wf.tensor(Float64Array.from(toNumbers(parameters)))
      ),
      { axis: 1 },
    ));
    const residuals = wf.subtract(timeFirst(returns), coefficients.mu);
    const initial = Float64Array.from(fits, (fit) => fit.initialVariance);
    const { variance, next } = garchVariances(
      wf.square(residuals),
      coefficients,
      wf.tensor(initial),
    );
    return { fits, variance: timeLast(variance), next };
  },
});
