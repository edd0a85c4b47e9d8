/**
 * Computing several tensors at once.
 *
 * @module
 */

import type { DataOf, DType } from "../device/dtypes.ts";
import { lendNodes, realizeNodes } from "./execution.ts";
import type { Tensor } from "./tensor.ts";
import { treeLeaves } from "./tree.ts";

/**
 * Computes tensors in one go, so that what they share is computed once. They
 * hold their data afterwards, and their history is forgotten.
 *
 * @param trees The tensors, alone or in lists and records.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.exp(wf.tensor([0, 0], { dtype: "f64" }));
 * await wf.realize(x); // computed now, and once
 * console.log(await wf.sum(x).item()); // 2
 * ```
 */
export async function realize(...trees: readonly object[]): Promise<void> {
  const tensors = trees.flatMap((tree) => treeLeaves("realize", tree));
  await realizeNodes(tensors.map((one) => one.node));
}

/** The data of a list of tensors. */
export type DataOfTensors<T extends readonly Tensor[]> = {
  -readonly [K in keyof T]: T[K] extends Tensor<infer D extends DType>
    ? DataOf[D]
    : never;
};

/**
 * Computes tensors in one go and copies their elements, row-major.
 *
 * @param tensors The tensors.
 * @returns One typed array a tensor.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([1, 2], { dtype: "f64" });
 * const [doubled, total] = await wf.read(wf.multiply(x, 2), wf.sum(x));
 * console.log(doubled, total); // Float64Array [2, 4] Float64Array [3]
 * ```
 */
export async function read<T extends readonly Tensor[]>(
  ...tensors: T
): Promise<DataOfTensors<T>> {
  const copies = await lendNodes(
    tensors.map((one) => one.node),
    (arrays) => arrays.map((array) => array.slice()),
  );
  return copies as DataOfTensors<T>;
}
