/**
 * Times maps, reductions, loops and running sums on the GPU that is there, beside
 * the rate of a copy: `deno run -A bench/gpu_rows.ts [scale] [name]`. Sizes are
 * divided by the scale; only what has `name` in its name is run.
 *
 * @module
 */

import { byteSize, type DType } from "../runtime/device/dtypes.ts";
import type {
  WebGpuKernel,
  WebGpuLimits,
} from "../runtime/compiler/webgpu/abi.ts";
import { renderLoop, renderRows } from "../runtime/compiler/webgpu/rows/mod.ts";
import { KernelBuilder } from "../runtime/compiler/webgpu/rows/testing_kernels.ts";
import type { Expr } from "../runtime/compiler/ir/expr.ts";
import type {
  LoopKernel,
  ReductionOp,
  RowKernel,
} from "../runtime/compiler/ir/kernel.ts";

const [scaleText = "1", only = ""] = Deno.args;
const SCALE = Number(scaleText);
const adapter = await navigator.gpu?.requestAdapter({
  powerPreference: "high-performance",
});
if (!adapter) throw new Error("there is no adapter");
const wanted: GPUFeatureName[] = ["timestamp-query", "shader-f16"];
const features = wanted.filter((one) => adapter.features.has(one));
const most = adapter.limits;
const device = await adapter.requestDevice({
  requiredFeatures: features,
  requiredLimits: {
    maxComputeInvocationsPerWorkgroup: most.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: most.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupStorageSize: most.maxComputeWorkgroupStorageSize,
    maxBufferSize: most.maxBufferSize,
    maxStorageBufferBindingSize: most.maxStorageBufferBindingSize,
  },
});
const limits: WebGpuLimits = {
  maxComputeInvocationsPerWorkgroup: most.maxComputeInvocationsPerWorkgroup,
  maxComputeWorkgroupStorageSize: most.maxComputeWorkgroupStorageSize,
  maxComputeWorkgroupsPerDimension: most.maxComputeWorkgroupsPerDimension,
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

type Dispatch = (pass: GPUComputePassEncoder) => void;

/** A kernel that can be dispatched, over buffers. */
async function prepare(
  kernel: WebGpuKernel,
  buffers: readonly GPUBuffer[],
): Promise<Dispatch[]> {
  const layout = device.createBindGroupLayout({
    entries: [0, ...buffers.map((_, k) => k + 1)].map((binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding === 0 ? "uniform" : "storage" },
    })),
  });
  return await Promise.all(kernel.phases.map(async (phase) => {
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({ code: phase.text }),
        entryPoint: phase.entryPoint,
      },
    });
    const words = new Int32Array(Math.ceil((phase.sizes.length + 1) / 4) * 4);
    words.set(phase.sizes);
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

/** Milliseconds of one run. */
async function timeOf(
  dispatches: readonly Dispatch[],
  bytes: number,
): Promise<number> {
  const times = bufferOf(
    16,
    GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  );
  const copy = bufferOf(
    16,
    GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  );
  const run = async (count: number) => {
    const encoder = device.createCommandEncoder();
    const querySet = isTimed
      ? device.createQuerySet({ type: "timestamp", count: 2 })
      : undefined;
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
    if (querySet !== undefined) {
      encoder.resolveQuerySet(querySet, 0, 2, times, 0);
      encoder.copyBufferToBuffer(times, 0, copy, 0, 16);
    }
    const begin = performance.now();
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    const wall = performance.now() - begin;
    const [first, last] = new BigUint64Array(copy.getMappedRange().slice(0));
    copy.unmap();
    return (isTimed ? Number(last! - first!) / 1e6 : wall) / count;
  };
  const first = await run(1);
  // About 30 ms, and no more than 100 runs.
  const guess = Math.max(first, bytes / 4e9);
  const count = Math.max(1, Math.min(100, Math.round(30 / guess)));
  return Math.min(await run(count), await run(count));
}

let copyRate = 0;

async function measure(
  name: string,
  kernel: RowKernel | LoopKernel,
): Promise<void> {
  if (!name.includes(only) && name !== "copy of f32") return;
  const made: GPUBuffer[] = [];
  device.pushErrorScope("validation");
  try {
    const start = performance.now();
    const rendered = kernel.kind === "row"
      ? renderRows(kernel, limits)
      : renderLoop(kernel, limits);
    const sized = [...kernel.operands, ...kernel.outputs].map((one) =>
      one.size * byteSize(one.dtype)
    );
    for (const size of [...sized, ...rendered.temporaries]) {
      made.push(bufferOf(size, STORAGE));
    }
    const dispatches = await prepare(rendered, made);
    const compileMs = performance.now() - start;
    const bytes = sized.reduce((sum, size) => sum + size, 0);
    const ms = await timeOf(dispatches, bytes);
    const rate = bytes / ms / 1e6;
    if (copyRate === 0) copyRate = rate;
    say(
      `${name.padEnd(34)} ${rate.toFixed(0).padStart(5)} GB/s ` +
        `${(100 * rate / copyRate).toFixed(0).padStart(4)} % of a copy ` +
        `${ms.toFixed(4).padStart(9)} ms, groups ${
          rendered.phases.map((one) => one.workgroups.join("×")).join(" + ")
        }, compiled in ${compileMs.toFixed(0)} ms`,
    );
  } catch (error) {
    say(`${name} failed: ${String(error).split("\n")[0]}`);
  }
  const problem = await device.popErrorScope();
  if (problem) say(`${name} invalid: ${problem.message.split("\n")[0]}`);
  for (const buffer of made) buffer.destroy();
}

function product(axes: readonly number[]): number {
  return axes.reduce((n, length) => n * length, 1);
}

/** A map of one operand, which lies as told. */
function map(
  dtype: DType,
  axes: readonly number[],
  layout: readonly number[],
  value: (builder: KernelBuilder, x: Expr) => Expr,
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const x = builder.operand(dtype, size, builder.rowMajor(layout));
  const store = builder.store(size, builder.rowMajor(), value(builder, x));
  return builder.rows(axes.length, [], [store]);
}

function softmax(axes: readonly number[], layout: readonly number[]) {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const index = builder.rowMajor(layout);
  const x = builder.operand("f32", size, index);
  const max = builder.make("reduced", [], "f32", 0);
  const exp = builder.make("exp", [builder.make("subtract", [x, max])]);
  const sum = builder.make("reduced", [], "f32", 1);
  return builder.rows(1, [
    [[["max", x]], []],
    [[["sum", exp]], []],
    [[], [
      builder.store(size, index, builder.make("divide", [exp, sum])),
    ]],
  ]);
}

function reduction(
  op: ReductionOp,
  axes: readonly number[],
  layout: readonly number[],
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const x = builder.operand("f32", size, builder.rowMajor(layout));
  const dtype = op.startsWith("arg") ? "i32" : "f32";
  const result = builder.make("reduced", [], dtype, 0);
  const outer = axes.map((_, k) => k).slice(0, -1);
  return builder.rows(outer.length, [[[[op, x]], []]], [
    builder.store(product(axes.slice(0, -1)), builder.rowMajor(outer), result),
  ]);
}

/** Layer norm without weights: mean, then variance, then the rows. */
function layerNorm(rows: number, columns: number): RowKernel {
  const builder = new KernelBuilder([rows, columns]);
  const size = rows * columns;
  const x = builder.operand("f32", size, builder.rowMajor());
  const count = builder.pool.constant(columns, "f32");
  const sum = builder.make("reduced", [], "f32", 0);
  const mean = builder.make("divide", [sum, count]);
  const centred = builder.make("subtract", [x, mean]);
  const squares = builder.make("reduced", [], "f32", 1);
  const variance = builder.make("divide", [squares, count]);
  const small = builder.pool.constant(1e-5, "f32");
  const deviation = builder.make("sqrt", [
    builder.make("add", [variance, small]),
  ]);
  return builder.rows(1, [
    [[["sum", x]], []],
    [[["sum", builder.make("multiply", [centred, centred])]], []],
    [[], [
      builder.store(
        size,
        builder.rowMajor(),
        builder.make("divide", [centred, deviation]),
      ),
    ]],
  ]);
}

function runningSum(axes: readonly number[], layout: readonly number[]) {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const index = builder.rowMajor(layout);
  const x = builder.operand("f32", size, index);
  const carry = builder.make("carry", [], "f32", 0);
  const next = builder.make("add", [carry, x]);
  return builder.loop(
    [[builder.pool.constant(0, "f32"), next]],
    [builder.store(size, index, next)],
    [],
    { runningSum: true },
  );
}

/** Ten operators one after the other. */
function chain(builder: KernelBuilder, x: Expr): Expr {
  let value = x;
  for (let k = 0; k < 5; k++) {
    const factor = builder.pool.constant(1 + k / 8, "f32");
    value = builder.make("multiply", [value, factor]);
    value = builder.make("add", [value, builder.pool.constant(k + 0.5, "f32")]);
  }
  return value;
}

function bias(builder: KernelBuilder, x: Expr): Expr {
  const row = builder.operand("f32", 1024, builder.index([0, 1]));
  return builder.make("add", [x, row]);
}

const { vendor, architecture, device: model, description } = adapter.info;
say(`${vendor} ${architecture} ${model} ${description}`);
say(`f16 ${limits.hasF16}, timestamps ${isTimed}`);
const N = Math.ceil(2 ** 26 / SCALE / 1024) * 1024;
const ROWS = N / 1024;
const copy = (_: KernelBuilder, x: Expr) => x;
await measure("copy of f32", map("f32", [N], [0], copy));
await measure("copy of odd f32", map("f32", [N - 1], [0], copy));
await measure("copy of small f32", map("f32", [N / 16], [0], copy));
if (limits.hasF16) await measure("copy of f16", map("f16", [N], [0], copy));
await measure("copy of u8", map("u8", [N], [0], copy));
await measure("ten operators", map("f32", [N], [0], chain));
for (const op of ["exp", "log", "sqrt"] as const) {
  await measure(op, map("f32", [N], [0], (b, x) => b.make(op, [x])));
}
await measure("bias", map("f32", [ROWS, 1024], [0, 1], bias));
await measure("turned", map("f32", [ROWS, 1024], [1, 0], copy));
await measure(
  "turned odd",
  map("f32", [ROWS - 1, 1023], [1, 0], copy),
);
await measure(
  "turned three",
  map("f32", [ROWS / 8, 8, 1024], [1, 0, 2], copy),
);
await measure(
  "less than a half, to bool",
  map(
    "f32",
    [N],
    [0],
    (b, x) => b.make("less", [x, b.pool.constant(0.5, "f32")], "bool"),
  ),
);
for (const columns of [16, 64, 256, 1000, 1023, 1024, 4096, 8192, 50257]) {
  const rows = Math.max(1, Math.floor(N / columns));
  await measure(`softmax of ${columns}`, softmax([rows, columns], [0, 1]));
}
await measure("softmax of few rows", softmax([16, N / 16], [0, 1]));
await measure("softmax of columns", softmax([ROWS, 1024], [1, 0]));
await measure("layer norm of 1024", layerNorm(ROWS, 1024));
await measure("layer norm of 768", layerNorm(Math.floor(N / 768), 768));
for (const columns of [4, 32, 128, 1024, 16384]) {
  await measure(
    `sum of ${columns}`,
    reduction("sum", [N / columns, columns], [0, 1]),
  );
}
await measure("sum of all", reduction("sum", [1, N], [0, 1]));
await measure("max of all", reduction("max", [1, N], [0, 1]));
await measure("argmax of 1024", reduction("argmax", [ROWS, 1024], [0, 1]));
for (const columns of [7, 64, 1000, 4096, 65536]) {
  const rows = Math.floor(N / columns);
  await measure(
    `sum across ${columns}`,
    reduction("sum", [columns, rows], [1, 0]),
  );
}
await measure("running sum of all", runningSum([1, N], [0, 1]));
await measure("running sums of 1024", runningSum([ROWS, 1024], [0, 1]));
await measure("running sums across", runningSum([1024, ROWS], [1, 0]));
