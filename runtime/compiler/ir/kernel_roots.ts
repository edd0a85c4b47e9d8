/**
 * All expressions that a kernel names, and kernels with others in their places.
 *
 * @module
 */

import type { Expr } from "./expr.ts";
import type { Kernel, KernelStore } from "./kernel.ts";

/**
 * The expressions that a kernel names, each place in turn.
 *
 * @param kernel The kernel.
 * @returns The expressions.
 */
export function rootsOfKernel(kernel: Kernel): Expr[] {
  const roots: Expr[] = [];
  mapRoots(kernel, (root) => {
    roots.push(root);
    return root;
  });
  return roots;
}

/**
 * The indices at which a kernel writes.
 *
 * @param kernel The kernel.
 * @returns Its stores.
 */
export function storesOfKernel(kernel: Kernel): KernelStore[] {
  switch (kernel.kind) {
    case "row":
      return [
        ...kernel.stages.flatMap((stage) => stage.stores),
        ...kernel.rowStores,
      ];
    case "contract":
      return [...kernel.stores];
    case "loop":
      return [...kernel.stores, ...kernel.rowStores];
  }
}

/** Gives other expressions for those of a kernel, in the same order. */
export type Transform = (roots: readonly Expr[]) => Expr[];

/**
 * A kernel whose expressions are others, which are made all at once.
 *
 * @param kernel The kernel.
 * @param transform Gives them.
 * @returns The kernel.
 */
export function transformRoots<K extends Kernel>(
  kernel: K,
  transform: Transform,
): K {
  const made = transform(rootsOfKernel(kernel));
  let used = 0;
  return mapRoots(kernel, () => made[used++]!);
}

/**
 * A kernel whose expressions are others.
 *
 * @param kernel The kernel.
 * @param change Gives what stands in the place of an expression; for an index
 * that is written at, it is told the output.
 * @returns The kernel.
 */
export function mapRoots<K extends Kernel>(
  kernel: K,
  change: (root: Expr, output?: number) => Expr,
): K;
export function mapRoots(
  kernel: Kernel,
  change: (root: Expr, output?: number) => Expr,
): Kernel {
  const stores = (list: readonly KernelStore[]) =>
    list.map(({ output, index, value }): KernelStore => ({
      output,
      index: change(index, output),
      value: change(value),
    }));
  switch (kernel.kind) {
    case "row":
      return {
        ...kernel,
        stages: kernel.stages.map((stage) => ({
          reductions: stage.reductions.map((one) => ({
            ...one,
            value: change(one.value),
          })),
          stores: stores(stage.stores),
        })),
        rowStores: stores(kernel.rowStores),
      };
    case "contract":
      return {
        ...kernel,
        a: change(kernel.a),
        b: change(kernel.b),
        stores: stores(kernel.stores),
      };
    case "loop":
      return {
        ...kernel,
        carries: kernel.carries.map(({ dtype, initial, next }) => ({
          dtype,
          initial: change(initial),
          next: change(next),
        })),
        stores: stores(kernel.stores),
        rowStores: stores(kernel.rowStores),
      };
  }
}
