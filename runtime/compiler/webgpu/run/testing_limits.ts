/**
 * A GPU with little room in its bindings, and graphs to run on it, for tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { DType, TypedArray } from "../../../device/dtypes.ts";
import {
  attributesOf,
  type Graph,
  GraphNode,
  hostStorage,
  type TensorSpec,
  topologicalOrder,
} from "../../../device/graph.ts";
import type {
  PrimitiveAttributes,
  PrimitiveName,
} from "../../../device/primitives.ts";
import { referenceDevice } from "../../../device/reference/device.ts";
import { sizeOf } from "../../../device/shapes.ts";
import {
  requestWebGpuDevice,
  type WebGpuCapabilities,
} from "../../../device/webgpu/adapter.ts";
import { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program } from "../../ir/kernel.ts";
import { lower, structureOf } from "../../lower/mod.ts";
import { WebGpuProgram } from "./prepared.ts";
import { renderStep } from "./render.ts";
import { QUIET, ramp, readAll } from "./testing.ts";

/** Bytes of a binding of {@linkcode smallConnection}. */
export const BINDING_BYTES = 16384;

const connections = new Map<string, Promise<WebGpuConnection>>();

/**
 * A device that may bind little at once, and refuses to bind more.
 *
 * @param limits Limits that are smaller still, or other ones.
 * @returns The device; the same for the same limits.
 */
export function smallConnection(
  limits: Partial<WebGpuCapabilities> = {},
): Promise<WebGpuConnection> {
  const key = JSON.stringify(limits);
  let connection = connections.get(key);
  if (connection === undefined) {
    connection = connectWith({
      maxStorageBufferBindingSize: BINDING_BYTES,
      ...limits,
    });
    connections.set(key, connection);
  }
  return connection;
}

async function connectWith(
  limits: Partial<WebGpuCapabilities>,
): Promise<WebGpuConnection> {
  const { device, capabilities } = await requestWebGpuDevice();
  const small = { ...capabilities, ...limits };
  const make = device.createBindGroup.bind(device);
  device.createBindGroup = (descriptor) => {
    for (const { resource } of descriptor.entries) {
      if (!("buffer" in resource)) continue;
      const { offset = 0, size = Infinity } = resource;
      assert.ok(size <= small.maxStorageBufferBindingSize, `${size} bytes`);
      assert.equal(offset % small.minStorageBufferOffsetAlignment, 0);
    }
    return make(descriptor);
  };
  return new WebGpuConnection(device, small);
}

/** Data of a leaf: small whole numbers, or those given. */
export function leaf(
  dtype: DType,
  shape: readonly number[],
  data: TypedArray = ramp(sizeOf(shape), dtype),
): GraphNode {
  const made = node("data", {}, [], dtype, shape);
  made.storage = hostStorage(data);
  return made;
}

/** A primitive applied to other nodes. */
export function node<K extends PrimitiveName>(
  op: K,
  attributes: PrimitiveAttributes[K],
  inputs: readonly GraphNode[],
  dtype: DType = inputs[0]!.dtype,
  shape: readonly number[] = inputs[0]!.shape,
  outputs?: readonly TensorSpec[],
): GraphNode {
  return new GraphNode(op, attributes, inputs, dtype, shape, ["test"], outputs);
}

/** A graph with parameters. */
export function graphOf(
  specs: readonly TensorSpec[],
  build: (parameters: readonly GraphNode[]) => readonly GraphNode[],
): Graph {
  const parameters = specs.map(({ dtype, shape }, index) =>
    node("parameter", { index }, [], dtype, shape)
  );
  return { parameters, outputs: build(parameters) };
}

/** What is to be expected of a run. */
export interface Expectation {
  /** The largest error, compared with the largest result; none by default. */
  readonly error?: number;
  /** How often the host is asked to compute; never by default. */
  readonly hostSteps?: number;
}

/** Runs a graph and compares it with the reference device. */
export async function checkGraph(
  roots: readonly GraphNode[],
  connection: WebGpuConnection,
  { error = 0, hostSteps = 0 }: Expectation = {},
): Promise<void> {
  const expected = await referenceDevice.execute(roots, {});
  const order = topologicalOrder(roots);
  order.forEach((one, slot) => one.slot = slot);
  const { leaves } = structureOf(order, roots);
  const program = lower(order, roots);
  const prepared = new WebGpuProgram(
    program,
    renderStep,
    () => Promise.resolve(connection),
  );
  const scalars = program.scalars.map((one) =>
    attributesOf(leaves[one.leaf]!, "constant").value
  );
  const inputs = program.leaves.map((one) => leaves[one.leaf]!.storage!);
  const before = connection.reader.maps;
  const storages = await prepared.run(inputs, scalars, QUIET);
  assert.equal(connection.reader.maps > before, hostSteps > 0, "host steps");
  const actual = await readAll(storages);
  for (const storage of storages) storage.dispose();
  for (const [k, storage] of expected.entries()) {
    assertNear(actual[k]!, storage.array ?? await storage.read(), error);
  }
}

/** Runs a program and compares it with the interpreter. */
export async function checkProgram(
  program: Program,
  leaves: readonly TypedArray[],
  connection: WebGpuConnection,
): Promise<void> {
  const prepared = new WebGpuProgram(
    program,
    renderStep,
    () => Promise.resolve(connection),
  );
  const storages = await prepared.run(leaves.map(hostStorage), [], QUIET);
  assert.deepEqual(
    await readAll(storages),
    evaluateProgram(program, leaves, []),
  );
}

function assertNear(
  actual: TypedArray,
  expected: TypedArray,
  error: number,
): void {
  assert.equal(actual.length, expected.length);
  let largest = 0;
  for (const value of expected) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  }
  expected.forEach((value, k) => {
    const near = Object.is(value, actual[k]) ||
      Math.abs(value - actual[k]!) <= error * largest;
    assert.ok(near, `element ${k}: ${actual[k]} is not ${value}`);
  });
}
