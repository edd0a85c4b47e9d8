/**
 * Figures: plain plotly JSON with a face for every viewer. A notebook gets
 * plotly's own MIME type, a page that works with no network, a static picture
 * and one line of text.
 *
 * @module
 */

import {
  DENO_INSPECT,
  type Displayable,
  JUPYTER_DISPLAY,
  type MimeBundle,
} from "./bundle.ts";
import type { FigureLayout, FigureSpec, FigureTrace } from "./figure_spec.ts";
import { noteOutput } from "./cell_results.ts";
import {
  FIGURE_SCRIPT,
  FIGURE_STYLE,
  plotlyJson,
  plotlyScript,
} from "./plotly.ts";
import {
  describeFigure,
  staticFigure,
  type StaticFigureOptions,
} from "./static_figure.ts";
import { svgImage } from "./svg_parts.ts";
import { escapeHtml, scriptJson } from "../core/text.ts";

/** Whether an earlier output of this session holds plotly.js already. */
let plotlyShown = false;

/** A picture of data; make one with {@linkcode figure} or a figure maker. */
export class Figure implements FigureSpec, Displayable {
  /** The series. */
  readonly data: readonly FigureTrace[];
  /** The frame around them. */
  readonly layout: FigureLayout;

  /**
   * Makes a figure.
   *
   * @param data The series, in plotly's words.
   * @param layout The frame, in plotly's words.
   */
  constructor(data: readonly FigureTrace[], layout: FigureLayout = {}) {
    this.data = data;
    this.layout = layout;
  }

  /**
   * The figure with some of its layout replaced.
   *
   * @param layout What to replace.
   * @returns A new figure.
   */
  with(layout: FigureLayout): Figure {
    return new Figure(this.data, { ...this.layout, ...layout });
  }

  /**
   * What plotly's `newPlot` takes, as plain JSON.
   *
   * @returns `data`, `layout` and `config`.
   */
  toJSON(): Readonly<Record<string, unknown>> {
    return plotlyJson(this);
  }

  /**
   * A static picture; needs no plotly.
   *
   * @param options Its width and colours.
   * @returns An `<svg>` element as text.
   */
  svg(options?: StaticFigureOptions): string {
    return staticFigure(this, options);
  }

  /**
   * The figure as an element of a page: the static picture, and the data that
   * `weftFigure` draws once plotly is on the page.
   *
   * @param still The static picture as HTML; drawn in the page by default.
   * @returns HTML without the library and the script.
   */
  element(still: string = this.svg()): string {
    return `<div class="weft-figure"><div class="weft-still">${still}</div>` +
      `<div class="weft-live" hidden></div>` +
      `<script type="application/json">${scriptJson(this)}</script></div>`;
  }

  /** One line that says what the figure holds. */
  toString(): string {
    return describeFigure(this);
  }

  /** The faces of the figure for a notebook. */
  async [JUPYTER_DISPLAY](): Promise<MimeBundle> {
    let library = "";
    if (!plotlyShown) {
      library = `<script data-weft="plotly">${await plotlyScript()}</script>`;
      plotlyShown = true;
    }
    const start =
      `${FIGURE_SCRIPT}\nweftFigure(document.currentScript.previousElementSibling);`;
    const svg = this.svg({ theme: "paper" });
    const html = `<style>${FIGURE_STYLE}</style>${library}` +
      `${
        this.element(svgImage(svg, describeFigure(this)))
      }<script>${start}</script>`;
    noteOutput(2 * html.length);
    return {
      "application/vnd.plotly.v1+json": this.toJSON(),
      "text/html": html,
      "image/svg+xml": svg,
      "text/plain": describeFigure(this),
    };
  }

  /** One line for `console.log`. */
  [DENO_INSPECT](): string {
    return describeFigure(this);
  }
}

/**
 * A figure from plotly's own JSON.
 *
 * @param data The series.
 * @param layout The frame: title, axes, height.
 * @returns The figure; as the last value of a notebook cell it draws itself.
 *
 * @example
 * ```ts
 * import { figure } from "@weft/weft/display";
 *
 * const picture = figure(
 *   [{ name: "Close", mode: "lines", x: ["2020-01-02", "2020-01-03"], y: [3257.85, 3234.85] }],
 *   { title: "S&P 500", yaxis: { title: "Points" } },
 * );
 * console.log(String(picture)); // Figure "S&P 500": Close (lines, 2 points)
 * ```
 */
export function figure(
  data: readonly FigureTrace[],
  layout: FigureLayout = {},
): Figure {
  return new Figure(data, layout);
}

/**
 * Puts plotly.js into the next figure that a notebook shows although one
 * before had it, for example after the outputs were cleared.
 */
export function showPlotlyAgain(): void {
  plotlyShown = false;
}

/**
 * A whole page with one figure, for a file that opens with no network.
 *
 * @param spec The figure.
 * @returns An HTML document.
 */
export async function figurePage(spec: Figure): Promise<string> {
  const title = escapeHtml(describeFigure(spec));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
    `<style>:root{color-scheme:light dark}body{margin:1rem}${FIGURE_STYLE}</style>` +
    `${spec.element()}<script>${await plotlyScript()}</script>` +
    `<script>${FIGURE_SCRIPT}\nweftFigure(document.querySelector(".weft-figure"));</script></html>`;
}
