/**
 * The devices that exist here, and which of them is used.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import type { Device, ExecutionOptions } from "../device/device.ts";
import {
  type GraphNode,
  type Storage,
  storageOf,
  topologicalOrder,
} from "../device/graph.ts";
import { referenceDevice } from "../device/reference/device.ts";
import type { Backend } from "./backend.ts";
import { CompiledDevice } from "./compiled_device.ts";
import { workOf } from "./placement.ts";
import { wasmBackend } from "./wasm/backend.ts";

const wasmDevice = new CompiledDevice(
  "wasm",
  (dtype) => wasmBackend.supports(dtype),
  () => Promise.resolve([wasmBackend]),
);

/**
 * Runs on WebGPU what it can and the rest on WASM; all of it on WASM where
 * there is no adapter, since a device that is named is a preference.
 */
const webgpuDevice = new CompiledDevice(
  "webgpu",
  (dtype) => dtype !== "f64",
  async () => {
    const webgpu = await webgpuBackend();
    return webgpu === undefined ? [wasmBackend] : [webgpu, wasmBackend];
  },
);

let webgpu: Promise<Backend | undefined> | undefined;
/** Whether a real GPU is there, once somebody has looked. */
let hasRealGpu: boolean | undefined;

/** The WebGPU backend; its code is loaded only where there is an adapter. */
function webgpuBackend(): Promise<Backend | undefined> {
  return webgpu ??= (async () => {
    if (globalThis.navigator?.gpu === undefined) {
      hasRealGpu = false;
      return undefined;
    }
    const { probeWebGpu, webgpuBackend } = await import("./webgpu/backend.ts");
    const { available, isHardware } = await probeWebGpu();
    hasRealGpu = available && isHardware;
    return available ? webgpuBackend : undefined;
  })();
}

/**
 * Elementary operations from which on a graph is worth handing to a GPU: below,
 * reading the result back costs more than computing it here.
 */
const GPU_WORK = 2e8;

/**
 * Chooses for each graph: WASM, but a real GPU where the graph is large or its
 * data are there already. Numbers in f64 are computed on WASM in any case.
 */
const automaticDevice: Device = {
  name: "automatic",
  supports: () => true,
  async execute(
    roots: readonly GraphNode[],
    options: ExecutionOptions,
  ): Promise<Storage[]> {
    const device = await suitsGpu(roots) ? webgpuDevice : wasmDevice;
    return device.execute(roots, options);
  },
};

async function suitsGpu(roots: readonly GraphNode[]): Promise<boolean> {
  // Without one, nothing hangs on the graph: it need not be walked.
  if (hasRealGpu === false) return false;
  const order = topologicalOrder(roots);
  const isThere = order.some((node) => storageOf(node)?.device === "webgpu");
  if (!isThere && workOf(order) < GPU_WORK) return false;
  await webgpuBackend();
  return hasRealGpu === true;
}

const devices = new Map<string, Device>(
  [referenceDevice, wasmDevice, webgpuDevice].map((one) => [one.name, one]),
);

/**
 * Names of the devices that can be named; `webgpu` is there also where no
 * adapter is, and then computes on WASM.
 *
 * @returns The names.
 */
export function deviceNames(): string[] {
  return [...devices.keys()];
}

/**
 * The device with a name.
 *
 * @param name The name.
 * @returns The device.
 * @throws {ParameterError} When there is no such device.
 */
export function deviceNamed(name: string): Device {
  const device = devices.get(name);
  if (device !== undefined) return device;
  throw new ParameterError(`Cannot use unknown device "${name}"`, {
    expected: `one of ${deviceNames().map((one) => `"${one}"`).join(", ")}`,
    actual: `"${name}"`,
    hint: "Leave the device out, so that Weft chooses one for each program",
  });
}

let preferred: Device | undefined;

/**
 * The device of executions that name none: `WEFT_DEVICE` where the permission
 * to read it is already given (nobody is asked), else the one that chooses for
 * each graph.
 *
 * @returns The device.
 * @throws {ParameterError} When `WEFT_DEVICE` names no device.
 */
export function defaultDevice(): Device {
  if (preferred === undefined) {
    const name = preferenceFromEnvironment();
    preferred = name === undefined ? automaticDevice : deviceNamed(name);
  }
  return preferred;
}

function preferenceFromEnvironment(): string | undefined {
  const query = { name: "env", variable: "WEFT_DEVICE" } as const;
  if (Deno.permissions.querySync(query).state !== "granted") return undefined;
  const name = Deno.env.get("WEFT_DEVICE");
  return name === undefined || name === "" ? undefined : name;
}
