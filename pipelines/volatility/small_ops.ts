/**
 * Small steps between the stages of the volatility pipeline.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { checkSplits, SPLITS, type Splits } from "../../ops/splits.ts";

/**
 * The move from yesterday's close to the price that is forecast for today,
 * `log(forecast_t / close_{t−1})`, as a column of inputs. Row t is known before
 * day t.
 */
export const forecastMoves: Op<
  { close: F64; forecast: F64 },
  Record<never, never>,
  { moves: F64 }
> = op({
  name: "volatility/forecastMoves",
  version: "1",
  doc: "Moves from the last close to the price forecast",
  causal: true,
  inputs: {
    close: port.tensor("f64", ["t"]),
    forecast: port.tensor("f64", ["t"]),
  },
  params: z.object({}),
  outputs: { moves: port.tensor("f64", ["t", 1]) },
  run: async ({ close, forecast }) => {
    const prices = await close.data();
    const ahead = await forecast.data();
    const moves = ahead.map((value, row) =>
      Math.log(value / (prices[row - 1] ?? NaN))
    );
    return { moves: wf.tensor(moves, { shape: [moves.length, 1] }) };
  },
});

/**
 * Walk-forward windows whose test windows are cut into pieces of `every` rows,
 * each with the rows before it to train on: a model that is fitted anew more
 * often. `whole` is one window over all rows but the first `warmUp`.
 */
export const refitOften: Op<
  { series: F64; splits: Splits },
  { every: number; warmUp?: number | undefined },
  { splits: Splits; whole: Splits }
> = op({
  name: "volatility/refitOften",
  version: "1",
  doc: "Walk-forward windows with more fits",
  inputs: { series: port.tensor("f64", ["t"]), splits: port.value(SPLITS) },
  params: z.object({
    every: z.int().positive(),
    warmUp: z.int().positive().default(30),
  }),
  outputs: { splits: port.value(SPLITS), whole: port.value(SPLITS) },
  run: ({ series, splits }, { every, warmUp }) => {
    const rows = series.size;
    checkSplits(splits, rows);
    const pieces = splits.flatMap((split) =>
      Array.from(
        { length: Math.ceil((split.testEnd - split.testStart) / every) },
        (_, piece) => {
          const testStart = split.testStart + piece * every;
          return {
            trainStart: split.trainStart,
            trainEnd: piece === 0 ? split.trainEnd : testStart,
            testStart,
            testEnd: Math.min(testStart + every, split.testEnd),
          };
        },
      )
    );
    return {
      splits: pieces,
      whole: [{
        trainStart: 0,
        trainEnd: warmUp,
        testStart: warmUp,
        testEnd: rows,
      }],
    };
  },
});

/** The mean variance of each training window as the forecast of its test window. */
export const constantForecast: Op<
  { variance: F64; splits: Splits },
  Record<never, never>,
  { forecast: F64 }
> = op({
  name: "volatility/constantForecast",
  version: "1",
  doc: "The mean variance of the training window as forecast",
  causal: true,
  inputs: { variance: port.tensor("f64", ["t"]), splits: port.value(SPLITS) },
  params: z.object({}),
  outputs: { forecast: port.tensor("f64", ["t"]) },
  run: async ({ variance, splits }) => {
    const values = await variance.data();
    checkSplits(splits, values.length);
    const forecast = new Float64Array(values.length).fill(NaN);
    for (const { trainStart, trainEnd, testStart, testEnd } of splits) {
      const train = values.subarray(trainStart, trainEnd);
      forecast.fill(
        train.reduce((sum, value) => sum + value, 0) / train.length,
        testStart,
        testEnd,
      );
    }
    return { forecast: wf.tensor(forecast) };
  },
});

/** The close of the day before as the forecast of a day's close. */
export const lastClose: Op<
  { close: F64 },
  Record<never, never>,
  { forecast: F64; truth: F64; returns: F64; zero: F64 }
> = op({
  name: "volatility/lastClose",
  version: "2",
  doc: "The last close as forecast, and what came true",
  inputs: { close: port.tensor("f64", ["t"]) },
  params: z.object({}),
  outputs: {
    forecast: port.tensor("f64", ["t"], { doc: "Log of the close before" }),
    truth: port.tensor("f64", ["t"], {
      doc: "Log close, NaN for the coming day",
    }),
    returns: port.tensor("f64", ["t"], {
      doc: "Log returns, NaN for the coming day",
    }),
    zero: port.tensor("f64", ["t"], { doc: "Forecasts of no return" }),
  },
  run: async ({ close }) => {
    const logs = (await close.data()).map((value) => Math.log(value));
    const before = logs.map((_, row) => logs[row - 1] ?? NaN);
    const truth = logs.map((value, row) =>
      row === logs.length - 1 ? NaN : value
    );
    return {
      forecast: wf.tensor(before),
      truth: wf.tensor(truth),
      returns: wf.tensor(truth.map((value, row) => value - before[row]!)),
      zero: wf.zeros([logs.length], { dtype: "f64" }),
    };
  },
});

/**
 * The prices that returns lead to: the first close, and from row 1 on
 * `close_0 exp(Σ r)`. Of shuffled returns it is a path with the same moves and no
 * memory.
 */
export const priceOf: Op<
  { close: F64; returns: F64 },
  Record<never, never>,
  { close: F64 }
> = op({
  name: "volatility/priceOf",
  version: "1",
  doc: "Prices of returns",
  inputs: {
    close: port.tensor("f64", ["t"]),
    returns: port.tensor("f64", ["t"]),
  },
  params: z.object({}),
  outputs: { close: port.tensor("f64", ["t"]) },
  run: ({ close, returns }) => {
    const first = wf.slice(close, [0, 1]);
    const later = wf.cumulativeSum(wf.slice(returns, [1, returns.size]), {
      axis: 0,
    });
    return {
      close: wf.concat([first, wf.multiply(wf.exp(later), first)], { axis: 0 }),
    };
  },
});

/** Logarithms, for scores of prices. */
export const logOf: Op<{ x: F64 }, Record<never, never>, { y: F64 }> = op({
  name: "volatility/logOf",
  version: "1",
  doc: "Natural logarithms",
  inputs: { x: port.tensor("f64", ["t"]) },
  params: z.object({}),
  outputs: { y: port.tensor("f64", ["t"]) },
  run: ({ x }) => ({ y: wf.log(x) }),
});

/** Square roots: volatilities of variances. */
export const rootOf: Op<{ x: F64 }, Record<never, never>, { y: F64 }> = op({
  name: "volatility/rootOf",
  version: "1",
  doc: "Square roots",
  inputs: { x: port.tensor("f64", ["t"]) },
  params: z.object({}),
  outputs: { y: port.tensor("f64", ["t"]) },
  run: ({ x }) => ({ y: wf.sqrt(x) }),
});
