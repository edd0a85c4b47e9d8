/**
 * The outlook as a command line.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore, start, type Store } from "../../runtime/flow/mod.ts";
import { type RunView, showRuns, viewOf } from "../../runtime/display/mod.ts";
import { cardHeading } from "../../ops/evaluate/mod.ts";
import { makeFolders } from "../make_folder.ts";
import type { TickerPrices } from "../ticker_prices.ts";
import { devicesUsed } from "./devices_used.ts";
import {
  type OutlookOptions,
  pricesOf,
  readOptions,
  settingsOf,
  sharedInputs,
  USAGE,
} from "./options.ts";
import { outlook } from "./outlook.ts";
import { outlookByTicker } from "./outlook_by_ticker.ts";
import { provenanceOf } from "./provenance.ts";
import { metricTable } from "./report_page.ts";
import type { Report } from "./report_schema.ts";
import { acrossTable, tickerTable } from "./study_page.ts";
import { boundedTrace } from "./trace_file.ts";
import { type Outcome, writeOutcome } from "./write_outcome.ts";

/** Up to this size a store is read through before it is used. */
const CHECKED_BYTES = 512 * 2 ** 20;

/**
 * Sets damaged files aside before the run. The run itself notices damage only
 * in what it reads.
 */
async function checkStore(
  store: Store,
  print: (line: string) => void,
): Promise<void> {
  const { bytes } = await store.statistics();
  if (bytes > CHECKED_BYTES) return;
  const { damaged } = await store.verify();
  for (const { path, reason } of damaged) {
    print(`Set aside a damaged file of the store, "${path}": ${reason}`);
  }
}

/** Wires one report, or one for each ticker. */
async function nodeOf(options: OutlookOptions, prices: TickerPrices[]) {
  const settings = settingsOf(options);
  const shared = await sharedInputs(options);
  const [only] = prices;
  if (only !== undefined && prices.length === 1) {
    const { ticker, ...own } = only;
    return outlook({ ...shared, ...own }, { ...settings, ticker });
  }
  const tickers = Object.fromEntries(
    prices.map(({ ticker = "", ...own }) => [ticker, own]),
  );
  return outlookByTicker({ ...shared, tickers }, settings);
}

/**
 * Runs the outlook, writes the report and prints a short table.
 *
 * @param args Arguments of the command line.
 * @param print Where lines go.
 */
export async function outlookCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    print(USAGE);
    return;
  }
  const prices = await pricesOf(options);
  await makeFolders(options);
  showRuns();
  const createdAt = new Date();
  const store = openStore(options.store);
  await checkStore(store, print);
  const run = start([await nodeOf(options, prices)], {
    store,
    keep: "all",
    device: options.device,
  });
  const [outcome] = await run.values;
  const view = viewOf(run.events.past);
  const devices = devicesUsed(run.events.past);
  const details = {
    view,
    createdAt,
    provenance: await provenanceOf(options, devices),
  };

  const { out } = options;
  await writeFile(
    join(out, "trace.json"),
    JSON.stringify(boundedTrace(run.trace.toChrome())),
  );
  await writeOutcome(out, outcome, details);
  for (const line of linesOf(outcome)) print(line);
  print("");
  print(`Nodes: ${statesOf(view)}`);
  print(`Devices: ${devices}`);
  print(`Report: ${join(out, "report.html")}`);
}

function statesOf(view: RunView): string {
  const states = new Map<string, number>();
  for (const { phase } of view.nodes) {
    states.set(phase, (states.get(phase) ?? 0) + 1);
  }
  return [...states].map(([state, count]) => `${count} ${state}`).join(", ");
}

function linesOf(outcome: Outcome): string[] {
  if ("report" in outcome) return reportLines(outcome.report);
  const { study } = outcome;
  return [
    String(tickerTable(study)),
    "",
    String(acrossTable(study, "volatility")),
    "",
    String(acrossTable(study, "movement")),
    "",
    ...study.notes.map((note) => `- ${note}`),
    ...Object.entries(study.reports).flatMap(([ticker, report]) =>
      warningsOf(report).map((warning) => `! ${ticker}: ${warning}`)
    ),
    "",
    ...Object.entries(study.reports).flatMap(([ticker, report]) =>
      stageLines(report).map((line) => `${ticker}: ${line}`)
    ),
    "",
    `Size: ${study.size}`,
  ];
}

function warningsOf({ data }: Report): string[] {
  return data.findings.filter(({ severity }) => severity === "warning")
    .map(({ code, message }) => `${code}: ${message}`);
}

/** The data windows of the stages. */
function stageLines({ card }: Report): string[] {
  return card.stages.map((stage) =>
    `${cardHeading(stage)}: ${stage.splits.length} windows, trained from ${
      stage.splits[0]!.train.from
    }, tested ${stage.splits[0]!.test.from} to ${stage.splits.at(-1)!.test.to}`
  );
}

function reportLines(report: Report): string[] {
  return [
    String(metricTable(report, "volatility")),
    "",
    String(metricTable(report, "movement")),
    "",
    ...report.notes.map((note) => `- ${note}`),
    ...warningsOf(report).map((warning) => `! ${warning}`),
    "",
    ...stageLines(report),
    "",
    `Size: ${report.size}`,
  ];
}
