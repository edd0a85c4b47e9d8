import assert from "node:assert/strict";
import type { DType } from "../../device/dtypes.ts";
import type { WebGpuLimits } from "../webgpu/abi.ts";
import { contractTest } from "../webgpu/contract/testing.ts";
import { renderStep } from "../webgpu/run/render.ts";
import { forcedTuning, NO_TUNING, RecordingTuning } from "./tuning.ts";
import { wasmOptions } from "./wasm_choices.ts";
import { webGpuChoices, webGpuOptions } from "./webgpu_choices.ts";

const LARGE_GPU: WebGpuLimits = {
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupStorageSize: 49152,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerShaderStage: 8,
  hasF16: true,
  isHardware: true,
};

Deno.test("wasmOptions ignores what it does not know", () => {
  assert.deepEqual(wasmOptions("panels 8 items 24"), { panels: 8, items: 24 });
  for (
    const choice of [
      "",
      "panels 0 items 24",
      "panels 8 items 0",
      "panels 8 items 24 ",
      "panels 800 items 24",
      "tiled 64x64x16 8x8 1 /1",
    ]
  ) assert.equal(wasmOptions(choice), undefined, choice);
});

Deno.test("webGpuOptions ignores what it does not know and what does not suit", () => {
  const { kernel } = contractTest({ m: 20, n: 64, k: 64 });
  const ask = (choice: string, limits = LARGE_GPU, one = kernel) =>
    webGpuOptions(choice, one, limits, false);
  const tile = {
    rows: 128,
    columns: 64,
    depth: 16,
    threadRows: 8,
    threadColumns: 8,
    buffers: 1,
  };
  assert.deepEqual(ask("tiled 128x64x16 8x8 1 /3"), { tile, parts: 3 });
  assert.deepEqual(ask("tiled 128x64x16 8x8 1"), { tile, parts: undefined });
  assert.deepEqual(ask("registers"), { way: "registers" });
  const few = contractTest({ m: 64, n: 16, k: 64 }).kernel;
  assert.deepEqual(ask("skinny /4", LARGE_GPU, few), {
    way: "skinny",
    parts: 4,
  });
  const small = { ...LARGE_GPU, maxComputeWorkgroupStorageSize: 8192 };
  for (
    const [choice, limits] of [
      ["", LARGE_GPU],
      ["tiled", LARGE_GPU],
      ["tiled 128x64x17 8x8 1 /1", LARGE_GPU],
      ["tiled 128x64x16 8x8 1 /0", LARGE_GPU],
      ["tiled 128x64x16 8x8 1 /1000", LARGE_GPU],
      ["tiled 128x64x16 8x8 1 /1", small],
      ["registers 128x64x16 8x8 1", LARGE_GPU],
      ["skinny /4", LARGE_GPU],
      ["panels 8 items 24", LARGE_GPU],
    ] as const
  ) assert.equal(ask(choice, limits), undefined, choice);
});

Deno.test("webgpu: each choice is a kernel of its own", () => {
  for (
    const shape of [
      { m: 512, n: 512, k: 512 },
      { m: 8, n: 4096, k: 4096, turnRight: true },
      { m: 64, n: 64, k: 8192, dtype: "f16" as const },
    ]
  ) {
    const { kernel } = contractTest(shape);
    for (const halfSums of [false, true]) {
      const choices = webGpuChoices(kernel, LARGE_GPU, halfSums);
      assert.ok(choices.length > 3, `${choices}`);
      const textOf = (choice?: string) => {
        const recording = new RecordingTuning();
        const rendered = renderStep(kernel, LARGE_GPU, {
          device: "webgpu here",
          halfSums,
          tuning: choice === undefined ? recording : forcedTuning(choice),
        });
        if (choice === undefined) {
          const [seen] = recording.seen;
          assert.equal(seen?.device, "webgpu here");
          assert.equal(seen?.inHalf, halfSums);
        }
        return JSON.stringify(rendered!.phases);
      };
      const texts = new Set([undefined, ...choices].map(textOf));
      assert.equal(texts.size, choices.length + 1);
      assert.ok(texts.has(textOf("something of tomorrow")));
    }
  }
});

Deno.test("webgpu: sums are f16 only where that is allowed, there, and of use", () => {
  const render = (
    dtype: DType,
    halfSums: boolean,
    limits: WebGpuLimits = LARGE_GPU,
  ) =>
    renderStep(
      contractTest({ m: 256, n: 256, k: 256, dtype }).kernel,
      limits,
      { device: "", halfSums, tuning: NO_TUNING },
    )!.phases.map(({ text }) => text).join();
  const sums = /var \w+ = vec4<f16>\(\);/;
  assert.match(render("f16", true), sums);
  assert.doesNotMatch(render("f16", false), sums);
  assert.equal(render("f32", true), render("f32", false));
  const without = { ...LARGE_GPU, hasF16: false };
  assert.equal(render("f32", true, without), render("f32", false, without));
});
