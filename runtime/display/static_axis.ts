/**
 * Axes of a static figure: which values they hold, where these stand in
 * pixels, and how the axis is drawn.
 *
 * @module
 */

import {
  axisNumber,
  axisTicks,
  type AxisType,
  type AxisValues,
  inferAxisType,
} from "./axis.ts";
import {
  type FigureAxis,
  type FigureSpec,
  type FigureTrace,
  titleText,
} from "./figure_spec.ts";
import { px, textAt } from "./svg_parts.ts";

/** An axis with its scale. */
export interface Axis {
  /** For example `x` or `y2`. */
  readonly id: string;
  /** Whether it runs from left to right. */
  readonly horizontal: boolean;
  /** What its values are. */
  readonly type: AxisType;
  /** Names on it, in order, when it is a category axis. */
  readonly categories: Map<string, number>;
  /** What the figure says about it. */
  readonly layout: FigureAxis;
  /** Its ends in axis units, the first at the first pixel. */
  readonly range: readonly [number, number];
  /** Pixels of its ends. */
  readonly pixels: readonly [number, number];
  /** A value as a number on the axis; NaN where it has no place. */
  readonly place: (value: unknown) => number;
  /** A number on the axis as a pixel. */
  readonly toPixel: (at: number) => number;
}

function layoutAxis(spec: FigureSpec, id: string): FigureAxis {
  const key = `${id.slice(0, 1)}axis${id.slice(1)}`;
  return (spec.layout[key] ?? {}) as FigureAxis;
}

function tracesOn(spec: FigureSpec, id: string): FigureTrace[] {
  const horizontal = id.startsWith("x");
  return spec.data.filter((trace) =>
    (horizontal ? trace.xaxis ?? "x" : trace.yaxis ?? "y") === id
  );
}

/**
 * How many points a trace has.
 *
 * @param trace The trace.
 * @returns Their number.
 */
export function lengthOf(trace: FigureTrace): number {
  return trace.y?.length ?? trace.x?.length ?? 0;
}

/**
 * Values of a trace along an axis, made up where plotly would.
 *
 * @param trace The trace.
 * @param horizontal Along x rather than y.
 * @returns The values.
 */
export function column(trace: FigureTrace, horizontal: boolean): AxisValues {
  const given = horizontal ? trace.x : trace.y;
  if (given !== undefined) return given;
  const length = trace.type === "heatmap"
    ? (horizontal ? trace.z?.[0]?.length ?? 0 : trace.z?.length ?? 0)
    : lengthOf(trace);
  return Array.from({ length }, (_, index) => index);
}

/** Where bars stand: along x unless they lie. */
function barsAlong(trace: FigureTrace, horizontal: boolean): boolean {
  return trace.type === "bar" && (trace.orientation === "h") !== horizontal;
}

/**
 * Half the smallest gap between neighbours: how far a cell or bar reaches.
 *
 * @param values Positions in any order.
 * @returns 0.5 where there are fewer than two.
 */
export function halfStep(values: Float64Array): number {
  const sorted = Float64Array.from(new Set(values)).sort();
  let gap = Infinity;
  for (let index = 1; index < sorted.length; index++) {
    gap = Math.min(gap, (sorted[index] ?? 0) - (sorted[index - 1] ?? 0));
  }
  return Number.isFinite(gap) ? gap / 2 : 0.5;
}

/**
 * The ends of an axis that show all its values, with some air where values
 * could touch the frame.
 */
function extent(
  spec: FigureSpec,
  id: string,
  place: (value: unknown) => number,
  type: AxisType,
): [number, number] {
  const horizontal = id.startsWith("x");
  let low = Infinity;
  let high = -Infinity;
  let tight = false;
  let labelled = false;
  const include = (value: number) => {
    if (!Number.isFinite(value)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  const stacks = new Map<number, number>();
  for (const trace of tracesOn(spec, id)) {
    const given = column(trace, horizontal);
    const values = Float64Array.from(
      { length: given.length },
      (_, index) => place(given[index]),
    );
    const reach = trace.type === "heatmap" || barsAlong(trace, horizontal)
      ? halfStep(values)
      : 0;
    if (reach > 0 && (trace.type === "heatmap" || type === "category")) {
      tight = true;
    }
    const grows = trace.type === "bar" && reach === 0;
    if (trace.type === "bar" && trace.text !== undefined && !reach) {
      labelled = true;
    }
    if (grows || (trace.fill === "tozeroy" && !horizontal)) {
      if (type === "linear") include(0);
    }
    const errors = !horizontal ? trace.error_y : undefined;
    values.forEach((value, index) => {
      include(value - reach);
      include(value + reach);
      if (errors !== undefined) {
        include(value + (errors.array[index] ?? 0));
        include(value - ((errors.arrayminus ?? errors.array)[index] ?? 0));
      }
      if (grows && spec.layout.barmode === "stack") {
        const total = (stacks.get(index) ?? 0) + (value || 0);
        stacks.set(index, total);
        include(total);
      }
    });
  }
  for (const shape of spec.layout.shapes ?? []) {
    const ref = horizontal ? shape.xref ?? "x" : shape.yref ?? "y";
    if (ref !== id) continue;
    include(place(horizontal ? shape.x0 : shape.y0));
    include(place(horizontal ? shape.x1 : shape.y1));
  }
  if (low > high) [low, high] = type === "date" ? [0, 86_400_000] : [0, 1];
  if (low === high) {
    const around = type === "date" ? 86_400_000 : Math.abs(low) * 0.1 || 0.5;
    [low, high] = [low - around, high + around];
  }
  if (tight || (horizontal && type === "date")) return [low, high];
  const pad = (high - low) * (labelled ? 0.1 : 0.05);
  const fromZero = low === 0 && type === "linear";
  return [fromZero ? 0 : low - pad, high + pad];
}

/**
 * Measures an axis.
 *
 * @param spec The figure.
 * @param id For example `x` or `y2`.
 * @param frame Pixels from the left to the right, or from the top to the bottom.
 * @returns The axis with its scale.
 */
export function makeAxis(
  spec: FigureSpec,
  id: string,
  frame: readonly [number, number],
): Axis {
  const horizontal = id.startsWith("x");
  const layout = layoutAxis(spec, id);
  const type = layout.type ??
    inferAxisType(tracesOn(spec, id).map((trace) => column(trace, horizontal)));
  const categories = new Map<string, number>();
  const place = (value: unknown) => axisNumber(value, type, categories);
  let range = extent(spec, id, place, type);
  if (layout.range !== undefined) {
    const end = (value: number | string) =>
      typeof value === "number" ? value : place(value);
    range = [end(layout.range[0]), end(layout.range[1])];
  }
  if (layout.autorange === "reversed") range = [range[1], range[0]];
  const [from, to] = layout.domain ?? [0, 1];
  const size = frame[1] - frame[0];
  const pixels: [number, number] = horizontal
    ? [frame[0] + from * size, frame[0] + to * size]
    : [frame[1] - from * size, frame[1] - to * size];
  const toPixel = (at: number) =>
    pixels[0] +
    (at - range[0]) / (range[1] - range[0]) * (pixels[1] - pixels[0]);
  return {
    id,
    horizontal,
    type,
    categories,
    layout,
    range,
    pixels,
    place,
    toPixel,
  };
}

/**
 * Draws the grid, the labels and the title of an axis.
 *
 * @param axis The axis.
 * @param across Pixels of the ends of the axis that crosses it.
 * @returns SVG elements.
 */
export function drawAxis(
  axis: Axis,
  across: readonly [number, number],
): string {
  const [start, end] = axis.pixels;
  const length = Math.abs(end - start);
  const [low, high] = [Math.min(...axis.range), Math.max(...axis.range)];
  const room = axis.horizontal ? 95 : axis.type === "category" ? 16 : 50;
  const parts = Math.max(2, Math.floor(length / room));
  const suffix = axis.layout.ticksuffix ?? "";
  const lines: string[] = [];
  const labels: string[] = [];
  const ticks = axisTicks(axis.type, low, high, parts, axis.categories);
  for (const tick of ticks) {
    const at = axis.toPixel(tick.at);
    if (at < Math.min(start, end) - 0.5 || at > Math.max(start, end) + 0.5) {
      continue;
    }
    if (axis.type !== "category") {
      lines.push(
        axis.horizontal
          ? `M${px(at)},${px(across[0])}V${px(across[1])}`
          : `M${px(across[0])},${px(at)}H${px(across[1])}`,
      );
    }
    labels.push(
      axis.horizontal
        ? textAt(at, across[0] + 16, tick.label + suffix, { anchor: "middle" })
        : textAt(across[0] - 7, at + 4, tick.label + suffix, { anchor: "end" }),
    );
  }
  const title = titleText(axis.layout.title);
  const middle = (start + end) / 2;
  const name = title === ""
    ? ""
    : axis.horizontal
    ? textAt(middle, across[0] + 36, title, { anchor: "middle", size: 13 })
    : textAt(across[0] - 48, middle, title, {
      anchor: "middle",
      size: 13,
      rotate: -90,
    });
  const edge = axis.horizontal
    ? `M${px(start)},${px(across[0])}H${px(end)}`
    : "";
  return `<path d="${
    lines.join("")
  }" stroke="currentColor" stroke-opacity="0.13"/>` +
    `<path d="${edge}" stroke="currentColor" stroke-opacity="0.45"/>` +
    `<g fill="currentColor" fill-opacity="0.8">${labels.join("")}${name}</g>`;
}
