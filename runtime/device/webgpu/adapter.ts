/**
 * The adapter: whether there is one, what it can do, and devices made from it.
 * Nothing happens before it is asked for.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";

/** What is to be known of an adapter. */
export interface WebGpuCapabilities {
  /** Bytes of a buffer at most. */
  readonly maxBufferSize: number;
  /** Bytes of one storage binding at most. */
  readonly maxStorageBufferBindingSize: number;
  /** Bytes of one uniform binding at most. */
  readonly maxUniformBufferBindingSize: number;
  /** What offsets of storage bindings are multiples of. */
  readonly minStorageBufferOffsetAlignment: number;
  /** Invocations of a workgroup at most. */
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** Bytes of workgroup memory at most. */
  readonly maxComputeWorkgroupStorageSize: number;
  /** Workgroups along one axis at most. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Storage buffers of a kernel at most. */
  readonly maxStorageBuffersPerShaderStage: number;
  /** Whether f16 arithmetic exists. */
  readonly hasF16: boolean;
  /** Whether kernels can be timed. */
  readonly hasTimestamps: boolean;
  /** Whether the adapter is a real GPU rather than a software one. */
  readonly isHardware: boolean;
  /** The adapter, for people. */
  readonly description: string;
}

/** Whether WebGPU is there, and what it is. */
export interface WebGpuProbe {
  /** Whether there is an adapter. */
  readonly available: boolean;
  /** Whether it is a real GPU. */
  readonly isHardware: boolean;
  /** The adapter, for people; empty where there is none. */
  readonly description: string;
  /** What it can do; undefined where there is none. */
  readonly limits: WebGpuCapabilities | undefined;
}

const MAXIMA = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxUniformBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxBindingsPerBindGroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

const ALIGNMENTS = [
  "minStorageBufferOffsetAlignment",
  "minUniformBufferOffsetAlignment",
] as const;

/** Adapters that compute on the processor say one of these. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/** Places in buffers are multiples of this, so longer ends are of no use. */
const PADDING = 256;
/** Longer buffers are refused by drivers although their limits allow them. */
const MAX_BUFFER_BYTES = 2 ** 32 - 2 ** 24;

let probe: Promise<WebGpuProbe> | undefined;
let found: WebGpuCapabilities | undefined;

/**
 * Finds out whether WebGPU is there.
 *
 * @returns What was found; the same promise each time.
 */
export function probeWebGpu(): Promise<WebGpuProbe> {
  return probe ??= findAdapter().then((adapter) => {
    if (adapter === undefined) {
      return {
        available: false,
        isHardware: false,
        description: "",
        limits: undefined,
      };
    }
    const limits = found = capabilitiesOf(adapter);
    const { description, isHardware } = limits;
    return { available: true, isHardware, description, limits };
  });
}

/**
 * What the adapter can do, once {@linkcode probeWebGpu} has found one.
 *
 * @returns What it can do; undefined before, and where there is none.
 */
export function knownCapabilities(): WebGpuCapabilities | undefined {
  return found;
}

/** A device, and what it can do. */
export interface RequestedDevice {
  /** The device, with all limits at the adapter's maximum. */
  readonly device: GPUDevice;
  /** What it can do. */
  readonly capabilities: WebGpuCapabilities;
}

/**
 * Makes a device.
 *
 * @returns The device.
 * @throws {WeftError} When there is no adapter, or it refuses.
 */
export async function requestWebGpuDevice(): Promise<RequestedDevice> {
  const adapter = await findAdapter();
  if (adapter === undefined) {
    throw new WeftError("Cannot use WebGPU as there is no adapter", {
      expected: "a GPU with a Vulkan, Metal or DirectX 12 driver",
      actual: "navigator.gpu.requestAdapter() gave none",
      hint: 'Install the driver, or run with { device: "wasm" }',
    });
  }
  const capabilities = capabilitiesOf(adapter);
  const requiredFeatures: GPUFeatureName[] = [];
  if (capabilities.hasF16) requiredFeatures.push("shader-f16");
  if (capabilities.hasTimestamps) requiredFeatures.push("timestamp-query");
  try {
    const device = await adapter.requestDevice({
      label: "weft",
      requiredFeatures,
      requiredLimits: bestLimits(adapter),
    });
    return { device, capabilities };
  } catch (error) {
    throw new WeftError(
      `Cannot get a WebGPU device from "${capabilities.description}"`,
      { cause: error, hint: 'Run with { device: "wasm" }' },
    );
  }
}

async function findAdapter(): Promise<GPUAdapter | undefined> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu === undefined) return undefined;
  const adapter = await gpu.requestAdapter({
    powerPreference: "high-performance",
  });
  return adapter ?? undefined;
}

/** A limit as a number that can be asked for. */
function limitOf(adapter: GPUAdapter, name: keyof GPUSupportedLimits): number {
  return Math.min(Number(adapter.limits[name]), Number.MAX_SAFE_INTEGER);
}

function bestLimits(adapter: GPUAdapter): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name of [...MAXIMA, ...ALIGNMENTS]) {
    limits[name] = limitOf(adapter, name);
  }
  return limits;
}

function capabilitiesOf(adapter: GPUAdapter): WebGpuCapabilities {
  const { info } = adapter;
  const description = info.description || info.device || info.vendor ||
    "unknown adapter";
  const limit = (name: keyof GPUSupportedLimits) => limitOf(adapter, name);
  const padded = (bytes: number) => Math.floor(bytes / PADDING) * PADDING;
  const maxBufferSize = padded(
    Math.min(limit("maxBufferSize"), MAX_BUFFER_BYTES),
  );
  return {
    maxBufferSize,
    maxStorageBufferBindingSize: Math.min(
      padded(limit("maxStorageBufferBindingSize")),
      maxBufferSize,
    ),
    maxUniformBufferBindingSize: limit("maxUniformBufferBindingSize"),
    minStorageBufferOffsetAlignment: limit("minStorageBufferOffsetAlignment"),
    maxComputeInvocationsPerWorkgroup: limit(
      "maxComputeInvocationsPerWorkgroup",
    ),
    maxComputeWorkgroupStorageSize: limit("maxComputeWorkgroupStorageSize"),
    maxComputeWorkgroupsPerDimension: limit("maxComputeWorkgroupsPerDimension"),
    // One binding is for the parameters.
    maxStorageBuffersPerShaderStage: Math.min(
      limit("maxStorageBuffersPerShaderStage"),
      limit("maxBindingsPerBindGroup") - 1,
    ),
    hasF16: adapter.features.has("shader-f16"),
    hasTimestamps: adapter.features.has("timestamp-query"),
    isHardware: !info.isFallbackAdapter && !SOFTWARE.test(description),
    description,
  };
}
