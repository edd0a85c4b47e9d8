/**
 * Realising tensors: which device computes, under which signal, and who is
 * blamed. The settings follow asynchronous code, so that an op body needs to
 * hand nothing on.
 *
 * @module
 */

import { DeviceLostError } from "../core/errors.ts";
import type { Device, ExecutionOptions } from "../device/device.ts";
import type { TypedArray } from "../device/dtypes.ts";
import { type GraphNode, type Storage, storageOf } from "../device/graph.ts";
import { defaultDevice, deviceNamed } from "../compiler/devices.ts";
import { readChecked } from "../compiler/pending_checks.ts";
import { Computation } from "./computation.ts";
import { ScopedValue } from "./scope.ts";
import { stopButton } from "./stop.ts";

/** How tensors are computed inside {@linkcode withExecution}. */
export interface ExecutionSettings extends ExecutionOptions {
  /** Name of the device; the default one when not given. */
  readonly device?: string | undefined;
}

const settings = new ScopedValue<ExecutionSettings>();

/**
 * Runs code whose tensors are computed under given settings; inner settings
 * win over outer ones, one by one. They hold until the body has settled.
 *
 * @param options Device, signal, checks, precision and trace.
 * @param body The code, synchronous or not.
 * @returns What it returns.
 * @throws {ParameterError} When the device does not exist here.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const total = await wf.withExecution(
 *   { device: "reference", signal: AbortSignal.timeout(5_000) },
 *   () => wf.sum(wf.ones([3], { dtype: "f64" })).item(),
 * );
 * console.log(total); // 3
 * ```
 */
export function withExecution<T>(options: ExecutionSettings, body: () => T): T {
  if (options.device !== undefined) deviceNamed(options.device);
  const outer = settings.current;
  const merged = outer === undefined ? options : merge(outer, options);
  return settings.run(merged, body);
}

function merge(
  outer: ExecutionSettings,
  inner: ExecutionSettings,
): ExecutionSettings {
  return {
    device: inner.device ?? outer.device,
    signal: inner.signal ?? outer.signal,
    checkFinite: inner.checkFinite ?? outer.checkFinite,
    halfSums: inner.halfSums ?? outer.halfSums,
    onKernel: inner.onKernel ?? outer.onKernel,
    // Who asks for kernels inside gets them all, at once.
    lateKernels: inner.onKernel === undefined
      ? inner.lateKernels ?? outer.lateKernels
      : inner.lateKernels,
  };
}

/**
 * The device that computes tensors here.
 *
 * @returns The device of the innermost {@linkcode withExecution}, else the
 * default one.
 */
function currentDevice(): Device {
  const name = settings.current?.device;
  return name === undefined ? defaultDevice() : deviceNamed(name);
}

/**
 * Computes nodes and keeps their data in them.
 *
 * @param nodes The nodes.
 */
export async function realizeNodes(
  nodes: readonly GraphNode[],
): Promise<void> {
  const pending = pendingOf(nodes);
  if (pending.length === 0) return;
  const computation = new Computation(pending, execute);
  await computation.compute();
  computation.keep();
}

/** Nodes that have no data yet, each once. */
function pendingOf(nodes: readonly GraphNode[]): GraphNode[] {
  const pending = new Set<GraphNode>();
  for (const node of nodes) {
    if (node.storage !== undefined) continue;
    const storage = storageOf(node);
    if (storage !== undefined) node.realize(storage);
    else pending.add(node);
  }
  return [...pending];
}

async function execute(roots: readonly GraphNode[]): Promise<Storage[]> {
  const options = settings.current ?? {};
  const device = currentDevice();
  if (stopButton === undefined || options.signal !== undefined) {
    return await device.execute(roots, options);
  }
  return await stopButton.during((signal) =>
    device.execute(roots, { ...options, signal })
  );
}

/**
 * Computes nodes and gives their data, not copied. Where a device is lost while
 * it computes, they are computed once more, on the next one.
 *
 * @param nodes The nodes.
 * @returns The data, row-major; they must not be written to.
 */
async function readNodes(
  nodes: readonly GraphNode[],
): Promise<TypedArray[]> {
  const pending = pendingOf(nodes);
  const arrays = new Map<GraphNode, TypedArray>();
  const read = async (node: GraphNode, storage: Storage) => {
    arrays.set(node, storage.array ?? await readChecked(storage));
  };
  const attempt = async (): Promise<void> => {
    const computation = new Computation(pending, execute);
    try {
      const storages = await computation.compute();
      // A GPU computes until its data are read; before that all may be lost.
      await Promise.all(pending.map((node, k) => read(node, storages[k]!)));
    } catch (error) {
      if (error instanceof DeviceLostError) computation.forget();
      throw error;
    }
    computation.keep();
  };
  if (pending.length > 0) {
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      await attempt();
    }
  }
  const others = new Set(nodes).difference(arrays);
  await Promise.all(others.values().map((node) => read(node, node.storage!)));
  return nodes.map((node) => arrays.get(node)!);
}

/**
 * Computes nodes and lends out their data, which stay in place until they were
 * used, even if their tensors are disposed of meanwhile.
 *
 * @param nodes The nodes.
 * @param use Is given the data, row-major; they must not be written to.
 * @returns What it made of them.
 */
export async function lendNodes<T>(
  nodes: readonly GraphNode[],
  use: (arrays: TypedArray[]) => T,
): Promise<Awaited<T>> {
  for (const node of nodes) node.hold();
  try {
    return await use(await readNodes(nodes));
  } finally {
    for (const node of nodes) node.letGo();
  }
}

/**
 * Computes a node and lends out its data, see {@linkcode lendNodes}.
 *
 * @param node The node.
 * @param use Is given the data, row-major; they must not be written to.
 * @returns What it made of them.
 */
export function lendNode<T>(
  node: GraphNode,
  use: (array: TypedArray) => T,
): Promise<Awaited<T>> {
  return lendNodes([node], ([array]) => use(array!));
}
