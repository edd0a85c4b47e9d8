/**
 * Lazy tensors with gradients: `import * as wf from "@weft/weft/tensor"`.
 * Names follow the Python array API and NumPy, in camelCase.
 *
 * Nothing is computed before somebody reads: `await x.data()`, `item()`,
 * `toArray()`, or `realize` and `read` for several tensors at once. Rules that
 * hold everywhere:
 *
 * - Shapes broadcast as in NumPy; what does not fit is a `ShapeError` at the call.
 * - Dtypes never change by themselves. Two dtypes in one operation are a
 *   `DTypeError`, see {@linkcode cast}; plain numbers take the dtype of the other
 *   operand. What is made from numbers is f32 unless `dtype` says otherwise.
 * - Reductions take all axes unless `axis` names some; negative axes count from
 *   the end; `keepDims` leaves length 1 in their place.
 * - NaN goes through: the largest of NaN and 1 is NaN. Long sums of f32 are added
 *   up in parts, and are exact to a few roundings.
 * - Angles are radians, logarithms are natural unless the name says otherwise.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]], { dtype: "f64" });
 * const loss = (weights: wf.F64) => wf.mean(wf.square(wf.matmul(x, weights)));
 * const [value, slope] = wf.valueAndGrad(loss)(wf.ones([2], { dtype: "f64" }));
 * console.log(await value.item(), await slope.toArray()); // 29 [24, 34]
 * ```
 *
 * @module
 */

export {
  type MemoryAccount,
  memoryAccount,
  type MemoryHolder,
} from "../device/account.ts";
export type {
  ExecutionOptions,
  KernelClock,
  KernelRecord,
  LateKernels,
} from "../device/device.ts";
export {
  type AnyTypedArray,
  byteSize,
  type DataOf,
  type DType,
  type FloatDType,
} from "../device/dtypes.ts";
export type { Shape } from "../device/shapes.ts";
export * from "./axes.ts";
export { compile, type CompileOptions } from "./compile.ts";
export * from "./contraction.ts";
export {
  arange,
  type CreationOptions,
  diag,
  type DTypeOfArray,
  eye,
  full,
  fullLike,
  isTensor,
  linspace,
  meshgrid,
  type NestedList,
  ones,
  onesLike,
  tensor,
  tril,
  triu,
  zeros,
  zerosLike,
} from "./creation.ts";
export {
  checkpoint,
  customGradient,
  type CustomGradientCall,
} from "./custom.ts";
export * from "./dynamic_slice.ts";
export { einsum } from "./einsum.ts";
export * from "./elementwise.ts";
export * from "./elementwise_composed.ts";
export { type ExecutionSettings, withExecution } from "./execution.ts";
export { explain } from "./explain.ts";
export * from "./indexing.ts";
export * from "./linear_algebra/mod.ts";
export * as linalg from "./linear_algebra/mod.ts";
export * from "./movement.ts";
export * from "./network/mod.ts";
export * as optim from "./optim/mod.ts";
export * as random from "./random/mod.ts";
export * from "./realize.ts";
export * from "./reductions.ts";
export * from "./scan.ts";
export {
  countNonzero,
  nonzero,
  searchSorted,
  type SearchSortedOptions,
} from "./searching.ts";
export * from "./sets.ts";
export * from "./statistics.ts";
export * from "./tensor.ts";
export * from "./transforms.ts";
export type { Tree } from "./tree.ts";
export { mapTree } from "./tree.ts";
