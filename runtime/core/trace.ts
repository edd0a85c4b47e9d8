/**
 * What happened in a run, node by node and kernel by kernel: collected from
 * its events, told as a text or as a file for Chrome's and Perfetto's viewers.
 *
 * @module
 */

import type {
  EventStream,
  NodeInfo,
  NodeState,
  RunEvent,
  RunState,
} from "./events.ts";
import { timeText, widest } from "./preview.ts";

/** What happened to one node. */
export interface TraceNode extends NodeInfo {
  /** How it ended; `waiting` or `running` before that. */
  readonly state: NodeState | "waiting" | "running";
  /** When its body began, in milliseconds since the run did. */
  readonly startedAt: number | undefined;
  /** Time of its body and of materialising its tensors, in milliseconds. */
  readonly ms: number;
  /** Why it ended so, in words. */
  readonly why: string;
  /** Size of its outputs in bytes, where that is known. */
  readonly bytes: number | undefined;
}

/** One event of the format that Chrome's and Perfetto's viewers read. */
export interface ChromeEvent {
  /** What the viewer shows. */
  readonly name: string;
  /** `X` is a span, `i` an instant, `M` a name for a row. */
  readonly ph: "X" | "i" | "M";
  /** When it began, in microseconds. */
  readonly ts: number;
  /** How long it took, in microseconds, for spans. */
  readonly dur?: number;
  /** Always 1: one run is one process. */
  readonly pid: number;
  /** The row. */
  readonly tid: number;
  /** What the viewer shows beside it. */
  readonly args: Readonly<Record<string, unknown>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Rows of kernels in a trace file stand below the rows of nodes. */
const KERNEL_ROW = 1000;

/**
 * Collects the events of a run.
 *
 * @example
 * ```ts
 * import { op, start, z } from "@weft/weft";
 *
 * const one = op({ name: "demo/one", outputs: { x: z.number() }, run: () => ({ x: 1 }) });
 * const run = start([one()]);
 * await run.values;
 * console.log(run.trace.nodes[0]?.name); // demo/one
 * const json = JSON.stringify(run.trace.toChrome()); // open it in ui.perfetto.dev
 * ```
 */
export class Trace {
  readonly #nodes: Mutable<TraceNode>[] = [];
  readonly #kernels: (RunEvent & { type: "kernel" })[] = [];
  readonly #notes: (RunEvent & { type: "warning" | "store" })[] = [];
  #startedAt = "";
  #state: RunState | "running" = "running";
  #ms = 0;

  /**
   * Begins to collect.
   *
   * @param events The events of a run, from its start.
   */
  constructor(events: EventStream<RunEvent>) {
    events.subscribe((event) => this.#add(event));
  }

  /** How the run ended. */
  get state(): RunState | "running" {
    return this.#state;
  }

  /** How long the run took, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** When the run began, as an ISO 8601 text. */
  get startedAt(): string {
    return this.#startedAt;
  }

  /** What happened to each node, sources first. */
  get nodes(): readonly TraceNode[] {
    return this.#nodes;
  }

  /** What should be known although it did not stop the run. */
  get warnings(): readonly string[] {
    return this.#notes.filter((note) => note.type === "warning").map((note) =>
      note.message
    );
  }

  #add(event: RunEvent): void {
    // Kernels are told later than what came after them.
    this.#ms = Math.max(this.#ms, event.at);
    switch (event.type) {
      case "run-start":
        this.#startedAt = event.startedAt;
        for (const info of event.nodes) {
          this.#nodes.push({
            ...info,
            state: "waiting",
            startedAt: undefined,
            ms: 0,
            why: "",
            bytes: undefined,
          });
        }
        return;
      case "node-start": {
        const node = this.#nodes[event.node]!;
        node.state = "running";
        node.startedAt = event.at;
        return;
      }
      case "node-end": {
        const node = this.#nodes[event.node]!;
        node.state = event.state;
        node.ms = event.ms;
        node.why = event.why;
        node.bytes = event.bytes;
        return;
      }
      case "kernel":
        this.#kernels.push(event);
        return;
      case "store":
      case "warning":
        this.#notes.push(event);
        return;
      case "run-end":
        this.#state = event.state;
    }
  }

  /**
   * The trace as a text: one line a node, the slowest marked by its time.
   *
   * @returns Several lines.
   */
  toText(): string {
    const width = widest(this.#nodes.map(({ name }) => name));
    const lines = this.#nodes.map((node) =>
      `${node.name.padEnd(width)}  ${node.state.padEnd(9)}  ${
        timeText(node.ms).padStart(9)
      }  ${node.why}`.trimEnd()
    );
    const counts = new Map<string, number>();
    for (const { state } of this.#nodes) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const summary = [...counts].map(([state, count]) => `${count} ${state}`)
      .join(", ");
    const kernelMs = this.#kernels.reduce((sum, { ms }) => sum + ms, 0);
    const kernels = this.#kernels.length === 0
      ? ""
      : `; ${this.#kernels.length} kernels, ${timeText(kernelMs)}`;
    const notes = this.#notes.filter(isNews).map((note) =>
      `${note.type}: ${note.message}`
    );
    return [
      `run ${this.#state} in ${timeText(this.#ms)}: ${summary}${kernels}`,
      ...lines,
      ...notes,
    ].join("\n");
  }

  /**
   * The trace in the JSON format of Chrome's trace viewer, which
   * ui.perfetto.dev reads too. Nodes that overlap stand in different rows.
   *
   * @returns What to write as a JSON file.
   */
  toChrome(): { readonly traceEvents: readonly ChromeEvent[] } {
    const events: ChromeEvent[] = [];
    const freeAt: number[] = [];
    const started = this.#nodes.filter((node) => node.startedAt !== undefined)
      .sort((a, b) => a.startedAt! - b.startedAt!);
    for (const node of started) {
      const from = node.startedAt!;
      let row = freeAt.findIndex((free) => free <= from);
      if (row < 0) row = freeAt.length;
      freeAt[row] = from + node.ms;
      events.push({
        ...span(node.name, from, node.ms, row),
        args: { state: node.state, why: node.why, bytes: node.bytes ?? 0 },
      });
    }
    const devices: string[] = [];
    for (const kernel of this.#kernels) {
      let at = devices.indexOf(kernel.device);
      if (at < 0) at = devices.push(kernel.device) - 1;
      events.push({
        ...span(
          kernel.kernel,
          kernel.at - kernel.ms,
          kernel.ms,
          KERNEL_ROW + at,
        ),
        args: { op: kernel.path.join(" › "), bytes: kernel.bytes },
      });
    }
    const notes = this.#notes.map((note): ChromeEvent => ({
      name: note.message,
      ph: "i",
      ts: note.at * 1000,
      pid: 1,
      tid: 0,
      args: { type: note.type },
    }));
    const names = [
      ...freeAt.map((_, row) => rowName(row, `nodes ${row + 1}`)),
      ...devices.map((device, at) =>
        rowName(KERNEL_ROW + at, `kernels on ${device}`)
      ),
    ];
    return { traceEvents: [...names, ...events, ...notes] };
  }
}

/** What was saved and loaded is routine, and stands in the file only. */
function isNews(note: RunEvent & { type: "warning" | "store" }): boolean {
  return note.type === "warning" || note.action === "damaged" ||
    note.action === "evicted";
}

function span(
  name: string,
  fromMs: number,
  ms: number,
  row: number,
): Omit<ChromeEvent, "args"> {
  return {
    name,
    ph: "X",
    ts: Math.max(0, fromMs) * 1000,
    dur: ms * 1000,
    pid: 1,
    tid: row,
  };
}

function rowName(row: number, name: string): ChromeEvent {
  return {
    name: "thread_name",
    ph: "M",
    ts: 0,
    pid: 1,
    tid: row,
    args: { name },
  };
}
