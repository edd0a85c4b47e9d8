/**
 * A variance for each day: what forecasts are made from and scored against.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { garmanKlassDaily } from "./garman_klass.ts";
import { type Bars, checkBars, closeBefore } from "./ohlc.ts";
import { parkinsonDaily } from "./parkinson.ts";
import { rogersSatchellDaily } from "./rogers_satchell.ts";

/** How the variance of the trading hours is estimated. */
export type VarianceKind =
  | "squaredReturn"
  | "parkinson"
  | "garmanKlass"
  | "rogersSatchell";

/** Params of {@linkcode realizedVariance}. */
export interface RealizedVarianceParams {
  /** The estimator of the trading hours; "garmanKlass". */
  readonly kind?: VarianceKind;
  /** Count the night too; true. */
  readonly overnight?: boolean;
  /** Lowest value given, for days on which no price moved; 0. */
  readonly floor?: number;
}

const INPUTS_OF: Readonly<Record<VarianceKind, readonly (keyof Bars)[]>> = {
  squaredReturn: ["open", "close"],
  parkinson: ["high", "low"],
  garmanKlass: ["open", "high", "low", "close"],
  rogersSatchell: ["open", "high", "low", "close"],
};

function neededInputs(
  kind: VarianceKind,
  overnight: boolean,
): readonly (keyof Bars)[] {
  if (kind === "squaredReturn" && overnight) return ["close"];
  return overnight
    ? [...new Set<keyof Bars>([...INPUTS_OF[kind], "open"])]
    : INPUTS_OF[kind];
}

function tradingHours(
  kind: Exclude<VarianceKind, "squaredReturn">,
  bars: Bars,
): F64 {
  switch (kind) {
    case "parkinson":
      return parkinsonDaily(bars.high, bars.low);
    case "garmanKlass":
      return garmanKlassDaily(bars);
    case "rogersSatchell":
      return rogersSatchellDaily(bars);
  }
}

/**
 * The variance of each day, as a noisy measure of the true one: an estimate of
 * the trading hours from the day's bar plus, with `overnight`, the squared log
 * return from the close before to the open. `squaredReturn` with `overnight` is
 * the squared return from close to close, without it from open to close.
 *
 * Inputs: prices, shape [..., t]: `close`; `open`, `high`, `low` where the kind
 * (or the night) needs them; optional `previousClose`. Params `kind`
 * ("garmanKlass"), `overnight` (true), `floor` (0; a positive one keeps logs
 * finite on days without a move). Output `variance` [..., t], in squared log
 * return a day; with `overnight` and without `previousClose` its first row is
 * NaN. Row t needs nothing later than row t. Throws a `ParameterError` for a
 * missing price series and a `DataError` for bars that cannot be.
 *
 * @example
 * ```ts
 * import { realizedVariance } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const close = wf.tensor([100, 102, 101], { dtype: "f64" });
 * const { variance } = await realizedVariance.run({ close }, { kind: "squaredReturn" });
 * console.log(await variance.data()); // NaN, then two squared returns
 * ```
 */
export const realizedVariance: Op<
  { close: F64; open?: F64; high?: F64; low?: F64; previousClose?: F64 },
  RealizedVarianceParams,
  { variance: F64 }
> = op({
  name: "volatility/realizedVariance",
  version: "1",
  doc: "A variance for each day from its bar and the night before",
  causal: true,
  inputs: {
    close: port.tensor("f64", ["...", "t"], { doc: "Last price of each day" }),
    open: port.optional(
      port.tensor("f64", ["...", "t"], { doc: "First price of each day" }),
    ),
    high: port.optional(
      port.tensor("f64", ["...", "t"], { doc: "Highest price of each day" }),
    ),
    low: port.optional(
      port.tensor("f64", ["...", "t"], { doc: "Lowest price of each day" }),
    ),
    previousClose: port.optional(
      port.tensor("f64", ["...", "t"], {
        doc: "Last price of the day before each row",
      }),
    ),
  },
  params: z.object({
    kind: z.enum([
      "squaredReturn",
      "parkinson",
      "garmanKlass",
      "rogersSatchell",
    ])
      .default("garmanKlass"),
    overnight: z.boolean().default(true),
    floor: z.number().nonnegative().default(0),
  }),
  outputs: {
    variance: port.tensor("f64", ["...", "t"], {
      doc: "Squared log return a day",
    }),
  },
  run: async ({ previousClose, ...prices }, { kind, overnight, floor }) => {
    const needed = neededInputs(kind, overnight);
    for (const name of needed) {
      if (prices[name] === undefined) {
        throw new ParameterError(
          `Cannot compute the "${kind}" variance without "${name}"`,
          {
            expected: `prices ${
              needed.map((input) => `"${input}"`).join(", ")
            }`,
            hint:
              `Wire "${name}", or choose another kind or "overnight: false"`,
          },
        );
      }
    }
    await checkBars(prices);
    const { close, open = close, high = close, low = close } = prices;
    const bars: Bars = { open, high, low, close };
    const logReturn = (from: F64, to: F64): F64 =>
      wf.subtract(wf.log(to), wf.log(from));
    const before = overnight
      ? await closeBefore(bars.close, previousClose)
      : bars.open;
    if (kind === "squaredReturn") {
      return {
        variance: wf.maximum(wf.square(logReturn(before, bars.close)), floor),
      };
    }
    const day = tradingHours(kind, bars);
    const whole = overnight
      ? wf.add(day, wf.square(logReturn(before, bars.open)))
      : day;
    return { variance: wf.maximum(whole, floor) };
  },
});
