/**
 * Standard features of daily prices: momentum, volatility, volume, drawdown,
 * moving averages, relative strength, range, overnight gap, day of the week.
 *
 * @module
 */

import pl, { type DataFrame, type Series } from "nodejs-polars";
import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { isoWeekday } from "./days.ts";
import {
  applyIncompleteRows,
  type IncompleteRows,
  incompleteRowsSchema,
} from "./first_rows.ts";
import {
  dayColumn,
  gather,
  groupRows,
  numberColumn,
  numberSeries,
  scatter,
} from "./frames.ts";
import { pacer } from "./pace.ts";
import { pricesPort } from "./price_frame.ts";
import { requirePositive, returnsOf } from "./returns.ts";
import {
  differences,
  logarithms,
  relativeStrengthIndex,
  rollingDeviation,
  rollingMaximum,
  rollingMean,
} from "./rolling.ts";

/** Params of {@linkcode features}: windows in rows, an empty list for none. */
export interface FeaturesParams {
  /** Horizons of `momentumN`; default 1, 5, 21, 63, 252. */
  readonly momentum?: readonly number[];
  /** Windows of `volatilityN`; default 5, 21, 63. */
  readonly volatility?: readonly number[];
  /** Windows of `volumeZScoreN`; default 21. */
  readonly volumeZScore?: readonly number[];
  /** Horizons of `volumeChangeN`; default 1. */
  readonly volumeChange?: readonly number[];
  /** Windows of `drawdownN`; default 252. */
  readonly drawdown?: readonly number[];
  /** Windows of `movingAverageRatioN`; default 50. */
  readonly movingAverageRatio?: readonly number[];
  /** Windows of `relativeStrengthN`; default 14. */
  readonly relativeStrength?: readonly number[];
  /** Windows of `rangeN`; default 1. */
  readonly range?: readonly number[];
  /** Whether to give `overnight`; default true. */
  readonly overnight?: boolean;
  /** Whether to give `monday` to `friday`; default true. */
  readonly dayOfWeek?: boolean;
  /** What becomes of rows without a value in every feature; default `"null"`. */
  readonly incomplete?: IncompleteRows;
}

const windows = (least: number, ...defaults: number[]) =>
  z.array(z.number().int().min(least)).readonly().default(defaults);

const paramsSchema = z.object({
  momentum: windows(1, 1, 5, 21, 63, 252),
  volatility: windows(2, 5, 21, 63),
  volumeZScore: windows(2, 21),
  volumeChange: windows(1, 1),
  drawdown: windows(1, 252),
  movingAverageRatio: windows(1, 50),
  relativeStrength: windows(1, 14),
  range: windows(1, 1),
  overnight: z.boolean().default(true),
  dayOfWeek: z.boolean().default(true),
  incomplete: incompleteRowsSchema.default("null"),
});

/** One ticker's columns, NaN where unknown. */
interface Bars {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly weekday: Float64Array;
}

interface Feature {
  readonly name: string;
  readonly compute: (bars: Bars) => Float64Array;
}

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"];

function ratios(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, t) => value / (b[t] as number) - 1);
}

/** A flat window has no deviation: a value in it is as usual, so 0. */
function zScores(values: Float64Array, window: number): Float64Array {
  const mean = rollingMean(values, window);
  const deviation = rollingDeviation(values, window);
  return values.map((value, t) => {
    const excess = value - (mean[t] as number);
    return deviation[t] === 0 ? 0 : excess / (deviation[t] as number);
  });
}

function listFeatures(params: z.output<typeof paramsSchema>): Feature[] {
  const logReturns = ({ close }: Bars) => returnsOf(close, close, 1, "log");
  // A day without volume has no logarithm: the change is unknown
  const logVolume = ({ volume }: Bars) =>
    logarithms(volume.map((value) => value > 0 ? value : NaN));
  const over = (
    name: string,
    lengths: readonly number[],
    compute: (bars: Bars, length: number) => Float64Array,
  ): Feature[] =>
    lengths.map((length) => ({
      name: `${name}${length}`,
      compute: (bars) => compute(bars, length),
    }));
  return [
    ...over(
      "momentum",
      params.momentum,
      ({ close }, horizon) => returnsOf(close, close, horizon, "log"),
    ),
    ...over(
      "volatility",
      params.volatility,
      (bars, window) => rollingDeviation(logReturns(bars), window),
    ),
    ...over(
      "volumeZScore",
      params.volumeZScore,
      (bars, window) => zScores(logVolume(bars), window),
    ),
    ...over(
      "volumeChange",
      params.volumeChange,
      (bars, horizon) => differences(logVolume(bars), horizon),
    ),
    ...over(
      "drawdown",
      params.drawdown,
      ({ close }, window) => ratios(close, rollingMaximum(close, window)),
    ),
    ...over(
      "movingAverageRatio",
      params.movingAverageRatio,
      ({ close }, window) => ratios(close, rollingMean(close, window)),
    ),
    ...over(
      "relativeStrength",
      params.relativeStrength,
      ({ close }, window) => relativeStrengthIndex(close, window),
    ),
    ...over(
      "range",
      params.range,
      ({ high, low }, window) =>
        rollingMean(returnsOf(high, low, 0, "log"), window),
    ),
    ...(params.overnight
      ? [{
        name: "overnight",
        compute: ({ open, close }: Bars) => returnsOf(open, close, 1, "log"),
      }]
      : []),
    ...(params.dayOfWeek
      ? WEEKDAYS.map((name, index) => ({
        name,
        compute: ({ weekday }: Bars) =>
          weekday.map((day) => day === index + 1 ? 1 : 0),
      }))
      : []),
  ];
}

/**
 * Standard features of daily prices. All of them look back only: the value of
 * a row is known at the close of its day.
 *
 * | column | meaning | unit |
 * |---|---|---|
 * | `momentumN` | log(close / close N rows before) | log return over N rows |
 * | `volatilityN` | sample standard deviation of the last N daily log returns | a day |
 * | `volumeZScoreN` | log volume against mean and deviation of its last N rows, the current one included | deviations |
 * | `volumeChangeN` | log(volume / volume N rows before) | log ratio |
 * | `drawdownN` | close over the highest close of the last N rows, minus 1 | fraction, at most 0 |
 * | `movingAverageRatioN` | close over the mean close of the last N rows, minus 1 | fraction |
 * | `relativeStrengthN` | Wilder's relative strength index over N changes | 0 to 100 |
 * | `rangeN` | mean of log(high / low) over the last N rows | log ratio |
 * | `overnight` | log(open / close of the row before) | log return |
 * | `monday` … `friday` | 1 on that day of the week, else 0 | |
 *
 * Input `prices`: sorted by date; tickers are kept apart. Output `features`:
 * `date`, `ticker` (where there is one), then the features in the order above,
 * null before their windows are full and where a price in the window is
 * unknown; `incomplete` says what becomes of such rows.
 *
 * @throws {DataError} For prices that are not positive, and for incomplete
 * rows where `incomplete` is `"error"`.
 * @throws {ParameterError} Where no feature is asked for, or one twice.
 *
 * @example
 * ```ts
 * import { features, samplePrices } from "@weft/weft/ops/data";
 *
 * const { prices } = await samplePrices.run({}, { to: "2001-12-31" });
 * const { features: table } = await features.run({ prices }, {
 *   momentum: [5, 21],
 *   incomplete: "drop",
 * });
 * console.log(table.columns.includes("momentum21")); // true
 * ```
 */
export const features: Op<
  { prices: DataFrame },
  FeaturesParams,
  { features: DataFrame }
> = op({
  name: "data/features",
  version: "1",
  doc: "Momentum, volatility, volume, drawdown and other standard features",
  causal: true,
  inputs: { prices: pricesPort },
  params: paramsSchema,
  outputs: {
    features: port.frame({ columns: { date: "date" }, timeColumn: "date" }),
  },
  run: async ({ prices }, params, { signal, progress }) => {
    const list = listFeatures(params);
    const names = list.map(({ name }) => name);
    refuseNames(names);
    const pace = pacer(signal);
    const bars: Bars = {
      ...readBars(prices),
      weekday: Float64Array.from(dayColumn(prices, "date"), isoWeekday),
    };
    const groups = groupRows(prices, "ticker");
    const results = list.map(() => new Float64Array(prices.height));
    for (const [index, rows] of groups.entries()) {
      const own = barsOf(bars, rows);
      for (const [place, { compute }] of list.entries()) {
        scatter(results[place] as Float64Array, rows, compute(own));
        await pace();
      }
      progress((index + 1) / groups.length);
    }
    const keys = ["date", "ticker"].filter((name) =>
      prices.columns.includes(name)
    );
    const frame = pl.DataFrame([
      ...keys.map((name): Series => prices.getColumn(name)),
      ...results.map((values, place) =>
        numberSeries(names[place] as string, values)
      ),
    ]);
    return {
      features: applyIncompleteRows(frame, names, params.incomplete),
    };
  },
});

function refuseNames(names: readonly string[]): void {
  if (names.length === 0) {
    throw new ParameterError("Cannot compute features as none is asked for", {
      expected: "at least one window in one of the lists",
    });
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ParameterError(`Cannot compute the feature "${repeated}" twice`, {
      expected: "different windows in each list",
    });
  }
}

function readBars(prices: DataFrame): Omit<Bars, "weekday"> {
  const read = (name: string): Float64Array => {
    const { values } = numberColumn(prices, name);
    if (name !== "volume") requirePositive(values, name);
    return values;
  };
  return {
    open: read("open"),
    high: read("high"),
    low: read("low"),
    close: read("close"),
    volume: read("volume"),
  };
}

function barsOf(bars: Bars, rows: Int32Array): Bars {
  return {
    open: gather(bars.open, rows),
    high: gather(bars.high, rows),
    low: gather(bars.low, rows),
    close: gather(bars.close, rows),
    volume: gather(bars.volume, rows),
    weekday: gather(bars.weekday, rows),
  };
}
