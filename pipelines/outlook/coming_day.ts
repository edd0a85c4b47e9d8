/**
 * Room for the forecast of the day that has not come yet.
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
 * Appends a row for the coming day, and adds it to the last test window. The
 * forecasting ops give a row from the rows before it only, so the value that
 * stands in the new row of `variance` and `returns` (the last known one) is
 * never read; in `measured`, which the forecasts are scored against, it is
 * NaN. Inputs and outputs: f64 `["t"]` to `["t+1"]`. Stays lazy.
 */
export const comingDay: Op<
  { variance: F64; returns: F64; splits: Splits },
  Record<never, never>,
  { variance: F64; returns: F64; measured: F64; splits: Splits }
> = op({
  name: "outlook/comingDay",
  version: "1",
  doc: "Appends a row for the day that has not come yet",
  inputs: {
    variance: port.tensor("f64", ["t"]),
    returns: port.tensor("f64", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({}),
  outputs: {
    variance: port.tensor("f64", ["t+1"]),
    returns: port.tensor("f64", ["t+1"]),
    measured: port.tensor("f64", ["t+1"]),
    splits: port.value(SPLITS),
  },
  run: ({ variance, returns, splits }) => {
    const rows = variance.shape[0]!;
    checkSplits(splits, rows);
    const repeatLast = (x: F64) =>
      wf.concat([x, wf.slice(x, [rows - 1, rows])], { axis: 0 });
    const unknown = wf.tensor(Float64Array.of(NaN));
    return {
      variance: repeatLast(variance),
      returns: repeatLast(returns),
      measured: wf.concat([variance, unknown], { axis: 0 }),
      splits: splits.map((split) =>
        split.testEnd === rows ? { ...split, testEnd: rows + 1 } : split
      ),
    };
  },
});

/**
 * Appends a row for the coming day that repeats the last known one, for series
 * that are read up to the day before only. Input: `x`, f64 `["t"]`; output: `y`,
 * f64 `["t+1"]`. Stays lazy.
 */
export const comingRow: Op<{ x: F64 }, Record<never, never>, { y: F64 }> = op({
  name: "outlook/comingRow",
  version: "1",
  doc: "Appends a row that is never read",
  inputs: { x: port.tensor("f64", ["t"]) },
  params: z.object({}),
  outputs: { y: port.tensor("f64", ["t+1"]) },
  run: ({ x }) => {
    const rows = x.shape[0]!;
    return { y: wf.concat([x, wf.slice(x, [rows - 1, rows])], { axis: 0 }) };
  },
});

/**
 * A series, and another where it has no value. Inputs: `x` and `otherwise`, f64
 * `["t"]`, NaN where there is none; output: `y`. Stays lazy.
 */
export const firstKnown: Op<
  { x: F64; otherwise: F64 },
  Record<never, never>,
  { y: F64 }
> = op({
  name: "outlook/firstKnown",
  version: "1",
  doc: "A series, and another where it has no value",
  inputs: {
    x: port.tensor("f64", ["t"]),
    otherwise: port.tensor("f64", ["t"]),
  },
  params: z.object({}),
  outputs: { y: port.tensor("f64", ["t"]) },
  run: ({ x, otherwise }) => ({ y: wf.where(wf.isNaN(x), otherwise, x) }),
});
