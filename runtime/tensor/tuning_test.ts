import assert from "node:assert/strict";
import { useTuning } from "../compiler/tuning/current.ts";
import { forcedTuning, RecordingTuning } from "../compiler/tuning/tuning.ts";
import { wasmChoices, wasmOptions } from "../compiler/tuning/wasm_choices.ts";
import type { DType } from "../device/dtypes.ts";
import { probeWebGpu } from "../device/webgpu/adapter.ts";
import * as wf from "./mod.ts";

const probe = await probeWebGpu();

/** A product of random matrices, on a device, as its tuning chooses. */
async function product(
  device: string,
  [m, n, k]: readonly [number, number, number],
  dtype: DType,
) {
  const noise = (rows: number, columns: number, seed: number) =>
    wf.cast(
      wf.subtract(
        wf.random.uniform(wf.random.key(seed), [rows, columns]),
        0.5,
      ),
      dtype,
    );
  return await wf.withExecution(
    { device },
    () => wf.matmul(noise(m, k, 1), noise(k, n, 2)).data(),
  );
}

Deno.test("wasm: each choice cuts differently and leaves sums as they are", async () => {
  try {
    for (const dtype of ["f32", "f64"] as const) {
      const shape = [301, 530, 1500] as const;
      const recording = new RecordingTuning();
      useTuning(recording);
      const expected = await product("wasm", shape, dtype);
      assert.equal(recording.seen.length, 1);
      const { device, kernel } = recording.seen[0]!;
      assert.match(device, /^wasm \w+, .*SIMD, \d+ threads$/);
      const choices = wasmChoices(kernel);
      assert.ok(choices.length > 3, `${choices}`);
      assert.equal(new Set(choices).size, choices.length);
      for (const choice of choices) {
        assert.ok(wasmOptions(choice) !== undefined, choice);
        useTuning(forcedTuning(choice));
        assert.deepEqual(await product("wasm", shape, dtype), expected, choice);
      }
      useTuning(forcedTuning("something of tomorrow"));
      assert.deepEqual(await product("wasm", shape, dtype), expected);
    }
  } finally {
    useTuning(undefined);
  }
});

Deno.test({
  name: "halfSums reaches kernels, alone and through inner settings",
  ignore: probe.limits?.hasF16 !== true,
  fn: async () => {
    try {
      useTuning(forcedTuning("tiled 64x64x16 4x4 1 /1"));
      // The parts of a sum, 65536 and -65536, are too large for f16.
      const signs = Array.from({ length: 32 }, (_, k) => k < 16 ? 64 : -64);
      const left = wf.tensor(signs, { shape: [1, 32], dtype: "f16" });
      const spread = wf.multiply(left, wf.ones([40, 32], { dtype: "f16" }));
      const right = wf.full([32, 40], 64, { dtype: "f16" });
      await wf.realize(spread, right);
      const first = async () => (await wf.matmul(spread, right).data())[0]!;
      const device = "webgpu";
      assert.equal(await wf.withExecution({ device }, first), 0);
      await wf.withExecution({ device, halfSums: true }, async () => {
        assert.ok(Number.isNaN(await first()));
        assert.equal(await wf.withExecution({ halfSums: false }, first), 0);
        assert.ok(Number.isNaN(await wf.withExecution({ device }, first)));
        assert.equal(await wf.withExecution({ device: "wasm" }, first), 0);
        const shape = [50, 70, 90] as const;
        const actual = await product("webgpu", shape, "f16");
        const expected = await product("reference", shape, "f16");
        actual.forEach((value, k) => {
          const error = Math.abs(value - expected[k]!);
          assert.ok(error < 0.05, `element ${k}: ${value}, ${expected[k]}`);
        });
      });
    } finally {
      useTuning(undefined);
    }
  },
});
