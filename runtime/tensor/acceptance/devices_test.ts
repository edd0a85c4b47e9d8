import assert from "node:assert/strict";
import { connectWebGpu } from "../../device/webgpu/connection.ts";
import { probeWebGpu } from "../../device/webgpu/adapter.ts";
import type { KernelRecord } from "../../device/device.ts";
import * as wf from "../mod.ts";
import { kernelsRun, numbers } from "./testing.ts";

const { available, isHardware } = await probeWebGpu();
const ignore = !available;

function devicesOf(records: readonly KernelRecord[]): string[] {
  return [...new Set(records.map(({ device }) => device))].sort();
}

/** A product in f32, statistics of it in f64, and a result in f32 again. */
function mixed(x: wf.F32): { readonly rows: wf.F64; readonly result: wf.F32 } {
  const product = wf.matmul(x, wf.exp(x));
  const rows = wf.sum(wf.square(wf.cast(product, "f64")), { axis: 1 });
  return { rows, result: wf.multiply(wf.cast(rows, "f32"), x) };
}

Deno.test({
  name: "parts of a program in f64 run on wasm, the others on webgpu",
  ignore,
  async fn() {
    const made = mixed(numbers(33, 33));
    const records = await kernelsRun("webgpu", made.result, made.rows);
    assert.deepEqual(devicesOf(records), ["wasm", "webgpu"]);
    const expected = mixed(numbers(33, 33));
    const [result, rows] = await wf.withExecution(
      { device: "reference" },
      () => wf.read(expected.result, expected.rows),
    );
    const check = (
      one: ArrayLike<number>,
      other: ArrayLike<number>,
    ) => {
      for (let k = 0; k < other.length; k++) {
        const error = Math.abs(one[k]! - other[k]!);
        assert.ok(error <= 1e-4 * Math.max(1, Math.abs(other[k]!)));
      }
    };
    check(await made.result.data(), result);
    check(await made.rows.data(), rows);
  },
});

Deno.test({
  name: "a program in f64 runs on wasm although webgpu is asked for",
  async fn() {
    const x = wf.cast(numbers(33, 33), "f64");
    const doubled = wf.exp(wf.cholesky(wf.add(
      wf.matmul(x, wf.transpose(x)),
      wf.eye(33, 33, { dtype: "f64" }),
    )));
    const records = await kernelsRun("webgpu", doubled);
    // The cast itself may be done where its operand is.
    assert.equal(records.at(-1)!.device, "wasm");
    assert.ok((await doubled.data()).every(Number.isFinite));
  },
});

Deno.test("where no device is named, small programs run on wasm, and the trace says so", async () => {
  const records: KernelRecord[] = [];
  const onKernel = (record: KernelRecord) => void records.push(record);
  const asked = Deno.env.get("WEFT_DEVICE") ?? "";
  const x = numbers(64, 64);
  await wf.withExecution(
    { onKernel },
    () => wf.realize(wf.softmax(wf.matmul(x, x))),
  );
  assert.deepEqual(devicesOf(records), [asked === "" ? "wasm" : asked]);
});

Deno.test({
  name: "where no device is named, large programs run on a real GPU only",
  ignore: Deno.env.get("WEFT_DEVICE") !== undefined,
  async fn() {
    const records: KernelRecord[] = [];
    const onKernel = (record: KernelRecord) => void records.push(record);
    const x = numbers(1024, 1024);
    await wf.withExecution({ onKernel }, () => wf.realize(wf.matmul(x, x)));
    assert.deepEqual(devicesOf(records), [isHardware ? "webgpu" : "wasm"]);
  },
});

Deno.test({
  name: "what was on wasm is read on webgpu, and the other way round",
  ignore,
  async fn() {
    const x = numbers(70, 70);
    const here = wf.exp(x);
    await kernelsRun("wasm", here);
    const there = wf.multiply(here, 2);
    assert.deepEqual(devicesOf(await kernelsRun("webgpu", there)), ["webgpu"]);
    const back = wf.subtract(there, here);
    assert.deepEqual(devicesOf(await kernelsRun("wasm", back)), ["wasm"]);
    const made = await back.data();
    (await x.data()).forEach((value, k) => {
      assert.ok(Math.abs(made[k]! / Math.exp(value) - 1) < 1e-5);
    });
  },
});

Deno.test({
  name:
    "a program whose GPU is lost half way is computed on a new device from its leaves",
  ignore,
  async fn() {
    // Kernels that follow one another, as each needs all of the one before.
    const chain = (x: wf.F32): wf.F32 => {
      let y = x;
      for (let k = 0; k < 12; k++) y = wf.multiply(x, wf.mean(wf.tanh(y)));
      return wf.add(y, 1);
    };
    const expected = await wf.withExecution(
      { device: "reference" },
      () => chain(numbers(300, 300)).data(),
    );
    for (const when of ["before", "while it compiles", "while it computes"]) {
      const { device, generation } = await connectWebGpu();
      const y = chain(numbers(300, 300));
      const work = wf.withExecution({ device: "webgpu" }, () => y.data());
      if (when === "while it compiles") await Promise.resolve();
      if (when === "while it computes") {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      device.destroy();
      const made = await work;
      expected.forEach((value, k) => {
        assert.ok(Math.abs(made[k]! - value) < 1e-4, `${when}: ${made[k]}`);
      });
      await device.lost;
      assert.ok((await connectWebGpu()).generation > generation);
    }
  },
});
