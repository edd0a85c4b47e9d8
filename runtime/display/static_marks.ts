/**
 * Series of a static figure as SVG: lines, points, bands, error bars, bars and
 * heat maps.
 *
 * @module
 */

import type { FigureTrace } from "./figure_spec.ts";
import { inkOn, scaleColor, SEQUENTIAL } from "./palette.ts";
import { type Axis, column, halfStep } from "./static_axis.ts";
import { px, strokeAttributes, textAt } from "./svg_parts.ts";
import { escapeHtml } from "../core/text.ts";

/** A trace with its place on paper. */
export interface Series {
  /** The trace. */
  readonly trace: FigureTrace;
  /** Its colour. */
  readonly color: string;
  /** Horizontal pixels of its points; NaN where one has no place. */
  readonly xs: Float64Array;
  /** Vertical pixels of its points; NaN where one has no place. */
  readonly ys: Float64Array;
}

/**
 * Thins a line to at most four points for each column of pixels (first,
 * lowest, highest, last), which draws the same picture.
 */
function thin(xs: Float64Array, ys: Float64Array): number[] {
  const kept: number[] = [];
  let index = 0;
  while (index < xs.length) {
    const start = index;
    const pixel = Math.round(xs[start] ?? NaN);
    let [low, high] = [start, start];
    while (
      index < xs.length && Math.round(xs[index] ?? NaN) === pixel &&
      Number.isFinite(ys[index])
    ) {
      if ((ys[index] ?? 0) < (ys[low] ?? 0)) low = index;
      if ((ys[index] ?? 0) > (ys[high] ?? 0)) high = index;
      index++;
    }
    if (index === start) {
      kept.push(index++);
      continue;
    }
    kept.push(...new Set([start, low, high, index - 1].sort((a, b) => a - b)));
  }
  return kept;
}

/** The path of a line; a missing value interrupts it. */
function linePath(series: Series): string {
  const { xs, ys } = series;
  const steps = series.trace.line?.shape === "hv";
  const parts: string[] = [];
  let drawing = false;
  let last = NaN;
  for (const index of thin(xs, ys)) {
    const [x, y] = [xs[index] ?? NaN, ys[index] ?? NaN];
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      drawing = false;
      continue;
    }
    if (drawing && steps) parts.push(`L${px(x)},${px(last)}`);
    parts.push(`${drawing ? "L" : "M"}${px(x)},${px(y)}`);
    drawing = true;
    last = y;
  }
  return parts.join("");
}

/** The closed path between a line and the one before it, run by run. */
function bandPath(
  upper: Series,
  lower: Series | undefined,
  zero: number,
): string {
  const parts: string[] = [];
  const { xs, ys } = upper;
  const other = (index: number) =>
    lower === undefined ? zero : lower.ys[index] ?? NaN;
  let start = 0;
  const good = (index: number) =>
    Number.isFinite(xs[index]) && Number.isFinite(ys[index]) &&
    Number.isFinite(other(index));
  while (start < xs.length) {
    if (!good(start)) {
      start++;
      continue;
    }
    let end = start;
    while (end < xs.length && good(end)) end++;
    const run = xs.subarray(start, end);
    const top = thin(run, ys.subarray(start, end)).map((at) => at + start);
    const under = Float64Array.from(run, (_, at) => other(at + start));
    const bottom = thin(run, under).map((at) => at + start).reverse();
    parts.push(
      "M" + top.map((at) => `${px(xs[at] ?? 0)},${px(ys[at] ?? 0)}`).join("L"),
      "L" + bottom.map((at) => `${px(xs[at] ?? 0)},${px(other(at))}`).join("L"),
      "Z",
    );
    start = end;
  }
  return parts.join("");
}

/**
 * Draws lines, points, error bars and the fill of a scatter trace.
 *
 * @param series The trace.
 * @param before The trace that `tonexty` fills to.
 * @param yAxis Its vertical axis.
 * @returns SVG elements.
 */
export function drawScatter(
  series: Series,
  before: Series | undefined,
  yAxis: Axis,
): string {
  const { trace, color, xs, ys } = series;
  const parts: string[] = [];
  if (trace.fill === "tonexty" || trace.fill === "tozeroy") {
    const zero = yAxis.toPixel(Math.max(0, Math.min(...yAxis.range)));
    const path = bandPath(
      series,
      trace.fill === "tonexty" ? before : undefined,
      zero,
    );
    const fill = trace.fillcolor ?? color;
    const opacity = trace.fillcolor === undefined ? ' fill-opacity="0.25"' : "";
    parts.push(`<path d="${path}" fill="${escapeHtml(fill)}"${opacity}/>`);
  }
  const mode = trace.mode ?? (xs.length > 20 ? "lines" : "lines+markers");
  if (mode.includes("lines") && trace.line?.width !== 0) {
    parts.push(
      `<path d="${linePath(series)}" fill="none" stroke-linejoin="round" ${
        strokeAttributes(trace.line, color)
      }/>`,
    );
  }
  if (trace.error_y !== undefined) {
    const values = column(trace, false);
    const path = Array.from(
      xs,
      (x, index) => errorBar(trace, index, x, Number(values[index]), yAxis),
    );
    parts.push(errorPath(path.join(""), color));
  }
  if (mode.includes("markers")) {
    const radius = (trace.marker?.size ?? 6) / 2;
    const own = trace.marker?.color;
    const fills = typeof own === "string" || own === undefined ? [] : own;
    const common = typeof own === "string" ? own : color;
    const opacity = trace.marker?.opacity ?? 1;
    const seen = new Set<string>();
    parts.push(
      `<g fill="${escapeHtml(common)}" fill-opacity="${px(opacity)}">`,
    );
    for (let index = 0; index < xs.length; index++) {
      const [x, y] = [xs[index] ?? NaN, ys[index] ?? NaN];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const spot = `${Math.round(2 * x)},${Math.round(2 * y)}`;
      if (xs.length > 2000 && seen.has(spot)) continue;
      seen.add(spot);
      const fill = fills[index];
      parts.push(
        `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radius)}"${
          fill === undefined ? "" : ` fill="${escapeHtml(fill)}"`
        }/>`,
      );
    }
    parts.push("</g>");
  }
  return parts.join("");
}

/** The path of one error bar; empty where there is none. */
function errorBar(
  trace: FigureTrace,
  index: number,
  x: number,
  at: number,
  axis: Axis,
): string {
  const up = trace.error_y?.array[index];
  const down = (trace.error_y?.arrayminus ?? trace.error_y?.array)?.[index];
  const top = px(axis.toPixel(axis.place(at + (up ?? NaN))));
  const bottom = px(axis.toPixel(axis.place(at - (down ?? NaN))));
  if (!Number.isFinite(x) || top === "NaN" || bottom === "NaN") return "";
  return `M${px(x)},${bottom}V${top}M${px(x - 3)},${top}h6` +
    `M${px(x - 3)},${bottom}h6`;
}

function errorPath(path: string, color: string): string {
  return `<path d="${path}" fill="none" stroke="${
    escapeHtml(color)
  }" stroke-width="1.2"/>`;
}

/** Which part of a group a set of bars takes. */
export interface BarSlot {
  /** Its place in the group, from 0. */
  readonly position: number;
  /** How many share the group. */
  readonly count: number;
  /** Heights of the bars below it, by position, when bars are stacked. */
  readonly stacked: Map<string, number> | undefined;
  /** Share of the room left free between groups. */
  readonly gap: number;
}

/**
 * Draws a set of bars with its labels and error bars.
 *
 * @param series The trace.
 * @param xAxis Its horizontal axis.
 * @param yAxis Its vertical axis.
 * @param slot Which part of each group it takes.
 * @returns SVG elements.
 */
export function drawBars(
  series: Series,
  xAxis: Axis,
  yAxis: Axis,
  slot: BarSlot,
): string {
  const { trace, color } = series;
  const lying = trace.orientation === "h";
  const [base, value] = lying ? [yAxis, xAxis] : [xAxis, yAxis];
  const places = column(trace, !lying);
  const sizes = column(trace, lying);
  const at = Float64Array.from(
    { length: places.length },
    (_, index) => base.place(places[index]),
  );
  const width = 2 * halfStep(at) * (1 - slot.gap);
  const own = trace.marker?.color;
  const parts: string[] = [];
  let errors = "";
  for (let index = 0; index < at.length; index++) {
    const size = Number(sizes[index]);
    if (!Number.isFinite(size)) continue;
    const key = `${at[index]}`;
    const from = slot.stacked?.get(key) ?? 0;
    slot.stacked?.set(key, from + size);
    const low = (at[index] ?? 0) - width / 2 +
      width * slot.position / slot.count;
    const a = base.toPixel(low);
    const b = base.toPixel(low + width / slot.count);
    const start = value.toPixel(value.type === "log" ? value.range[0] : from);
    const end = value.toPixel(
      value.type === "log" ? value.place(size) : from + size,
    );
    const [left, top] = lying
      ? [Math.min(start, end), Math.min(a, b)]
      : [Math.min(a, b), Math.min(start, end)];
    const across = Math.max(0.5, Math.abs(b - a) - 1);
    const along = Math.abs(end - start);
    const fill = typeof own === "string" ? own : own?.[index] ?? color;
    parts.push(
      `<rect x="${px(left)}" y="${px(top)}" width="${
        px(lying ? along : across)
      }" height="${px(lying ? across : along)}" fill="${
        escapeHtml(fill)
      }" fill-opacity="${px(trace.marker?.opacity ?? 1)}"/>`,
    );
    if (!lying) {
      errors += errorBar(trace, index, left + across / 2, size, value);
    }
    const label = trace.text?.[index];
    if (typeof label === "string" && label !== "") {
      const [x, y, anchor]: [number, number, "start" | "middle"] = lying
        ? [Math.max(start, end) + 5, top + across / 2 + 4, "start"]
        : [left + across / 2, size < 0 ? top + along + 12 : top - 4, "middle"];
      parts.push(textAt(x, y, label, { anchor, size: 11 }));
    }
  }
  const whiskers = errors === "" ? "" : errorPath(errors, "currentColor");
  return parts.join("") + whiskers;
}

/**
 * Draws the cells of a heat map with their labels.
 *
 * @param trace The trace.
 * @param xAxis Its horizontal axis.
 * @param yAxis Its vertical axis.
 * @returns SVG elements.
 */
export function drawHeatmap(
  trace: FigureTrace,
  xAxis: Axis,
  yAxis: Axis,
): string {
  const rows = trace.z ?? [];
  const finite = rows.flatMap((row) => Array.from(row)).filter(Number.isFinite);
  const low = trace.zmin ?? finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = trace.zmax ?? finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const places = (horizontal: boolean, axis: Axis) => {
    const values = column(trace, horizontal);
    return Float64Array.from(
      { length: values.length },
      (_, index) => axis.place(values[index]),
    );
  };
  const xs = places(true, xAxis);
  const ys = places(false, yAxis);
  const [halfX, halfY] = [halfStep(xs), halfStep(ys)];
  const parts: string[] = [];
  rows.forEach((row, r) => {
    for (let c = 0; c < row.length; c++) {
      const value = row[c] ?? NaN;
      if (!Number.isFinite(value)) continue;
      const x = [
        xAxis.toPixel((xs[c] ?? 0) - halfX),
        xAxis.toPixel((xs[c] ?? 0) + halfX),
      ];
      const y = [
        yAxis.toPixel((ys[r] ?? 0) - halfY),
        yAxis.toPixel((ys[r] ?? 0) + halfY),
      ];
      const fill = scaleColor(
        trace.colorscale ?? SEQUENTIAL,
        high > low ? (value - low) / (high - low) : 0.5,
      );
      const left = Math.min(...x);
      const top = Math.min(...y);
      const width = Math.abs((x[1] ?? 0) - (x[0] ?? 0));
      const height = Math.abs((y[1] ?? 0) - (y[0] ?? 0));
      parts.push(
        `<rect x="${px(left + 0.5)}" y="${px(top + 0.5)}" width="${
          px(Math.max(0.5, width - 1))
        }" height="${px(Math.max(0.5, height - 1))}" fill="${fill}"/>`,
      );
      const label = trace.text?.[r]?.[c];
      if (label === undefined) continue;
      const lines = label.split("<br>");
      lines.forEach((line, index) => {
        const y = top + height / 2 + 4 + (index - (lines.length - 1) / 2) * 15;
        parts.push(
          textAt(left + width / 2, y, line, {
            anchor: "middle",
            size: index === 0 ? 13 : 11,
            fill: inkOn(fill),
          }),
        );
      });
    }
  });
  return parts.join("");
}
