/**
 * Runs rendered kernels on the adapter that is there, for tests.
 *
 * @module
 */

import {
  allocate,
  byteSize,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { writeScalar } from "../../wasm/abi.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { assertData, type KernelCase } from "./testing_kernels.ts";

/** A kernel with its data. */
export interface KernelRun {
  /** The kernel. */
  readonly kernel: WebGpuKernel;
  /** Data of its operands. */
  readonly operands: readonly TypedArray[];
  /** Its outputs. */
  readonly outputs: readonly { readonly dtype: DType; readonly size: number }[];
  /** Its scalars. */
  readonly scalars?: readonly {
    readonly dtype: DType;
    readonly value: number;
  }[];
  /** The operand that each output is laid over, if any. */
  readonly over?: readonly (number | undefined)[];
}

/** A device for tests. */
export interface TestDevice {
  /** What renderers must know of it. */
  readonly limits: WebGpuLimits;
  /**
   * Runs kernels, all at once as reading back is slow.
   *
   * @param runs The kernels.
   * @returns Data of the outputs of each, and of its notes where it makes any.
   */
  run(runs: readonly KernelRun[]): Promise<TypedArray[][]>;
}

let shared: Promise<TestDevice | undefined> | undefined;

/**
 * The adapter's device, with all that it can do; one for all tests, as software
 * adapters do not bear it well when devices come and go.
 *
 * @returns The device, or undefined where there is no adapter.
 */
export function testDevice(): Promise<TestDevice | undefined> {
  return shared ??= openDevice();
}

/**
 * Runs all cases at once, as reading back is slow, and compares what comes; does
 * nothing where there is no adapter.
 *
 * @param cases Makes the cases.
 */
export async function checkCases(
  cases: (limits: WebGpuLimits) => readonly KernelCase[],
): Promise<void> {
  const device = await testDevice();
  if (device === undefined) return;
  const all = cases(device.limits);
  const results = await device.run(all.map((one) => one.run));
  all.forEach(({ name, expected }, k) =>
    expected.forEach((right, output) =>
      assertData(`${name}, output ${output}`, results[k]![output]!, right)
    )
  );
}

async function openDevice(): Promise<TestDevice | undefined> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return undefined;
  const hasF16 = adapter.features.has("shader-f16");
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: hasF16 ? ["shader-f16"] : [],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    },
  });
  return {
    limits: {
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      hasF16,
      isHardware: false,
    },
    run: (runs) => runAll(device, runs),
  };
}

const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
  GPUBufferUsage.COPY_DST;

function padded(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

function upload(
  device: GPUDevice,
  data: ArrayBufferView,
  usage: number,
): GPUBuffer {
  const buffer = device.createBuffer({
    size: padded(data.byteLength),
    usage,
    mappedAtCreation: true,
  });
  new Uint8Array(buffer.getMappedRange()).set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  buffer.unmap();
  return buffer;
}

/** What a kernel writes: its outputs, and notes, which are 0 before. */
function written(
  { kernel: { failures }, outputs }: KernelRun,
): { readonly dtype: DType; readonly size: number; isZero: boolean }[] {
  return [
    ...outputs.map((one) => ({ ...one, isZero: false })),
    ...(failures === undefined
      ? []
      : [{ dtype: "i32" as const, size: failures.bytes / 4, isZero: true }]),
  ];
}

function parametersOf(phase: WebGpuPhase, run: KernelRun): Uint8Array {
  const scalars = run.scalars ?? [];
  const bytes = new Uint8Array(
    padded(4 * (phase.sizes.length + scalars.length)),
  );
  const view = new DataView(bytes.buffer);
  phase.sizes.forEach((size, k) => view.setInt32(4 * k, size, true));
  scalars.forEach(({ dtype, value }, k) =>
    writeScalar(view, 4 * (phase.sizes.length + k), dtype, value)
  );
  return bytes;
}

async function pipelinesOf(
  device: GPUDevice,
  runs: readonly KernelRun[],
): Promise<Map<string, GPUComputePipeline>> {
  const texts = new Map<string, Promise<GPUComputePipeline>>();
  device.pushErrorScope("validation");
  for (const { kernel } of runs) {
    for (const { text, entryPoint } of kernel.phases) {
      if (texts.has(text)) continue;
      const pipeline = device.createComputePipelineAsync({
        layout: "auto",
        compute: {
          module: device.createShaderModule({ code: explicit(text) }),
          entryPoint,
        },
      }).catch((error) => {
        throw new Error(`${error.message}\n${text}`);
      });
      texts.set(text, pipeline);
    }
  }
  const made = new Map<string, GPUComputePipeline>();
  for (const [text, pipeline] of texts) made.set(text, await pipeline);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  return made;
}

/** The text with a use of each binding, as automatic layouts drop others. */
function explicit(text: string): string {
  const names = [
    ...text.matchAll(/var<(?:uniform|storage, read_write)> (\w+)/g),
  ];
  return text.replace(
    "local: vec3<u32>) {",
    (head) =>
      `${head}\n${names.map(([, name]) => `  _ = &${name};`).join("\n")}`,
  );
}

async function runAll(
  device: GPUDevice,
  runs: readonly KernelRun[],
): Promise<TypedArray[][]> {
  const pipelines = await pipelinesOf(device, runs);
  const encoder = device.createCommandEncoder();
  const made: GPUBuffer[] = [];
  const results: [GPUBuffer, GPUBuffer][][] = [];
  device.pushErrorScope("validation");
  for (const run of runs) {
    const operands = run.operands.map((data) => upload(device, data, STORAGE));
    const outputs = written(run).map(({ dtype, isZero, size }, k) => {
      const over = run.over?.[k];
      if (over !== undefined) return operands[over]!;
      // Filled with what must be overwritten.
      const bytes = new Uint8Array(padded(byteSize(dtype) * size));
      return upload(device, isZero ? bytes : bytes.fill(77), STORAGE);
    });
    const temporaries = run.kernel.temporaries.map((size) =>
      upload(device, new Uint8Array(padded(size)).fill(77), STORAGE)
    );
    const bindings = [...operands, ...outputs, ...temporaries];
    for (const phase of run.kernel.phases) {
      const pipeline = pipelines.get(phase.text)!;
      const parameters = upload(
        device,
        parametersOf(phase, run),
        GPUBufferUsage.UNIFORM,
      );
      made.push(parameters);
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(
        0,
        device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [parameters, ...bindings].map((buffer, binding) => ({
            binding,
            resource: { buffer },
          })),
        }),
      );
      pass.dispatchWorkgroups(...phase.workgroups);
      pass.end();
    }
    results.push(outputs.map((buffer) => {
      const copy = device.createBuffer({
        size: buffer.size,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
      encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
      return [buffer, copy];
    }));
    made.push(...bindings);
  }
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  const copies = results.flat().map(([, copy]) => copy);
  await Promise.all(copies.map((copy) => copy.mapAsync(GPUMapMode.READ)));
  const data = runs.map((run, r) =>
    written(run).map(({ dtype, size }, k) => {
      const array = allocate(dtype, size);
      const bytes = new Uint8Array(results[r]![k]![1].getMappedRange());
      new Uint8Array(array.buffer).set(bytes.subarray(0, array.byteLength));
      return array;
    })
  );
  for (const buffer of [...made, ...copies]) buffer.destroy();
  return data;
}
