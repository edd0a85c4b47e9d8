/**
 * The report as a page and as text.
 *
 * @module
 */

import {
  confusionFigure,
  htmlReport,
  type ReportSection,
  type ResultTable,
  resultTable,
  runGraphSvg,
  type RunView,
} from "../../runtime/display/mod.ts";
import { performanceTable } from "../evaluation_blocks.ts";
import { modelCardSections, modelCardText } from "../model_card.ts";
import { MODEL_NAMES } from "./assemble_report.ts";
import type { StockMovementReport } from "./report_schema.ts";

/** What the page tells beside the report. */
export interface StockMovementPage {
  /** The run, with the state and time of each node. */
  readonly view: RunView;
  /** Names and values of what the numbers depend on. */
  readonly provenance: readonly (readonly [string, string])[];
  /** When the run began. */
  readonly createdAt: Date;
}

function tuningTable({ tunings }: StockMovementReport): ResultTable {
  return resultTable(
    ["window", "examples", "cut", "steps", { label: "first loss", digits: 4 }, {
      label: "last loss",
      digits: 4,
    }],
    tunings.map((own, window) => [
      window,
      own.examples,
      own.cut,
      own.steps,
      own.firstLoss,
      own.lastLoss,
    ]),
    { caption: "Fine-tuning on all factors, loss in nats a token" },
  );
}

function classTable({ classes, counts }: StockMovementReport): ResultTable {
  return resultTable(
    ["class", "events", "of them in the test"],
    classes.map((name, at) => [
      name,
      counts.all[at] ?? 0,
      counts.test[at] ?? 0,
    ]),
    { caption: "How often each class came" },
  );
}

function economyTable({ economy }: StockMovementReport): ResultTable[] {
  return economy === null ? [] : [performanceTable(
    Object.fromEntries(
      Object.entries(MODEL_NAMES).map(([model, name]) => [
        name,
        economy[model]!,
      ]),
    ),
    "Long or short by the answer, events of a day share the money, after costs",
    MODEL_NAMES["majority"],
  )];
}

function detailSections(report: StockMovementReport): ReportSection[] {
  const { classes, confusions, economyNote, example } = report;
  return [
    {
      title: "What was learnt and asked",
      blocks: [
        classTable(report),
        tuningTable(report),
        "The first prompt of the test, behind which the answers are scored:",
        {
          kind: "definitions",
          entries: [["prompt", example.prompt], [
            "true answer",
            example.answer,
          ]],
        },
      ],
    },
    {
      title: "Answers",
      // Answers are scored rather than written: each names a class
      blocks: Object.entries(MODEL_NAMES).map(([model, title]) =>
        confusionFigure(
          classes,
          confusions[model]!.map((row) => row.slice(0, classes.length)),
          { title },
        )
      ),
    },
    {
      title: "Economic view",
      blocks: [...economyTable(report), economyNote],
    },
  ];
}

/**
 * The page.
 *
 * @param report The report.
 * @param details The run, provenance and time.
 * @returns HTML that stands alone.
 */
export async function stockMovementPage(
  report: StockMovementReport,
  { createdAt, provenance, view }: StockMovementPage,
): Promise<string> {
  return await htmlReport({
    title: report.card.title,
    lead: [
      `Size "${report.card.size}". All figures are out of sample.`,
      ...report.card.data.flatMap(({ note }) => note ?? []),
    ].join(" "),
    createdAt,
    sections: [
      ...modelCardSections(report.card),
      ...detailSections(report),
      {
        title: "Run",
        blocks: [
          { kind: "svg", svg: await runGraphSvg(view) },
          resultTable(
            ["what", "value"],
            provenance.map(([what, value]) => [what, value]),
          ),
        ],
      },
    ],
  });
}

/**
 * The report as text for a terminal.
 *
 * @param report The report.
 * @returns Lines of text.
 */
export function stockMovementText(report: StockMovementReport): string {
  return [
    modelCardText(report.card),
    String(classTable(report)),
    String(tuningTable(report)),
    ...economyTable(report).map(String),
    report.economyNote,
  ].join("\n\n");
}
