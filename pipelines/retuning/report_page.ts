/**
 * The report of RETuning as a page and as text.
 *
 * @module
 */

import { cardHeading } from "../../ops/evaluate/mod.ts";
import {
  htmlReport,
  type ReportSection,
  type ResultTable,
  resultTable,
  runGraphSvg,
} from "../../runtime/display/mod.ts";
import { cardMetricTable, modelCardSections } from "../model_card.ts";
import type { PageDetails } from "../outlook/report_page.ts";
import { formBlocks, formTable, responseBlock } from "./form_blocks.ts";
import {
  answerFigure,
  policyTable,
  tuningBlocks,
  voteBlocks,
  voteTable,
} from "./page_blocks.ts";
import type { RetuningReport } from "./report_schema.ts";
import type { RetuningSettings } from "./settings.ts";

const TITLE = "RETuning: evidence for and against a rise";

function windowTable({ byWindow, stage }: RetuningReport): ResultTable {
  return resultTable(
    [
      "window",
      "tested from",
      "to",
      "items",
      { label: "accuracy", digits: 4 },
      { label: "macro F1", digits: 4 },
      "without an answer",
    ],
    byWindow.map(({ accuracy, invalid, macroF1, rows, window }) => [
      window + 1,
      stage.splits[window]!.test.from,
      stage.splits[window]!.test.to,
      rows,
      accuracy,
      macroF1,
      invalid,
    ]),
    { caption: "The model, tuned, window by window" },
  );
}

function answerSection(report: RetuningReport): ReportSection {
  const { byWindow, confusions, stage } = report;
  const names = [stage.model, "structured scorer"];
  return {
    title: "Answers",
    blocks: [
      {
        kind: "columns",
        blocks: names.map((name) => answerFigure(name, confusions[name]!)),
      },
      ...(byWindow.length > 1 ? [windowTable(report)] : []),
    ],
  };
}

/**
 * Draws the report as one self-contained HTML file.
 *
 * @param report The report.
 * @param run How much of everything there was, and how long examples were.
 * @param details The run and what the numbers depend on.
 * @returns The text of the file.
 */
export async function retuningPage(
  report: RetuningReport,
  { detail, size }: {
    readonly size: string;
    readonly detail: RetuningSettings["detail"];
  },
  { createdAt, provenance, view }: PageDetails,
): Promise<string> {
  const { data, shown, stage } = report;
  const title = cardHeading({ ...stage, title: TITLE });
  return await htmlReport({
    title,
    lead: `Size "${size}". All figures are out of sample: ${
      detail === "full"
        ? "the model sets a framework, scores evidence for both sides, doubts it and answers"
        : "the model is asked to set a framework and to doubt, but shown brief examples: it scores evidence for both sides and answers"
    }; several responses to an item vote.`,
    createdAt,
    sections: [
      ...modelCardSections({ title: TITLE, size, data, stages: [stage] }),
      { title: "Votes", blocks: voteBlocks(report) },
      answerSection(report),
      { title: "Form of the responses", blocks: formBlocks(report) },
      { title: "Tuning", blocks: tuningBlocks(report) },
      {
        title: "Whole responses",
        blocks: [
          "The first response of the tuned model to the first item of each class in the last window, as it was written.",
          ...shown.map(responseBlock),
        ],
      },
      {
        title: "How it was computed",
        blocks: [
          { kind: "svg", svg: await runGraphSvg(view) },
          { kind: "definitions", entries: provenance },
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
export function retuningText(report: RetuningReport): string {
  const { byWindow, stage } = report;
  return [
    cardMetricTable(stage),
    ...(byWindow.length > 1 ? [windowTable(report)] : []),
    voteTable(report),
    formTable(report),
    policyTable(report),
    stage.notes.map((note) => `- ${note}`).join("\n"),
  ].join("\n\n");
}
