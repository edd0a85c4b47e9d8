/**
 * Figures of lines, with and without bands.
 *
 * @module
 */

import type { AxisValues } from "./axis.ts";
import { Figure } from "./figure.ts";
import type { FigureTrace, LineStyle } from "./figure_spec.ts";
import {
  type FigureText,
  frameOf,
  type NumberList,
  requireSameLength,
} from "./figure_text.ts";
import { seriesColor, withAlpha } from "./palette.ts";

/** One line of {@linkcode lineFigure}. */
export interface LineSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** Its values; NaN interrupts the line. */
  readonly y: NumberList;
  /** Its own horizontal positions, where they differ from the others'. */
  readonly x?: AxisValues;
  /** A hexadecimal colour; the next of the palette by default. */
  readonly color?: string;
  /** How it is drawn. */
  readonly dash?: "solid" | "dot" | "dash" | "dashdot";
  /** In pixels; 2 by default. */
  readonly width?: number;
}

function lineTrace(
  series: LineSeries,
  x: AxisValues,
  index: number,
): FigureTrace {
  const at = series.x ?? x;
  requireSameLength("the line", series.name, series.y.length, at.length);
  const line: LineStyle = {
    color: series.color ?? seriesColor(index),
    width: series.width ?? 2,
    ...(series.dash === undefined ? {} : { dash: series.dash }),
  };
  return {
    type: "scatter",
    mode: "lines",
    name: series.name,
    x: at,
    y: series.y,
    line,
  };
}

/**
 * Lines over a common axis.
 *
 * @param x Numbers, ISO dates, `Date`s or names.
 * @param series The lines, each as long as `x`.
 * @param text Title and labels.
 * @returns The figure.
 * @throws {ParameterError} When lengths differ.
 *
 * @example
 * ```ts
 * import { lineFigure } from "@weft/weft/display";
 *
 * const picture = lineFigure(
 *   ["2020-01-02", "2020-01-03", "2020-01-06"],
 *   [{ name: "Realised", y: [0.11, 0.14, 0.12] }, { name: "HAR", y: [NaN, 0.12, 0.13] }],
 *   { title: "Volatility", yLabel: "Per year" },
 * );
 * console.log(picture.data.length); // 2
 * ```
 */
export function lineFigure(
  x: AxisValues,
  series: readonly LineSeries[],
  text: FigureText = {},
): Figure {
  return new Figure(
    series.map((one, index) => lineTrace(one, x, index)),
    frameOf(text, { hovermode: "x unified" }),
  );
}

/** An interval around a forecast. */
export interface Band {
  /** Its name in the legend, for example `90 %`. */
  readonly name: string;
  /** Lower ends. */
  readonly lower: NumberList;
  /** Upper ends. */
  readonly upper: NumberList;
  /** A hexadecimal colour; that of the first line by default. */
  readonly color?: string;
}

/**
 * Lines with shaded intervals behind them, the widest first.
 *
 * @param x Numbers, ISO dates, `Date`s or names.
 * @param bands Intervals, each as long as `x`, the widest first.
 * @param series Lines over them.
 * @param text Title and labels.
 * @returns The figure.
 * @throws {ParameterError} When lengths differ.
 *
 * @example
 * ```ts
 * import { bandFigure } from "@weft/weft/display";
 *
 * const picture = bandFigure(
 *   [1, 2, 3],
 *   [{ name: "90 %", lower: [0, 1, 1], upper: [3, 4, 6] }],
 *   [{ name: "Forecast", y: [1, 2, 3] }, { name: "Realised", y: [2, 2, 5] }],
 * );
 * console.log(picture.data.length); // 4: two ends of the band, two lines
 * ```
 */
export function bandFigure(
  x: AxisValues,
  bands: readonly Band[],
  series: readonly LineSeries[],
  text: FigureText = {},
): Figure {
  const data: FigureTrace[] = [];
  for (const band of bands) {
    requireSameLength("the band", band.name, band.lower.length, x.length);
    requireSameLength("the band", band.name, band.upper.length, x.length);
    const color = band.color ?? series[0]?.color ?? seriesColor(0);
    const edge = {
      type: "scatter",
      mode: "lines",
      x,
      line: { width: 0, color },
    };
    data.push(
      { ...edge, y: band.lower, showlegend: false, hoverinfo: "skip" },
      {
        ...edge,
        name: band.name,
        y: band.upper,
        fill: "tonexty",
        fillcolor: withAlpha(color, 0.22),
        hoverinfo: "skip",
      },
    );
  }
  series.forEach((one, index) => data.push(lineTrace(one, x, index)));
  return new Figure(data, frameOf(text, { hovermode: "x unified" }));
}
