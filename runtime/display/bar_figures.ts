/**
 * Figures of bars: values by name, and counts in bins.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import { Figure } from "./figure.ts";
import type { ErrorBars, FigureLayout, FigureTrace } from "./figure_spec.ts";
import {
  type FigureText,
  frameOf,
  type NumberList,
  requireSameLength,
} from "./figure_text.ts";
import { seriesColor } from "./palette.ts";
import { formatNumber } from "../core/text.ts";

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
