/**
 * Weights as numbers: expressions that are computed where they are used.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { decodeBf16 } from "./decode_bf16.ts";
import { decodeBlocks } from "./decode_blocks.ts";
import { decodeNf4, nf4Rows } from "./decode_nf4.ts";
import type { PackedWeight, Weight } from "./weight.ts";

/**
 * The shape of a weight's numbers.
 *
 * @param weight The weight.
 * @returns The shape.
 */
export function weightShape(weight: Weight): wf.Shape {
  return weight.format === "plain" ? weight.value.shape : weight.shape;
}

/**
 * The numbers of a weight. Nothing is stored: a product that is given the result
 * reads the codes.
 *
 * @param weight The weight.
 * @param dtype The dtype; packed numbers are computed in f32 first.
 * @returns The numbers.
 * @throws {DataError} When a part is missing or of another dtype.
 *
 * @example
 * ```ts
 * import { decodeWeight } from "@weft/weft/ops/language";
 * import * as wf from "@weft/weft/tensor";
 *
 * const weight = { format: "plain", value: wf.tensor([1, 2]) } as const;
 * console.log(decodeWeight(weight, "f16").dtype); // f16
 * ```
 */
export function decodeWeight<D extends wf.FloatDType>(
  weight: Weight,
  dtype: D,
): wf.Tensor<D> {
  return wf.cast(
    weight.format === "plain" ? weight.value : decodePacked(weight),
    dtype,
  );
}

function decodePacked(weight: PackedWeight): wf.F32 {
  const { format } = weight;
  if (format === "bf16") return decodeBf16(weight);
  if (format === "nf4") return decodeNf4(weight);
  return decodeBlocks(weight, format);
}

/**
 * Rows of a matrix; of a packed one only those are decoded.
 *
 * @param weight A matrix.
 * @param rows Which, whole numbers of any shape.
 * @param dtype The dtype.
 * @returns The rows, `[...rows, columns]`.
 * @throws {DataError} When the weight is no matrix, or a part is missing.
 */
export function decodeRows<D extends wf.FloatDType>(
  weight: Weight,
  rows: wf.Tensor,
  dtype: D,
): wf.Tensor<D> {
  const shape = weightShape(weight);
  if (shape.length !== 2) {
    throw new DataError(
      `Cannot take rows of a weight: current shape is [${shape}]`,
      { expected: "two axes" },
    );
  }
  if (weight.format === "plain") {
    return wf.cast(wf.take(weight.value, rows), dtype);
  }
  const byRows = weight.format === "nf4" ? nf4Rows(weight) : weight;
  if (byRows === undefined) {
    return wf.take(decodeWeight(weight, dtype), rows);
  }
  const parts = Object.entries(byRows.parts).map(([name, part]) =>
    [name, part.ndim > 1 ? wf.take(part, rows) : part] as const
  );
  const taken: PackedWeight = {
    format: weight.format,
    shape: [...rows.shape, shape[1]!],
    parts: Object.fromEntries(parts),
  };
  return wf.cast(decodePacked(taken), dtype);
}
