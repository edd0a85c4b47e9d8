/**
 * Writing of what the outlook's command computes.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunView } from "../../runtime/display/mod.ts";
import { makeFolder } from "../make_folder.ts";
import type { OutlookStudy } from "./across_tickers.ts";
import { type PageDetails, reportPage } from "./report_page.ts";
import type { Report } from "./report_schema.ts";
import { studyPage } from "./study_page.ts";
import { tickerFolders } from "./ticker_folders.ts";

/** What `report.json` says of each node. */
interface NodeLine {
  readonly name: string;
  readonly state: string;
  readonly ms: number;
}

function nodeLines(view: RunView): NodeLine[] {
  return view.nodes.map(({ name, phase, ms }) => ({
    name,
    state: phase,
    ms: ms ?? 0,
  }));
}

/** What the command computes: one report, or one for each ticker. */
export type Outcome = { readonly report: Report } | {
  readonly study: OutlookStudy;
};

/**
 * Writes `report.json` and `report.html`: of the report, or of the study and in a
 * folder for each ticker of its reports.
 *
 * @param out The folder.
 * @param outcome What was computed.
 * @param details The run and what the numbers depend on.
 * @throws {ParameterError} Where a folder cannot be written to.
 */
export async function writeOutcome(
  out: string,
  outcome: Outcome,
  details: PageDetails,
): Promise<void> {
  const nodes = nodeLines(details.view);
  if ("report" in outcome) {
    const { report } = outcome;
    await writeReport(
      out,
      { ...report, nodes },
      () => reportPage(report, details),
    );
    return;
  }
  const { reports, ...study } = outcome.study;
  const folders = tickerFolders(Object.keys(reports));
  for (const [ticker, folder] of folders) {
    const own = join(out, folder);
    await makeFolder(own, "--out", "the report of a ticker");
    await writeReport(
      own,
      reports[ticker]!,
      () => reportPage(reports[ticker]!, details),
    );
  }
  const pages = Object.fromEntries(
    [...folders].map(([ticker, folder]) => [ticker, `${folder}/report.html`]),
  );
  await writeReport(
    out,
    { ...study, pages, nodes },
    () => studyPage(outcome.study, details, pages),
  );
}

async function writeReport(
  folder: string,
  report: unknown,
  page: () => Promise<string>,
): Promise<void> {
  await writeFile(
    join(folder, "report.json"),
    JSON.stringify(report, null, 2) + "\n",
  );
  await writeFile(join(folder, "report.html"), await page());
}
