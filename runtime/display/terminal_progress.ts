/**
 * Progress in a terminal: one bar on one line, redrawn in place, or plain
 * lines where the output goes to a file.
 *
 * @module
 */

import type { RunEvent } from "../core/events.ts";
import type { WatchedRun } from "../core/runs.ts";
import { PHASE_STYLES } from "./phase_style.ts";
import { runLine } from "./run_panel.ts";
import { type NodePhase, RunView } from "./run_view.ts";
import { formatBytes, formatDuration } from "../core/text.ts";

/** Where progress is written. */
export interface ProgressOutput {
  /** Writes text at once. */
  write(text: string): void;
  /** Whether a line can be redrawn. */
  readonly isTerminal: boolean;
  /** Whether colours are wanted. */
  readonly hasColor: boolean;
  /** Width in characters now. */
  columns(): number;
}

/** Runs with more nodes tell every tenth of them rather than each, in a log. */
const MAX_LOGGED_NODES = 100;
const INTERVAL_MS = 100;

/** A log that was silent for so long tells what runs. */
const SILENCE_MS = 60_000;

const CLEAR_LINE = "\r\x1b[K";

/**
 * The error output of the process.
 *
 * @returns Colours only on a terminal, and never when `NO_COLOR` is set.
 */
export function errorOutput(): ProgressOutput {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stderr.isTerminal();
  return {
    write: (text) => {
      const bytes = encoder.encode(text);
      try {
        for (let from = 0; from < bytes.length;) {
          from += Deno.stderr.writeSync(bytes.subarray(from));
        }
      } catch {
        // Where nobody reads any more, the run goes on unseen
      }
    },
    isTerminal,
    hasColor: isTerminal && !Deno.noColor,
    columns: () => {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 80; // The size cannot be asked for when only stderr is a terminal
      }
    },
  };
}

/** What a terminal takes for commands; texts of ops may quote any file. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

function harmless(text: string): string {
  return text.replaceAll(CONTROLS, "\ufffd");
}

function paint(text: string, phase: NodePhase, output: ProgressOutput): string {
  return output.hasColor
    ? `\x1b[${PHASE_STYLES[phase].ansi}m${text}\x1b[0m`
    : text;
}

function barText(share: number, width: number, output: ProgressOutput): string {
  const filled = Math.round(share * width);
  return paint("━".repeat(filled), "running", output) +
    paint("─".repeat(width - filled), "waiting", output);
}

/** What runs: the first node, how many more, how far it is and what it told. */
function doingText(view: RunView): string {
  const running = view.nodes.filter((node) => node.phase === "running");
  const first = running[0];
  let doing = first?.name ?? "";
  if (running.length > 1) doing += ` +${running.length - 1}`;
  if (first?.fraction !== undefined) {
    doing += ` ${Math.floor(100 * first.fraction)} %`;
  }
  if (first?.message !== undefined) doing += `: ${first.message}`;
  return harmless(doing.replaceAll(/\s+/g, " "));
}

/**
 * The line of a run that is going on.
 *
 * @param view The run.
 * @param elapsed Milliseconds since it began.
 * @param output Where it is written; the line is one character narrower.
 * @returns The line, without its end.
 */
export function progressLine(
  view: RunView,
  elapsed: number,
  output: ProgressOutput,
): string {
  const counts = view.counts();
  const total = view.nodes.length;
  const done = total - counts.waiting - counts.running;
  const room = Math.max(10, output.columns() - 1);
  const reused = counts.reused > 0 ? ` (${counts.reused} reused)` : "";
  const failed = counts.failed > 0 ? ` ${counts.failed} failed` : "";
  const tail = `${done}/${total}${reused}${failed} ${formatDuration(elapsed)}`;
  const doing = doingText(view);
  const barWidth = Math.max(0, Math.min(30, room - tail.length - 3));
  if (barWidth < 6) return tail.slice(0, room);
  const left = room - barWidth - tail.length - 4;
  const text = left < 4
    ? ""
    : "  " + (doing.length > left ? `${doing.slice(0, left - 1)}…` : doing);
  return `${barText(view.fraction(), barWidth, output)}  ${tail}${
    paint(text, "waiting", output)
  }`;
}

function nodeLine(
  event: Extract<RunEvent, { type: "node-end" }>,
  output: ProgressOutput,
): string {
  const style = PHASE_STYLES[event.state];
  const size = event.bytes === undefined || event.bytes === 0
    ? ""
    : ` ${formatBytes(event.bytes)}`;
  const time = event.state === "computed" || event.state === "failed"
    ? ` ${formatDuration(event.ms)}`
    : "";
  const why = event.state === "computed" || event.state === "reused"
    ? ""
    : `: ${harmless((event.error?.message ?? event.why).split("\n")[0] ?? "")}`;
  return `${
    paint(style.sign, event.state, output)
  } ${event.name} ${event.state}${time}${size}${why}`;
}

/** The bar that owns the line at the bottom, when several runs go on. */
let owner: RunView | undefined;

/**
 * Shows a run in a terminal, or as lines in a log, until it ends.
 *
 * @param run The run.
 * @param output Where to write.
 */
export function showInTerminal(run: WatchedRun, output: ProgressOutput): void {
  const view = new RunView();
  const start = performance.now();
  let drawn = "";
  let told = 0;
  let lastSaid = 0;
  const say = (line: string) => {
    lastSaid = view.elapsed;
    output.write(drawn === "" ? `${line}\n` : `${CLEAR_LINE}${line}\n`);
    drawn = "";
  };
  const draw = () => {
    owner ??= view;
    if (owner !== view) return;
    const line = progressLine(view, performance.now() - start, output);
    if (line === drawn) return;
    output.write(CLEAR_LINE + line);
    drawn = line;
  };
  const timer = output.isTerminal ? setInterval(draw, INTERVAL_MS) : undefined;
  if (timer !== undefined) Deno.unrefTimer(timer);
  const tellNode = (event: Extract<RunEvent, { type: "node-end" }>) => {
    if (event.state === "failed") say(nodeLine(event, output));
    if (output.isTerminal) return;
    if (view.nodes.length > MAX_LOGGED_NODES) {
      const tenth = Math.floor(10 * view.fraction());
      if (tenth > told && tenth < 10) say(runLine(view));
      told = Math.max(told, tenth);
    } else if (event.state === "computed") {
      say(nodeLine(event, output));
    }
  };
  run.events.subscribe((event) => {
    view.apply(event);
    switch (event.type) {
      case "node-end":
        tellNode(event);
        break;
      case "node-progress":
        if (!output.isTerminal && view.elapsed - lastSaid >= SILENCE_MS) {
          say(`${runLine(view)}: ${doingText(view)}`);
        }
        break;
      case "node-log":
        say(`  ${event.name}: ${harmless(event.message)}`);
        break;
      case "warning":
        say(`${paint("!", "cancelled", output)} ${harmless(event.message)}`);
        break;
      case "store":
        if (event.action === "damaged") {
          say(`${paint("!", "cancelled", output)} ${harmless(event.message)}`);
        }
        break;
      case "run-end":
        clearInterval(timer);
        if (owner === view) owner = undefined;
        say(runLine(view));
        break;
      default:
        break;
    }
  });
}
