/**
 * Contractions as the renderers of this folder want them: written with
 * operators that WGSL has.
 *
 * @module
 */

import { expandFunctions } from "../../functions/mod.ts";
import type { ContractKernel } from "../../ir/kernel.ts";

/**
 * A contraction without functions that WGSL lacks.
 *
 * @param kernel The kernel.
 * @returns A kernel that computes the same.
 */
export function normalizeContract(kernel: ContractKernel): ContractKernel {
  const { a, b, pool, stores } = kernel;
  const roots = [a, b, ...stores.flatMap(({ index, value }) => [index, value])];
  const [left, right, ...rest] = expandFunctions(pool, roots, "webgpu");
  return {
    ...kernel,
    a: left!,
    b: right!,
    stores: stores.map(({ output }, k) => ({
      output,
      index: rest[2 * k]!,
      value: rest[2 * k + 1]!,
    })),
  };
}
