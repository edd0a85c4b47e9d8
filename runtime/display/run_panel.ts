/**
 * The panel of a run in a notebook: a bar a node, reused nodes marked, times
 * and sizes. It is plain HTML without scripts, so the last state stays in the
 * saved notebook.
 *
 * @module
 */

import { PHASE_STYLES } from "./phase_style.ts";
import {
  groupByName,
  groupPhase,
  type NodePhase,
  type NodeView,
  type RunView,
  summarise,
} from "./run_view.ts";
import {
  escapeHtml,
  formatBytes,
  formatCount,
  formatDuration,
} from "../core/text.ts";

/** More nodes than this are shown as one row an op. */
const MAX_ROWS = 40;
const MAX_WARNINGS = 5;

// All styles stand in the elements: viewers that do not trust a notebook (yet)
// take style sheets out of it.
const PANEL =
  "font:13px/1.45 system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;max-width:760px;margin:4px 0";
const TABLE =
  "width:100%;max-width:760px;border-collapse:collapse;margin:2px 0;font-size:13px";
const ROW = "background:transparent";
const QUIET = "opacity:.7";

function cell(width: number, content: string, style = ""): string {
  return `<td style="width:${width}%;padding:2px 12px 2px 0;border:0;text-align:left;white-space:nowrap;${style}">${content}</td>`;
}

interface Row {
  readonly name: string;
  readonly phase: NodePhase;
  readonly share: number;
  readonly word: string;
  readonly ms: number | undefined;
  readonly bytes: number | undefined;
  readonly hint: string;
}

function nodeRow(node: NodeView): Row {
  const ended = node.phase !== "waiting" && node.phase !== "running";
  return {
    name: node.name,
    phase: node.phase,
    share: ended ? 1 : node.phase === "running" ? node.fraction ?? 0.04 : 0,
    word: node.phase === "running" || node.phase === "failed"
      ? node.message ?? node.phase
      : node.phase,
    ms: node.phase === "computed" || node.phase === "failed"
      ? node.ms
      : undefined,
    bytes: node.bytes,
    hint: node.why ?? node.message ?? "",
  };
}

function groupRow(name: string, nodes: readonly NodeView[]): Row {
  const phase = groupPhase(nodes);
  const ended = nodes.filter((node) =>
    node.phase !== "waiting" && node.phase !== "running"
  );
  const sum = (pick: (node: NodeView) => number | undefined) => {
    const total = nodes.reduce((part, node) => part + (pick(node) ?? 0), 0);
    return total > 0 ? total : undefined;
  };
  return {
    name: `${name} ×${nodes.length}`,
    phase,
    share: ended.length / nodes.length,
    word: `${ended.length} of ${nodes.length}`,
    ms: sum((node) => node.ms),
    bytes: sum((node) => node.bytes),
    hint: phase,
  };
}

function rowHtml(row: Row): string {
  const { color, sign } = PHASE_STYLES[row.phase];
  const width = Math.round(1000 * row.share) / 10;
  const faint = row.phase === "reused" ? ";opacity:.45" : "";
  const bar =
    `<div style="height:8px;border-radius:4px;background:rgba(128,128,128,.18);overflow:hidden">` +
    `<div style="height:8px;border-radius:4px;width:${width}%;background:${color}${faint}"></div></div>`;
  const number = "text-align:right;font-variant-numeric:tabular-nums";
  const bytes = row.bytes === undefined || row.bytes === 0
    ? ""
    : formatBytes(row.bytes);
  return `<tr style="${ROW}" title="${escapeHtml(row.hint)}">` +
    cell(30, escapeHtml(row.name)) + cell(28, bar) +
    cell(
      22,
      `<span style="color:${color}">${sign}</span> ${escapeHtml(row.word)}`,
    ) +
    cell(10, row.ms === undefined ? "" : formatDuration(row.ms), number) +
    cell(10, bytes, `${number};${QUIET}`) + "</tr>";
}

function headline(view: RunView, elapsed: number): string {
  const phase: NodePhase = view.state === undefined
    ? "running"
    : view.state === "completed"
    ? (view.counts().computed > 0 ? "computed" : "reused")
    : view.state;
  const { color, sign } = PHASE_STYLES[phase];
  const percent = view.state === undefined
    ? ` · ${Math.floor(100 * view.fraction())} %`
    : "";
  return `<span style="color:${color}">${sign}</span> <b>${
    formatCount(view.nodes.length, "node")
  }</b>: ${escapeHtml(summarise(view))}${percent} <span style="${QUIET}">in ${
    formatDuration(elapsed)
  }</span>`;
}

/**
 * The panel of a run as it stands.
 *
 * @param view The run.
 * @param elapsed Milliseconds since it began; those of its last event by default.
 * @param note Words after the headline.
 * @returns HTML without scripts; open while nodes run or when one failed.
 */
export function runPanelHtml(
  view: RunView,
  elapsed: number = view.elapsed,
  note = "",
): string {
  const rows = view.nodes.length <= MAX_ROWS
    ? view.nodes.map(nodeRow)
    : groupByName(view.nodes).map((group) => groupRow(group.name, group.nodes));
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length > shown.length
    ? `<div style="${QUIET}">and ${
      formatCount(rows.length - shown.length, "more op")
    }</div>`
    : "";
  const warnings = view.warnings.slice(0, MAX_WARNINGS).map((warning) =>
    `<div><span style="color:${PHASE_STYLES.cancelled.color}">⚠</span> ${
      escapeHtml(warning)
    }</div>`
  ).join("");
  const isQuiet = view.state === "completed" && view.counts().computed === 0;
  return `<details class="weft-run" style="${PANEL}"${
    isQuiet ? "" : " open"
  }><summary style="cursor:pointer">${
    headline(view, elapsed)
  }<span style="${QUIET}">${
    escapeHtml(note)
  }</span></summary><table style="${TABLE}"><tbody>${
    shown.map(rowHtml).join("")
  }</tbody></table>${more}${warnings}</details>`;
}

/**
 * The run in one line of text.
 *
 * @param view The run.
 * @param elapsed Milliseconds since it began; those of its last event by default.
 * @returns For example `✓ 8 nodes: 3 computed, 5 reused in 1.2 s`.
 */
export function runLine(view: RunView, elapsed: number = view.elapsed): string {
  const sign = view.state === undefined
    ? PHASE_STYLES.running.sign
    : view.state === "completed"
    ? PHASE_STYLES.computed.sign
    : PHASE_STYLES[view.state].sign;
  return `${sign} ${formatCount(view.nodes.length, "node")}: ${
    summarise(view)
  } in ${formatDuration(elapsed)}`;
}
