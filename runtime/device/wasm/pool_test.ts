import assert from "node:assert/strict";
import { CancelledError } from "../../core/errors.ts";
import { SharedMemory } from "./memory.ts";
import { type CompiledModule, ModuleCache } from "./module.ts";
import { type Job, ThreadPool } from "./pool.ts";
import { roundsOf, TESTING_MODULE } from "./testing_module.ts";

const memory = new SharedMemory(2 ** 28);
const modules = new ModuleCache(memory);
// One pool for all tests: it must outlive the one that started it.
const pool = new ThreadPool(memory, 4);
const alone = new ThreadPool(memory, 1);

async function testingModule(): Promise<CompiledModule> {
  return (await modules.compile([TESTING_MODULE]))[0]!;
}

interface Counting {
  readonly job: Job;
  output(): Int32Array;
}

/** A job over `items` items that says how much work an item is. */
async function counting(
  items: number,
  rounds: number,
  { trapAt = -1, itemNanoseconds = rounds, grain = 1 } = {},
): Promise<Counting> {
  const output = await memory.allocate(4 * items);
  const parameters = await memory.allocate(12);
  memory.words.fill(0, output / 4, output / 4 + items);
  memory.words.set([output, trapAt, rounds], parameters / 4);
  const module = await testingModule();
  const scratchBytes = 64;
  return {
    job: { module, parameters, items, grain, itemNanoseconds, scratchBytes },
    output: () => new Int32Array(memory.buffer, output, items),
  };
}

async function run(
  pool: ThreadPool,
  job: Job,
  signal?: AbortSignal,
): Promise<void> {
  await pool.reserveScratch(job.scratchBytes);
  await pool.run(job, signal);
}

function assertDone({ job, output }: Counting, rounds: number, times = 1) {
  const values = output();
  for (let item = 0; item < job.items; item++) {
    assert.equal(values[item], Math.imul(times, roundsOf(item, rounds)));
  }
}

Deno.test("ThreadPool does each item once, with one thread and with several", async () => {
  for (const threads of [alone, pool]) {
    for (
      const [items, rounds, grain] of [[1, 5, 1], [7, 3, 4], [5000, 900, 7]]
    ) {
      const one = await counting(items!, rounds!, { grain: grain! });
      await run(threads, one.job);
      assertDone(one, rounds!);
    }
  }
});

Deno.test("ThreadPool does many jobs one after another", async () => {
  const rounds = 40;
  const one = await counting(2000, rounds);
  for (let k = 0; k < 500; k++) await run(pool, one.job);
  assertDone(one, rounds, 500);
});

Deno.test("ThreadPool does jobs of runs that overlap", async () => {
  const rounds = 2000;
  const list = [];
  for (let k = 0; k < 6; k++) list.push(await counting(3000 + k, rounds));
  await Promise.all(list.map(({ job }) => run(pool, job)));
  for (const one of list) assertDone(one, rounds);
});

Deno.test("ThreadPool gives workers modules and memory that came later", async () => {
  const block = await memory.allocate(40 * 2 ** 20);
  const rounds = 1000;
  const one = await counting(3000, rounds);
  assert.ok(one.job.parameters > block);
  await run(pool, one.job);
  assertDone(one, rounds);
  memory.free(block);
});

Deno.test("ThreadPool lets timers run during a long job, and stops when told", async () => {
  for (const threads of [alone, pool]) {
    const { job, output } = await counting(60_000, 200_000);
    const controller = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 3) controller.abort("enough");
    }, 5);
    await assert.rejects(
      run(threads, job, controller.signal),
      (error) => error instanceof CancelledError && ticks >= 3,
    );
    clearInterval(timer);
    const done = output().slice();
    assert.ok(done.includes(0), "it went on to the end");
    // Nobody writes any more.
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(output().slice(), done);
    const next = await counting(3000, 500);
    await run(threads, next.job);
    assertDone(next, 500);
  }
});

Deno.test("ThreadPool turns a trap into an error, and goes on", async () => {
  for (const threads of [alone, pool]) {
    for (const trapAt of [0, 2999]) {
      const one = await counting(3000, 1000, { trapAt });
      await assert.rejects(run(threads, one.job), /unreachable/);
    }
    const one = await counting(3000, 1000);
    await run(threads, one.job);
    assertDone(one, 1000);
  }
});

Deno.test("ThreadPool has workers that take part", async () => {
  const { job } = await counting(3000, 1000, { trapAt: 1500 });
  for (let k = 0; k < 500; k++) {
    const error = await run(pool, job).catch((error: unknown) => error);
    // What a worker throws comes as a text.
    if (!(error instanceof WebAssembly.RuntimeError)) return;
  }
  assert.fail("the main thread did all");
});

Deno.test("ThreadPool leaves items to workers that would hold up the event loop", async () => {
  const rounds = 60_000_000;
  const one = await counting(3, rounds);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await run(pool, one.job);
  clearInterval(timer);
  assertDone(one, rounds);
  assert.ok(ticks >= 3, `${ticks} ticks`);
});

Deno.test("ThreadPool wakes a worker up for a single item that it leaves to it", async () => {
  const rounds = 1000;
  const nanoseconds = 1e10;
  for (let k = 0; k < 5; k++) {
    const one = await counting(1, rounds, { itemNanoseconds: nanoseconds });
    await run(pool, one.job);
    assertDone(one, rounds);
    // Workers fall asleep in the meantime.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

Deno.test("ThreadPool goes on alone when its workers have ended", async () => {
  const own = new ThreadPool(memory, 3);
  const first = await counting(3000, 20_000);
  await run(own, first.job);
  await own.stop();
  const second = await counting(3000, 20_000);
  await run(own, second.job);
  assertDone(first, 20_000);
  assertDone(second, 20_000);
});
