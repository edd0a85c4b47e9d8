/**
 * The economic view of events: positions that are taken on the day of an
 * event and held for one period, as after an earnings call.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { checkFinite, checkSolvent } from "./backtest.ts";
import {
  equityOf,
  PERFORMANCE,
  type Performance,
  performanceOf,
} from "./performance.ts";
import { rowsByCluster } from "./resample.ts";

function checkDays(days: Int32Array): void {
  const bad = days.findIndex((day, row) => row > 0 && day < days[row - 1]!);
  if (bad < 0) return;
  throw new DataError(
    `Cannot test events as row ${bad} is of an earlier day than the row before`,
    { hint: "Sort the events by day" },
  );
}

/** The events of a day as one portfolio. */
function dayReturn(
  events: readonly number[],
  positions: Float64Array,
  returns: Float64Array,
  costs: number,
): { net: number; turnover: number; isInvested: boolean } {
  const gross = events.reduce(
    (sum, row) => sum + Math.abs(positions[row]!),
    0,
  );
  // An event without a position leaves its share in cash
  const scale = 1 / Math.max(events.length, gross);
  const earned = events.reduce(
    (sum, row) => sum + positions[row]! * returns[row]!,
    0,
  );
  const turnover = 2 * gross * scale;
  return {
    net: earned * scale - turnover * costs / 10_000,
    turnover,
    isInvested: gross > 0,
  };
}

/**
 * What positions in events would have earned: those of one day share the
 * equity equally, are held for one period and closed again, so that each pays
 * its costs twice. Days without an event are not in the series.
 *
 * Nothing here can see whether a position was known before its return began:
 * positions must come from what was known at the event, `returns` must begin
 * after it, and `periodsPerYear` is the number of days with events in a year.
 * Where a period is longer than a day, periods of near events overlap and the
 * figures count the same money twice.
 *
 * Inputs: `days`, i32 `["n"]`, in ascending order, for example days since
 * 1970-01-01; `positions`, f64 `["n"]`, from -1 to 1; `returns`, f64 `["n"]`, the
 * simple return over the period after the event. Params: `costs` of one trade
 * in basis points (10) and `periodsPerYear` (252). Outputs: `days`, i32
 * `["m"]`; `net`, `turnover` and `equity`, f64 `["m"]`; `performance`, see
 * {@linkcode Performance}; `holding`, the same of long positions in all events.
 *
 * @throws {DataError} If a number is not finite, days are not in order, or all
 * is lost.
 *
 * @example
 * ```ts
 * import { eventBacktest } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { net } = await eventBacktest.run({
 *   days: wf.tensor([10, 10, 12], { dtype: "i32" }),
 *   positions: wf.tensor([1, -1, 1], { dtype: "f64" }),
 *   returns: wf.tensor([0.04, 0.02, -0.01], { dtype: "f64" }),
 * }, { costs: 0 });
 * console.log(await net.toArray()); // [0.01, -0.01]
 * ```
 */
export const eventBacktest: Op<
  { days: Tensor<"i32">; positions: F64; returns: F64 },
  { costs?: number | undefined; periodsPerYear?: number | undefined },
  {
    days: Tensor<"i32">;
    net: F64;
    turnover: F64;
    equity: F64;
    performance: Performance;
    holding: Performance;
  }
> = op({
  name: "evaluate/eventBacktest",
  version: "1",
  doc: "What positions in events would have earned after costs",
  inputs: {
    days: port.tensor("i32", ["n"]),
    positions: port.tensor("f64", ["n"]),
    returns: port.tensor("f64", ["n"]),
  },
  params: z.object({
    costs: z.number().nonnegative().default(10),
    periodsPerYear: z.number().positive().default(252),
  }),
  outputs: {
    days: port.tensor("i32", ["m"]),
    net: port.tensor("f64", ["m"]),
    turnover: port.tensor("f64", ["m"]),
    equity: port.tensor("f64", ["m"]),
    performance: port.value(PERFORMANCE),
    holding: port.value(PERFORMANCE),
  },
  run: async (inputs, { costs, periodsPerYear }) => {
    const days = await inputs.days.data();
    const positions = await inputs.positions.data();
    const returns = await inputs.returns.data();
    checkFinite("positions", positions);
    checkFinite("returns", returns);
    checkDays(days);
    const events = rowsByCluster(days);
    const run = (own: Float64Array) => {
      const table = events.map((rows) => dayReturn(rows, own, returns, costs));
      const net = Float64Array.from(table, (day) => day.net);
      checkSolvent(net);
      const turnover = Float64Array.from(table, (day) => day.turnover);
      const isInvested = table.map((day) => day.isInvested);
      return {
        net,
        turnover,
        performance: performanceOf({
          returns: net,
          turnover,
          isInvested,
          periodsPerYear,
        }),
      };
    };
    const { net, turnover, performance } = run(positions);
    return {
      days: tensor(Int32Array.from(events, ([row]) => days[row!]!)),
      net: tensor(net),
      turnover: tensor(turnover),
      equity: tensor(equityOf(net)),
      performance,
      holding: run(positions.map(() => 1)).performance,
    };
  },
});
