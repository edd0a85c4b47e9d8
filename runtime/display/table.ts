/**
 * Tables of results as HTML and as text: numbers aligned, the best of a column
 * marked, baselines set apart.
 *
 * @module
 */

import {
  DENO_INSPECT,
  type Displayable,
  JUPYTER_DISPLAY,
  type MimeBundle,
} from "./bundle.ts";
import { escapeHtml, formatNumber } from "../core/text.ts";

/** What a cell of a table may hold. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/** A column of a table. */
export interface TableColumn {
  /** Its heading. */
  readonly label: string;
  /** Significant digits of its numbers; 4 by default. */
  readonly digits?: number;
  /** Which number is marked as the best; none by default. */
  readonly best?: "low" | "high";
  /** Shown on pointing at the heading. */
  readonly note?: string;
}

/** A row of a table that is set apart. */
export interface TableRow {
  /** Its cells. */
  readonly cells: readonly Cell[];
  /** `baseline` is written in a quieter colour; it, too, can be the best. */
  readonly tone?: "plain" | "baseline";
}

/** What {@linkcode resultTable} takes beside columns and rows. */
export interface TableOptions {
  /** What the table shows. */
  readonly caption?: string;
}

function isRow(row: TableRow | readonly Cell[]): row is TableRow {
  return "cells" in row;
}

/**
 * A cell as text.
 *
 * @param cell Its value.
 * @param digits Significant digits of a number.
 * @returns The text; empty for what is missing.
 */
export function cellText(cell: Cell, digits = 4): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return formatNumber(cell, digits);
  if (cell instanceof Date) {
    if (Number.isNaN(cell.getTime())) return "invalid date";
    const text = cell.toISOString();
    return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
  }
  return String(cell);
}

/** The most digits after the point that a column of equal form may have. */
const MAX_DECIMALS = 6;

/**
 * How many digits after the point the numbers of a column share, so that they
 * stand under each other: as many as its largest number needs. Undefined where
 * small numbers would lose what they say.
 */
function sharedDecimals(
  cells: readonly Cell[],
  digits: number,
): number | undefined {
  const numbers = cells.filter((cell): cell is number =>
    typeof cell === "number" && Number.isFinite(cell) && cell !== 0
  );
  const sizes = numbers.map(Math.abs);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const smallest = sizes.reduce(
    (least, size) => Math.min(least, size),
    Infinity,
  );
  if (largest >= 1e5) return undefined;
  const wished = largest > 0 ? digits - 1 - Math.floor(Math.log10(largest)) : 0;
  const decimals = Math.max(0, wished);
  const needed = numbers.reduce((most, number) => {
    const text = number.toFixed(Math.min(20, decimals));
    const [, fraction = ""] = text.split(".");
    return Math.max(most, fraction.replace(/0+$/, "").length);
  }, 0);
  const isLost = smallest < 5 * 10 ** -needed && smallest < largest / 100;
  return needed > MAX_DECIMALS || isLost ? undefined : needed;
}

/** Texts longer than this may break into lines. */
const LONG_TEXT = 44;

function isNumeric(cell: Cell): boolean {
  return typeof cell === "number" || typeof cell === "bigint";
}

/** A table of results; make one with {@linkcode resultTable}. */
export class ResultTable implements Displayable {
  /** The columns. */
  readonly columns: readonly TableColumn[];
  /** The rows. */
  readonly rows: readonly TableRow[];
  /** What the table shows. */
  readonly caption: string;

  /**
   * Makes a table.
   *
   * @param columns Headings, or columns with more to say.
   * @param rows Lists of cells, or rows that are set apart.
   * @param options The caption.
   */
  constructor(
    columns: readonly (TableColumn | string)[],
    rows: readonly (TableRow | readonly Cell[])[],
    options: TableOptions = {},
  ) {
    this.columns = columns.map((column) =>
      typeof column === "string" ? { label: column } : column
    );
    this.rows = rows.map((row) => isRow(row) ? row : { cells: row });
    this.caption = options.caption ?? "";
  }

  /** The texts of all cells, the numbers of a column in one form. */
  #texts(): string[][] {
    const decimals = this.columns.map((column, index) =>
      sharedDecimals(
        this.rows.map((row) => row.cells[index]),
        column.digits ?? 4,
      )
    );
    return this.rows.map((row) =>
      this.columns.map((column, index) => {
        const cell = row.cells[index];
        const places = decimals[index];
        return typeof cell === "number" && Number.isFinite(cell) &&
            places !== undefined
          ? cell.toFixed(places).replace("-", "−")
          : cellText(cell, column.digits);
      })
    );
  }

  /** The best number of a column: honest only if baselines compete. */
  #best(index: number): number | undefined {
    const which = this.columns[index]?.best;
    if (which === undefined) return undefined;
    const numbers = this.rows
      .map((row) => row.cells[index])
      .filter((cell): cell is number =>
        typeof cell === "number" && Number.isFinite(cell)
      );
    if (numbers.length < 2) return undefined;
    return which === "low" ? Math.min(...numbers) : Math.max(...numbers);
  }

  /**
   * The table as an element of a page.
   *
   * @returns HTML; all cells are escaped.
   */
  html(): string {
    const right = this.columns.map((_, index) =>
      this.rows.some((row) => isNumeric(row.cells[index]))
    );
    const align = (index: number) =>
      ` style="text-align:${right[index] === true ? "right" : "left"}"`;
    const head = this.columns.map((column, index) =>
      `<th scope="col"${align(index)}${
        column.note === undefined ? "" : ` title="${escapeHtml(column.note)}"`
      }>${escapeHtml(column.label)}</th>`
    ).join("");
    const best = this.columns.map((_, index) => this.#best(index));
    const texts = this.#texts();
    const body = this.rows.map((row, r) => {
      const baseline = row.tone === "baseline";
      const cells = this.columns.map((_, index) => {
        const cell = row.cells[index];
        const text = escapeHtml(texts[r]?.[index] ?? "");
        const isBest = best[index] !== undefined && cell === best[index];
        const wraps = text.length > LONG_TEXT ? ' class="weft-long"' : "";
        return `<td${wraps}${align(index)}>${
          isBest ? `<strong class="weft-best">${text}</strong>` : text
        }</td>`;
      }).join("");
      return `<tr${baseline ? ' class="weft-baseline"' : ""}>${cells}</tr>`;
    }).join("");
    const caption = this.caption === ""
      ? ""
      : `<caption>${escapeHtml(this.caption)}</caption>`;
    return `<table class="weft-table">${caption}<thead><tr>${head}</tr></thead>` +
      `<tbody>${body}</tbody></table>`;
  }

  /** The table as aligned text for a terminal; the best numbers carry a star. */
  toString(): string {
    const best = this.columns.map((_, index) => this.#best(index));
    const texts = this.#texts();
    const rows = this.rows.map((row, r) =>
      this.columns.map((_, index) => {
        const cell = row.cells[index];
        const star = best[index] !== undefined && cell === best[index]
          ? "*"
          : best[index] === undefined
          ? ""
          : " ";
        return (texts[r]?.[index] ?? "") + star;
      })
    );
    const widths = this.columns.map((column, index) =>
      Math.max(
        column.label.length,
        ...rows.map((row) => row[index]?.length ?? 0),
      )
    );
    const line = (cells: readonly string[]) =>
      cells.map((cell, index) => {
        const numeric = this.rows.some((row) => isNumeric(row.cells[index]));
        const width = widths[index] ?? 0;
        return numeric ? cell.padStart(width) : cell.padEnd(width);
      }).join("  ").trimEnd();
    return [
      ...(this.caption === "" ? [] : [this.caption]),
      line(this.columns.map((column) => column.label)),
      widths.map((width) => "─".repeat(width)).join("  "),
      ...rows.map(line),
    ].join("\n");
  }

  /** The faces of the table for a notebook. */
  [JUPYTER_DISPLAY](): MimeBundle {
    return {
      "text/html": `<style>${TABLE_STYLE}</style>${this.html()}`,
      "text/plain": this.toString(),
    };
  }

  /** Aligned text for `console.log`. */
  [DENO_INSPECT](): string {
    return this.toString();
  }
}

/** Styles of tables inside a page. */
export const TABLE_STYLE: string =
  `.weft-table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92em;margin:.5em 0}` +
  `.weft-table caption{text-align:left;font-weight:600;padding:.3em 0}` +
  `.weft-table th,.weft-table td{padding:.32em .8em;text-align:left;border:0;white-space:nowrap}` +
  `.weft-table thead th{border-bottom:1.5px solid currentColor;font-weight:600}` +
  `.weft-table tbody tr+tr td{border-top:1px solid rgba(128,128,128,.28)}` +
  `.weft-table .weft-long{white-space:normal;min-width:18em}` +
  `.weft-table .weft-baseline td{opacity:.65;font-style:italic}` +
  `.weft-table .weft-best{font-weight:700}`;

/**
 * A table of results.
 *
 * @param columns Headings, or columns that say how many digits their numbers
 * have and which one is the best.
 * @param rows Lists of cells, or `{ cells, tone: "baseline" }`.
 * @param options The caption.
 * @returns The table; in a notebook it shows itself, `String(table)` is text.
 *
 * @example
 * ```ts
 * import { resultTable } from "@weft/weft/display";
 *
 * const table = resultTable(
 *   ["Model", { label: "QLIKE", best: "low" }],
 *   [["HAR", 0.274], ["GP", 0.268], { cells: ["Yesterday", 0.41], tone: "baseline" }],
 * );
 * console.log(String(table).includes("0.268*")); // true
 * ```
 */
export function resultTable(
  columns: readonly (TableColumn | string)[],
  rows: readonly (TableRow | readonly Cell[])[],
  options: TableOptions = {},
): ResultTable {
  return new ResultTable(columns, rows, options);
}
