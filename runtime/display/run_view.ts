/**
 * What a run looks like at one moment, gathered from its events. Panels, bars
 * and pictures read this and nothing else.
 *
 * @module
 */

import type {
  NodeInfo,
  NodeState,
  RunEvent,
  RunState,
} from "../core/events.ts";

/** What a node is doing, or how it ended. */
export type NodePhase = "waiting" | "running" | NodeState;

/** A node of a run at one moment. */
export interface NodeView extends NodeInfo {
  /** What it is doing, or how it ended. */
  phase: NodePhase;
  /** How far its body is, from 0 to 1, where it tells. */
  fraction: number | undefined;
  /** What its body said last. */
  message: string | undefined;
  /** When its body began, in milliseconds since the run began. */
  startedAt: number | undefined;
  /** How long it took, in milliseconds. */
  ms: number | undefined;
  /** Size of its outputs. */
  bytes: number | undefined;
  /** Why it ended so. */
  why: string | undefined;
}

/** Gathers the events of one run. */
export class RunView {
  /** The nodes, inputs first. */
  readonly nodes: NodeView[] = [];
  /** Numbers of the nodes that were asked for. */
  roots: readonly number[] = [];
  /** When the run began, as an ISO 8601 text. */
  startedAt: string | undefined;
  /** How it ended; undefined while it runs. */
  state: RunState | undefined;
  /** Milliseconds from the start to the last event. */
  elapsed = 0;
  /** Why it did not complete. */
  error: Error | undefined;
  /** What should be known although the run goes on. */
  readonly warnings: string[] = [];
  readonly #byId = new Map<number, NodeView>();

  /**
   * Takes in the next event.
   *
   * @param event The event.
   */
  apply(event: RunEvent): void {
    this.elapsed = Math.max(this.elapsed, event.at);
    switch (event.type) {
      case "run-start":
        this.startedAt = event.startedAt;
        this.roots = event.roots;
        for (const info of event.nodes) this.#add(info);
        break;
      case "run-end":
        this.state = event.state;
        this.error = event.error;
        break;
      case "node-start": {
        const node = this.#byId.get(event.node);
        if (node === undefined) break;
        node.phase = "running";
        node.startedAt = event.at;
        break;
      }
      case "node-progress": {
        const node = this.#byId.get(event.node);
        if (node === undefined) break;
        node.fraction = Math.min(1, Math.max(0, event.fraction));
        node.message = event.message ?? node.message;
        break;
      }
      case "node-log": {
        const node = this.#byId.get(event.node);
        if (node !== undefined) node.message = event.message;
        break;
      }
      case "node-end": {
        const node = this.#byId.get(event.node);
        if (node === undefined) break;
        node.phase = event.state;
        node.ms = event.ms;
        node.bytes = event.bytes;
        node.why = event.why;
        node.message = event.error?.message.split("\n")[0];
        break;
      }
      case "store":
        if (event.action === "damaged") this.warnings.push(event.message);
        break;
      case "warning":
        this.warnings.push(event.message);
        break;
      case "kernel":
        break;
    }
  }

  #add(info: NodeInfo): void {
    const node: NodeView = {
      ...info,
      phase: "waiting",
      fraction: undefined,
      message: undefined,
      startedAt: undefined,
      ms: undefined,
      bytes: undefined,
      why: undefined,
    };
    this.nodes.push(node);
    this.#byId.set(info.id, node);
  }

  /** How many nodes are in each phase. */
  counts(): Readonly<Record<NodePhase, number>> {
    const counts = {
      waiting: 0,
      running: 0,
      computed: 0,
      reused: 0,
      skipped: 0,
      failed: 0,
      cancelled: 0,
    };
    for (const node of this.nodes) counts[node.phase]++;
    return counts;
  }

  /** Share of the nodes that have ended, those at work by their own account. */
  fraction(): number {
    if (this.nodes.length === 0) return this.state === undefined ? 0 : 1;
    const counts = this.counts();
    let done = this.nodes.length - counts.waiting - counts.running;
    if (counts.running > 0) {
      for (const node of this.nodes) {
        if (node.phase === "running") done += node.fraction ?? 0;
      }
    }
    return done / this.nodes.length;
  }
}

/**
 * The view of a run from events that were kept.
 *
 * @param events The events, in order.
 * @returns Its last moment.
 */
export function viewOf(events: Iterable<RunEvent>): RunView {
  const view = new RunView();
  for (const event of events) view.apply(event);
  return view;
}

/** Phases in the order in which a summary names them. */
const SUMMARY: readonly NodePhase[] = [
  "computed",
  "reused",
  "failed",
  "cancelled",
  "skipped",
  "running",
  "waiting",
];

/**
 * How many nodes are in which phase, in words.
 *
 * @param view The run.
 * @returns For example `3 computed, 5 reused`.
 */
export function summarise(view: RunView): string {
  const counts = view.counts();
  return SUMMARY.filter((phase) => counts[phase] > 0)
    .map((phase) => `${counts[phase]} ${phase}`)
    .join(", ") || "no nodes";
}

/** Nodes of one op taken together, for runs with too many to list. */
export interface NodeGroup {
  /** Name of the op. */
  readonly name: string;
  /** Its nodes. */
  readonly nodes: readonly NodeView[];
}

/**
 * Nodes by the name of their op, in the order of their first node.
 *
 * @param nodes Nodes of a run.
 * @returns The groups.
 */
export function groupByName(nodes: readonly NodeView[]): NodeGroup[] {
  const groups = new Map<string, NodeView[]>();
  for (const node of nodes) {
    const group = groups.get(node.name);
    if (group === undefined) groups.set(node.name, [node]);
    else group.push(node);
  }
  return [...groups].map(([name, members]) => ({ name, nodes: members }));
}

/**
 * The phase that stands for several nodes: the most urgent of them.
 *
 * @param nodes At least one node.
 * @returns `failed` before `running` before `waiting` before how they ended.
 */
export function groupPhase(nodes: readonly NodeView[]): NodePhase {
  const phases = new Set(nodes.map((node) => node.phase));
  const order: readonly NodePhase[] = [
    "failed",
    "running",
    "waiting",
    "cancelled",
    "skipped",
    "computed",
  ];
  if (phases.has("waiting") && phases.size > 1 && !phases.has("failed")) {
    return "running";
  }
  return order.find((phase) => phases.has(phase)) ?? "reused";
}
