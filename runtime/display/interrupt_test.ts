import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CancelledError } from "../core/errors.ts";
import { InterruptGuard } from "./interrupt.ts";
import { handMadeRun } from "./testing.ts";

function fakeSignals() {
  const listeners = new Set<() => void>();
  const exits: number[] = [];
  return {
    listeners,
    exits,
    add: (listener: () => void) => void listeners.add(listener),
    remove: (listener: () => void) => void listeners.delete(listener),
    exit: (code: number) => void exits.push(code),
    interrupt: () => listeners.forEach((listener) => listener()),
  };
}

Deno.test("InterruptGuard in a terminal cancels first and ends the process second", () => {
  const signals = fakeSignals();
  const guard = new InterruptGuard({ keeps: false, signals });
  const [one, two] = [handMadeRun(["a"]), handMadeRun(["b"])];
  guard.watch(one);
  guard.watch(two);
  strictEqual(signals.listeners.size, 1);
  signals.interrupt();
  ok(one.reasons[0] instanceof CancelledError && two.reasons.length === 1);
  deepStrictEqual(signals.exits, []);
  signals.interrupt();
  deepStrictEqual(signals.exits, [130]);
});

Deno.test("InterruptGuard in a terminal listens only while runs go on", () => {
  const signals = fakeSignals();
  const guard = new InterruptGuard({ keeps: false, signals });
  const run = handMadeRun(["a"]);
  guard.watch(run);
  signals.interrupt();
  run.events.emit({ type: "run-end", at: 1, state: "cancelled" });
  strictEqual(signals.listeners.size, 0);
  const next = handMadeRun(["a"]);
  guard.watch(next);
  signals.interrupt();
  strictEqual(
    next.reasons.length,
    1,
    "the first interrupt of a later run cancels again",
  );
  deepStrictEqual(signals.exits, []);
});

Deno.test("InterruptGuard in a notebook keeps listening and never ends the process", () => {
  const signals = fakeSignals();
  const guard = new InterruptGuard({ keeps: true, signals });
  strictEqual(signals.listeners.size, 0, "not before the first run");
  const run = handMadeRun(["a"]);
  guard.watch(run);
  signals.interrupt();
  signals.interrupt();
  run.events.emit({ type: "run-end", at: 1, state: "cancelled" });
  signals.interrupt();
  strictEqual(signals.listeners.size, 1);
  deepStrictEqual(signals.exits, []);
  strictEqual(run.reasons.length, 2);
});
