import assert from "node:assert/strict";
import { deviceNames } from "../compiler/devices.ts";
import * as wf from "./mod.ts";

const large = 8192;

/** A step that writes one number into a cache and tells the sum. */
function cacheStep() {
  return wf.compile(
    (cache: wf.F32, value: wf.F32, at: wf.Operand<"i32">) => {
      const next = wf.dynamicUpdateSlice(cache, value, at, { axis: 1 });
      return { cache: next, sum: wf.sum(next) };
    },
    { donate: [0] },
  );
}

for (const device of deviceNames()) {
  const test = (name: string, body: () => Promise<void>) =>
    Deno.test(`${device}: ${name}`, () => wf.withExecution({ device }, body));

  test("donated state goes from step to step", async () => {
    const step = cacheStep();
    let cache = wf.zeros([2, large]);
    for (let at = 0; at < 5; at++) {
      const next = step(cache, wf.full([2, 1], at + 1), at);
      assert.equal(await next.sum.item(), (at + 1) * (at + 2));
      cache = next.cache;
    }
    const data = await cache.data();
    assert.deepEqual([...data.slice(0, 6)], [1, 2, 3, 4, 5, 0]);
    assert.deepEqual([...data.slice(large, large + 6)], [1, 2, 3, 4, 5, 0]);
  });

  test("steps may wait for one another before anything is read", async () => {
    const step = cacheStep();
    let cache = wf.zeros([2, large]);
    await wf.realize(cache);
    const sums: wf.F32[] = [];
    for (let at = 0; at < 4; at++) {
      const next = step(cache, wf.full([2, 1], at + 1), at);
      sums.push(next.sum);
      cache = next.cache;
    }
    const read = await wf.read(...sums);
    assert.deepEqual(read.map(([sum]) => sum), [2, 6, 12, 20]);
    const data = await cache.data();
    assert.deepEqual([...data.slice(0, 5)], [1, 2, 3, 4, 0]);
    for (const [k, sum] of sums.entries()) {
      assert.equal(await sum.item(), (k + 1) * (k + 2));
    }
  });

  test("reading one result keeps the others", async () => {
    const step = cacheStep();
    const cache = wf.ones([2, large]);
    await wf.realize(cache);
    const { cache: next, sum } = step(cache, wf.zeros([2, 1]), 3);
    const [total, data] = await Promise.all([sum.item(), next.data()]);
    assert.equal(total, 2 * large - 2);
    assert.deepEqual([...data.slice(2, 5)], [1, 0, 1]);
  });

  test("a donated tensor cannot be used any more", () => {
    const step = cacheStep();
    const cache = wf.zeros([2, large]);
    step(cache, wf.zeros([2, 1]), 3);
    assert.throws(
      () => wf.add(cache, 1),
      /Cannot use the tensor as it was donated to a compiled function/,
    );
    return Promise.resolve();
  });
}

Deno.test("compile refuses to donate what is no argument", () => {
  for (const position of [-1, 0.5]) {
    assert.throws(
      () => wf.compile((x: wf.F32) => x, { donate: [position] }),
      /Cannot donate argument/,
    );
  }
});

/** A step of many primitives, which is run by itself. */
function longStep(donate: number[]) {
  let traced = 0;
  const step = wf.compile((x: wf.F32) => {
    traced++;
    let next = x;
    for (let k = 0; k < 150; k++) next = wf.add(wf.multiply(next, 1), 0);
    next = wf.add(next, 1);
    for (let k = 0; k < 150; k++) next = wf.subtract(wf.divide(next, 1), 0);
    return { next, first: wf.slice(next, 0) };
  }, { donate });
  return { step, traced: () => traced };
}

for (const donate of [[], [0]]) {
  const how = donate.length === 0 ? "kept" : "donated";
  Deno.test(`steps of many primitives run one by one, their state ${how}`, async () => {
    const { step, traced } = longStep(donate);
    let x = wf.zeros([large]);
    const firsts: wf.F32[] = [];
    const run = async (): Promise<number> => {
      const names: string[] = [];
      await wf.withExecution(
        { onKernel: (one) => names.push(one.name), device: "wasm" },
        () => wf.read(...firsts),
      );
      return names.length;
    };
    for (let k = 0; k < 6; k++) {
      const { first, next } = step(x);
      firsts.push(first);
      x = next;
    }
    const kernels = await run();
    assert.equal(traced(), 1);
    assert.deepEqual(
      (await wf.read(...firsts)).map(([one]) => one),
      [1, 2, 3, 4, 5, 6],
    );
    // All six steps have run, none of them twice.
    assert.equal(kernels % 6, 0);
    assert.equal(await run(), 0);
    assert.equal((await x.data())[large - 1], 6);
    const { first } = step(x);
    firsts.push(first);
    assert.equal(await run(), kernels / 6);
    assert.equal(await first.item(), 7);
  });
}

Deno.test("of a chain of steps only what may be read is held", async () => {
  const { step } = longStep([]);
  const run = async (count: number) => {
    let x = wf.zeros([2 ** 20]);
    const firsts: wf.F32[] = [];
    for (let k = 0; k < count; k++) {
      const { first, next } = step(x);
      firsts.push(first);
      x = next;
    }
    const calls = firsts.map(({ node }) => node.inputs[0]!);
    await wf.withExecution({ device: "wasm" }, () => wf.read(...firsts));
    const results = calls.flatMap((call) => call.results!);
    assert.equal(results.length, 2 * count);
    return results.filter((one) =>
      one !== undefined && one.byteLength > 2 ** 20
    ).length;
  };
  // The state after the last step.
  assert.equal(await run(5), 1);
});
