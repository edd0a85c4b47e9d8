/**
 * Times contractions on the GPU that is there: every tile in large products,
 * then what the rules choose for other shapes.
 * `deno run -A bench/gpu_matmul_tiles.ts [sizes] [dtypes] [layouts] [what]`, such
 * as `1024,4096 f32,f16 nn,nt all`; `what` is `all`, `tiles` or `rules`. What
 * fails is told of and left out.
 *
 * @module
 */

import { byteSize, type DType } from "../runtime/device/dtypes.ts";
import type {
  WebGpuKernel,
  WebGpuLimits,
} from "../runtime/compiler/webgpu/abi.ts";
import {
  CANDIDATE_TILES,
  tileName,
} from "../runtime/compiler/webgpu/contract/candidates.ts";
import type { ContractOptions } from "../runtime/compiler/webgpu/contract/choose.ts";
import { renderContract } from "../runtime/compiler/webgpu/contract/render.ts";
import {
  type ContractCase,
  type ContractTest,
  contractTest,
} from "../runtime/compiler/webgpu/contract/testing.ts";
import { fits } from "../runtime/compiler/webgpu/contract/tile.ts";

/** Shapes that the rules choose kernels for, right factors as `[n, k]`. */
const SHAPES: readonly ContractCase[] = [
  { m: 1, n: 8192, k: 8192 },
  { m: 1, n: 8192, k: 8192, turnRight: true },
  { m: 8192, n: 1, k: 8192 },
  { m: 1, n: 8192, k: 8192, turnRight: true, dtype: "f16", result: "f16" },
  { m: 4, n: 8192, k: 8192, turnRight: true },
  { m: 8, n: 8192, k: 8192, turnRight: true },
  { m: 16, n: 8192, k: 8192, turnRight: true },
  { m: 16, n: 8192, k: 8192 },
  { m: 32, n: 8192, k: 8192, turnRight: true },
  { m: 64, n: 8192, k: 8192, turnRight: true },
  { m: 1, n: 1, k: 16777216, turnRight: true },
  { m: 64, n: 64, k: 131072 },
  { m: 256, n: 256, k: 16384, turnLeft: true },
  { m: 512, n: 512, k: 512 },
  { m: 256, n: 256, k: 256 },
  { m: 1000, n: 1000, k: 1000 },
  { m: 2047, n: 2047, k: 2047 },
  { m: 2047, n: 2047, k: 2047, turnRight: true },
  { m: 2048, n: 2048, k: 2048, turnRight: true },
  { m: 8192, n: 256, k: 1024 },
  { m: 65536, n: 10, k: 64 },
  { batch: [256], m: 64, n: 64, k: 64 },
  { batch: [64], m: 256, n: 256, k: 64, turnRight: true },
  { batch: [65536], m: 8, n: 8, k: 8 },
];

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
const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
  GPUBufferUsage.COPY_DST;

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

function bufferOf(size: number, usage: number): GPUBuffer {
  return device.createBuffer({ size: Math.ceil(size / 16) * 16, usage });
}

async function bytesOf(
  source: GPUBuffer,
  offset: number,
  size: number,
): Promise<ArrayBuffer> {
  const copy = bufferOf(
    size,
    GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  );
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, offset, copy, 0, size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const bytes = copy.getMappedRange().slice(0, size);
  copy.destroy();
  return bytes;
}

/** A kernel that can be dispatched, over buffers. */
async function prepare(kernel: WebGpuKernel, buffers: readonly GPUBuffer[]) {
  return await Promise.all(kernel.phases.map(async (phase) => {
    const words = new Int32Array(
      Math.max(4, Math.ceil(phase.sizes.length / 4) * 4),
    );
    words.set(phase.sizes);
    const layout = device.createBindGroupLayout({
      entries: [0, ...buffers.map((_, k) => k + 1)].map((binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: binding === 0
          ? { type: "uniform", minBindingSize: words.byteLength }
          : { type: "storage" },
      })),
    });
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({ code: phase.text }),
        entryPoint: phase.entryPoint,
      },
    });
    const parameters = bufferOf(
      words.byteLength,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    device.queue.writeBuffer(parameters, 0, words);
    const group = device.createBindGroup({
      layout,
      entries: [parameters, ...buffers].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    return (pass: GPUComputePassEncoder) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...phase.workgroups);
    };
  }));
}

/** Dispatches of one kernel. */
type Dispatches = readonly ((pass: GPUComputePassEncoder) => void)[];

const times = bufferOf(
  16,
  GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
);
const querySet = isTimed
  ? device.createQuerySet({ type: "timestamp", count: 2 })
  : undefined;

/** Milliseconds of each of some runs. */
async function timeOfRuns(
  dispatches: Dispatches,
  count: number,
): Promise<number> {
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
  for (let k = 0; k < count; k++) {
    for (const dispatch of dispatches) dispatch(pass);
  }
  pass.end();
  if (querySet !== undefined) encoder.resolveQuerySet(querySet, 0, 2, times, 0);
  const begin = performance.now();
  device.queue.submit([encoder.finish()]);
  if (querySet === undefined) {
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - begin) / count;
  }
  const [first, last] = new BigUint64Array(await bytesOf(times, 0, 16));
  return Number(last! - first!) / 1e6 / count;
}

/** Milliseconds of one run, once the clocks are up: the least of some. */
async function timeOf(dispatches: Dispatches): Promise<number> {
  let best = await timeOfRuns(dispatches, 1);
  for (let k = 0; k < 8; k++) {
    const count = Math.max(1, Math.min(2000, Math.ceil(12 / best)));
    const ms = await timeOfRuns(dispatches, count);
    const isSteady = k > 1 && ms > 0.98 * best;
    best = Math.min(best, ms);
    if (isSteady) break;
  }
  return best;
}

/** Lets clocks rise: as slow as they idle, nothing would be compared. */
async function warmUp(milliseconds: number): Promise<void> {
  const test = contractTest({ m: 2048, n: 2048, k: 2048 });
  const buffers = [
    ...upload(test),
    bufferOf(4 * test.kernel.outputs[0]!.size, STORAGE),
  ];
  const dispatches = await prepare(
    renderContract(test.kernel, limits, { parts: 1 }),
    buffers,
  );
  const end = performance.now() + milliseconds;
  while (performance.now() < end) await timeOfRuns(dispatches, 10);
  for (const buffer of buffers) buffer.destroy();
}

/** Largest error of some results, relative to that of plain sums. */
async function errorOf(
  shape: ContractCase,
  { kernel, operands: [a, b] }: ContractTest,
  result: GPUBuffer,
): Promise<number> {
  const { batch = [], m, n, k, dtype } = shape;
  const isHalf = kernel.outputs[0]!.dtype === "f16";
  const plane = batch.reduce((x, y) => x * y, 1) - 1;
  let worst = 0;
  for (const row of new Set([Math.floor(m * 0.37), m - 1])) {
    const bytes = isHalf ? 2 : 4;
    const start = (plane * m + row) * n * bytes;
    const begin = Math.floor(start / 4) * 4;
    const size = Math.ceil((start + n * bytes - begin) / 4) * 4;
    const line = (await bytesOf(result, begin, size)).slice(start - begin);
    const got = isHalf
      ? new Float16Array(line, 0, n)
      : new Float32Array(line, 0, n);
    const stride = Math.max(1, Math.floor(n / 40));
    for (let column = n - 1; column >= 0; column -= stride) {
      let sum = 0;
      for (let at = 0; at < k; at++) {
        const left = shape.turnLeft ? at * m + row : row * k + at;
        const right = shape.turnRight ? column * k + at : at * n + column;
        sum += a![plane * m * k + left]! * b![plane * n * k + right]!;
      }
      const error = Math.abs(got[column]! - sum) / Math.sqrt(k);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst / (dtype === "f16" ? 2e-2 : 1e-5);
}

/** Tells of one measurement and returns its rate; 0 where it failed. */
async function measure(
  what: string,
  shape: ContractCase,
  test: ContractTest,
  inputs: readonly GPUBuffer[],
  options: ContractOptions,
): Promise<{ rate: number; phases: number }> {
  const made: GPUBuffer[] = [];
  let rate = 0;
  let phases = 0;
  device.pushErrorScope("validation");
  try {
    const start = performance.now();
    const kernel = renderContract(test.kernel, limits, options);
    phases = kernel.phases.length;
    const [output] = test.kernel.outputs;
    const result = bufferOf(output!.size * byteSize(output!.dtype), STORAGE);
    made.push(result);
    for (const size of kernel.temporaries) made.push(bufferOf(size, STORAGE));
    const dispatches = await prepare(kernel, [...inputs, ...made]);
    const compileMs = performance.now() - start;
    const ms = await timeOf(dispatches);
    const error = await errorOf(shape, test, result);
    const bytes = [...test.kernel.operands, output!]
      .reduce((sum, one) => sum + one.size * byteSize(one.dtype), 0);
    rate = error < 1 ? test.kernel.flops / ms / 1e9 : 0;
    say(
      `${what} ${(test.kernel.flops / ms / 1e9).toFixed(3).padStart(7)} ` +
        `TFLOP/s ${(bytes / ms / 1e6).toFixed(0).padStart(5)} GB/s ` +
        `${ms.toFixed(4).padStart(9)} ms, ${kernel.phases.length} phases of ` +
        `${kernel.phases.map((one) => one.workgroups[0]).join("+")} groups, ` +
        `compiled in ${compileMs.toFixed(0)} ms` +
        (error < 1 ? "" : ` WRONG by ${error.toExponential(1)}`),
    );
  } catch (error) {
    say(`${what} failed: ${String(error).split("\n")[0]}`);
  }
  const problem = await device.popErrorScope();
  if (problem) {
    say(`${what} invalid: ${problem.message.split("\n")[0]}`);
    rate = 0;
  }
  for (const buffer of made) buffer.destroy();
  return { rate, phases };
}

/** Uploads the factors of a contraction. */
function upload(test: ContractTest): GPUBuffer[] {
  return test.operands.map((data) => {
    const buffer = bufferOf(data.byteLength, STORAGE);
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  });
}

const [
  sizes = "1024,2048,4096",
  dtypes = "f32,f16",
  layouts = "nn",
  what = "all",
] = Deno.args;
const { vendor, architecture, device: model, description } = adapter.info;
say(`${vendor} ${architecture} ${model} ${description}`);
say(
  `${limits.maxComputeWorkgroupStorageSize} bytes of workgroup memory, ` +
    `${limits.maxComputeInvocationsPerWorkgroup} invocations, ` +
    `f16 ${limits.hasF16}, timestamps ${isTimed}`,
);
await warmUp(300);

/** Times all tiles for a square product and tells which is best. */
async function measureTiles(
  name: string,
  shape: ContractCase,
  test: ContractTest,
  inputs: readonly GPUBuffer[],
  arithmetic: "f32" | "f16",
): Promise<string> {
  const times: ContractOptions[] = CANDIDATE_TILES
    .filter(({ tile }) => fits(tile, limits, byteSize(arithmetic)))
    .flatMap(({ tile }) =>
      (shape.m <= 1024 ? [1, 2] : [1]).map((parts) => ({
        tile,
        parts,
        arithmetic,
      }))
    );
  let record = { rate: 0, tile: "none" };
  for (const options of times) {
    const tile = `${tileName(options.tile!)} /${options.parts}`;
    const { rate } = await measure(
      `${name} ${tile.padEnd(20)}`,
      shape,
      test,
      inputs,
      options,
    );
    if (rate > record.rate) record = { rate, tile };
  }
  return `${name}: ${record.tile}, ${record.rate.toFixed(2)} TFLOP/s`;
}

const best: string[] = [];
for (const dtype of dtypes.split(",") as DType[]) {
  if (dtype === "f16" && !limits.hasF16) continue;
  for (const size of sizes.split(",").map(Number)) {
    for (const layout of layouts.split(",")) {
      const shape: ContractCase = {
        m: size,
        n: size,
        k: size,
        turnLeft: layout[0] === "t",
        turnRight: layout[1] === "t",
        dtype,
        result: dtype,
      };
      const test = contractTest(shape);
      const inputs = upload(test);
      for (const arithmetic of ["f32", "f16"] as const) {
        if (arithmetic === "f16" && dtype !== "f16") continue;
        const name = `${dtype} ${size} ${layout} in ${arithmetic}`;
        if (what !== "rules") {
          best.push(await measureTiles(name, shape, test, inputs, arithmetic));
        }
        const rule = `${name} ${"by rule".padEnd(20)}`;
        await measure(rule, shape, test, inputs, { arithmetic });
      }
      for (const buffer of inputs) buffer.destroy();
    }
  }
}
say(`\nbest\n${best.join("\n")}\n`);
if (what !== "tiles") {
  for (const shape of SHAPES) {
    if (shape.dtype === "f16" && !limits.hasF16) continue;
    const test = contractTest(shape);
    const inputs = upload(test);
    const name = JSON.stringify(shape);
    const { phases } = await measure(name, shape, test, inputs, {});
    const others: ContractOptions[] = [
      ...(phases > 1 ? [{ parts: 1 }] : []),
      ...(shape.m > 1 && shape.m <= 16 ? [{ way: "tiled" } as const] : []),
    ];
    for (const options of others) {
      const other = `${name} ${JSON.stringify(options)}`;
      await measure(other, shape, test, inputs, options);
    }
    for (const buffer of inputs) buffer.destroy();
  }
}
Deno.exit(0);
