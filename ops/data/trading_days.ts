/**
 * The trading calendar as a table.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { toDayNumber } from "./days.ts";
import { daySeries } from "./frames.ts";
import { closureReason, type TradingCalendarName } from "./trading_calendar.ts";

/** Params of {@linkcode tradingCalendar}. */
export interface TradingCalendarParams {
  /** First day as ISO text. */
  readonly from: string;
  /** Last day, included, as ISO text. */
  readonly to: string;
  /** The calendar; default `"nyse"`. */
  readonly calendar?: TradingCalendarName;
}

/**
 * Every day of a range with whether it is a trading day.
 *
 * Output `days`: `date`, `isTradingDay`, and `reason`, why there is no trade
 * (`"Weekend"`, the name of a holiday, an event), null on trading days. Days
 * with a shortened session are trading days. Holidays and special closures of
 * the New York Stock Exchange are known from 1981 on; closures that are not
 * yet announced are not in it.
 *
 * @throws {ParameterError} For a range that ends before it starts, and for
 * years that the calendar does not know.
 *
 * @example
 * ```ts
 * import { tradingCalendar } from "@weft/weft/ops/data";
 *
 * const { days } = await tradingCalendar.run({}, {
 *   from: "2012-10-28",
 *   to: "2012-10-31",
 * });
 * console.log(days.getColumn("reason").toArray());
 * // ["Weekend", "Hurricane Sandy", "Hurricane Sandy", null]
 * ```
 */
export const tradingCalendar: Op<
  Record<never, never>,
  TradingCalendarParams,
  { days: DataFrame }
> = op({
  name: "data/tradingCalendar",
  version: "1",
  doc: "Days with whether they are trading days, and why not",
  inputs: {},
  params: z.object({
    from: z.iso.date(),
    to: z.iso.date(),
    calendar: z.enum(["nyse", "weekdays", "everyday"]).default("nyse"),
  }),
  outputs: {
    days: port.frame({
      columns: { date: "date", isTradingDay: "bool", reason: "string" },
      timeColumn: "date",
    }),
  },
  run: (_, { from, to, calendar }) => {
    const first = toDayNumber(from, "from");
    const count = toDayNumber(to, "to") - first + 1;
    if (count < 1) {
      throw new ParameterError("Cannot list days as the range is empty", {
        expected: `"to" on or after "${from}"`,
        actual: `"${to}"`,
      });
    }
    const days = Int32Array.from({ length: count }, (_, at) => first + at);
    const reasons = Array.from(
      days,
      (day) => closureReason(day, calendar) ?? null,
    );
    return {
      days: pl.DataFrame([
        daySeries("date", days),
        pl.Series(
          "isTradingDay",
          reasons.map((reason) => reason === null),
          pl.Bool,
        ),
        pl.Series("reason", reasons, pl.String),
      ]),
    };
  },
});
