import assert from "node:assert/strict";
import { CancelledError } from "../../core/errors.ts";
import { Pacer } from "./pacer.ts";

/** A GPU that takes `slowness` times what is estimated. */
class World {
  time = 1000;
  blocked = 0;
  longestBlock = 0;
  #done = 0;

  constructor(readonly slowness: number) {}

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    return Promise.resolve();
  }

  submit(): void {}

  wait(): Promise<void> {
    const block = Math.max(0, this.#done - this.time);
    this.blocked += block;
    this.longestBlock = Math.max(this.longestBlock, block);
    this.time += block;
    return Promise.resolve();
  }

  work(estimate: number): void {
    this.#done = Math.max(this.time, this.#done) + estimate * this.slowness;
  }

  get backlog(): number {
    return Math.max(0, this.#done - this.time);
  }
}

async function drive(
  slowness: number,
  submits: number,
  estimate: number,
): Promise<{ world: World; worst: number; pacer: Pacer }> {
  const world = new World(slowness);
  const pacer = new Pacer(world);
  let worst = 0;
  for (let k = 0; k < submits; k++) {
    await pacer.admit(undefined);
    world.work(estimate);
    pacer.submitted(estimate);
    if (k > submits / 2) worst = Math.max(worst, world.backlog);
  }
  return { world, worst, pacer };
}

Deno.test("Pacer learns how slow the GPU is and bounds what lies ahead", async () => {
  for (const slowness of [0.05, 0.3, 1, 5, 40]) {
    const { world, worst, pacer } = await drive(slowness, 2000, 4);
    const learnt = pacer.corrected(1) / slowness;
    assert.ok(learnt > 0.5 && learnt < 2, `${slowness}: ${learnt}`);
    assert.ok(worst < 350, `${slowness}: ${worst} ms lay ahead`);
    // Timers pass most of the time; blocks are short.
    assert.ok(world.blocked < 0.2 * world.time, `blocked ${world.blocked}`);
  }
});

Deno.test("Pacer keeps the GPU busy", async () => {
  const { world } = await drive(1, 2000, 4);
  assert.ok(world.time - 1000 < 1.1 * 8000, String(world.time));
});

Deno.test("Pacer lets little work through without any wait", async () => {
  const { world } = await drive(1, 20, 0.1);
  assert.equal(world.time, 1000);
});

Deno.test("Pacer stops waiting when the signal is aborted", async () => {
  const world = new World(1);
  const pacer = new Pacer(world);
  const controller = new AbortController();
  pacer.submitted(10_000);
  const sleep = world.sleep.bind(world);
  world.sleep = (milliseconds) => {
    if (world.time > 1200) controller.abort();
    return sleep(milliseconds);
  };
  await assert.rejects(pacer.admit(controller.signal), CancelledError);
  assert.ok(world.time < 2000);
});
