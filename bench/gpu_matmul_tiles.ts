/**
 * Times every tile of the matrix product on the GPU that is there:
 * `deno run -A bench/gpu_matmul_tiles.ts [sizes] [dtypes] [layouts]`, such as
 * `1024,4096 f32,f16 nn,nt`. A tile that fails is told of and left out.
 *
 * @module
 */

import { allocate, byteSize, type DType } from "../runtime/device/dtypes.ts";
import type {
  WebGpuKernel,
  WebGpuLimits,
} from "../runtime/compiler/webgpu/abi.ts";
import { type Expr, ExprPool } from "../runtime/compiler/ir/expr.ts";
import type { ContractKernel } from "../runtime/compiler/ir/kernel.ts";
import {
  CANDIDATE_TILES,
  tileName,
} from "../runtime/compiler/webgpu/contract/candidates.ts";
import { renderContract } from "../runtime/compiler/webgpu/contract/render.ts";
import { fits } from "../runtime/compiler/webgpu/contract/tile.ts";

/** Rows of the result that are compared with plain sums. */
const CHECKED_ROWS = 2;

function productOf(
  size: number,
  dtype: DType,
  layout: string,
): ContractKernel {
  const pool = new ExprPool();
  const [m, n, k] = [pool.axis(0), pool.axis(1), pool.axis(2)];
  const at = (row: Expr, column: Expr) =>
    pool.make("add", "i32", [
      pool.make("multiply", "i32", [row, pool.size(size)]),
      column,
    ]);
  const operand = (buffer: number) => ({ buffer, dtype, size: size * size });
  return {
    kind: "contract",
    name: "matmul",
    node: 0,
    nodes: [0],
    pool,
    axes: [size, size, size],
    operands: [operand(0), operand(1)],
    scalars: [],
    outputs: [operand(2)],
    inPlace: [],
    flops: 2 * size ** 3,
    bytes: 3 * size * size * byteSize(dtype),
    cut: "",
    a: pool.load(0, dtype, layout[0] === "t" ? at(k, m) : at(m, k)),
    b: pool.load(1, dtype, layout[1] === "t" ? at(n, k) : at(k, n)),
    dtype: "f32",
    stores: [{
      output: 0,
      index: at(m, n),
      value: pool.make("reduced", "f32", [], 0),
    }],
  };
}

const adapter = await navigator.gpu?.requestAdapter({
  powerPreference: "high-performance",
});
if (!adapter) throw new Error("there is no adapter");
const wanted: GPUFeatureName[] = ["timestamp-query", "shader-f16"];
const features = wanted.filter((one) => adapter.features.has(one));
const device = await adapter.requestDevice({
  requiredFeatures: features,
  requiredLimits: {
    maxComputeInvocationsPerWorkgroup:
      adapter.limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupStorageSize:
      adapter.limits.maxComputeWorkgroupStorageSize,
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
  },
});
const limits: WebGpuLimits = {
  maxComputeInvocationsPerWorkgroup:
    device.limits.maxComputeInvocationsPerWorkgroup,
  maxComputeWorkgroupStorageSize: device.limits.maxComputeWorkgroupStorageSize,
  maxComputeWorkgroupsPerDimension:
    device.limits.maxComputeWorkgroupsPerDimension,
  maxStorageBuffersPerShaderStage:
    device.limits.maxStorageBuffersPerShaderStage,
  hasF16: features.includes("shader-f16"),
  isHardware: true,
};
const isTimed = features.includes("timestamp-query");

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

function buffer(size: number, usage: number): GPUBuffer {
  return device.createBuffer({ size, usage });
}

async function bytesOf(
  source: GPUBuffer,
  offset: number,
  size: number,
): Promise<ArrayBuffer> {
  const copy = buffer(size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, offset, copy, 0, size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const bytes = copy.getMappedRange().slice(0);
  copy.destroy();
  return bytes;
}

/** Milliseconds of one run of a kernel's dispatches. */
async function timeOf(
  kernel: WebGpuKernel,
  operands: readonly GPUBuffer[],
  repetitions: number,
): Promise<{ readonly ms: number; readonly compileMs: number }> {
  const start = performance.now();
  const layout = device.createBindGroupLayout({
    entries: [0, ...operands.map((_, k) => k + 1)].map((binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding === 0 ? "uniform" : "storage" },
    })),
  });
  const phase = kernel.phases[0]!;
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ code: phase.text }),
      entryPoint: phase.entryPoint,
    },
  });
  const compileMs = performance.now() - start;
  const words = new Int32Array(Math.ceil((phase.sizes.length + 1) / 4) * 4);
  words.set(phase.sizes);
  const parameters = buffer(
    words.byteLength,
    GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  );
  device.queue.writeBuffer(parameters, 0, words);
  const group = device.createBindGroup({
    layout,
    entries: [parameters, ...operands].map((one, binding) => ({
      binding,
      resource: { buffer: one },
    })),
  });
  const times = buffer(
    16,
    GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  );
  const querySet = isTimed
    ? device.createQuerySet({ type: "timestamp", count: 2 })
    : undefined;
  const run = async (count: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass(
      querySet === undefined ? {} : {
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 0,
          endOfPassWriteIndex: 1,
        },
      },
    );
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let k = 0; k < count; k++) {
      pass.dispatchWorkgroups(...phase.workgroups);
    }
    pass.end();
    if (querySet !== undefined) {
      encoder.resolveQuerySet(querySet, 0, 2, times, 0);
    }
    const begin = performance.now();
    device.queue.submit([encoder.finish()]);
    if (querySet === undefined) {
      await device.queue.onSubmittedWorkDone();
      return (performance.now() - begin) / count;
    }
    const [first, last] = new BigUint64Array(await bytesOf(times, 0, 16));
    return Number(last! - first!) / 1e6 / count;
  };
  await run(1);
  const found = [await run(repetitions), await run(repetitions)];
  return { ms: Math.min(...found), compileMs };
}

/** Largest error of a few rows, relative to the largest number. */
async function errorOf(
  size: number,
  dtype: DType,
  layout: string,
  data: readonly ArrayLike<number>[],
  result: GPUBuffer,
): Promise<number> {
  const [a, b] = data as [ArrayLike<number>, ArrayLike<number>];
  let worst = 0;
  for (let check = 0; check < CHECKED_ROWS; check++) {
    const row = Math.floor((size - 1) * (check + 0.37) / CHECKED_ROWS);
    const width = size * byteSize(dtype);
    const bytes = await bytesOf(result, row * width, width);
    const got = dtype === "f16"
      ? new Float16Array(bytes)
      : new Float32Array(bytes);
    for (let column = 0; column < size; column += 97) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        sum += a[layout[0] === "t" ? k * size + row : row * size + k]! *
          b[layout[1] === "t" ? column * size + k : k * size + column]!;
      }
      const error = Math.abs(got[column]! - sum) / Math.sqrt(size);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

const [sizes = "1024,2048,4096", dtypes = "f32,f16", layouts = "nn"] =
  Deno.args;
const { vendor, architecture, device: model, description } = adapter.info;
say(`${vendor} ${architecture} ${model} ${description}`);
say(
  `${limits.maxComputeWorkgroupStorageSize} bytes of workgroup memory, ` +
    `${limits.maxComputeInvocationsPerWorkgroup} invocations; ` +
    `f16 ${limits.hasF16}; timestamps ${isTimed}`,
);
const best: string[] = [];
for (const dtype of dtypes.split(",") as DType[]) {
  if (dtype === "f16" && !limits.hasF16) continue;
  for (const size of sizes.split(",").map(Number)) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
      GPUBufferUsage.COPY_DST;
    const bytes = size * size * byteSize(dtype);
    const data = [0, 1].map((k) => {
      const values = allocate(dtype, size * size);
      let seed = 17 + k;
      for (let i = 0; i < values.length; i++) {
        seed = Math.imul(seed, 1664525) + 1013904223 | 0;
        values[i] = (seed >>> 8) / 0x1000000 - 0.5;
      }
      return values;
    });
    const operands = [bytes, bytes, bytes].map((one) => buffer(one, usage));
    data.forEach((values, k) =>
      device.queue.writeBuffer(operands[k]!, 0, values)
    );
    for (const layout of layouts.split(",")) {
      let record = { rate: 0, name: "none" };
      for (const { tile } of CANDIDATE_TILES) {
        const name = tileName(tile);
        const what = `${dtype} ${size} ${layout} ${name.padEnd(18)}`;
        if (!fits(tile, limits)) {
          say(`${what} does not fit`);
          continue;
        }
        device.pushErrorScope("validation");
        try {
          const kernel = renderContract(
            productOf(size, dtype, layout),
            limits,
            {
              tile,
            },
          );
          device.queue.writeBuffer(operands[2]!, 0, new Uint8Array(bytes));
          const repetitions = Math.max(
            2,
            Math.min(50, Math.round(4e11 / size ** 3)),
          );
          const { ms, compileMs } = await timeOf(kernel, operands, repetitions);
          const rate = 2 * size ** 3 / ms / 1e9;
          const error = await errorOf(size, dtype, layout, data, operands[2]!);
          const right = error < (dtype === "f16" ? 1e-2 : 1e-5);
          say(
            `${what} ${rate.toFixed(3).padStart(8)} TFLOP/s ` +
              `${ms.toFixed(3).padStart(8)} ms, compiled in ` +
              `${compileMs.toFixed(0)} ms, error ${error.toExponential(1)}` +
              (right ? "" : " WRONG"),
          );
          if (right && rate > record.rate) record = { rate, name };
        } catch (error) {
          say(`${what} failed: ${String(error).split("\n")[0]}`);
        }
        const problem = await device.popErrorScope();
        if (problem) say(`${what} invalid: ${problem.message.split("\n")[0]}`);
      }
      best.push(
        `${dtype} ${size} ${layout}: ${record.name}, ` +
          `${record.rate.toFixed(2)} TFLOP/s`,
      );
    }
    for (const one of operands) one.destroy();
  }
}
say(`best\n${best.join("\n")}`);
Deno.exit(0);
