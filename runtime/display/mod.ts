/**
 * What a person sees: figures, tables, pictures of graphs, the progress of
 * runs, and reports. Importing it registers how nodes, tensors and frames show
 * themselves; in a Jupyter kernel it also shows every run.
 *
 * @example
 * ```ts
 * import { lineFigure, resultTable } from "@weft/weft/display";
 *
 * const volatility = lineFigure(
 *   ["2020-03-02", "2020-03-03"],
 *   [{ name: "HAR", y: [0.31, 0.36] }],
 *   { title: "Volatility", yLabel: "Per year" },
 * );
 * console.log(String(volatility)); // Figure "Volatility": HAR (lines, 2 points)
 * const scores = resultTable(["Model", "QLIKE"], [["HAR", 0.268], ["GP", 0.261]]);
 * console.log(String(scores));
 * // Model  QLIKE
 * // ─────  ─────
 * // HAR    0.268
 * // GP     0.261
 * ```
 *
 * @module
 */

import "./register.ts";

export type * from "../core/events.ts";

export type { AxisType, AxisValues } from "./axis.ts";
export {
  DENO_INSPECT,
  type Displayable,
  isDisplayable,
  JUPYTER_DISPLAY,
  type MimeBundle,
} from "./bundle.ts";
export { Figure, figure, figurePage, showPlotlyAgain } from "./figure.ts";
export {
  barFigure,
  type BarSeries,
  type BarText,
  histogramFigure,
  type HistogramText,
} from "./bar_figures.ts";
export {
  calibrationFigure,
  type CalibrationSeries,
} from "./calibration_figure.ts";
export type { FigureText, NumberList } from "./figure_text.ts";
export {
  confusionFigure,
  heatmapFigure,
  type HeatmapText,
} from "./heatmap_figures.ts";
export {
  type Band,
  bandFigure,
  lineFigure,
  type LineSeries,
} from "./line_figures.ts";
export {
  type PointSeries,
  scatterFigure,
  type ScatterText,
} from "./scatter_figure.ts";
export type {
  ColorScale,
  ErrorBars,
  FigureAxis,
  FigureLayout,
  FigureShape,
  FigureSpec,
  FigureTrace,
  LineStyle,
  MarkerStyle,
} from "./figure_spec.ts";
export {
  type GraphNode,
  type GraphOptions,
  graphSvg,
  runGraphSvg,
} from "./graph.ts";
export { markdownToHtml } from "./markdown.ts";
export {
  type ColumnsBlock,
  type DefinitionsBlock,
  type DetailsBlock,
  type Fact,
  type FactsBlock,
  htmlReport,
  type NoteBlock,
  type Report,
  type ReportBlock,
  type ReportSection,
  type SvgBlock,
} from "./report.ts";
export { runLine, runPanelHtml } from "./run_panel.ts";
export {
  type NodePhase,
  type NodeView,
  RunView,
  summarise,
  viewOf,
} from "./run_view.ts";
export { show, Shown } from "./show.ts";
export { showRuns } from "./show_runs.ts";
export type { StaticFigureOptions } from "./static_figure.ts";
export {
  type Cell,
  ResultTable,
  resultTable,
  type TableColumn,
  type TableOptions,
  type TableRow,
} from "./table.ts";
export {
  escapeHtml,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
} from "../core/text.ts";
