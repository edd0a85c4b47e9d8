import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fileURLToPath } from "node:url";
import { wasmRuntime } from "../../device/wasm/runtime.ts";
import { probeWebGpu } from "../../device/webgpu/adapter.ts";
import * as wf from "../mod.ts";
import { numbers } from "./testing.ts";
import { beginTraining } from "./testing_training.ts";

/** Collects garbage, and lets what was waiting for it happen. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let k = 0; k < 3; k++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Held {
  readonly device: number;
  readonly heap: number;
  readonly outside: number;
}

async function held(): Promise<Held> {
  await collect();
  const { external, heapUsed } = Deno.memoryUsage();
  const device = wasmRuntime().memory.heldBytes;
  return { device, heap: heapUsed, outside: external };
}

Deno.test("10,000 steps of training do not take more memory than 500", () =>
  wf.withExecution({ device: "wasm" }, async () => {
    const { train } = beginTraining();
    const first = await train(1);
    await train(499);
    const before = await held();
    assert.ok(before.device > 0);
    const last = await train(9_500);
    assert.ok(last < first / 2, `the loss went from ${first} to ${last}`);
    const after = await held();
    assert.ok(
      after.device <= before.device + 2 ** 20,
      `${before.device} bytes on the device became ${after.device}`,
    );
    assert.ok(
      after.heap <= before.heap + 4 * 2 ** 20,
      `${before.heap} bytes of heap became ${after.heap}`,
    );
    assert.ok(
      after.outside <= before.outside + 2 ** 26,
      `${before.outside} bytes outside of the heap became ${after.outside}`,
    );
  }));

interface Memory {
  readonly first: number;
  readonly last: number;
  readonly before: number;
  readonly after: number;
}

const { available } = await probeWebGpu();

Deno.test({
  name: "1,000 steps of training on webgpu do not take more memory than 100",
  ignore: !available,
  async fn() {
    // A process of its own, as other tests use memory, too.
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--quiet",
        "--allow-read",
        "--allow-sys",
        fileURLToPath(new URL("./testing_training.ts", import.meta.url)),
        "webgpu",
        "1000",
      ],
      stdout: "piped",
      stderr: "null",
    }).output();
    const { after, before, first, last } = JSON.parse(
      new TextDecoder().decode(stdout),
    ) as Memory;
    assert.ok(last < first / 2, `the loss went from ${first} to ${last}`);
    // A driver that keeps something at each step keeps gigabytes.
    assert.ok(
      after - before < 2 ** 28,
      `${before} bytes became ${after}`,
    );
  },
});

Deno.test("tensors that are dropped and never disposed of take a bounded amount of memory", () =>
  wf.withExecution({ device: "wasm" }, async () => {
    const { memory } = wasmRuntime();
    const x = numbers(1000, 2500);
    let most = 0;
    // 6 GB in all, more than there is room for.
    for (let k = 0; k < 600; k++) {
      const made = wf.multiply(x, k);
      await wf.realize(made);
      most = Math.max(most, memory.heldBytes);
      if (k % 100 !== 99) continue;
      const expected = Math.fround(k * Math.fround(Math.sin(1)));
      assert.equal((await made.data())[0], expected);
    }
    assert.ok(most < 2 ** 30, `${most} bytes were held`);
    await collect();
    const rest = memory.heldBytes;
    assert.ok(rest < 2 ** 27, `${rest} bytes are held`);
  }));

Deno.test("a loop that keeps the event loop from turning does not run out of memory", () =>
  wf.withExecution({ device: "wasm" }, async () => {
    const x = numbers(500, 500);
    // A graph that is replayed, with data of its own at each turn.
    const next = wf.compile((one: wf.F32, k: wf.Operand<"f32">) =>
      wf.softmax(wf.add(one, k))
    );
    let y = x;
    for (let k = 0; k < 3_000; k++) {
      y = next(y, 1);
      await wf.realize(y);
    }
    const sum = (await y.data()).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 500) < 1e-2);
    assert.ok(wasmRuntime().memory.heldBytes < 2 ** 30);
  }));
