/**
 * Reports: one self-contained HTML file that opens with no network, runs no
 * script but its own, reads well on paper, on light and on dark screens, and
 * keeps a static picture of every figure.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Figure } from "./figure.ts";
import { markdownToHtml } from "./markdown.ts";
import { FIGURE_SCRIPT, FIGURE_STYLE, plotlyScript } from "./plotly.ts";
import { REPORT_STYLE } from "./report_style.ts";
import { type Cell, cellText, ResultTable, TABLE_STYLE } from "./table.ts";
import { escapeHtml } from "../core/text.ts";

/** A number or a name that a reader should see first. */
export interface Fact {
  /** What it is. */
  readonly label: string;
  /** How much it is; numbers are rounded to four significant digits. */
  readonly value: Cell;
  /** What to compare it with, for example `shuffled labels 0.34`. */
  readonly note?: string;
  /** Colours the value; `plain` by default. */
  readonly tone?: "plain" | "good" | "bad";
}

/** Facts side by side. */
export interface FactsBlock {
  /** Tells the blocks apart. */
  readonly kind: "facts";
  /** The facts. */
  readonly facts: readonly Fact[];
}

/** A picture that is SVG already, for example of a graph. */
export interface SvgBlock {
  /** Tells the blocks apart. */
  readonly kind: "svg";
  /** An `<svg>` element. It is not escaped: give only what Weft drew. */
  readonly svg: string;
  /** What it shows. */
  readonly caption?: string;
}

/** A remark that stands out. */
export interface NoteBlock {
  /** Tells the blocks apart. */
  readonly kind: "note";
  /** What it says, as prose. */
  readonly text: string;
  /** `warning` for what a reader must not miss; `info` by default. */
  readonly tone?: "info" | "warning";
}

/** Names with values, for provenance and settings. */
export interface DefinitionsBlock {
  /** Tells the blocks apart. */
  readonly kind: "definitions";
  /** The names with their values, in order. */
  readonly entries: readonly (readonly [name: string, value: Cell])[];
}

/** Blocks that open on demand (and always on paper). */
export interface DetailsBlock {
  /** Tells the blocks apart. */
  readonly kind: "details";
  /** The line that is always shown. */
  readonly summary: string;
  /** What opens. */
  readonly blocks: readonly ReportBlock[];
}

/** Blocks side by side where there is room. */
export interface ColumnsBlock {
  /** Tells the blocks apart. */
  readonly kind: "columns";
  /** The blocks. */
  readonly blocks: readonly ReportBlock[];
}

/** A part of a section: prose (a text), a figure, a table, or one of these. */
export type ReportBlock =
  | string
  | Figure
  | ResultTable
  | FactsBlock
  | SvgBlock
  | NoteBlock
  | DefinitionsBlock
  | DetailsBlock
  | ColumnsBlock;

/** A section of a report. */
export interface ReportSection {
  /** Its heading. */
  readonly title: string;
  /** What stands in it. */
  readonly blocks: readonly ReportBlock[];
}

/** A whole report. */
export interface Report {
  /** The headline. */
  readonly title: string;
  /** One or two sentences under it. */
  readonly lead?: string;
  /** When it was made; left out when absent. */
  readonly createdAt?: Date;
  /** What made it, for the foot of the page. */
  readonly madeBy?: string;
  /** The sections, in order. */
  readonly sections: readonly ReportSection[];
  /**
   * Whether figures can be zoomed and pointed at, which adds the 4.9 MB of
   * plotly.js; true by default.
   */
  readonly interactive?: boolean;
}

function factHtml(fact: Fact): string {
  const tone = fact.tone === undefined || fact.tone === "plain"
    ? ""
    : ` class="${fact.tone === "good" ? "good" : "bad"}"`;
  const note = fact.note === undefined
    ? ""
    : `<small>${escapeHtml(fact.note)}</small>`;
  return `<div><dt>${escapeHtml(fact.label)}</dt><dd${tone}>${
    escapeHtml(cellText(fact.value))
  }</dd>${note}</div>`;
}

function blockHtml(block: ReportBlock): string {
  if (typeof block === "string") return markdownToHtml(block);
  if (block instanceof Figure) return `<figure>${block.element()}</figure>`;
  if (block instanceof ResultTable) {
    return `<div class="scroll">${block.html()}</div>`;
  }
  switch (block.kind) {
    case "facts":
      return `<dl class="facts">${block.facts.map(factHtml).join("")}</dl>`;
    case "svg": {
      const caption = block.caption === undefined
        ? ""
        : `<figcaption>${escapeHtml(block.caption)}</figcaption>`;
      return `<figure class="picture"><div class="scroll">${block.svg}</div>${caption}</figure>`;
    }
    case "note":
      return `<aside class="note ${
        block.tone === "warning" ? "warning" : "info"
      }">${markdownToHtml(block.text)}</aside>`;
    case "definitions":
      return `<dl class="definitions">${
        block.entries.map(([name, value]) =>
          `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(cellText(value))}</dd>`
        ).join("")
      }</dl>`;
    case "details":
      return `<details><summary>${escapeHtml(block.summary)}</summary>${
        block.blocks.map(blockHtml).join("\n")
      }</details>`;
    case "columns":
      return `<div class="columns">${
        block.blocks.map((inner) => `<div>${blockHtml(inner)}</div>`).join("")
      }</div>`;
  }
}

function hasFigure(blocks: readonly ReportBlock[]): boolean {
  return blocks.some((block) =>
    block instanceof Figure ||
    (typeof block === "object" && "blocks" in block && hasFigure(block.blocks))
  );
}

/** The source expression by which a page's policy allows one script. */
function scriptHash(script: string): string {
  return `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
}

const START_FIGURES =
  `${FIGURE_SCRIPT}\ndocument.querySelectorAll(".weft-figure").forEach(weftFigure);`;

/**
 * Builds a report as one HTML file: figures keep a static picture for viewers
 * without scripts and for print; the page's own policy refuses every script
 * but its two, and every request to a network.
 *
 * @param report Title, sections and what stands in them.
 * @returns The HTML document.
 * @throws {WeftError} When plotly.js is needed and cannot be read.
 *
 * @example
 * ```ts
 * import { barFigure, htmlReport } from "@weft/weft/display";
 *
 * const html = await htmlReport({
 *   title: "Outlook",
 *   interactive: false,
 *   sections: [{
 *     title: "Volatility",
 *     blocks: [
 *       "The Gaussian process has the **lowest** loss.",
 *       barFigure(["HAR", "GP"], [{ name: "QLIKE", values: [0.274, 0.268] }]),
 *     ],
 *   }],
 * });
 * console.log(html.startsWith("<!doctype html>")); // true
 * ```
 */
export async function htmlReport(report: Report): Promise<string> {
  const live = report.interactive !== false &&
    report.sections.some((section) => hasFigure(section.blocks));
  const scripts = live ? [await plotlyScript(), START_FIGURES] : [];
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(scriptHash).join(" ") || "'none'"}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const contents = report.sections.map((section, index) =>
    `<li><a href="#section-${index + 1}">${escapeHtml(section.title)}</a></li>`
  ).join("");
  const sections = report.sections.map((section, index) =>
    `<section id="section-${index + 1}"><h2>${
      escapeHtml(section.title)
    }</h2>\n${section.blocks.map(blockHtml).join("\n")}</section>`
  ).join("\n");
  const made = [
    report.madeBy === undefined ? "" : escapeHtml(report.madeBy),
    report.createdAt === undefined
      ? ""
      : `<time datetime="${report.createdAt.toISOString()}">${
        report.createdAt.toISOString().slice(0, 16).replace("T", " ")
      } UTC</time>`,
  ].filter((part) => part !== "").join(" · ");
  const lead = report.lead === undefined
    ? ""
    : `<div class="lead">${markdownToHtml(report.lead)}</div>`;
  const nav = report.sections.length > 1
    ? `<nav aria-label="Contents"><ol>${contents}</ol></nav>`
    : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(report.title)}</title>
<style>${REPORT_STYLE}${TABLE_STYLE}${FIGURE_STYLE}</style>
</head>
<body>
<div class="page${nav === "" ? " narrow" : ""}">
${nav}
<main>
<header><h1>${escapeHtml(report.title)}</h1>${lead}${
    made === "" ? "" : `<p class="made">${made}</p>`
  }</header>
${sections}
</main>
</div>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}
