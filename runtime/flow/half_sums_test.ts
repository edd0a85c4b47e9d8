import assert from "node:assert/strict";
import { z } from "zod";
import { useTuning } from "../compiler/tuning/current.ts";
import { forcedTuning } from "../compiler/tuning/tuning.ts";
import { probeWebGpu } from "../device/webgpu/adapter.ts";
import * as wf from "../tensor/mod.ts";
import { op } from "./mod.ts";

Deno.test({
  name: "a run is not computed in f16 by what surrounds it",
  ignore: (await probeWebGpu()).limits?.hasF16 !== true,
  fn: async () => {
    // In f16 the sum is infinity less infinity.
    const signs = Array.from({ length: 32 }, (_, k) => k < 16 ? 64 : -64);
    const product = async () => {
      const left = wf.tensor(signs, { shape: [1, 32], dtype: "f16" });
      const right = wf.full([32, 40], 64, { dtype: "f16" });
      const spread = wf.multiply(left, wf.ones([40, 32], { dtype: "f16" }));
      await wf.realize(spread, right);
      return (await wf.matmul(spread, right).data())[0]!;
    };
    const multiply = op({
      name: "multiply",
      version: "1",
      inputs: {},
      params: z.object({}),
      outputs: { first: z.number() },
      run: async () => ({ first: await product() }),
    });
    const settings = { device: "webgpu", halfSums: true };
    try {
      useTuning(forcedTuning("tiled 64x64x16 4x4 1 /1"));
      await wf.withExecution(settings, async () => {
        assert.ok(Number.isNaN(await product()));
        const options = { device: "webgpu", store: "none" };
        assert.deepEqual(await multiply({}).value(options), { first: 0 });
      });
    } finally {
      useTuning(undefined);
    }
  },
});
