/**
 * Ready-made figures from plain arrays: lines, bands, points, bars, histograms,
 * heat maps, calibration and confusion.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import type { AxisValues } from "./axis.ts";
import { Figure } from "./figure.ts";
import type {
  ErrorBars,
  FigureAxis,
  FigureLayout,
  FigureTrace,
  LineStyle,
} from "./figure_spec.ts";
import { DIVERGING, SEQUENTIAL, seriesColor, withAlpha } from "./palette.ts";
import { formatNumber } from "./text.ts";

/** Numbers in any form that has a length: lists and typed arrays. */
export type NumberList = ArrayLike<number>;

/** What every figure maker takes beside its data. */
export interface FigureText {
  /** The headline. */
  readonly title?: string;
  /** What the horizontal axis measures, with the unit. */
  readonly xLabel?: string;
  /** What the vertical axis measures, with the unit. */
  readonly yLabel?: string;
  /** Height in pixels; 380 by default. */
  readonly height?: number;
  /** Logarithmic vertical axis; false by default. */
  readonly logY?: boolean;
  /** Logarithmic horizontal axis; false by default. */
  readonly logX?: boolean;
}

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

function requireSameLength(
  what: string,
  name: string,
  length: number,
  expected: number,
): void {
  if (length === expected) return;
  throw new ParameterError(
    `Cannot draw ${what} as "${name}" has the wrong length: current value is ${length}`,
    {
      expected: `${expected} values`,
      actual: `${length} values`,
      hint: "Cut the arrays to the same rows",
    },
  );
}

function frameOf(text: FigureText, extra: FigureLayout = {}): FigureLayout {
  const axis = (label: string | undefined, log: boolean | undefined) => {
    const made: FigureAxis = {
      ...(label === undefined ? {} : { title: { text: label } }),
      ...(log === true ? { type: "log" as const } : {}),
    };
    return made;
  };
  const merge = (made: FigureAxis, key: "xaxis" | "yaxis") => ({
    ...made,
    ...extra[key],
  });
  return {
    ...extra,
    ...(text.title === undefined ? {} : { title: { text: text.title } }),
    ...(text.height === undefined ? {} : { height: text.height }),
    xaxis: merge(axis(text.xLabel, text.logX), "xaxis"),
    yaxis: merge(axis(text.yLabel, text.logY), "yaxis"),
  };
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

/** One cloud of {@linkcode scatterFigure}. */
export interface PointSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** Horizontal positions. */
  readonly x: AxisValues;
  /** Vertical positions. */
  readonly y: NumberList;
  /** A hexadecimal colour; the next of the palette by default. */
  readonly color?: string;
  /** Diameter in pixels; 6 by default. */
  readonly size?: number;
  /** Labels shown on pointing at a point. */
  readonly labels?: readonly string[];
}

/** What {@linkcode scatterFigure} takes beside its data. */
export interface ScatterText extends FigureText {
  /** Draws the line on which both axes are equal; false by default. */
  readonly diagonal?: boolean;
}

/**
 * Points, for example predicted against realised.
 *
 * @param series The clouds.
 * @param text Title and labels; `diagonal` adds the line of equality.
 * @returns The figure.
 * @throws {ParameterError} When lengths differ.
 *
 * @example
 * ```ts
 * import { scatterFigure } from "@weft/weft/display";
 *
 * const picture = scatterFigure(
 *   [{ name: "GP", x: [0.1, 0.2, 0.4], y: [0.12, 0.21, 0.33] }],
 *   { xLabel: "Predicted", yLabel: "Realised", diagonal: true },
 * );
 * console.log(picture.data.length); // 2: the points and the diagonal
 * ```
 */
export function scatterFigure(
  series: readonly PointSeries[],
  text: ScatterText = {},
): Figure {
  let low = Infinity;
  let high = -Infinity;
  const include = (values: AxisValues) => {
    for (let index = 0; index < values.length; index++) {
      const value = Number(values[index]);
      if (!Number.isFinite(value)) continue;
      if ((text.logX === true || text.logY === true) && value <= 0) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  };
  const data: FigureTrace[] = series.map((one, index) => {
    requireSameLength("the points", one.name, one.y.length, one.x.length);
    include(one.x);
    include(one.y);
    const crowded = one.y.length > 500;
    return {
      type: "scatter",
      mode: "markers",
      name: one.name,
      x: one.x,
      y: one.y,
      marker: {
        color: one.color ?? seriesColor(index),
        size: one.size ?? (crowded ? 4 : 6),
        opacity: crowded ? 0.4 : 0.75,
      },
      ...(one.labels === undefined ? {} : { text: one.labels }),
    };
  });
  if (text.diagonal === true && low <= high) {
    data.push({
      type: "scatter",
      mode: "lines",
      name: "equal",
      x: [low, high],
      y: [low, high],
      line: { color: "#888888", width: 1.5, dash: "dash" },
      hoverinfo: "skip",
    });
  }
  return new Figure(data, frameOf(text));
}

/** One set of bars of {@linkcode barFigure}. */
export interface BarSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** Lengths of the bars. */
  readonly values: NumberList;
  /** A hexadecimal colour, or one a bar. */
  readonly color?: string | readonly string[];
  /** Half-lengths of error bars; upright bars only. */
  readonly error?: ErrorBars;
  /** Texts at the ends of the bars; the rounded values by default, `false` for none; none beside error bars. */
  readonly labels?: readonly string[] | false;
}

/** What {@linkcode barFigure} takes beside its data. */
export interface BarText extends FigureText {
  /** Bars from left to right, which leaves room for long names; false by default. */
  readonly horizontal?: boolean;
  /** Bars of a group on top of each other; false by default. */
  readonly stacked?: boolean;
}

/** An axis long enough for the texts at the ends of lying bars. */
function roomForLabels(series: readonly BarSeries[]): FigureLayout {
  let [low, high] = [0, 0];
  for (const value of series.flatMap((one) => Array.from(one.values))) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return {};
  const room = 0.13 * (high - low);
  return {
    xaxis: {
      range: [low < 0 ? low - room : 0, high > 0 ? high + room : 0],
    },
  };
}

/**
 * Bars, one group a name.
 *
 * @param names The groups.
 * @param series The sets of bars, each as long as `names`.
 * @param text Title, labels and direction.
 * @returns The figure.
 * @throws {ParameterError} When lengths differ.
 *
 * @example
 * ```ts
 * import { barFigure } from "@weft/weft/display";
 *
 * const picture = barFigure(["EWMA", "HAR", "GP"], [
 *   { name: "QLIKE", values: [0.31, 0.27, 0.26] },
 * ], { title: "Loss by model, lower is better", horizontal: true });
 * console.log(picture.data[0]?.type); // bar
 * ```
 */
export function barFigure(
  names: readonly string[],
  series: readonly BarSeries[],
  text: BarText = {},
): Figure {
  const lying = text.horizontal === true;
  const data = series.map((one, index): FigureTrace => {
    requireSameLength("the bars", one.name, one.values.length, names.length);
    const labels = one.labels ??
      Array.from(one.values, (value) => formatNumber(value, 3));
    return {
      type: "bar",
      name: one.name,
      orientation: lying ? "h" : "v",
      x: lying ? one.values : names,
      y: lying ? names : one.values,
      marker: { color: one.color ?? seriesColor(index) },
      ...(labels === false || text.stacked === true || one.error !== undefined
        ? {}
        : { text: labels, textposition: "outside", cliponaxis: false }),
      ...(one.error === undefined || lying ? {} : { error_y: one.error }),
    };
  });
  const labelled = text.stacked !== true && text.logX !== true;
  const frame: FigureLayout = {
    barmode: text.stacked === true ? "stack" : "group",
  };
  return new Figure(
    data,
    frameOf(
      text,
      lying
        ? {
          ...frame,
          yaxis: { type: "category", autorange: "reversed" },
          ...(labelled ? roomForLabels(series) : {}),
        }
        : { ...frame, xaxis: { type: "category" } },
    ),
  );
}

/** What {@linkcode histogramFigure} takes beside its data. */
export interface HistogramText extends FigureText {
  /** How many bins; by the rule of Freedman and Diaconis by default. */
  readonly bins?: number;
}

/**
 * How values are spread: counts in bins of equal width.
 *
 * @param values The values; NaN and infinities are left out.
 * @param text Title, labels and bins.
 * @returns The figure.
 * @throws {ParameterError} When no value is finite.
 *
 * @example
 * ```ts
 * import { histogramFigure } from "@weft/weft/display";
 *
 * const picture = histogramFigure([1, 1, 2, 4], { bins: 3, title: "Losses" });
 * console.log(String(picture)); // Figure "Losses": series 1 (bar, 3 points)
 * ```
 */
export function histogramFigure(
  values: NumberList,
  text: HistogramText = {},
): Figure {
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite))
    .sort();
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) {
    throw new ParameterError("Cannot draw a histogram as no value is finite");
  }
  const quantile = (share: number) =>
    sorted[Math.floor(share * (sorted.length - 1))] ?? low;
  const spread = quantile(0.75) - quantile(0.25);
  const rule = spread > 0
    ? (high - low) / (2 * spread * sorted.length ** (-1 / 3))
    : 10;
  const bins = text.bins ?? Math.max(1, Math.min(100, Math.ceil(rule)));
  const width = (high - low) / bins || 1;
  const counts = new Float64Array(bins);
  for (const value of sorted) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const centres = Float64Array.from(
    counts,
    (_, bin) => low + (bin + 0.5) * width,
  );
  return new Figure(
    [{ type: "bar", x: centres, y: counts, marker: { color: seriesColor(0) } }],
    frameOf({ yLabel: "Count", ...text }, { bargap: 0.05 }),
  );
}

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

/** One curve of {@linkcode calibrationFigure}. */
export interface CalibrationSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** Mean predicted probability of each bin, from 0 to 1. */
  readonly predicted: NumberList;
  /** Share of the bin that came true, from 0 to 1. */
  readonly observed: NumberList;
  /** How many forecasts fell into each bin; shown on pointing at a point. */
  readonly counts?: NumberList;
}

/**
 * Predicted probabilities against what came true. Points on the diagonal are
 * calibrated; above it, the forecast was too low.
 *
 * @param series The curves; bins with NaN are left out.
 * @param text Title and labels.
 * @returns The figure.
 * @throws {ParameterError} When lengths differ.
 *
 * @example
 * ```ts
 * import { calibrationFigure } from "@weft/weft/display";
 *
 * const picture = calibrationFigure([{
 *   name: "Fused",
 *   predicted: [0.1, 0.4, 0.8],
 *   observed: [0.15, 0.35, 0.7],
 *   counts: [50, 30, 20],
 * }]);
 * console.log(picture.data.length); // 2: the diagonal and the curve
 * ```
 */
export function calibrationFigure(
  series: readonly CalibrationSeries[],
  text: FigureText = {},
): Figure {
  const data: FigureTrace[] = [{
    type: "scatter",
    mode: "lines",
    name: "calibrated",
    x: [0, 1],
    y: [0, 1],
    line: { color: "#888888", width: 1.5, dash: "dash" },
    hoverinfo: "skip",
  }];
  series.forEach((one, index) => {
    const length = one.predicted.length;
    requireSameLength("calibration", one.name, one.observed.length, length);
    if (one.counts !== undefined) {
      requireSameLength("calibration", one.name, one.counts.length, length);
    }
    const color = seriesColor(index);
    data.push({
      type: "scatter",
      mode: "lines+markers",
      name: one.name,
      x: one.predicted,
      y: one.observed,
      line: { color, width: 2 },
      marker: { color, size: 7 },
      ...(one.counts === undefined ? {} : {
        text: Array.from(one.counts, (count) => `${count} forecasts`),
      }),
    });
  });
  return new Figure(
    data,
    frameOf(
      {
        title: "Calibration",
        xLabel: "Predicted probability",
        yLabel: "Share that came true",
        ...text,
      },
      { xaxis: { range: [0, 1] }, yaxis: { range: [0, 1] } },
    ),
  );
}
