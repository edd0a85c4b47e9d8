/**
 * Kernels as the renderers of this folder want them: written with operators
 * that WGSL has, over as few axes as possible.
 *
 * @module
 */

import { withoutFunctions } from "../../functions/mod.ts";
import type { LoopKernel, RowKernel } from "../../ir/kernel.ts";
import {
  mapRoots,
  rootsOfKernel,
  storesOfKernel,
} from "../../ir/kernel_roots.ts";
import { mergeAxes, type MergedAxes } from "./merge_axes.ts";

/** Merges axes on the same side of a border. */
function merged(kernel: RowKernel | LoopKernel, outer: number): MergedAxes {
  const indices = storesOfKernel(kernel).map((store) => store.index);
  const written = new Set(indices);
  const values = rootsOfKernel(kernel).filter((root) => !written.has(root));
  return mergeAxes(kernel.pool, kernel.axes, outer, values, indices);
}

/**
 * A rows kernel with fewer axes and without functions that WGSL lacks.
 *
 * @param kernel The kernel.
 * @returns A kernel that computes the same.
 */
export function normalizeRows(kernel: RowKernel): RowKernel {
  const written = withoutFunctions(kernel, "webgpu");
  const { axes, outer, rewrite } = merged(written, kernel.outer);
  // A pass needs an axis, even if nothing moves along it.
  const walked = kernel.stages.length > 0 && axes.length === outer;
  return {
    ...mapRoots(written, rewrite),
    axes: walked ? [...axes, 1] : axes,
    outer,
  };
}

/**
 * A loop with fewer lanes' axes and without functions that WGSL lacks; the axis
 * that is walked stays the last one, even if it has length 1.
 *
 * @param kernel The kernel.
 * @returns A kernel that computes the same.
 */
export function normalizeLoop(kernel: LoopKernel): LoopKernel {
  const written = withoutFunctions(kernel, "webgpu");
  const walked = kernel.axes.length - 1;
  const { axes, rewrite } = merged(written, walked);
  return {
    ...mapRoots(written, rewrite),
    axes: kernel.axes[walked] === 1 ? [...axes, 1] : axes,
  };
}
