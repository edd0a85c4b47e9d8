import assert from "node:assert/strict";
import { probeWebGpu } from "./adapter.ts";
import { connectWebGpu } from "./connection.ts";
import { shareOut } from "./kernel_timer.ts";

const ignore = !(await probeWebGpu()).available;

Deno.test("shareOut gives each its part of the time", () => {
  assert.deepEqual(shareOut(12, [1, 2, 3]), [2, 4, 6]);
  assert.deepEqual(shareOut(5, [0.1]), [5]);
  assert.deepEqual(shareOut(5, []), []);
  assert.deepEqual(shareOut(6, [0, 0]), [3, 3]);
});

Deno.test({
  name:
    "KernelTimer tells each dispatch once, in order, of passes that share a submit",
  ignore,
  async fn() {
    const { commands, timer } = await connectWebGpu();
    const before = performance.now();
    const told: number[] = [];
    const ends: number[] = [];
    const note = (index: number) => {
      const pass = timer.begin("test");
      for (const part of [0, 1]) {
        timer.note(pass, 1, (milliseconds, endedAt) => {
          assert.ok(milliseconds >= 0, `${milliseconds}`);
          told.push(2 * index + part);
          ends.push(endedAt);
        });
      }
    };
    // More than a query set has stamps for, and a read in the midst of them.
    for (let k = 0; k < 2500; k++) note(k);
    timer.collect();
    for (let k = 2500; k < 2503; k++) note(k);
    commands.endPass();
    assert.deepEqual(told, []);
    await timer.settle();
    assert.deepEqual(told, Array.from({ length: 2 * 2503 }, (_, k) => k));
    const after = performance.now();
    assert.ok(ends.every((end) => end >= before - 50 && end <= after));
    await timer.settle();
    assert.equal(told.length, 2 * 2503);
  },
});

Deno.test({
  name: "KernelTimer comes along with the reads of others",
  ignore,
  async fn() {
    const { device, reader, timer } = await connectWebGpu();
    const buffer = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.COPY_SRC,
    });
    let told = 0;
    timer.note(timer.begin("test"), 1, () => told++);
    const maps = reader.maps;
    await reader.read(buffer, new Uint8Array(16));
    await Promise.resolve();
    assert.equal(reader.maps, maps + 1);
    await timer.settle();
    assert.deepEqual([told, reader.maps], [1, maps + 1]);
  },
});

Deno.test({
  name: "KernelTimer gives up on times that are lost with the device",
  ignore,
  async fn() {
    const { device, timer } = await connectWebGpu();
    let told = 0;
    timer.note(timer.begin("test"), 1, () => told++);
    device.destroy();
    await device.lost;
    await timer.settle();
    assert.equal(told, 0);
  },
});
