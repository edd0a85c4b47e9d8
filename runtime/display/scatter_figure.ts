/**
 * Figures of points.
 *
 * @module
 */

import type { AxisValues } from "./axis.ts";
import { Figure } from "./figure.ts";
import type { FigureTrace } from "./figure_spec.ts";
import {
  type FigureText,
  frameOf,
  type NumberList,
  requireSameLength,
} from "./figure_text.ts";
import { seriesColor } from "./palette.ts";

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
