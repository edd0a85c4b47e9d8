/**
 * Data frames as tables: the first and last rows, every column with its dtype,
 * and the shape.
 *
 * @module
 */

import type { MimeBundle } from "./bundle.ts";
import { type Cell, cellText } from "./table.ts";
import { escapeHtml, formatCount } from "../core/text.ts";

/** The part of a nodejs-polars frame that the display uses. */
export interface FrameLike {
  /** How many rows and columns it has. */
  readonly shape: { readonly height: number; readonly width: number };
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Their dtypes. */
  readonly dtypes: readonly unknown[];
  /** The first rows. */
  head(length: number): FrameLike;
  /** The last rows. */
  tail(length: number): FrameLike;
  /** All rows, each a list of cells. */
  rows(): readonly (readonly unknown[])[];
}

/** Frames up to this length are shown whole. */
const MAX_ROWS = 12;
const ENDS = 5;
const MAX_COLUMNS = 24;
const MAX_CELL = 60;

/**
 * Whether a value is a data frame.
 *
 * @param value Any value.
 * @returns True for frames of nodejs-polars.
 */
export function isFrame(value: unknown): value is FrameLike {
  if (typeof value !== "object" || value === null) return false;
  const { shape, columns, head, tail, rows } = value as Partial<FrameLike>;
  return Array.isArray(columns) && typeof head === "function" &&
    typeof tail === "function" && typeof rows === "function" &&
    typeof shape?.height === "number";
}

function dtypeText(dtype: unknown): string {
  return String(dtype).replace(/^DataType\((.*)\)$/, "$1")
    .replace(/\(ms,\)/, "(ms)").toLowerCase();
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? String(value)
      : String(Number(value.toPrecision(7)));
  }
  const isCell = value instanceof Date || typeof value !== "object";
  const text = isCell ? cellText(value as Cell, 6) : JSON.stringify(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}

interface Excerpt {
  readonly names: readonly string[];
  readonly dtypes: readonly string[];
  readonly numeric: readonly boolean[];
  /** Texts of the rows; undefined stands for the rows left out. */
  readonly rows: readonly (readonly string[] | undefined)[];
  readonly summary: string;
}

function excerptOf(frame: FrameLike): Excerpt {
  const { height, width } = frame.shape;
  const isWhole = height <= MAX_ROWS;
  const top = (isWhole ? frame : frame.head(ENDS)).rows();
  const bottom = isWhole ? [] : frame.tail(ENDS).rows();
  const shown = Math.min(width, MAX_COLUMNS);
  const texts = (row: readonly unknown[]) => row.slice(0, shown).map(valueText);
  const more = width > shown
    ? ` (${formatCount(width - shown, "column")} not shown)`
    : "";
  return {
    names: frame.columns.slice(0, shown),
    dtypes: frame.dtypes.slice(0, shown).map(dtypeText),
    numeric: Array.from(
      { length: shown },
      (_, column) =>
        [...top, ...bottom].some((row) =>
          typeof row[column] === "number" || typeof row[column] === "bigint"
        ),
    ),
    rows: isWhole
      ? top.map(texts)
      : [...top.map(texts), undefined, ...bottom.map(texts)],
    summary: `${formatCount(height, "row")} × ${
      formatCount(width, "column")
    }${more}`,
  };
}

function excerptHtml(excerpt: Excerpt): string {
  const align = (column: number) =>
    `text-align:${excerpt.numeric[column] === true ? "right" : "left"}`;
  const head = excerpt.names.map((name, column) =>
    `<th style="${align(column)}">${escapeHtml(name)}<br>` +
    `<small style="font-weight:400;opacity:.65">${
      escapeHtml(excerpt.dtypes[column] ?? "")
    }</small></th>`
  ).join("");
  const body = excerpt.rows.map((row) =>
    row === undefined
      ? `<tr>${
        excerpt.names.map((_, column) => `<td style="${align(column)}">⋮</td>`)
          .join("")
      }</tr>`
      : `<tr>${
        row.map((text, column) =>
          `<td style="${align(column)};font-variant-numeric:tabular-nums${
            text === "null" ? ";opacity:.5" : ""
          }">${escapeHtml(text)}</td>`
        ).join("")
      }</tr>`
  ).join("");
  return `<div style="overflow-x:auto"><table><thead><tr>${head}</tr></thead>` +
    `<tbody>${body}</tbody></table></div><small>${
      escapeHtml(excerpt.summary)
    }</small>`;
}

function excerptText(excerpt: Excerpt): string {
  const widths = excerpt.names.map((name, column) =>
    Math.max(
      name.length,
      excerpt.dtypes[column]?.length ?? 0,
      ...excerpt.rows.map((row) => row?.[column]?.length ?? 1),
    )
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      excerpt.numeric[column] === true
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0)
    ).join("  ").trimEnd();
  return [
    `Frame: ${excerpt.summary}`,
    line(excerpt.names),
    line(excerpt.dtypes),
    ...excerpt.rows.map((row) => line(row ?? excerpt.names.map(() => "⋮"))),
  ].join("\n");
}

/**
 * A frame as a front end shows it.
 *
 * @param frame The frame; only the rows that are shown are read.
 * @returns A table as HTML and as text; all cells are escaped.
 */
export function describeFrame(frame: FrameLike): MimeBundle {
  const excerpt = excerptOf(frame);
  return {
    "text/html": excerptHtml(excerpt),
    "text/plain": excerptText(excerpt),
  };
}
