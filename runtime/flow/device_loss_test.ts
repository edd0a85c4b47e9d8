import assert from "node:assert/strict";
import { z } from "zod";
import { CancelledError, DeviceLostError, OpError } from "../core/errors.ts";
import { probeWebGpu } from "../device/webgpu/adapter.ts";
import { connectWebGpu } from "../device/webgpu/connection.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import { memoryStore, op, start } from "./mod.ts";

const ignore = !(await probeWebGpu()).available;

/** Takes the GPU away from this process; the next who asks gets a new one. */
async function loseDevice(): Promise<void> {
  const { device } = await connectWebGpu();
  device.destroy();
  await device.lost;
}

/** An op that adds one, on a GPU that is lost as often as is asked for. */
function unlucky(losses: number, lose: () => Promise<void>) {
  return op({
    name: "loss/unlucky",
    inputs: { x: port.tensor("f32", ["n"]) },
    params: z.object({}),
    outputs: { y: port.tensor("f32", ["n"]) },
    run: async ({ x }) => {
      const shifted = wf.add(x, 1);
      await wf.realize(shifted);
      if (losses-- > 0) await lose();
      const y = wf.multiply(shifted, 2);
      await wf.realize(y);
      return { y };
    },
  });
}

function numbers(): wf.F32 {
  return wf.tensor(Float32Array.from({ length: 5000 }, (_, k) => k));
}

Deno.test("an op whose device was lost runs again, once, and the run tells of it", async () => {
  const lose = () =>
    Promise.reject(new DeviceLostError("Cannot use the device as it was lost"));
  const lucky = unlucky(1, lose);
  const run = start([lucky({ x: numbers() })], {
    device: "wasm",
    store: "none",
  });
  const [{ y }] = await run.values;
  assert.equal((await y.data())[7], 16);
  assert.match(run.trace.warnings.join(), /tried again on a new device/);
  const hopeless = unlucky(2, lose);
  await assert.rejects(
    start([hopeless({ x: numbers() })], { device: "wasm", store: "none" })
      .values,
    (error) =>
      error instanceof OpError && error.cause instanceof DeviceLostError,
  );
});

Deno.test({
  name: "a flow goes on when the GPU is lost inside of an op",
  ignore,
  async fn() {
    const before = op({
      name: "loss/before",
      inputs: { x: port.tensor("f32", ["n"]) },
      params: z.object({}),
      outputs: { y: port.tensor("f32", ["n"]) },
      run: ({ x }) => ({ y: wf.square(x) }),
    });
    const lucky = unlucky(1, loseDevice);
    const first = before({ x: numbers() });
    const second = lucky({ x: first.y });
    const third = before({ x: second.y });
    const run = start([third], { device: "webgpu", store: "none" });
    const [{ y }] = await run.values;
    const made = await y.data();
    for (const k of [0, 1, 70]) {
      assert.equal(made[k], Math.fround((2 * (k * k + 1)) ** 2));
    }
    assert.equal(run.trace.state, "completed");
    assert.match(run.trace.warnings.join(), /tried again on a new device/);
  },
});

Deno.test({
  name: "a flow goes on when the GPU is lost between ops",
  ignore,
  async fn() {
    const lazy = op({
      name: "loss/lazy",
      inputs: { x: port.tensor("f32", ["n"]) },
      params: z.object({}),
      outputs: { y: port.tensor("f32", ["n"]) },
      run: ({ x }) => ({ y: wf.add(wf.square(x), 1) }),
    });
    const x = numbers();
    await wf.withExecution({ device: "webgpu" }, async () => {
      // The leaf is on the device, too, when that is lost.
      assert.equal((await wf.negative(x).data())[3], -3);
    });
    const first = lazy({ x });
    const run = start([lazy({ x: first.y })], {
      device: "webgpu",
      store: "none",
    });
    await loseDevice();
    const [{ y }] = await run.values;
    assert.equal((await y.data())[3], 101);
  },
});

/** An op that squares, and computes that at once where it is told to. */
function squaring(isRealized: boolean, count: { runs: number }) {
  return op({
    name: "loss/squaring",
    inputs: { x: port.tensor("f32", ["n"]) },
    outputs: { y: port.tensor("f32", ["n"]) },
    run: async ({ x }) => {
      count.runs++;
      const y = wf.square(x);
      if (isRealized) await wf.realize(y);
      return { y };
    },
  });
}

for (const store of ["disk", "memory", "none"]) {
  for (const isRealized of [false, true]) {
    Deno.test({
      name: `inputs that were lost are computed again: ${
        isRealized ? "realised" : "lazy"
      }, store ${store}`,
      ignore,
      async fn() {
        const path = store === "disk" ? await Deno.makeTempDir() : undefined;
        try {
          const count = { runs: 0 };
          const first = squaring(isRealized, count)({ x: numbers() });
          const second = squaring(isRealized, count)({ x: first.y });
          const third = unlucky(1, loseDevice)({ x: second.y });
          const run = start([third], {
            device: "webgpu",
            keep: "all",
            store: path ?? (store === "memory" ? memoryStore() : "none"),
          });
          const [{ y }] = await run.values;
          assert.equal((await y.data())[3], 2 * (81 + 1));
          assert.deepEqual(
            run.trace.nodes.map(({ state }) => state),
            ["computed", "computed", "computed"],
          );
          const told = run.trace.warnings.filter((one) =>
            one.includes("The result of op")
          );
          // What is only lazy lies on no device, unless it was to be stored.
          if (store === "disk") {
            assert.ok(told.length > 0);
            assert.doesNotMatch(run.trace.warnings.join(), /Cannot store/);
            for (const node of [first, second, third]) {
              const again = start([node], { device: "webgpu", store: path });
              await again.values;
              assert.equal(again.trace.nodes.at(-1)?.state, "reused");
            }
          } else {
            assert.equal(count.runs, isRealized ? 4 : 2);
            assert.equal(told.length, isRealized ? 2 : 0);
          }
          for (const one of told) {
            assert.match(
              one,
              /"loss\/squaring" is (computed|loaded) again: it was lost with the device/,
            );
          }
        } finally {
          if (path !== undefined) {
            await Deno.remove(path, { recursive: true });
          }
        }
      },
    });
  }
}

Deno.test({
  name: "inputs that were lost are loaded where they are stored",
  ignore,
  async fn() {
    const path = await Deno.makeTempDir();
    try {
      const count = { runs: 0 };
      const first = squaring(true, count)({ x: numbers() });
      const saved = Promise.withResolvers<void>();
      const third = unlucky(1, async () => {
        await saved.promise;
        await loseDevice();
      })({ x: first.y });
      const run = start([third], {
        device: "webgpu",
        keep: "all",
        store: path,
        onProgress: (event) => {
          if (event.type === "store" && event.action === "saved") {
            saved.resolve();
          }
        },
      });
      const [{ y }] = await run.values;
      assert.equal((await y.data())[3], 2 * (9 + 1));
      assert.equal(count.runs, 1);
      assert.match(
        run.trace.warnings.join(),
        /"loss\/squaring" is loaded again: it was lost with the device/,
      );
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  },
});

Deno.test({
  name: "what a memory store holds on a lost device is computed again",
  ignore,
  async fn() {
    const store = memoryStore();
    const count = { runs: 0 };
    const node = squaring(true, count)({ x: numbers() });
    const options = { device: "webgpu", store };
    await node.value(options);
    await loseDevice();
    const { y } = await node.value(options);
    assert.equal((await y.data())[3], 9);
    await node.value(options);
    assert.equal(count.runs, 2);
  },
});

Deno.test({
  name: "every reader of a lost input gets it back, and it is computed once",
  ignore,
  async fn() {
    const count = { runs: 0 };
    const first = squaring(true, count)({ x: numbers() });
    const reader = op({
      name: "loss/reader",
      inputs: {
        x: port.tensor("f32", ["n"]),
        after: port.tensor("f32", ["n"]),
      },
      outputs: { z: port.tensor("f32", ["n"]) },
      run: ({ x }) => ({ z: wf.add(x, 3) }),
    });
    const second = unlucky(1, loseDevice)({ x: first.y });
    const third = reader({ x: first.y, after: second.y });
    const run = start([second, third], { device: "webgpu", store: "none" });
    const [{ y }, { z }] = await run.values;
    assert.equal((await y.data())[3], 20);
    assert.equal((await z.data())[3], 12);
    assert.equal(count.runs, 2);
  },
});

Deno.test({
  name: "a device that is lost while outputs are computed is made up for",
  ignore,
  async fn() {
    const count = { runs: 0 };
    const first = squaring(true, count)({ x: numbers() });
    let losses = 1;
    const lazy = op({
      name: "loss/lazily",
      inputs: { x: port.tensor("f32", ["n"]) },
      outputs: { y: port.tensor("f32", ["n"]) },
      run: async ({ x }) => {
        const y = wf.add(x, 1);
        if (losses-- > 0) await loseDevice();
        return { y };
      },
    });
    const run = start([lazy({ x: first.y })], {
      device: "webgpu",
      store: "none",
    });
    const [{ y }] = await run.values;
    assert.equal((await y.data())[3], 10);
    assert.equal(count.runs, 2);
    assert.match(run.trace.warnings.join(), /tried again on a new device/);
  },
});

Deno.test({
  name: "what was asked for is there although the device is lost at the end",
  ignore,
  async fn() {
    const count = { runs: 0 };
    const first = squaring(true, count)({ x: numbers() });
    const last = op({
      name: "loss/last",
      inputs: { x: port.tensor("f32", ["n"]) },
      outputs: { sum: z.number() },
      run: async ({ x }) => {
        const sum = await wf.sum(x).item();
        await loseDevice();
        return { sum };
      },
    });
    const run = start([first, last({ x: first.y })], {
      device: "webgpu",
      store: "none",
    });
    const [{ y }] = await run.values;
    assert.equal((await y.data())[3], 9);
    assert.equal(count.runs, 2);
  },
});

Deno.test({
  name: "a run that is cancelled computes nothing again",
  ignore,
  async fn() {
    const count = { runs: 0 };
    const abort = new AbortController();
    const first = squaring(true, count)({ x: numbers() });
    const second = unlucky(1, async () => {
      await loseDevice();
      abort.abort();
    })({ x: first.y });
    const run = start([second], {
      device: "webgpu",
      store: "none",
      signal: abort.signal,
    });
    await assert.rejects(run.values, CancelledError);
    assert.equal(count.runs, 1);
  },
});
