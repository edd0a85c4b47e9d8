import assert from "node:assert/strict";
import { deviceNames } from "../compiler/devices.ts";
import * as wf from "./mod.ts";

const SIZE = 2 ** 18;
const BYTES = 4 * SIZE;

async function computed(value: number): Promise<wf.F32> {
  const x = wf.add(wf.zeros([SIZE]), value);
  await wf.realize(x);
  return x;
}

for (const device of deviceNames()) {
  const test = (name: string, body: () => Promise<void>) =>
    Deno.test(`${device}: ${name}`, () => wf.withExecution({ device }, body));

  test("dispose gives data back at once that nobody needs", async () => {
    const x = await computed(1);
    const before = wf.memoryAccount().heldBytes;
    x.dispose();
    assert.equal(before - wf.memoryAccount().heldBytes, BYTES);
  });

  test("results of compiled functions go back at once, too", async () => {
    const twice = wf.compile((x: wf.F32) => wf.multiply(x, 2));
    const x = await computed(1);
    const y = twice(x);
    await wf.realize(y);
    const before = wf.memoryAccount().heldBytes;
    y.dispose();
    assert.equal(before - wf.memoryAccount().heldBytes, BYTES);
    x.dispose();
    assert.equal(before - wf.memoryAccount().heldBytes, 2 * BYTES);
  });

  test("data stay that a lazy tensor needs", async () => {
    const x = await computed(3);
    const sum = wf.sum(x);
    x.dispose();
    await computed(5);
    assert.equal(await sum.item(), 3 * SIZE);
  });

  test("data stay until they were read", async () => {
    const x = await computed(3);
    const reading = x.data();
    x.dispose();
    const others = await Promise.all([computed(5), computed(6)]);
    const data = await reading;
    assert.ok(data.every((one) => one === 3));
    assert.equal(others.length, 2);
    const lazy = wf.add(wf.zeros([SIZE]), 4);
    const second = lazy.data();
    lazy.dispose();
    assert.ok((await second).every((one) => one === 4));
  });

  test("data stay that a compiled function has captured", async () => {
    const x = await computed(3);
    const shifted = wf.compile((y: wf.F32) => wf.sum(wf.add(x, y)));
    const one = wf.ones([]);
    assert.equal(await shifted(one).item(), 4 * SIZE);
    x.dispose();
    await computed(5);
    assert.equal(await shifted(one).item(), 4 * SIZE);
  });

  test("two results with the same data do not free each other's", async () => {
    const both = wf.compile((x: wf.F32) => {
      const y = wf.multiply(x, 2);
      return [y, y] as const;
    });
    const [first, second] = both(await computed(1));
    await wf.realize(first, second);
    first.dispose();
    await computed(5);
    assert.ok((await second.data()).every((one) => one === 2));
  });
}
