/**
 * Labels of what a price did after a report.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";

/** Params of {@linkcode labelReports}. */
export interface LabelReportsParams {
  /** Whether there is a class between Short and Long; default false. */
  readonly hold?: boolean | undefined;
  /** The change above which it is Long; default 0, with `hold` 0.01. */
  readonly threshold?: number | undefined;
}

const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * Labels of reports by the change that followed, after "Harnessing Earnings
 * Reports for Stock Predictions" (Ni and others, 2024, arXiv 2408.06634), where the
 * label is Long or Short by the next day's performance. The paper's formula could
 * not be found; which change it is, is said where reports and prices are joined.
 *
 * Of two classes, 1 (Long) is a change above `threshold` and 0 (Short) everything
 * else, no change included. With `hold`, 2 (Long) is a change above `threshold`, 0
 * (Short) one below `-threshold`, and 1 (Hold) what is between, both ends included.
 *
 * Input: `events` by day. Params: see {@linkcode LabelReportsParams}. Outputs:
 * `labels`, i32 `["t"]`, -1 where the outcome is not known; `changes`, f64 `["t"]`,
 * NaN there; `days`, i32 `["t"]`, days since 1970-01-01, ascending.
 *
 * @example
 * ```ts
 * import { labelReports, simulateReports } from "@weft/weft/ops/movement";
 *
 * const { events } = simulateReports({}, { rows: 6 });
 * const { labels } = await labelReports({ events }).value();
 * console.log(labels.shape); // [6]
 * ```
 */
export const labelReports: Op<
  { events: ReportEvent[] },
  LabelReportsParams,
  { labels: Tensor<"i32">; changes: F64; days: Tensor<"i32"> }
> = op({
  name: "movement/labelReports",
  version: "1",
  doc: "Long or Short by the change that followed a report",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: z.object({
    hold: z.boolean().default(false),
    threshold: z.number().nonnegative().optional(),
  }),
  outputs: {
    labels: port.tensor("i32", ["t"], { doc: "A class; -1 not known yet" }),
    changes: port.tensor("f64", ["t"]),
    days: port.tensor("i32", ["t"]),
  },
  run: ({ events }, { hold, threshold = hold ? 0.01 : 0 }) => {
    const labels = Int32Array.from(events, ({ change }) => {
      if (change === null) return UNLABELLED;
      if (!hold) return change > threshold ? 1 : 0;
      return change > threshold ? 2 : change < -threshold ? 0 : 1;
    });
    return {
      labels: tensor(labels),
      changes: tensor(
        Float64Array.from(events, ({ change }) => change ?? NaN),
      ),
      days: tensor(
        Int32Array.from(
          events,
          ({ day }) => Date.parse(day) / MILLISECONDS_PER_DAY,
        ),
      ),
    };
  },
});
