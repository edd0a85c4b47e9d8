import assert from "node:assert/strict";
import { CancelledError } from "../core/errors.ts";
import { runSliced, type Work } from "./clock.ts";

/** Work that goes on until a count of pauses. */
function* counting(pauses: number, each: () => void): Work<number> {
  for (let k = 0; k < pauses; k++) {
    each();
    yield;
  }
  return pauses;
}

/** Keeps the thread busy for longer than a slice. */
function busy(): void {
  const end = performance.now() + 15;
  while (performance.now() < end);
}

Deno.test("runSliced gives what the work returns", async () => {
  assert.equal(await runSliced(counting(5, () => {}), undefined), 5);
});

Deno.test("runSliced lets timers run between slices", async () => {
  let timers = 0;
  const timer = setInterval(() => timers++, 1);
  await runSliced(counting(10, busy), undefined);
  clearInterval(timer);
  assert.ok(timers >= 5, `${timers} timers ran`);
});

Deno.test("runSliced gives executions that run at once slices in turn", async () => {
  const order: string[] = [];
  const run = (name: string) =>
    runSliced(
      counting(4, () => {
        order.push(name);
        busy();
      }),
      undefined,
    );
  await Promise.all([run("a"), run("b")]);
  assert.ok(order.indexOf("b") < order.lastIndexOf("a"), order.join(""));
});

Deno.test("runSliced stops at the end of the slice in which its signal was aborted", async () => {
  const controller = new AbortController();
  let steps = 0;
  const work = counting(1000, () => {
    steps++;
    busy();
  });
  setTimeout(() => controller.abort("enough"), 1);
  await assert.rejects(runSliced(work, controller.signal), CancelledError);
  assert.ok(steps < 10, `${steps} steps`);
});

Deno.test("runSliced hands errors of the work on", async () => {
  const failing = counting(1, () => {
    throw new Error("broken");
  });
  await assert.rejects(runSliced(failing, undefined), /broken/);
});
