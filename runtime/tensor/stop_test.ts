import assert from "node:assert/strict";
import { StopButton } from "./stop.ts";

/** A button, and what presses it. */
function makeButton(): { button: StopButton; listeners: (() => void)[] } {
  const listeners: (() => void)[] = [];
  const button = new StopButton((listener) => listeners.push(listener));
  return { button, listeners };
}

const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(signal.reason))
  );

Deno.test("an interrupt aborts all that is being computed and nothing after it", async () => {
  const { button, listeners } = makeButton();
  const both = [button.during(untilAborted), button.during(untilAborted)];
  assert.equal(listeners.length, 1);
  listeners[0]!();
  assert.deepEqual(await Promise.all(both), ["an interrupt", "an interrupt"]);
  const later = await button.during((signal) =>
    Promise.resolve(signal.aborted)
  );
  assert.equal(later, false);
  assert.equal(listeners.length, 1);
});

Deno.test("an interrupt leaves alone what is over, well or not", async () => {
  const { button, listeners } = makeButton();
  const signals: AbortSignal[] = [];
  await button.during((signal) => Promise.resolve(signals.push(signal)));
  await assert.rejects(
    button.during((signal) => {
      signals.push(signal);
      return Promise.reject(new Error("failed"));
    }),
    /failed/,
  );
  listeners[0]!();
  assert.deepEqual(signals.map((signal) => signal.aborted), [false, false]);
});

Deno.test("nothing is heard before anything is computed", () => {
  assert.deepEqual(makeButton().listeners, []);
});
