/**
 * What tests of whole programs share: data, the programs of tensors, and the
 * kernels that ran.
 *
 * @module
 */

import type { Program } from "../../compiler/ir/kernel.ts";
import { lower } from "../../compiler/lower/mod.ts";
import type { KernelRecord } from "../../device/device.ts";
import { topologicalOrder } from "../../device/graph.ts";
import * as wf from "../mod.ts";

/**
 * Numbers between -1 and 1, the same at each call.
 *
 * @param shape Shape of the tensor.
 * @returns The tensor; its data are in memory.
 */
export function numbers(...shape: readonly number[]): wf.F32 {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = new Float32Array(size);
  for (let k = 0; k < size; k++) data[k] = Math.sin(k * 7.3 + 1);
  return wf.tensor(data, { shape });
}

/**
 * Zeros that take their place in memory, for programs that are only planned.
 *
 * @param shape Shape of the tensor.
 * @returns The tensor.
 */
export function blank(...shape: readonly number[]): wf.F32 {
  const size = shape.reduce((product, n) => product * n, 1);
  return wf.tensor(new Float32Array(size), { shape });
}

/**
 * What tensors compile to.
 *
 * @param tensors The tensors.
 * @returns The program.
 */
export function programOf(...tensors: readonly wf.Tensor[]): Program {
  const nodes = tensors.map(({ node }) => node);
  const order = topologicalOrder(nodes);
  order.forEach((node, slot) => node.slot = slot);
  return lower(order, nodes);
}

/**
 * A program and the bodies of its loops.
 *
 * @param program The program.
 * @returns All of them, the program first.
 */
export function withBodies(program: Program): Program[] {
  const bodies = program.steps.flatMap((step) =>
    step.kind === "hostLoop" ? withBodies(step.body) : []
  );
  return [program, ...bodies];
}

/**
 * The kernels that run when tensors are computed.
 *
 * @param device Name of the device.
 * @param tensors The tensors.
 * @returns The records of the trace.
 */
export async function kernelsRun(
  device: string,
  ...tensors: readonly wf.Tensor[]
): Promise<KernelRecord[]> {
  const records: KernelRecord[] = [];
  const onKernel = (record: KernelRecord) => void records.push(record);
  await wf.withExecution({ device, onKernel }, () => wf.realize(...tensors));
  return records;
}
