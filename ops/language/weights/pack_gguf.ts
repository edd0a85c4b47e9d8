/**
 * From the bytes of GGUF files to packed weights.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import {
  type Shape,
  type Tensor,
  tensor,
} from "../../../runtime/tensor/mod.ts";
import { BLOCK_LAYOUTS, type BlockField } from "./block_layouts.ts";
import type { BlockFormat } from "./decode_blocks.ts";
import type { PackedWeight } from "./weight.ts";

/** The formats of GGUF that stay packed. */
export type GgufPackedType = BlockFormat | "bf16";

/**
 * Whether a type of GGUF is one that stays packed here.
 *
 * @param type Its name, in lower case.
 * @returns True for those of {@linkcode packGguf}.
 */
export function isGgufPackedType(type: string): type is GgufPackedType {
  return type === "bf16" || Object.hasOwn(BLOCK_LAYOUTS, type);
}

/**
 * Takes the bytes of a tensor apart into codes and scales.
 *
 * @param type Its format.
 * @param bytes Its bytes, row-major, as the file has them.
 * @param shape Its axes, the outermost first.
 * @returns The weight; nothing is decoded.
 * @throws {DataError} When rows are no whole blocks, or the bytes are too few or
 * too many.
 *
 * @example
 * ```ts
 * import { decodeWeight, packGguf } from "@weft/weft/ops/language";
 *
 * // Scale 1 as f16, then 32 bytes.
 * const bytes = Uint8Array.from([0, 0x3c, ...new Array(32).keys()]);
 * const weight = packGguf("q8_0", bytes, [1, 32]);
 * console.log((await decodeWeight(weight, "f32").data())[31]); // 31
 * ```
 */
export function packGguf(
  type: GgufPackedType,
  bytes: Uint8Array,
  shape: Shape,
): PackedWeight {
  return type === "bf16"
    ? packBf16(bytes, shape)
    : packBlocks(type, bytes, shape);
}

function lengthError(
  format: string,
  shape: Shape,
  expected: string,
  actual: number,
): DataError {
  return new DataError(
    `Cannot take the bytes of a weight of format "${format}" and shape [${shape}] apart`,
    { expected, actual: `${actual} bytes` },
  );
}

function elementsOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

function packBlocks(
  format: BlockFormat,
  bytes: Uint8Array,
  shape: Shape,
): PackedWeight {
  const layout = BLOCK_LAYOUTS[format];
  const columns = shape.at(-1) ?? 1;
  const blocks = elementsOf(shape) / layout.elements;
  if (
    columns % layout.elements !== 0 || bytes.length !== blocks * layout.bytes
  ) {
    throw lengthError(
      format,
      shape,
      `rows of blocks of ${layout.elements} numbers in ${layout.bytes} bytes`,
      bytes.length,
    );
  }
  const axes = [...shape.slice(0, -1), columns / layout.elements];
  const parts: Record<string, Tensor> = {};
  for (const field of layout.fields) {
    const target = new Uint8Array(blocks * field.bytes);
    field.fill(target, bytes, layout.bytes);
    parts[field.name] = partTensor(field, target, [...axes, ...field.shape]);
  }
  return { format, shape, parts };
}

function partTensor(
  { dtype }: BlockField,
  { buffer }: Uint8Array<ArrayBuffer>,
  shape: Shape,
): Tensor {
  switch (dtype) {
    case "f16":
      return tensor(new Float16Array(buffer), { shape });
    case "i8":
      return tensor(new Int8Array(buffer), { shape });
    case "u8":
      return tensor(new Uint8Array(buffer), { shape });
  }
}

function packBf16(bytes: Uint8Array, shape: Shape): PackedWeight {
  const columns = shape.at(-1) ?? 1;
  const rows = elementsOf(shape.slice(0, -1));
  if (bytes.length !== 2 * rows * columns) {
    throw lengthError("bf16", shape, "two bytes a number", bytes.length);
  }
  const words = Math.ceil(columns / 2);
  const target = new Uint8Array(4 * rows * words);
  if (columns % 2 === 0) {
    target.set(bytes);
  } else {
    for (let row = 0; row < rows; row++) {
      const from = 2 * row * columns;
      target.set(bytes.subarray(from, from + 2 * columns), 4 * row * words);
    }
  }
  const part = tensor(new Uint32Array(target.buffer), {
    shape: [...shape.slice(0, -1), words],
  });
  return { format: "bf16", shape, parts: { words: part } };
}
