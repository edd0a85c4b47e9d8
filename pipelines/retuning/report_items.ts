/**
 * Items from reports and prices.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { reportMoves, thinEvents } from "../../ops/data/mod.ts";
import { type EvidenceItem, evidenceOfEvents } from "../../ops/evidence/mod.ts";
import type { CompanyReport, ReportEvent } from "../../ops/reports.ts";
import type { Output } from "../../runtime/flow/mod.ts";

/** Reports and prices. */
export interface ReportItemInputs {
  /** Reports or calls. */
  readonly reports: Output<CompanyReport[]>;
  /** Daily prices with tickers. */
  readonly prices: Output<DataFrame>;
}

/** Items, and the events that they are made of. */
export interface ReportItems {
  /** The events, by day. */
  readonly events: Output<ReportEvent[]>;
  /** An item for each. */
  readonly items: Output<EvidenceItem[]>;
}

/**
 * Wires the join: a report counts as known at the close of its day, what follows is
 * the move from there to the next open.
 *
 * @param inputs Reports and prices.
 * @param options `threshold`, the change from which it is no hold; `unknown`, whether
 * items stay whose outcome is not known (no, by default).
 * @returns Events and items.
 */
export function reportItems(
  { prices, reports }: ReportItemInputs,
  { threshold, unknown = false }: {
    readonly threshold: number;
    readonly unknown?: boolean;
  },
): ReportItems {
  const joined = reportMoves({ reports, prices }, {
    timing: "after",
    measure: "close-to-open",
  });
  const { events } = thinEvents({ events: joined.events }, { unknown });
  return { events, items: evidenceOfEvents({ events }, { threshold }).items };
}
