/**
 * The part of plotly's figure language that Weft writes itself. It is plain
 * JSON: anything else that plotly understands may stand beside it, and is
 * passed on untouched.
 *
 * @module
 */

import type { AxisValues } from "./axis.ts";

/** Colour positions from 0 to 1. */
export type ColorScale = readonly (readonly [number, string])[];

/** How a line is drawn. */
export interface LineStyle {
  /** A CSS colour. */
  readonly color?: string;
  /** In pixels. */
  readonly width?: number;
  /** The pattern of the stroke. */
  readonly dash?: "solid" | "dot" | "dash" | "dashdot";
  /** `hv` draws steps. */
  readonly shape?: "linear" | "hv";
}

/** How points and bars are drawn. */
export interface MarkerStyle {
  /** One CSS colour, or one for each point. */
  readonly color?: string | readonly string[];
  /** Diameter in pixels. */
  readonly size?: number;
  /** From 0 (invisible) to 1. */
  readonly opacity?: number;
}

/** Half-lengths of error bars. */
export interface ErrorBars {
  /** Upward, in units of the axis. */
  readonly array: ArrayLike<number>;
  /** Downward; the same as upward when absent. */
  readonly arrayminus?: ArrayLike<number>;
}

/** A series of a figure, in plotly's words. */
export interface FigureTrace {
  /** What is drawn; `scatter` by default. */
  readonly type?: string;
  /** Of a scatter trace: `lines`, `markers` or `lines+markers`. */
  readonly mode?: string;
  /** The name in the legend. */
  readonly name?: string;
  /** Positions along the horizontal axis; 0, 1, 2, … by default. */
  readonly x?: AxisValues;
  /** Positions along the vertical axis. */
  readonly y?: AxisValues;
  /** Rows of a heat map, the first at the first `y`. */
  readonly z?: readonly ArrayLike<number>[];
  /** Labels of points or of the cells of a heat map. */
  readonly text?: readonly string[] | readonly (readonly string[])[];
  /** The line. */
  readonly line?: LineStyle;
  /** The points or bars. */
  readonly marker?: MarkerStyle;
  /** `tonexty` fills to the trace before, `tozeroy` to zero. */
  readonly fill?: "none" | "tozeroy" | "tonexty";
  /** A CSS colour. */
  readonly fillcolor?: string;
  /** Whether the legend names the trace. */
  readonly showlegend?: boolean;
  /** Which axes it belongs to, for example `x2`. */
  readonly xaxis?: string;
  /** Which axes it belongs to, for example `y2`. */
  readonly yaxis?: string;
  /** `h` draws bars from left to right. */
  readonly orientation?: "h" | "v";
  /** Vertical error bars. */
  readonly error_y?: ErrorBars;
  /** Colours of a heat map. */
  readonly colorscale?: ColorScale;
  /** The value of the lowest colour. */
  readonly zmin?: number;
  /** The value of the highest colour. */
  readonly zmax?: number;
  /** Whatever else plotly takes. */
  readonly [key: string]: unknown;
}

/** An axis, in plotly's words. */
export interface FigureAxis {
  /** What it measures, with the unit. */
  readonly title?: { readonly text: string } | string;
  /** Guessed from the values by default. */
  readonly type?: "linear" | "log" | "date" | "category";
  /** Its ends; powers of ten on a log axis. */
  readonly range?: readonly [number | string, number | string];
  /** `reversed` puts the start at the other end. */
  readonly autorange?: boolean | "reversed";
  /** Which share of the figure it takes. */
  readonly domain?: readonly [number, number];
  /** Which axis it is tied to, for example `x2`. */
  readonly anchor?: string;
  /** Written after each tick, for example `%`. */
  readonly ticksuffix?: string;
  /** Whatever else plotly takes. */
  readonly [key: string]: unknown;
}

/** A straight line or a rectangle behind or over the series. */
export interface FigureShape {
  /** What is drawn. */
  readonly type: "line" | "rect";
  /** From here … */
  readonly x0: number | string;
  /** … to here. */
  readonly x1: number | string;
  /** From here … */
  readonly y0: number | string;
  /** … to here. */
  readonly y1: number | string;
  /** An axis, or `paper` for shares of the plot's width. */
  readonly xref?: string;
  /** An axis, or `paper` for shares of the plot's height. */
  readonly yref?: string;
  /** Its outline. */
  readonly line?: LineStyle;
  /** Its inside. */
  readonly fillcolor?: string;
  /** `below` draws it under the series. */
  readonly layer?: "below" | "above";
  /** Whatever else plotly takes. */
  readonly [key: string]: unknown;
}

/** The frame around the series, in plotly's words. */
export interface FigureLayout {
  /** The headline. */
  readonly title?: { readonly text: string } | string;
  /** Height in pixels; 380 by default. */
  readonly height?: number;
  /** Width in pixels; as wide as the page by default. */
  readonly width?: number;
  /** The first horizontal axis. */
  readonly xaxis?: FigureAxis;
  /** The first vertical axis. */
  readonly yaxis?: FigureAxis;
  /** How bars at one position share the room. */
  readonly barmode?: "group" | "stack" | "overlay";
  /** Lines and rectangles. */
  readonly shapes?: readonly FigureShape[];
  /** Whether there is a legend; when two or more traces have names by default. */
  readonly showlegend?: boolean;
  /** Whatever else plotly takes. */
  readonly [key: string]: unknown;
}

/** A whole figure: what plotly's `newPlot` takes. */
export interface FigureSpec {
  /** The series. */
  readonly data: readonly FigureTrace[];
  /** The frame. */
  readonly layout: FigureLayout;
}

/**
 * The text of a title in either of plotly's two forms.
 *
 * @param title A text, an object with one, or nothing.
 * @returns The text; empty when there is none.
 */
export function titleText(
  title: { readonly text: string } | string | undefined,
): string {
  return typeof title === "string" ? title : title?.text ?? "";
}

/** Height of a figure in pixels when its layout names none. */
export const DEFAULT_HEIGHT = 380;

/**
 * A figure as plain JSON values: typed arrays as lists, dates as ISO texts,
 * NaN and infinities as null, fractions rounded to seven significant digits,
 * which is finer than a screen and a third of the size.
 *
 * @param value A part of a figure.
 * @returns The same as JSON values.
 */
export function plainJson(value: unknown): unknown {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return null;
    return Number.isInteger(value) ? value : Number(value.toPrecision(7));
  }
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) {
    const text = value.toISOString();
    return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
  }
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as ArrayLike<number>, plainJson);
  }
  if (Array.isArray(value)) return value.map(plainJson);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plainJson(inner)]),
  );
}
