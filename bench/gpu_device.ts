/**
 * The GPU that is there, for scripts that time kernels on it.
 *
 * @module
 */

import type {
  WebGpuKernel,
  WebGpuLimits,
} from "../runtime/compiler/webgpu/abi.ts";

/** Records one run of something. */
export type Dispatch = (pass: GPUComputePassEncoder) => void;

/** Usage of all buffers of data. */
const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
  GPUBufferUsage.COPY_DST;

/**
 * Prints a line.
 *
 * @param text The line.
 */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

/**
 * An error in few words.
 *
 * @param error What was thrown.
 * @returns Its first line.
 */
export function firstLine(error: unknown): string {
  return String(error).split("\n")[0]!;
}

/** A device and what can be done with it. */
export class GpuDevice {
  /** The device. */
  readonly device: GPUDevice;
  /** What it can do; it counts as a real GPU, even where it is none. */
  readonly limits: WebGpuLimits;
  /** What it is. */
  readonly description: string;

  /**
   * @param device The device.
   * @param description What it is.
   */
  constructor(device: GPUDevice, description: string) {
    this.device = device;
    this.description = description;
    const { limits } = device;
    this.limits = {
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      hasF16: device.features.has("shader-f16"),
      isHardware: true,
    };
  }

  /**
   * A buffer for data.
   *
   * @param bytes Its size.
   * @returns The buffer.
   */
  storage(bytes: number): GPUBuffer {
    return this.buffer(bytes, STORAGE);
  }

  /**
   * A buffer.
   *
   * @param bytes Its size.
   * @param usage What it is for.
   * @returns The buffer.
   */
  buffer(bytes: number, usage: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    return this.device.createBuffer({ size, usage });
  }

  /**
   * Bytes of a buffer.
   *
   * @param source The buffer.
   * @param offset Where they begin, a multiple of 4.
   * @param size How many, a multiple of 4.
   * @returns The bytes.
   */
  async read(
    source: GPUBuffer,
    offset: number,
    size: number,
  ): Promise<ArrayBuffer> {
    const copy = this.buffer(
      size,
      GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    );
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, offset, copy, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    const bytes = copy.getMappedRange().slice(0, size);
    copy.destroy();
    return bytes;
  }

  /**
   * Runs something at once.
   *
   * @param dispatches What.
   * @param count How often.
   */
  submit(dispatches: readonly Dispatch[], count = 1): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let k = 0; k < count; k++) {
      for (const dispatch of dispatches) dispatch(pass);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Errors of work, one at a time.
   *
   * @param work The work.
   * @throws {Error} When the device finds a mistake in it.
   */
  async checked(work: () => void | Promise<void>): Promise<void> {
    const kinds = ["validation", "out-of-memory", "internal"] as const;
    for (const kind of kinds) this.device.pushErrorScope(kind);
    let thrown: unknown;
    try {
      await work();
    } catch (error) {
      thrown = error;
    }
    for (const _ of kinds) {
      const problem = await this.device.popErrorScope();
      if (problem) thrown ??= new Error(problem.message);
    }
    if (thrown !== undefined) throw thrown;
  }

  /**
   * Compiles a kernel.
   *
   * @param kernel The kernel.
   * @param buffers Its operands, outputs and temporaries.
   * @returns Its dispatches.
   */
  async prepare(
    kernel: WebGpuKernel,
    buffers: readonly GPUBuffer[],
  ): Promise<Dispatch[]> {
    return await Promise.all(kernel.phases.map(async (phase) => {
      const words = new Int32Array(
        Math.max(4, Math.ceil(phase.sizes.length / 4) * 4),
      );
      words.set(phase.sizes);
      const parameters = this.buffer(
        words.byteLength,
        GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      );
      this.device.queue.writeBuffer(parameters, 0, words);
      const { pipeline, group } = await this.pipeline(
        phase.text,
        parameters,
        buffers,
      );
      return (pass: GPUComputePassEncoder) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...phase.workgroups);
      };
    }));
  }

  /**
   * Compiles a text.
   *
   * @param code The text; its entry point is the only one.
   * @param parameters What lies at binding 0.
   * @param buffers What lies at the bindings behind it.
   * @returns The pipeline and its bindings.
   */
  async pipeline(
    code: string,
    parameters: GPUBuffer,
    buffers: readonly GPUBuffer[],
  ): Promise<{ pipeline: GPUComputePipeline; group: GPUBindGroup }> {
    const { device } = this;
    const layout = device.createBindGroupLayout({
      entries: [parameters, ...buffers].map((_, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: binding === 0
          ? { type: "uniform", minBindingSize: parameters.size }
          : { type: "storage" },
      })),
    });
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code }) },
    });
    const group = device.createBindGroup({
      layout,
      entries: [parameters, ...buffers].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    return { pipeline, group };
  }
}

/**
 * Opens the fastest GPU with all that it can do.
 *
 * @returns The device.
 * @throws {Error} When there is none, or none that tells the time.
 */
export async function openGpu(): Promise<GpuDevice> {
  const adapter = await navigator.gpu?.requestAdapter({
    powerPreference: "high-performance",
  });
  if (!adapter) throw new Error("there is no adapter");
  const wanted: GPUFeatureName[] = ["timestamp-query", "shader-f16"];
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((one) => adapter.features.has(one)),
    requiredLimits: {
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    },
  });
  if (!device.features.has("timestamp-query")) {
    throw new Error("the adapter does not tell the time");
  }
  const { vendor, architecture, device: model, description } = adapter.info;
  const what = `${vendor} ${architecture} ${model} ${description}, ` +
    `${limits.maxComputeWorkgroupStorageSize} bytes of workgroup memory, ` +
    `${limits.maxComputeInvocationsPerWorkgroup} invocations, ` +
    `f16 ${device.features.has("shader-f16")}`;
  return new GpuDevice(device, what);
}
