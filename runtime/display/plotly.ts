/**
 * plotly.js in the page: the library itself, taken from its npm package when a
 * figure first needs it, and the few lines that turn a static figure into a
 * live one once the library is there.
 *
 * @module
 */

import { WeftError } from "../core/errors.ts";
import { axisTicks } from "./axis.ts";
import {
  DEFAULT_HEIGHT,
  type FigureSpec,
  plainJson,
  titleText,
} from "./figure_spec.ts";
import { SERIES_COLORS } from "./palette.ts";
import { makeAxis } from "./static_axis.ts";

let source: Promise<string> | undefined;

/**
 * The text of plotly.js, about 4.9 MB, read once and only when asked for.
 *
 * @returns The text, safe inside a `<script>` element.
 * @throws {WeftError} When the npm package cannot be read.
 */
export function plotlySource(): Promise<string> {
  source ??= readSource();
  return source;
}

async function readSource(): Promise<string> {
  try {
    const module: { default: unknown } = await import(
      "plotly.js-dist-min/plotly.min.js",
      { with: { type: "text" } }
    );
    return String(module.default)
      .replaceAll(/<\/(script)/gi, "<\\/$1")
      .replaceAll("<!--", "<\\!--");
  } catch (cause) {
    source = undefined;
    throw new WeftError(
      'Cannot read plotly.js as the npm package "plotly.js-dist-min" is not there',
      { hint: 'Run "deno install" once with a network', cause },
    );
  }
}

/**
 * A script that defines `window.Plotly`, whatever module loader the page has,
 * and tells waiting figures.
 *
 * @returns The text of the script, without the element around it.
 */
export async function plotlyScript(): Promise<string> {
  const text = await plotlySource();
  return `(function(){if(window.Plotly)return;` +
    `var define,module,exports;(function(){${text}\n}).call(window);` +
    `})();window.dispatchEvent(new Event("weft-plotly"));`;
}

/**
 * A script that defines `weftFigure(element)`: draws the figure described by
 * the JSON inside the element with plotly, in the colours of the text around
 * it, as soon as plotly is there and the element is near the window. Without
 * plotly the static picture stays.
 */
export const FIGURE_SCRIPT: string = `
window.weftFigure = window.weftFigure || function (root) {
  if (!root || root.dataset.weft) return;
  root.dataset.weft = "waiting";
  var spec = JSON.parse(root.querySelector("script").textContent);
  var still = root.querySelector(".weft-still");
  var live = root.querySelector(".weft-live");
  function colors(layout) {
    var ink = getComputedStyle(root).color;
    var parts = ink.match(/[\\d.]+/g) || [0, 0, 0];
    var faint = "rgba(" + parts.slice(0, 3).join(",") + ",0.13)";
    var line = "rgba(" + parts.slice(0, 3).join(",") + ",0.45)";
    var clear = "rgba(0,0,0,0)";
    layout.paper_bgcolor = clear;
    layout.plot_bgcolor = clear;
    layout.modebar = { bgcolor: clear, color: line, activecolor: ink };
    layout.font = Object.assign({}, layout.font, { color: ink });
    if (root.clientWidth > 0 && root.clientWidth < 520 && layout.legend) {
      // A legend of several lines would cover the title of a narrow figure
      Object.assign(layout.legend, { y: -0.3, yanchor: "top" });
      Object.assign(layout.margin, { t: 48, l: 48 });
      if (layout.title && layout.title.font) layout.title.font.size = 14;
    }
    Object.keys(layout).forEach(function (key) {
      if (/^[xy]axis\\d*$/.test(key)) {
        layout[key] = Object.assign({}, layout[key], { gridcolor: faint, linecolor: line });
      }
    });
    return layout;
  }
  function draw() {
    root.dataset.weft = "drawn";
    live.hidden = false;
    window.Plotly.newPlot(live, spec.data, colors(spec.layout), spec.config).then(function () {
      still.classList.add("weft-replaced");
    }, function (error) {
      live.hidden = true;
      console.error(error);
    });
    if (window.matchMedia) {
      window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
        setTimeout(function () { window.Plotly.react(live, spec.data, colors(spec.layout), spec.config); }, 50);
      });
    }
  }
  function near() {
    if (!window.IntersectionObserver) return draw();
    var watch = new IntersectionObserver(function (entries) {
      if (entries.some(function (entry) { return entry.isIntersecting; })) {
        watch.disconnect();
        draw();
      }
    }, { rootMargin: "600px" });
    watch.observe(root);
  }
  if (window.Plotly) near();
  else window.addEventListener("weft-plotly", near, { once: true });
};`;

/** Styles of a figure inside a page; print shows the static picture. */
export const FIGURE_STYLE: string =
  `.weft-figure .weft-replaced{display:none}.weft-figure svg{display:block}` +
  `@media print{.weft-figure .weft-live{display:none}.weft-figure .weft-replaced{display:block}}`;

/**
 * Round numbers on a log axis: plotly's own ticks there drop the leading
 * digits, which readers of a report take for the numbers themselves.
 */
function logTicks(
  spec: FigureSpec,
  key: string,
  own: object | undefined,
): object {
  if ((own as { type?: string } | undefined)?.type !== "log") return {};
  const axis = makeAxis(spec, key.slice(0, 1) + key.slice(5), [0, 1]);
  const ticks = axisTicks("log", axis.range[0], axis.range[1], 5);
  return {
    tickmode: "array",
    tickvals: ticks.map((tick) => 10 ** tick.at),
    ticktext: ticks.map((tick) => tick.label),
    tickangle: 0,
    minor: { showgrid: false },
  };
}

/**
 * What plotly gets: the figure as plain JSON with the defaults that make it
 * look like its static picture.
 *
 * @param spec The figure.
 * @returns `data`, `layout` and `config`, JSON values throughout.
 */
export function plotlyJson(
  spec: FigureSpec,
): Readonly<Record<string, unknown>> {
  const axes: Record<string, unknown> = {};
  for (const key of ["xaxis", "yaxis", ...Object.keys(spec.layout)]) {
    if (!/^[xy]axis\d*$/.test(key)) continue;
    const own = spec.layout[key] as object | undefined;
    const title = titleText(
      (own as { title?: string } | undefined)?.title,
    );
    axes[key] = {
      automargin: true,
      zeroline: false,
      showline: key.startsWith("x"),
      ...logTicks(spec, key, own),
      ...own,
      ...(title === "" ? {} : { title: { standoff: 10, text: title } }),
    };
  }
  const title = titleText(spec.layout.title);
  const layout = {
    height: DEFAULT_HEIGHT,
    autosize: true,
    colorway: SERIES_COLORS,
    hovermode: "closest",
    font: {
      family: "system-ui, -apple-system, Segoe UI, sans-serif",
      size: 12,
    },
    margin: { l: 60, r: 16, t: title === "" ? 36 : 72, b: 44 },
    legend: {
      orientation: "h",
      x: 0,
      y: 1.01,
      xanchor: "left",
      yanchor: "bottom",
      traceorder: "normal",
    },
    ...spec.layout,
    ...axes,
    ...(title === "" ? {} : {
      title: {
        text: title,
        x: 0,
        xref: "paper",
        xanchor: "left",
        y: 0.97,
        yanchor: "top",
        font: { size: 16 },
      },
    }),
  };
  return plainJson({
    data: spec.data,
    layout,
    config: { responsive: true, displaylogo: false },
  }) as Readonly<Record<string, unknown>>;
}
