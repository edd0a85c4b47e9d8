/**
 * What reductions take away, and in which dtype they are computed.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import type { FlatNode } from "./flat.ts";

/**
 * Whether a node is a reduction.
 *
 * @param node The node.
 * @returns True for sums, products, extremes and their positions.
 */
export function isReduction(node: FlatNode): boolean {
  switch (node.op) {
    case "sum":
    case "prod":
    case "max":
    case "min":
    case "argmax":
    case "argmin":
      return true;
    default:
      return false;
  }
}

/**
 * The axes that a reduction takes away.
 *
 * @param node The reduction.
 * @returns The axes of its input, ascending.
 */
export function reducedAxes(node: FlatNode): readonly number[] {
  return node.attributes.axes ?? [node.attributes.axis!];
}

/**
 * The dtype that a reduction is computed in.
 *
 * @param node The reduction.
 * @returns The dtype.
 */
export function accumulator(node: FlatNode): DType {
  const { dtype } = node.inputs[0]!;
  if (dtype === "bool") return "i32";
  if (node.op !== "sum" && node.op !== "prod") return dtype;
  return sumDType(dtype);
}

/**
 * The dtype that sums are computed in.
 *
 * @param dtype Dtype of what is added up.
 * @returns A dtype with more digits where there is need.
 */
export function sumDType(dtype: DType): DType {
  switch (dtype) {
    case "f16":
      return "f32";
    case "i8":
    case "bool":
      return "i32";
    case "u8":
      return "u32";
    default:
      return dtype;
  }
}
