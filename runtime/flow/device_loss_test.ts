import assert from "node:assert/strict";
import { z } from "zod";
import { DeviceLostError, OpError } from "../core/errors.ts";
import { probeWebGpu } from "../device/webgpu/adapter.ts";
import { connectWebGpu } from "../device/webgpu/connection.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import { op, start } from "./mod.ts";

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
