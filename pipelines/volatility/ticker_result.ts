/**
 * From tensors and tables to the result for one ticker.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import type { ForecastScore } from "../../ops/volatility/mod.ts";
import { withNulls } from "../with_nulls.ts";
import { periodOf } from "../outlook/days.ts";
import { PRICE_FINDINGS, type PriceFinding } from "../outlook/report_schema.ts";
import { LOSS_INTERVALS, type LossIntervals } from "./loss_intervals.ts";
import {
  TICKER_RESULT,
  type TickerResult,
  type TickerScore,
} from "./ticker_schema.ts";

type Table = readonly ForecastScore[];

/** What {@linkcode tickerResult} is made of. */
export interface TickerResultInputs {
  /** Findings in the prices. */
  findings: readonly PriceFinding[];
  /** ISO dates, the coming day last. */
  dates: readonly string[];
  /** Windows of variance and price. */
  splits: Splits;
  /** Windows of the censored process. */
  nested: Splits;
  /** Variance as measured `[t]`, NaN for the coming day. */
  measured: F64;
  /** Closes `[t]`. */
  close: F64;
  /** Corrected prices `[t]`. */
  corrected: F64;
  /** Expected returns `[t]`. */
  expectedReturn: F64;
  /** Forecasts of variance by model. */
  forecasts: Record<string, F64>;
  /** Scores of variance against each baseline. */
  varianceTables: Record<string, Table>;
  /** Scores of prices. */
  priceTable: Table;
  /** Scores of returns. */
  returnTable: Table;
  /** Intervals by target. */
  intervals: Record<string, LossIntervals>;
  /** Intervals on shuffled days by target. */
  shuffled: Record<string, LossIntervals>;
}

const TABLE = z.custom<Table>((value) => Array.isArray(value));

/** Puts the result for one ticker together. */
export const tickerResult: Op<
  TickerResultInputs,
  { ticker: string },
  { result: TickerResult }
> = op({
  name: "volatility/tickerResult",
  version: "2",
  doc: "What was found for one ticker",
  inputs: {
    findings: port.value(PRICE_FINDINGS),
    dates: port.value(z.array(z.string()).readonly()),
    splits: port.value(SPLITS),
    nested: port.value(SPLITS),
    measured: port.tensor("f64", ["t"]),
    close: port.tensor("f64", ["t"]),
    corrected: port.tensor("f64", ["t"]),
    expectedReturn: port.tensor("f64", ["t"]),
    forecasts: port.record(port.tensor("f64", ["t"])),
    varianceTables: port.record(port.value(TABLE)),
    priceTable: port.value(TABLE),
    returnTable: port.value(TABLE),
    intervals: port.record(port.value(LOSS_INTERVALS)),
    shuffled: port.record(port.value(LOSS_INTERVALS)),
  },
  params: z.object({ ticker: z.string() }),
  outputs: { result: port.value(TICKER_RESULT) },
  run: async (inputs, { ticker }) => {
    const { dates, splits, nested } = inputs;
    const rows = dates.length - 1;
    const start = nested[0]!.testStart;
    const end = nested.at(-1)!.testEnd;
    const measured = await inputs.measured.data();
    const forecasts: Record<string, Float64Array> = {};
    for (const [model, forecast] of Object.entries(inputs.forecasts)) {
      forecasts[model] = await forecast.data();
    }
    const close = await inputs.close.data();
    return {
      result: {
        ticker,
        findings: inputs.findings,
        data: periodOf(dates, 0, rows),
        windows: splits.map((split) => ({
          train: periodOf(dates, split.trainStart, split.trainEnd),
          test: periodOf(
            dates,
            split.testStart,
            Math.min(split.testEnd, rows),
          ),
        })),
        dates: dates.slice(start, end),
        measured: withNulls(measured, start, end),
        forecasts: Object.fromEntries(
          Object.entries(forecasts).map((
            [model, series],
          ) => [model, withNulls(series, start, end)]),
        ),
        coming: {
          day: dates[rows]!,
          variance: Object.fromEntries(
            Object.entries(forecasts).flatMap(([model, series]) =>
              Number.isFinite(series[rows]) ? [[model, series[rows]!]] : []
            ),
          ),
          lastClose: close[rows - 1]!,
          correctedPrice: (await inputs.corrected.data())[rows]!,
          expectedReturn: (await inputs.expectedReturn.data())[rows]!,
        },
        scores: [
          ...scoresOf("variance", inputs.varianceTables, inputs),
          ...scoresOf("price", { lastClose: inputs.priceTable }, inputs),
          ...scoresOf("return", { zero: inputs.returnTable }, inputs),
        ],
      },
    };
  },
});

function scoresOf(
  target: TickerScore["target"],
  tables: Readonly<Record<string, Table>>,
  { intervals, shuffled }: Pick<TickerResultInputs, "intervals" | "shuffled">,
): TickerScore[] {
  const [first] = Object.values(tables);
  return (first ?? []).map(({ model, loss, mean }) => {
    const { lower, upper } = intervals[target]![loss]![model]!;
    const same = (table: Table) =>
      table.find((row) => row.model === model && row.loss === loss);
    return {
      target,
      model,
      loss,
      mean,
      lower,
      upper,
      rows: countOf(Object.values(tables)),
      pValues: Object.fromEntries(
        Object.entries(tables).map((
          [baseline, table],
        ) => [baseline, same(table)?.comparison?.pValue ?? null]),
      ),
      shuffled: shuffled[target]?.[loss]?.[model] ?? null,
    };
  });
}

/** Rows that tests were made on. */
function countOf(tables: readonly Table[]): number {
  return Math.max(
    0,
    ...tables.flat().map(({ comparison }) => comparison?.count ?? 0),
  );
}
