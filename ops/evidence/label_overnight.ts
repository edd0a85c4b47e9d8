/**
 * Labels of what happens overnight, after "RETuning: Upgrading Inference-Time
 * Scaling for Stock Movement Prediction with Large Language Models" (Lin and
 * others, 2025, arXiv 2510.21604, section 3.1).
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import {
  answerOfChange,
  EVIDENCE_ANSWERS,
  OVERNIGHT_THRESHOLD,
} from "./answers.ts";

/**
 * The change from a close to the next open, `(open - close) / close`.
 *
 * @param close The close.
 * @param nextOpen The open of the next session.
 * @returns The change, as a part of the close.
 * @throws {DataError} When a price is not a positive number.
 */
export function overnightChange(close: number, nextOpen: number): number {
  for (const [name, price] of [["close", close], ["open", nextOpen]] as const) {
    if (price > 0 && price < Infinity) continue;
    throw new DataError(`Cannot label with the ${name} ${price}`, {
      expected: "a finite price above 0",
      actual: String(price),
      hint: "Leave days without a price out",
    });
  }
  return (nextOpen - close) / close;
}

/**
 * Labels row `t` by the change from the close of day `t` to the open of day
 * `t + 1`: 2 (up) above `threshold`, 0 (down) below `-threshold`, else 1 (hold, both
 * ends included). The last row is -1. Rows are the days of one ticker.
 *
 * A label looks ahead by its nature: purge at least one row between training and
 * test windows.
 *
 * Inputs: `open` and `close`, f64 `["t"]`, positive. Params: `threshold` (0.03).
 * Outputs: `labels`, i32 `["t"]`; `changes`, f64 `["t"]`, NaN in the last row.
 *
 * @throws {DataError} When a price is not positive.
 *
 * @example
 * ```ts
 * import { labelOvernight } from "@weft/weft/ops/evidence";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { labels } = await labelOvernight.run({
 *   open: wf.tensor([100, 103, 103.1, 90], { dtype: "f64" }),
 *   close: wf.tensor([100, 100, 100, 91], { dtype: "f64" }),
 * });
 * console.log(await labels.toArray()); // [1, 2, 0, -1]
 * ```
 */
export const labelOvernight: Op<
  { open: F64; close: F64 },
  { threshold?: number | undefined },
  { labels: Tensor<"i32">; changes: F64 }
> = op({
  name: "evidence/labelOvernight",
  version: "1",
  doc: "Down, hold or up by the next open against the close",
  inputs: {
    open: port.tensor("f64", ["t"], { doc: "Opening prices" }),
    close: port.tensor("f64", ["t"], { doc: "Closing prices" }),
  },
  params: z.object({
    threshold: z.number().nonnegative().default(OVERNIGHT_THRESHOLD),
  }),
  outputs: {
    labels: port.tensor("i32", ["t"], {
      doc: "0 down, 1 hold, 2 up, -1 not known yet",
    }),
    changes: port.tensor("f64", ["t"]),
  },
  run: async (inputs, { threshold }) => {
    const open = await inputs.open.data();
    const close = await inputs.close.data();
    const changes = close.map((price, row) =>
      row + 1 < open.length ? overnightChange(price, open[row + 1]!) : NaN
    );
    const labels = Int32Array.from(
      changes,
      (change) =>
        Number.isNaN(change)
          ? UNLABELLED
          : EVIDENCE_ANSWERS.indexOf(answerOfChange(change, threshold)),
    );
    return { labels: tensor(labels), changes: tensor(changes) };
  },
});
