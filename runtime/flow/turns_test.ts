import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("Turns does all steps and ends when nothing is left", async () => {
  let left = 5;
  const turns = new Turns(() => left > 0 && left-- > 0);
  turns.pump();
  await turns.done;
  assert.equal(left, 0);
  assert.ok(turns.isOver);
});

Deno.test("Turns gives the event loop its turn between steps", async () => {
  let hasTicked = false;
  const turns = new Turns(() => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return !hasTicked;
  });
  setTimeout(() => {
    hasTicked = true;
  });
  turns.pump();
  await turns.done;
  assert.ok(hasTicked);
});

Deno.test("Turns ends only after every promise, and goes on with what they bring", async () => {
  const work = ["a"];
  const done: string[] = [];
  const turns = new Turns(() => {
    const next = work.pop();
    if (next !== undefined) done.push(next);
    return next !== undefined;
  });
  turns.wait(
    Promise.resolve("b"),
    (next) => void work.push(next),
    () => assert.fail(),
  );
  turns.wait(
    Promise.reject(new Error("c")),
    () => assert.fail(),
    (error) => void work.push((error as Error).message),
  );
  turns.pump();
  assert.equal(turns.isOver, false);
  await turns.done;
  assert.deepEqual(done.toSorted(), ["a", "b", "c"]);
});

Deno.test("Turns can be ended early, and waits a little for what still runs", async () => {
  const turns = new Turns(() => false);
  let hasSettled = false;
  const soon = new Promise<void>((resolve) => setTimeout(resolve, 5));
  turns.wait(soon, () => void (hasSettled = true), () => {});
  turns.end();
  await turns.done;
  assert.equal(hasSettled, false);
  await turns.settle(5_000);
  assert.ok(hasSettled);
});
