/**
 * Pictures of graphs: nodes as boxes coloured by how they ended, with times,
 * and arrows from inputs to readers. Graphviz (as WebAssembly, loaded when the
 * first picture is drawn) finds the places; the drawing is our own.
 *
 * @module
 */

import type { NodeInfo } from "../core/events.ts";
import { PHASE_STYLES } from "./phase_style.ts";
import type { NodePhase, RunView } from "./run_view.ts";
import { px, textAt } from "./svg_parts.ts";
import { escapeHtml, formatBytes, formatDuration } from "../core/text.ts";

/** A node of a picture. */
export interface GraphNode extends NodeInfo {
  /** How it ended, or would; outlines only when absent. */
  readonly phase?: NodePhase | undefined;
  /** How long it took, in milliseconds. */
  readonly ms?: number | undefined;
  /** Size of its outputs. */
  readonly bytes?: number | undefined;
  /** Why it ended so; shown on pointing at the node. */
  readonly why?: string | undefined;
  /** What stands in its lower corner instead of phase, time and size. */
  readonly detail?: string | undefined;
}

/** How a graph is drawn. */
export interface GraphOptions {
  /** Numbers of the nodes that were asked for; they get a thicker outline. */
  readonly roots?: readonly number[];
  /**
   * `page` takes the colour of the text around it, `paper` is dark on white,
   * for a file of its own. `page` by default.
   */
  readonly theme?: "page" | "paper";
  /** From left to right or downwards; by the depth of the graph by default. */
  readonly direction?: "right" | "down";
  /** More nodes than this are drawn as one box an op; 80 by default. */
  readonly maxNodes?: number;
}

interface Box {
  readonly id: number;
  readonly title: string;
  readonly family: string;
  readonly detail: string;
  readonly why: string;
  readonly phase: NodePhase | undefined;
  readonly isRoot: boolean;
  readonly width: number;
}

interface Drawing {
  readonly boxes: readonly Box[];
  readonly edges: readonly (readonly [number, number])[];
}

const BOX_HEIGHT = 46;
const POINTS_AN_INCH = 72;
/** A page scrolls sideways rather than making a graph smaller than this. */
const LEAST_SCALE = 0.7;

function detailOf(node: GraphNode): string {
  if (node.detail !== undefined) return node.detail;
  const parts: string[] = [];
  if (node.phase !== undefined) parts.push(node.phase);
  if (node.phase === "computed" && node.ms !== undefined) {
    parts[0] = formatDuration(node.ms);
  }
  if (node.bytes !== undefined && node.bytes > 0) {
    parts.push(formatBytes(node.bytes));
  }
  return parts.join(" · ");
}

function makeBox(
  node: GraphNode,
  count: number,
  detail: string,
  isRoot: boolean,
): Box {
  const cut = node.name.lastIndexOf("/");
  const family = node.name.slice(0, cut + 1);
  const title = node.name.slice(cut + 1) + (count > 1 ? ` ×${count}` : "");
  const longest = Math.max(
    8.2 * title.length + 26,
    6.5 * (family.length + detail.length + 2),
  );
  return {
    id: node.id,
    title,
    family,
    detail,
    why: node.why ?? "",
    phase: node.phase,
    isRoot,
    width: Math.max(90, longest + 22),
  };
}

/** One box a node. */
function eachNode(
  nodes: readonly GraphNode[],
  roots: ReadonlySet<number>,
): Drawing {
  return {
    boxes: nodes.map((node) =>
      makeBox(node, 1, detailOf(node), roots.has(node.id))
    ),
    edges: nodes.flatMap((node) =>
      [...new Set(node.inputs)].map((input) => [input, node.id] as const)
    ),
  };
}

/** One box an op; nodes that read nodes of the same op make no loop. */
function eachOp(
  nodes: readonly GraphNode[],
  roots: ReadonlySet<number>,
): Drawing {
  const groups = new Map<string, GraphNode[]>();
  const names = new Map<number, string>();
  for (const node of nodes) {
    names.set(node.id, node.name);
    const group = groups.get(node.name);
    if (group === undefined) groups.set(node.name, [node]);
    else group.push(node);
  }
  const edges = new Map<string, readonly [number, number]>();
  const boxes: Box[] = [];
  for (const [name, members] of groups) {
    const first = members[0];
    if (first === undefined) continue;
    const phases = new Set(members.map((node) => node.phase));
    const ms = members.reduce((sum, node) => sum + (node.ms ?? 0), 0);
    const phase = phases.has("failed")
      ? "failed"
      : phases.size === 1
      ? first.phase
      : "computed";
    const detail = phase === undefined
      ? ""
      : phase === "reused"
      ? "reused"
      : formatDuration(ms);
    boxes.push(makeBox(
      { ...first, phase, why: undefined },
      members.length,
      detail,
      members.some((node) => roots.has(node.id)),
    ));
    for (const input of members.flatMap((node) => node.inputs)) {
      const source = groups.get(names.get(input) ?? "")?.[0];
      if (source === undefined || source.name === name) continue;
      edges.set(`${source.id} ${first.id}`, [source.id, first.id]);
    }
  }
  return { boxes, edges: [...edges.values()] };
}

/** The longest chain of nodes. */
function depthOf(drawing: Drawing): number {
  const inputs = new Map<number, number[]>();
  for (const [from, to] of drawing.edges) {
    inputs.set(to, [...inputs.get(to) ?? [], from]);
  }
  const depths = new Map<number, number>();
  for (const { id } of drawing.boxes) {
    const before = (inputs.get(id) ?? []).map((input) =>
      depths.get(input) ?? 0
    );
    depths.set(id, 1 + Math.max(0, ...before));
  }
  return Math.max(0, ...depths.values());
}

/** What Graphviz's JSON says of places, in points with y upwards. */
interface Layout {
  readonly bb?: string;
  readonly objects?: readonly {
    readonly name: string;
    readonly pos?: string;
  }[];
  readonly edges?: readonly {
    readonly head: number;
    readonly tail: number;
    readonly pos?: string;
  }[];
}

async function layOut(drawing: Drawing, right: boolean): Promise<Layout> {
  const { instance } = await import("@viz-js/viz");
  const viz = await instance();
  const json = viz.renderString({
    directed: true,
    graphAttributes: {
      rankdir: right ? "LR" : "TB",
      nodesep: right ? 0.22 : 0.3,
      ranksep: right ? 0.5 : 0.42,
    },
    nodeAttributes: { shape: "box", fixedsize: true, label: "" },
    edgeAttributes: { arrowhead: "none" },
    nodes: drawing.boxes.map((box) => ({
      name: String(box.id),
      attributes: {
        width: box.width / POINTS_AN_INCH,
        height: BOX_HEIGHT / POINTS_AN_INCH,
      },
    })),
    edges: drawing.edges.map(([from, to]) => ({
      tail: String(from),
      head: String(to),
    })),
  }, { format: "json0", engine: "dot" });
  return JSON.parse(json);
}

function parsePoint(text: string): [number, number] {
  const [x = 0, y = 0] = text.split(",").map(Number);
  return [x, y];
}

/** A spline of Graphviz as an SVG path with y downwards. */
function edgePath(spline: string, height: number): string {
  const points = spline.replaceAll(/[es],\S+\s+/g, "").trim().split(/\s+/)
    .map(parsePoint)
    .map(([x, y]) => `${px(x)},${px(height - y)}`);
  const [first = "0,0", ...rest] = points;
  return `M${first}C${rest.join(" ")}`;
}

function drawBox(box: Box, x: number, y: number): string {
  const style = PHASE_STYLES[box.phase ?? "waiting"];
  const color = box.phase === undefined ? "currentColor" : style.color;
  const dashed = box.phase === "reused" || box.phase === "skipped" ||
    box.phase === "waiting";
  const left = x - box.width / 2;
  const top = y - BOX_HEIGHT / 2;
  const sign = box.phase === undefined ? "" : style.sign;
  const hint = box.why === "" ? "" : `<title>${escapeHtml(box.why)}</title>`;
  return `<g>${hint}<rect x="${px(left)}" y="${px(top)}" width="${
    px(box.width)
  }" height="${BOX_HEIGHT}" rx="7" fill="${color}" fill-opacity="${
    box.phase === undefined ? 0.04 : 0.12
  }" stroke="${color}" stroke-width="${
    box.isRoot ? 2.4 : 1.2
  }" stroke-opacity="${box.phase === undefined ? 0.5 : 1}"${
    dashed ? ' stroke-dasharray="5 3"' : ""
  }/>` +
    textAt(left + 11, top + 19, box.title, { size: 13, weight: 600 }) +
    (sign === "" ? "" : textAt(left + box.width - 11, top + 19, sign, {
      size: 13,
      anchor: "end",
      fill: color,
    })) +
    `<g fill-opacity="0.75">` +
    textAt(left + 11, top + 36, box.family, { size: 11 }) +
    textAt(left + box.width - 11, top + 36, box.detail, {
      size: 11,
      anchor: "end",
    }) + `</g></g>`;
}

/**
 * Draws a graph of nodes.
 *
 * @param nodes The nodes, inputs first.
 * @param options Direction, colours, and how many nodes are drawn one by one.
 * @returns An `<svg>` element as text; all labels in it are escaped.
 *
 * @example
 * ```ts
 * import { graphSvg } from "@weft/weft/display";
 *
 * const svg = await graphSvg([
 *   { id: 0, name: "data/sample-prices", inputs: [], kind: "io", phase: "reused" },
 *   { id: 1, name: "volatility/har", inputs: [0], kind: "cpu", phase: "computed", ms: 120 },
 * ]);
 * console.log(svg.startsWith("<svg")); // true
 * ```
 */
export async function graphSvg(
  nodes: readonly GraphNode[],
  options: GraphOptions = {},
): Promise<string> {
  const roots = new Set(options.roots ?? []);
  const drawing = nodes.length > (options.maxNodes ?? 80)
    ? eachOp(nodes, roots)
    : eachNode(nodes, roots);
  const right = options.direction === undefined
    ? depthOf(drawing) <= 5
    : options.direction === "right";
  const layout = await layOut(drawing, right);
  const [, , width = 0, height = 0] = (layout.bb ?? "0,0,0,0").split(",").map(
    Number,
  );
  const objects = layout.objects ?? [];
  const places = new Map(objects.map((object) => [object.name, object.pos]));
  const parts: string[] = [];
  for (const edge of layout.edges ?? []) {
    if (edge.pos === undefined) continue;
    parts.push(edgePath(edge.pos, height));
  }
  const boxes = drawing.boxes.map((box) => {
    const [x, y] = parsePoint(places.get(String(box.id)) ?? "0,0");
    return drawBox(box, x, height - y);
  });
  const tips = (layout.edges ?? []).map((edge) => {
    const points = (edge.pos ?? "").replaceAll(/[es],\S+\s+/g, "").trim()
      .split(/\s+/).map(parsePoint);
    const [endX, endY] = points.at(-1) ?? [0, 0];
    const [beforeX, beforeY] = points.at(-2) ?? [0, 0];
    const angle = Math.atan2(beforeY - endY, endX - beforeX) * 180 / Math.PI;
    return `<path d="M0,0L-7,-3.5L-7,3.5Z" transform="translate(${px(endX)} ${
      px(height - endY)
    }) rotate(${px(angle)})"/>`;
  });
  const paper = options.theme === "paper";
  const margin = 6;
  const box = `${-margin} ${-margin} ${px(width + 2 * margin)} ${
    px(height + 2 * margin)
  }`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${
    px(width + 2 * margin)
  }" height="${
    px(height + 2 * margin)
  }" role="img" aria-label="Graph of ${nodes.length} ${
    nodes.length === 1 ? "node" : "nodes"
  }" style="font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;${
    paper
      ? "color:#1b1f24"
      : `max-width:100%;min-width:${
        Math.round(LEAST_SCALE * width)
      }px;height:auto`
  }">` +
    (paper
      ? `<rect x="${-margin}" y="${-margin}" width="100%" height="100%" fill="#ffffff"/>`
      : "") +
    `<g fill="none" stroke="currentColor" stroke-opacity="0.4" stroke-width="1.2">` +
    parts.map((path) => `<path d="${path}"/>`).join("") + "</g>" +
    `<g fill="currentColor" fill-opacity="0.55">${tips.join("")}</g>` +
    `<g fill="currentColor">${boxes.join("")}</g></svg>`;
}

/**
 * Draws the graph of a run as it stands.
 *
 * @param view The run.
 * @param options Direction and colours.
 * @returns An `<svg>` element as text.
 */
export function runGraphSvg(
  view: RunView,
  options: GraphOptions = {},
): Promise<string> {
  return graphSvg(view.nodes, { roots: view.roots, ...options });
}
