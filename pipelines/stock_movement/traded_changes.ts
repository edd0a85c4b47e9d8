/**
 * What events would have brought to somebody who traded on their reports.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, tensor } from "../../runtime/tensor/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../../ops/reports.ts";

/**
 * The changes that could be traded, in the order of the events that are forecast.
 *
 * Inputs: `events`; `traded`, the same reports with the change from a price after
 * each was known, in any order, and without those whose change is not known. Output:
 * `changes`, f64 `["t"]`, one an event, NaN where it is not known.
 */
export const tradedChanges: Op<
  { events: ReportEvent[]; traded: ReportEvent[] },
  Record<never, never>,
  { changes: F64 }
> = op({
  name: "stockMovement/tradedChanges",
  version: "1",
  doc: "Changes that could be traded, in the order of events",
  inputs: {
    events: port.value(z.array(REPORT_EVENT)),
    traded: port.value(z.array(REPORT_EVENT)),
  },
  params: z.object({}),
  outputs: { changes: port.tensor("f64", ["t"]) },
  run: ({ events, traded }) => {
    const changes = new Map(
      traded.map(({ change, report: { id } }) => [id, change]),
    );
    return {
      changes: tensor(
        Float64Array.from(
          events,
          ({ report: { id } }) => changes.get(id) ?? NaN,
        ),
      ),
    };
  },
});
