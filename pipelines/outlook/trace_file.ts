/**
 * A trace of a bounded size.
 *
 * @module
 */

import type { Trace } from "../../runtime/core/trace.ts";

/** Events at most; a viewer opens so many in a moment. */
const MOST_EVENTS = 50_000;

type ChromeTrace = ReturnType<Trace["toChrome"]>;

/**
 * Leaves the shortest spans out where there are too many: what took long is what a
 * trace is read for.
 *
 * @param trace A trace in the form of Chrome.
 * @param most Events at most.
 * @returns The trace with its longest spans, in order.
 */
export function boundedTrace(
  trace: ChromeTrace,
  most: number = MOST_EVENTS,
): ChromeTrace {
  const { traceEvents } = trace;
  if (traceEvents.length <= most) return trace;
  const length = (at: number) => traceEvents[at]!.dur ?? Infinity;
  const kept = [...traceEvents.keys()].sort((a, b) => length(b) - length(a))
    .slice(0, most).sort((a, b) => a - b);
  return { traceEvents: kept.map((at) => traceEvents[at]!) };
}
