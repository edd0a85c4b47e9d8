/**
 * Loops: an invocation walks the last axis of each lane.
 *
 * @module
 */

import type { LoopKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { splitIndex } from "./positions.ts";
import { computeStores, writeStore } from "./stores.ts";

/** Invocations of a workgroup: few, so that few lanes spread over all cores. */
const WORKGROUP = 32;

/**
 * Renders a loop whose lanes are walked one step after the other.
 *
 * @param kernel The kernel, with as few axes as possible.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderWalk(
  kernel: LoopKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const { axes, carries, outputs } = kernel;
  const module = new WgslModule({ ...kernel, limits });
  const last = axes.length - 1;
  const lengths = axes.slice(0, last);
  const lanes = lengths.reduce((product, length) => product * length, 1);
  const root = new WgslScope(module);
  const id = root.let("id", `${GROUP_INDEX} * ${WORKGROUP} + i32(local.x)`);
  root.line(`if (${id} >= ${module.size(lanes)}) { return; }`);
  splitIndex(module, root, id, lengths).forEach((position, axis) =>
    root.bind("axis", axis, position)
  );
  const names = carries.map(({ initial }) =>
    root.variable("carry", root.text(initial, 1))
  );
  const length = module.size(axes[last]!);
  const step = module.name("step");
  const body = new WgslScope(module, root);
  body.bind(
    "axis",
    last,
    kernel.reverse ? body.let("p", `${length} - 1 - ${step}`) : step,
  );
  names.forEach((name, k) => body.bind("carry", k, name));
  const next = carries.map((carry) => {
    const value = body.let("next", body.text(carry.next, 1));
    if (carry.dtype !== "f16" || !module.hasF16) return value;
    module.useF16();
    return `f32(f16(${value}))`;
  });
  computeStores(body, kernel.stores);
  for (const store of kernel.stores) {
    writeStore(module, body, store, outputs);
  }
  names.forEach((name, k) => body.line(`${name} = ${next[k]};`));
  root.block(`for (var ${step} = 0; ${step} < ${length}; ${step}++)`, body);
  const end = new WgslScope(module, root);
  names.forEach((name, k) => end.bind("carry", k, name));
  computeStores(end, kernel.rowStores);
  for (const store of kernel.rowStores) {
    writeStore(module, end, store, outputs);
  }
  const work = {
    workgroups: Math.ceil(lanes / WORKGROUP),
    flops: kernel.flops,
    bytes: kernel.bytes,
  };
  return {
    phases: [
      phaseOf(
        module,
        [WORKGROUP, 1],
        [...root.lines, ...end.lines],
        work,
        limits,
      ),
    ],
    temporaries: [],
  };
}
