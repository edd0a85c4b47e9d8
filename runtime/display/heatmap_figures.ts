/**
 * Figures of tables of numbers: heat maps and confusion.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import {
  type FigureText,
  frameOf,
  type NumberList,
  requireSameLength,
} from "./figure_text.ts";
import { DIVERGING, SEQUENTIAL } from "./palette.ts";
import { formatNumber } from "../core/text.ts";

/** What {@linkcode heatmapFigure} takes beside its data. */
export interface HeatmapText extends FigureText {
  /** Two colours around a middle at zero; false by default. */
  readonly diverging?: boolean;
  /** Texts in the cells, row by row; the rounded values by default, `false` for none. */
  readonly labels?: readonly (readonly string[])[] | false;
}

/**
 * A table of numbers as colours, the first row on top.
 *
 * @param rows Names of the rows.
 * @param columns Names of the columns.
 * @param values One list a row.
 * @param text Title, labels, colours.
 * @returns The figure.
 * @throws {ParameterError} When sizes differ.
 *
 * @example
 * ```ts
 * import { heatmapFigure } from "@weft/weft/display";
 *
 * const picture = heatmapFigure(["rbf", "linear"], ["2019", "2020"], [
 *   [0.31, 0.42],
 *   [0.35, 0.4],
 * ], { title: "QLIKE" });
 * console.log(String(picture)); // Figure "QLIKE": series 1 (heatmap, 2 x 2)
 * ```
 */
export function heatmapFigure(
  rows: readonly string[],
  columns: readonly string[],
  values: readonly NumberList[],
  text: HeatmapText = {},
): Figure {
  requireSameLength("the heat map", "rows", values.length, rows.length);
  for (const row of values) {
    requireSameLength("the heat map", "columns", row.length, columns.length);
  }
  const labels = text.labels ??
    values.map((row) => Array.from(row, (value) => formatNumber(value, 3)));
  const most = values.flatMap((row) => Array.from(row))
    .filter(Number.isFinite)
    .reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  const colors = text.diverging === true
    ? { colorscale: DIVERGING, zmin: -most, zmax: most }
    : { colorscale: SEQUENTIAL };
  return new Figure(
    [{
      type: "heatmap",
      x: columns,
      y: rows,
      z: values,
      xgap: 1,
      ygap: 1,
      showscale: labels === false,
      ...colors,
      ...(labels === false ? {} : { text: labels, texttemplate: "%{text}" }),
    }],
    frameOf(text, {
      xaxis: { type: "category" },
      yaxis: { type: "category", autorange: "reversed" },
    }),
  );
}

/**
 * Which classes were taken for which: counts, and shares of the true class.
 *
 * @param classes Names of the classes, in the order of the counts.
 * @param counts `counts[i][j]`: how often true class `i` was predicted as `j`.
 * @param text Title and labels.
 * @returns The figure, coloured by the share of the true class.
 * @throws {ParameterError} When the counts are not square.
 *
 * @example
 * ```ts
 * import { confusionFigure } from "@weft/weft/display";
 *
 * const picture = confusionFigure(["down", "hold", "up"], [
 *   [30, 12, 8],
 *   [10, 60, 14],
 *   [9, 15, 33],
 * ]);
 * console.log(picture.data[0]?.type); // heatmap
 * ```
 */
export function confusionFigure(
  classes: readonly string[],
  counts: readonly NumberList[],
  text: FigureText = {},
): Figure {
  const shares = counts.map((row) => {
    const total = Array.from(row).reduce((sum, count) => sum + count, 0);
    return Array.from(row, (count) => total > 0 ? count / total : 0);
  });
  const labels = counts.map((row, r) =>
    Array.from(
      row,
      (count, c) =>
        `${formatNumber(count, 15)}<br>${
          formatNumber(100 * (shares[r]?.[c] ?? 0), 2)
        } %`,
    )
  );
  const drawn = heatmapFigure(classes, classes, shares, {
    title: "Confusion",
    xLabel: "Predicted",
    yLabel: "True",
    ...text,
    labels,
  });
  return new Figure(
    drawn.data.map((trace) => ({ ...trace, zmin: 0, zmax: 1 })),
    drawn.layout,
  );
}
