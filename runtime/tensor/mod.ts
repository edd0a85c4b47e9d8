/**
 * Lazy tensors with gradients: `import * as wf from "@weft/weft/tensor"`.
 * Names follow the Python array API and NumPy, in camelCase.
 *
 * @module
 */

export {
  type MemoryAccount,
  memoryAccount,
  type MemoryHolder,
} from "../device/account.ts";
export type { ExecutionOptions, KernelRecord } from "../device/device.ts";
export type {
  AnyTypedArray,
  DataOf,
  DType,
  FloatDType,
} from "../device/dtypes.ts";
export type { Shape } from "../device/shapes.ts";
export { compile } from "./compile.ts";
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
export { einsum } from "./einsum.ts";
export * from "./elementwise.ts";
export { type ExecutionSettings, withExecution } from "./execution.ts";
export * from "./indexing.ts";
export * from "./linear_algebra/mod.ts";
export * as linalg from "./linear_algebra/mod.ts";
export * from "./movement.ts";
export * as optim from "./optim/mod.ts";
export * as random from "./random/mod.ts";
export * from "./realize.ts";
export * from "./reductions.ts";
export * from "./scan.ts";
export * from "./tensor.ts";
export * from "./transforms.ts";
export type { Tree } from "./tree.ts";
export { mapTree } from "./tree.ts";
