/**
 * Figures of predicted probabilities against what came true.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import type { ErrorBars, FigureTrace } from "./figure_spec.ts";
import {
  type FigureText,
  frameOf,
  type NumberList,
  requireSameLength,
} from "./figure_text.ts";
import { seriesColor } from "./palette.ts";

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
  /** Lower ends of the intervals of `observed`; drawn together with `upper`. */
  readonly lower?: NumberList;
  /** Upper ends of the intervals of `observed`. */
  readonly upper?: NumberList;
}

/** How far intervals reach from what was observed. */
function errorBarsOf(
  { name, observed, lower, upper }: CalibrationSeries,
): ErrorBars | undefined {
  if (lower === undefined || upper === undefined) return undefined;
  requireSameLength("calibration", name, lower.length, observed.length);
  requireSameLength("calibration", name, upper.length, observed.length);
  return {
    array: Array.from(upper, (end, bin) => end - observed[bin]!),
    arrayminus: Array.from(lower, (end, bin) => observed[bin]! - end),
  };
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
    const errorBars = errorBarsOf(one);
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
      ...(errorBars === undefined ? {} : { error_y: errorBars }),
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
