/**
 * Weft: typed ops that form a lazy graph, reused by content, run on tensors
 * with gradients.
 *
 * @example
 * ```ts
 * import { op, port, z } from "@weft/weft";
 * import * as wf from "@weft/weft/tensor";
 *
 * const affine = op({
 *   name: "demo/affine",
 *   version: "1",
 *   inputs: { x: port.tensor("f64", ["n", "d"]) },
 *   params: z.object({ scale: z.number().default(1) }),
 *   outputs: { y: port.tensor("f64", ["n", "d"]) },
 *   run: ({ x }, { scale }) => ({ y: wf.multiply(x, scale) }),
 * });
 * const node = affine({ x: wf.tensor([[1, 2], [3, 4]], { dtype: "f64" }) }, {
 *   scale: 2,
 * });
 * const { y } = await affine({ x: node.y }).value();
 * console.log(await y.toArray()); // [[2, 4], [6, 8]]
 * ```
 *
 * @module
 */

import { currentKernel } from "./runtime/display/kernel.ts";

export { z } from "zod";
export * from "./runtime/core/errors.ts";
export {
  type Digest,
  type DigestHook,
  digestValue,
} from "./runtime/core/hash.ts";
export * from "./runtime/flow/mod.ts";
export {
  type Binding,
  type Bindings,
  type CheckPlace,
  type Codec,
  type ColumnDType,
  type Difference,
  type Dimension,
  file,
  filePort,
  FileValue,
  type Flattened,
  type FramePort,
  framePort,
  type FramePortOptions,
  type Holding,
  listPort,
  type LoadedPart,
  type LoadedValue,
  type MayBeAbsent,
  type OptionalPort,
  optionalPort,
  type Outline,
  type Part,
  type PartFormat,
  type Port,
  port,
  type PortBuilders,
  type PortKind,
  type PortLike,
  type PortRecord,
  type PortValue,
  type PortValues,
  recordPort,
  type RequiredPorts,
  type SavedValue,
  seriesPort,
  tensorPort,
  textPort,
  valuePort,
} from "./runtime/ports/mod.ts";

if (currentKernel() !== undefined) {
  // In a notebook values draw themselves and Stop aborts the run, unasked
  await import("./runtime/display/mod.ts");
}
