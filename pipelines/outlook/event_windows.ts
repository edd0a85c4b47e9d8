/**
 * Windows over events that are asked about, and the way back to all days.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Float, tensor } from "../../runtime/tensor/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";

const ROWS = port.value(z.array(z.int()), { doc: "The row of each event" });

/**
 * Walk-forward windows over events: those in the test windows of the days, in
 * `refits` parts of about equal length, each behind all events whose outcome was
 * known when its first one came. Inputs: `rows`, the row of each event, ascending;
 * `splits` over the rows. Params: `refits` (default 1); `purge`, the horizon of the
 * outcomes in rows (default 0). Output: `splits` over the events.
 *
 * @throws {DataError} If there are too few events.
 */
export const eventWindows: Op<
  { rows: number[]; splits: Splits },
  { refits?: number | undefined; purge?: number | undefined },
  { splits: Splits }
> = op({
  name: "outlook/eventWindows",
  version: "1",
  doc: "Walk-forward windows over events, as many as models are fitted",
  inputs: { rows: ROWS, splits: port.value(SPLITS) },
  params: z.object({
    refits: z.int().positive().default(1),
    purge: z.int().nonnegative().default(0),
  }),
  outputs: { splits: port.value(SPLITS) },
  run: ({ rows, splits }, { refits, purge }) => {
    const [start, end] = [splits[0]!.testStart, splits.at(-1)!.testEnd];
    const first = rows.findIndex((row) => row >= start);
    const count = rows.filter((row) => row >= start && row < end).length;
    const windows = Array.from({ length: refits }, (_, part) => {
      const testStart = first + Math.floor(part * count / refits);
      const testEnd = first + Math.floor((part + 1) * count / refits);
      const trainEnd = rows.filter((row) =>
        row + purge <= rows[testStart]!
      ).length;
      return {
        trainStart: 0,
        trainEnd: Math.min(trainEnd, testStart),
        testStart,
        testEnd,
      };
    });
    if (
      windows.some(({ trainEnd, testStart, testEnd }) =>
        trainEnd < 1 || testEnd <= testStart
      )
    ) {
      throw new DataError(
        `Cannot fit models ${refits} times as there are too few events`,
        {
          expected: "events before and in each of the windows",
          actual: `${rows.length} events, ${count} of them tested`,
          hint: "Bring more years of prices",
        },
      );
    }
    return { splits: windows };
  },
});

/** Events of a test window that are asked about: every `step`-th. */
export function askedEvents(
  { testStart, testEnd }: Splits[number],
  step: number,
): number[] {
  const count = Math.ceil((testEnd - testStart) / step);
  return Array.from({ length: count }, (_, k) => testStart + k * step);
}

/**
 * Logits of the windows as one tensor over all events. Inputs: `parts`, one f32 or
 * f64 `["n", "k"]` for each window; `splits` over the events; `rows`, the row of
 * each event. Param: `step`, every how many-th event of a window was asked about
 * (default 1). Output: `logits`, f64 `["e", "k"]`, NaN where nothing was asked.
 */
export const joinWindows: Op<
  { parts: Float[]; splits: Splits; rows: number[] },
  { step?: number | undefined },
  { logits: F64 }
> = op({
  name: "outlook/joinWindows",
  version: "1",
  doc: "Logits of the windows as one tensor over all events",
  inputs: {
    parts: port.list(port.tensor(["f32", "f64"], ["...", "k"])),
    splits: port.value(SPLITS),
    rows: ROWS,
  },
  params: z.object({ step: z.int().positive().default(1) }),
  outputs: { logits: port.tensor("f64", ["e", "k"]) },
  run: async ({ parts, splits, rows }, { step }) => {
    const classes = parts[0]!.shape[1]!;
    const logits = new Float64Array(rows.length * classes).fill(NaN);
    for (const [window, split] of splits.entries()) {
      const own = await parts[window]!.data();
      askedEvents(split, step).forEach((event, k) => {
        for (let c = 0; c < classes; c++) {
          logits[event * classes + c] = own[k * classes + c]!;
        }
      });
    }
    return { logits: tensor(logits, { shape: [rows.length, classes] }) };
  },
});

/**
 * From answers on some days to answers on all: between two events the last answer
 * stands, so that no day knows a later one. Inputs: `logits` of the events, f64
 * `["e", "k"]`, NaN where there is no answer; `rows`, the row of each event;
 * `splits` over the rows, the last of which ends with the table; `like`, any series
 * that has all the rows. Output: `logits`, f64 `["t", "k"]`, NaN outside of the test
 * windows.
 */
export const standingLogits: Op<
  { logits: F64; rows: number[]; splits: Splits; like: F64 },
  Record<never, never>,
  { logits: F64 }
> = op({
  name: "outlook/standingLogits",
  version: "1",
  doc: "Answers of all days: between two events the last one stands",
  inputs: {
    logits: port.tensor("f64", ["e", "k"]),
    rows: ROWS,
    splits: port.value(SPLITS),
    like: port.tensor("f64", ["t"], { doc: "Any series of all rows" }),
  },
  params: z.object({}),
  outputs: { logits: port.tensor("f64", ["t", "k"]) },
  run: async ({ logits, rows, splits, like }) => {
    const classes = logits.shape[1]!;
    const answers = await logits.data();
    const total = like.shape[0]!;
    const all = new Float64Array(total * classes).fill(NaN);
    let event = -1;
    let standing: Float64Array | undefined;
    for (
      let row = splits[0]!.testStart;
      row < splits.at(-1)!.testEnd;
      row++
    ) {
      while (event + 1 < rows.length && rows[event + 1]! <= row) {
        event++;
        const own = answers.subarray(event * classes, (event + 1) * classes);
        if (!own.some(Number.isNaN)) standing = own;
      }
      if (standing !== undefined) all.set(standing, row * classes);
    }
    return { logits: tensor(all, { shape: [total, classes] }) };
  },
});
