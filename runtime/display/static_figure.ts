/**
 * Draws a figure as SVG without plotly, for pages that run no scripts and for
 * print: lines, points, bands, bars, error bars and heat maps, on linear, log,
 * date and category axes, in one plot or several.
 *
 * @module
 */

import type { AxisValues } from "./axis.ts";
import {
  DEFAULT_HEIGHT,
  type FigureShape,
  type FigureSpec,
  type FigureTrace,
  titleText,
} from "./figure_spec.ts";
import { seriesColor } from "./palette.ts";
import {
  type Axis,
  column,
  drawAxis,
  lengthOf,
  makeAxis,
} from "./static_axis.ts";
import {
  drawBars,
  drawHeatmap,
  drawScatter,
  type Series,
} from "./static_marks.ts";
import { px, strokeAttributes, textAt } from "./svg_parts.ts";
import { escapeHtml, formatNumber } from "../core/text.ts";

/** How a static figure looks. */
export interface StaticFigureOptions {
  /** Width in pixels; 760 by default. */
  readonly width?: number;
  /**
   * `page` takes the colour of the text around it, for a figure inside a page;
   * `paper` is dark on white, for a file of its own. `page` by default.
   */
  readonly theme?: "page" | "paper";
}
const FONT =
  "font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif";
function drawShape(
  shape: FigureShape,
  xAxis: Axis | undefined,
  yAxis: Axis | undefined,
  frame: Frame,
): string {
  const along = (
    value: number | string,
    axis: Axis | undefined,
    ends: readonly [number, number],
  ) =>
    axis === undefined
      ? ends[0] + Number(value) * (ends[1] - ends[0])
      : axis.toPixel(axis.place(value));
  const horizontal: [number, number] = [frame.left, frame.right];
  const vertical: [number, number] = [frame.bottom, frame.top];
  const [x0, x1] = [
    along(shape.x0, xAxis, horizontal),
    along(shape.x1, xAxis, horizontal),
  ];
  const [y0, y1] = [
    along(shape.y0, yAxis, vertical),
    along(shape.y1, yAxis, vertical),
  ];
  if (![x0, x1, y0, y1].every(Number.isFinite)) return "";
  const stroke = strokeAttributes(shape.line, "currentColor");
  if (shape.type === "line") {
    return `<path d="M${px(x0)},${px(y0)}L${px(x1)},${px(y1)}" ${stroke}/>`;
  }
  return `<rect x="${px(Math.min(x0, x1))}" y="${
    px(Math.min(y0, y1))
  }" width="${px(Math.abs(x1 - x0))}" height="${px(Math.abs(y1 - y0))}" fill="${
    escapeHtml(shape.fillcolor ?? "none")
  }"${shape.line === undefined ? "" : ` ${stroke}`}/>`;
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The traces that the legend names, as plotly would choose them.
 *
 * @param spec The figure.
 * @returns Traces with their place in the figure; empty when there is none.
 */
function legendTraces(spec: FigureSpec): [FigureTrace, number][] {
  if (spec.layout.showlegend === false) return [];
  const named = spec.data
    .map((trace, index): [FigureTrace, number] => [trace, index])
    .filter(([trace]) =>
      trace.name !== undefined && trace.showlegend !== false &&
      trace.type !== "heatmap"
    );
  return named.length > 1 || spec.layout.showlegend === true ? named : [];
}

function traceColor(trace: FigureTrace, index: number): string {
  const own = trace.line?.color ?? trace.marker?.color;
  return typeof own === "string" ? own : seriesColor(index);
}

/** Places legend entries in lines; gives the drawing and its height. */
function drawLegend(
  spec: FigureSpec,
  left: number,
  top: number,
  width: number,
): { svg: string; height: number } {
  const parts: string[] = [];
  let [x, y] = [left, top];
  for (const [trace, index] of legendTraces(spec)) {
    const name = trace.name ?? "";
    const room = 38 + name.length * 7.2;
    if (x > left && x + room > left + width) {
      x = left;
      y += 18;
    }
    const color = traceColor(trace, index);
    const filled = trace.type === "bar" || trace.line?.width === 0;
    const points = trace.mode === "markers";
    parts.push(
      filled
        ? `<rect x="${px(x)}" y="${px(y - 9)}" width="18" height="10" fill="${
          escapeHtml(trace.fillcolor ?? color)
        }"/>`
        : points
        ? `<circle cx="${px(x + 9)}" cy="${px(y - 4)}" r="4" fill="${
          escapeHtml(color)
        }"/>`
        : `<path d="M${px(x)},${px(y - 4)}h18" ${
          strokeAttributes(trace.line, color)
        }/>`,
      textAt(x + 24, y, name, { size: 12 }),
    );
    x += room;
  }
  return {
    svg: `<g fill="currentColor">${parts.join("")}</g>`,
    height: parts.length === 0 ? 0 : y - top + 20,
  };
}

/** Room for the labels of a vertical axis. */
function leftMargin(spec: FigureSpec): number {
  const labels = spec.data
    .filter((trace) => trace.type === "heatmap" || trace.orientation === "h")
    .flatMap((trace) => Array.from(trace.y ?? [], String));
  const longest = labels.reduce(
    (most, label) => Math.max(most, label.length),
    0,
  );
  return Math.max(66, 34 + longest * 6.8);
}

/**
 * Draws a figure as SVG.
 *
 * @param spec The figure.
 * @param options Its width and colours.
 * @returns An `<svg>` element as text; all labels in it are escaped.
 */
export function staticFigure(
  spec: FigureSpec,
  options: StaticFigureOptions = {},
): string {
  const width = Number(options.width ?? spec.layout.width ?? 760);
  const height = Number(spec.layout.height ?? DEFAULT_HEIGHT);
  const title = titleText(spec.layout.title);
  const left = leftMargin(spec);
  const headline = title === "" ? 10 : 32;
  const legend = drawLegend(spec, left, headline + 12, width - left - 16);
  const frame: Frame = {
    left,
    right: width - 16,
    top: headline + Math.max(8, legend.height),
    bottom: height - 48,
  };
  const axes = new Map<string, Axis>();
  const axisOf = (id: string): Axis => {
    const known = axes.get(id);
    if (known !== undefined) return known;
    const axis = makeAxis(
      spec,
      id,
      id.startsWith("x")
        ? [frame.left, frame.right]
        : [frame.top, frame.bottom],
    );
    axes.set(id, axis);
    return axis;
  };
  const pairs = new Map<string, [Axis, Axis]>();
  for (const trace of spec.data) {
    const pair: [Axis, Axis] = [
      axisOf(trace.xaxis ?? "x"),
      axisOf(trace.yaxis ?? "y"),
    ];
    pairs.set(pair[0].id + pair[1].id, pair);
  }
  const grid: string[] = [];
  for (const [xAxis, yAxis] of pairs.values()) {
    grid.push(
      drawAxis(xAxis, yAxis.pixels),
      drawAxis(yAxis, xAxis.pixels),
    );
  }
  const clips = [...pairs.values()];
  // The same figure twice on a page gives the same clip paths, so that equal
  // names do no harm; different figures get different names.
  const name = clipName(spec, frame);
  const definitions = clips.map(([xAxis, yAxis], index) => {
    const [x0, x1] = xAxis.pixels;
    const [y0, y1] = yAxis.pixels;
    return `<clipPath id="${name}-${index}"><rect x="${
      px(Math.min(x0, x1))
    }" y="${px(Math.min(y0, y1) - 1)}" width="${
      px(Math.abs(x1 - x0))
    }" height="${px(Math.abs(y1 - y0) + 2)}"/></clipPath>`;
  });
  const shapes = (layer: "below" | "above") =>
    (spec.layout.shapes ?? [])
      .filter((shape) => (shape.layer ?? "above") === layer)
      .map((shape) =>
        drawShape(
          shape,
          shape.xref === "paper" ? undefined : axisOf(shape.xref ?? "x"),
          shape.yref === "paper" ? undefined : axisOf(shape.yref ?? "y"),
          frame,
        )
      ).join("");
  const drawings = clips.map(() => "");
  const bars = spec.data.filter((trace) => trace.type === "bar");
  const shared = spec.layout.barmode === "stack" ||
    spec.layout.barmode === "overlay";
  const stacked = spec.layout.barmode === "stack"
    ? new Map<string, number>()
    : undefined;
  let before: Series | undefined;
  spec.data.forEach((trace, index) => {
    const xAxis = axisOf(trace.xaxis ?? "x");
    const yAxis = axisOf(trace.yaxis ?? "y");
    const clip = clips.findIndex(([x, y]) => x === xAxis && y === yAxis);
    const color = traceColor(trace, index);
    const pixels = (values: AxisValues, axis: Axis) =>
      Float64Array.from(
        { length: values.length },
        (_, at) => axis.toPixel(axis.place(values[at])),
      );
    const series: Series = {
      trace,
      color,
      xs: pixels(column(trace, true), xAxis),
      ys: pixels(column(trace, false), yAxis),
    };
    let drawing: string;
    if (trace.type === "bar") {
      drawing = drawBars(series, xAxis, yAxis, {
        position: shared ? 0 : bars.indexOf(trace),
        count: shared ? 1 : bars.length,
        stacked,
        gap: typeof spec.layout["bargap"] === "number"
          ? spec.layout["bargap"]
          : 0.24,
      });
    } else if (trace.type === "heatmap") {
      drawing = drawHeatmap(trace, xAxis, yAxis);
    } else {
      drawing = drawScatter(series, before, yAxis);
      before = series;
    }
    drawings[clip] += drawing;
  });
  const body = drawings.map((drawing, index) =>
    `<g clip-path="url(#${name}-${index})" fill="currentColor">${drawing}</g>`
  );
  const paper = options.theme === "paper";
  const head = title === ""
    ? ""
    : textAt(left, 24, title, { size: 16, weight: 600, fill: "currentColor" });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${
    paper ? `width="${width}" height="${height}" ` : ""
  }role="img" aria-label="${escapeHtml(title || "Figure")}" style="${FONT};${
    paper
      ? "color:#1b1f24"
      : `width:100%;max-width:${Math.round(1.1 * width)}px;height:auto`
  }">` +
    `<defs>${definitions.join("")}</defs>` +
    (paper
      ? `<rect width="${width}" height="${height}" fill="#ffffff"/>`
      : "") +
    head + legend.svg + shapes("below") + grid.join("") + body.join("") +
    shapes("above") + "</svg>";
}

function clipName(spec: FigureSpec, frame: Frame): string {
  let mixed = 0x811c9dc5;
  const text = JSON.stringify([spec.layout, frame]);
  for (let index = 0; index < text.length; index++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  }
  return `weft-${(mixed >>> 0).toString(36)}`;
}

/**
 * One line that says what a figure holds, for places that show only text.
 *
 * @param spec The figure.
 * @returns For example `Figure "Volatility": GP (lines, 250 points)`.
 */
export function describeFigure(spec: FigureSpec): string {
  const title = titleText(spec.layout.title);
  const traces = spec.data.map((trace, index) => {
    const kind = trace.type === undefined || trace.type === "scatter"
      ? trace.mode ?? "lines"
      : trace.type;
    const size = trace.type === "heatmap"
      ? `${trace.z?.length ?? 0} x ${trace.z?.[0]?.length ?? 0}`
      : `${formatNumber(lengthOf(trace), 15)} points`;
    return `${trace.name ?? `series ${index + 1}`} (${kind}, ${size})`;
  });
  return `Figure${title === "" ? "" : ` "${title}"`}: ${
    traces.join(", ") || "empty"
  }`;
}
