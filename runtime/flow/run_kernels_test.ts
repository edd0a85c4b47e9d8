import assert from "node:assert/strict";
import type { KernelEvent } from "../core/events.ts";
import { probeWebGpu } from "../device/webgpu/adapter.ts";
import {
  connectWebGpu,
  type WebGpuConnection,
} from "../device/webgpu/connection.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import { type Node, op, type RunOptions, start } from "./mod.ts";

const ignore = !(await probeWebGpu()).available;
const OPS = 20;

/** Two kernels in a program of its own. */
const step = op({
  name: "kernels/step",
  inputs: { x: port.tensor("f32", ["n", "n"]) },
  outputs: { y: port.tensor("f32", ["n", "n"]) },
  run: async ({ x }) => {
    const y = wf.softmax(wf.matmul(x, x));
    await wf.realize(y);
    return { y };
  },
});

const failing = op({
  name: "kernels/failing",
  inputs: { x: port.tensor("f32", ["n", "n"]) },
  outputs: { y: port.tensor("f32", ["n", "n"]) },
  run: async ({ x }) => {
    await wf.realize(wf.multiply(x, 2));
    throw new Error("no luck");
  },
});

function chain(length: number): Node<{ y: wf.F32 }> {
  const x = wf.tensor(
    Float32Array.from({ length: 32 * 32 }, (_, k) => k % 7),
    { shape: [32, 32] },
  );
  let last = step({ x });
  for (let k = 1; k < length; k++) last = step({ x: last.y });
  return last;
}

async function kernelsOf(
  node: Node<unknown>,
  options: RunOptions,
): Promise<{ kernels: KernelEvent[]; types: string[]; ms: number }> {
  const kernels: KernelEvent[] = [];
  const types: string[] = [];
  const run = start([node], {
    device: "webgpu",
    store: "none",
    ...options,
    onProgress: (event) => {
      types.push(event.type);
      if (event.type === "kernel") kernels.push(event);
    },
  });
  await run.values.catch(() => {});
  return { kernels, types, ms: run.trace.ms };
}

/** What a run asks of the device. */
async function asked(
  body: (connection: WebGpuConnection) => Promise<void>,
): Promise<{ submits: number; passes: number; querySets: number }> {
  const connection = await connectWebGpu();
  const { commands, device, timer } = connection;
  const { patience } = commands;
  const counts = { submits: 0, passes: 0, querySets: 0 };
  const submit = device.queue.submit.bind(device.queue);
  const begin = timer.begin.bind(timer);
  const createQuerySet = device.createQuerySet.bind(device);
  device.queue.submit = (buffers) => {
    counts.submits++;
    return submit(buffers);
  };
  timer.begin = (label) => {
    counts.passes++;
    return begin(label);
  };
  device.createQuerySet = (descriptor) => {
    counts.querySets++;
    return createQuerySet(descriptor);
  };
  commands.patience = { dispatches: 1000, milliseconds: Infinity };
  try {
    await body(connection);
  } finally {
    commands.patience = patience;
    device.queue.submit = submit;
    timer.begin = begin;
    device.createQuerySet = createQuerySet;
  }
  return counts;
}

Deno.test({
  name: "programs of a flow share submits, and each kernel is told with its op",
  ignore,
  async fn() {
    await kernelsOf(chain(1), {});
    const { passes, submits } = await asked(async () => {
      const { kernels, ms, types } = await kernelsOf(chain(OPS), {});
      assert.equal(types.at(-1), "run-end");
      // The very list that the body of a node ran under.
      const paths = Map.groupBy(kernels, ({ path }) => path);
      assert.equal(paths.size, OPS);
      const counts = paths.values().map(({ length }) => length);
      assert.equal(new Set(counts).size, 1);
      assert.ok(
        kernels.every(({ at, ms: one }) => one >= 0 && at >= 0 && at <= ms),
      );
      assert.ok(kernels.some(({ ms: one }) => one > 0));
    });
    // On a busy machine the event loop turns now and then.
    assert.ok(submits < OPS, `${submits} submits`);
    assert.equal(passes, OPS);
  },
});

Deno.test({
  name: "a run that is profiled times each kernel by itself",
  ignore,
  async fn() {
    let kernels = 0;
    const { passes } = await asked(async () => {
      const told = await kernelsOf(chain(3), { profile: true });
      kernels = told.kernels.length;
    });
    assert.ok(kernels > 3);
    assert.ok(passes >= kernels, `${passes} passes of ${kernels} kernels`);
  },
});

Deno.test({
  name: "runs use one query set, also those that fail and are stopped",
  ignore,
  async fn() {
    await kernelsOf(chain(1), {});
    const { querySets } = await asked(async () => {
      for (let k = 0; k < 3; k++) {
        const { kernels } = await kernelsOf(
          failing({ x: chain(1).y }),
          {},
        );
        assert.ok(kernels.length > 1);
        await kernelsOf(chain(3), { signal: AbortSignal.abort() });
      }
    });
    assert.equal(querySets, 0);
  },
});
