/**
 * Daily bars (open, high, low, close) as the log differences that the range
 * estimators are written in.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { readSeries } from "./checks.ts";

/** Prices of one bar a row, time along the last axis, all of one shape. */
export interface Bars {
  /** First price of the day. */
  readonly open: F64;
  /** Highest price of the day. */
  readonly high: F64;
  /** Lowest price of the day. */
  readonly low: F64;
  /** Last price of the day. */
  readonly close: F64;
}

/** Those prices of bars that a method uses. */
export type SomeBars = { readonly [K in keyof Bars]?: Bars[K] | undefined };

/** Log prices of a bar measured from its open. */
export interface BarLogs {
  /** log(high / open), never negative. */
  readonly up: F64;
  /** log(low / open), never positive. */
  readonly down: F64;
  /** log(close / open). */
  readonly toClose: F64;
}

/**
 * Checks that bars can be: all prices positive and finite, no high below the
 * open or the close, no low above them.
 *
 * @param bars The bars, or the part of them that a method uses.
 * @throws {DataError} With the input, row and prices at fault.
 */
export async function checkBars(bars: SomeBars): Promise<void> {
  const read = async (name: keyof Bars): Promise<Float64Array | undefined> => {
    const series = bars[name];
    return series && await readSeries(series, { name, sign: "positive" });
  };
  const [open, high, low, close] = [
    await read("open"),
    await read("high"),
    await read("low"),
    await read("close"),
  ];
  const rows = high?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const top = high?.[row] ?? Infinity;
    const bottom = low?.[row] ?? -Infinity;
    for (
      const [name, price] of [["open", open?.[row]], [
        "close",
        close?.[row],
      ]] as const
    ) {
      if (price === undefined) continue;
      if (top < price) {
        refuse(`high ${top} at row ${row} is below the ${name} ${price}`);
      }
      if (bottom > price) {
        refuse(`low ${bottom} at row ${row} is above the ${name} ${price}`);
      }
    }
    if (top < bottom) {
      refuse(`high ${top} at row ${row} is below the low ${bottom}`);
    }
  }
}

function refuse(fault: string): never {
  throw new DataError(`Cannot use the prices as daily bars: ${fault}`, {
    expected: "low ≤ open, close ≤ high on every row",
    hint:
      "Adjust open, high, low and close by one and the same factor, or mend the row",
  });
}

/**
 * Log prices of bars, measured from the open.
 *
 * @param bars Checked bars.
 * @returns `up`, `down` and `toClose`, of the bars' shape.
 */
export function barLogs(bars: Bars): BarLogs {
  const from = wf.log(bars.open);
  return {
    up: wf.subtract(wf.log(bars.high), from),
    down: wf.subtract(wf.log(bars.low), from),
    toClose: wf.subtract(wf.log(bars.close), from),
  };
}

/**
 * The close of the day before, for each row.
 *
 * @param close Closes.
 * @param previousClose The closes before them where they are known (a day lost
 * at the start, a corporate action); otherwise they are taken from `close`.
 * @returns `previousClose`, or `close` one row later with NaN in the first row.
 * @throws {DataError} For prices that are not positive and finite.
 */
export async function closeBefore(
  close: F64,
  previousClose: F64 | undefined,
): Promise<F64> {
  if (previousClose !== undefined) {
    await readSeries(previousClose, {
      name: "previousClose",
      sign: "positive",
    });
    return previousClose;
  }
  const unknown = wf.full([...close.shape.slice(0, -1), 1], NaN, {
    dtype: "f64",
  });
  const all = close.shape.slice(0, -1).map(() => null);
  return wf.concat([unknown, wf.slice(close, ...all, [0, -1])], { axis: -1 });
}
