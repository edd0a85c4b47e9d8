/**
 * Nodes and runs in a cell: the graph that a node stands for, coloured by what
 * a run would do, and what a run did.
 *
 * @module
 */

import type { NodeLike, Plan, PlanNode, Run } from "../flow/mod.ts";
import { graphOf } from "../flow/mod.ts";
import type { MimeBundle } from "./bundle.ts";
import { type GraphNode, graphSvg, runGraphSvg } from "./graph.ts";
import { runLine, runPanelHtml } from "./run_panel.ts";
import { viewOf } from "./run_view.ts";
import { svgImage } from "./svg_parts.ts";
import { escapeHtml, formatCount } from "../core/text.ts";

function plannedNode(node: PlanNode): GraphNode {
  return {
    ...node,
    detail: node.state,
    ...(node.state === "reused" ? { phase: "reused" as const } : {}),
    ...(node.state === "may run" ? { phase: "waiting" as const } : {}),
  };
}

/** What a run would do, where that can be told; a picture must not fail. */
async function planOrNothing(node: NodeLike): Promise<Plan | undefined> {
  const { plan } = node as { plan?: () => Promise<Plan> };
  try {
    return await plan?.call(node);
  } catch {
    return undefined;
  }
}

/**
 * A node as a front end shows it: its graph. Nothing is run.
 *
 * @param node The node.
 * @returns The graph as SVG, alone and in HTML, and one line of text.
 */
export async function describeNode(node: NodeLike): Promise<MimeBundle> {
  const plan = await planOrNothing(node);
  const shape = plan ?? graphOf(node);
  const nodes = plan?.nodes.map(plannedNode) ?? shape.nodes;
  const { roots } = shape;
  const counts = new Map<string, number>();
  for (const { state } of plan?.nodes ?? []) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const summary = [...counts].map(([state, count]) => `${count} ${state}`);
  const text = `${String(node)} (${formatCount(nodes.length, "node")}${
    summary.length === 0 ? "" : `: ${summary.join(", ")}`
  })`;
  const svg = await graphSvg(nodes, { roots, theme: "paper" });
  return {
    "text/html": `${svgImage(svg, text)}<div><small>${
      escapeHtml(text)
    }</small></div>`,
    "image/svg+xml": svg,
    "text/plain": text,
  };
}

/**
 * A run as a front end shows it: the graph with states and times, and the
 * panel with a bar a node.
 *
 * @param run The run, going on or ended.
 * @returns Graph and panel as HTML, the graph as SVG, one line of text.
 */
export async function describeRun(run: Run<unknown>): Promise<MimeBundle> {
  const view = viewOf(run.events.past);
  const svg = await runGraphSvg(view, { theme: "paper" });
  const text = runLine(view);
  return {
    "text/html": `${svgImage(svg, text)}${runPanelHtml(view)}`,
    "image/svg+xml": svg,
    "text/plain": text,
  };
}
