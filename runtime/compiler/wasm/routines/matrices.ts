/**
 * Matrices of routines in memory: as f64, whatever their dtype.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import { byteSize, type DType, isFloatDType } from "../../../device/dtypes.ts";
import type { TensorSpec } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import { viewOf } from "../../../device/wasm/storage.ts";
import { BYTES } from "./products.ts";
import type { WasmRoutineContext } from "./routine.ts";

/** A batch of matrices. */
export interface Matrices {
  /** Sizes of the leading axes. */
  readonly leading: readonly number[];
  /** Their product. */
  readonly count: number;
  /** Rows of each matrix. */
  readonly rows: number;
  /** Columns of each matrix. */
  readonly columns: number;
  /** Dtype of the elements. */
  readonly dtype: DType;
}

/** Elements that are copied between two looks at the clock. */
const COPIED_AT_ONCE = 2 ** 20;

/**
 * Reads a tensor's type as that of a batch of matrices.
 *
 * @param spec The type.
 * @returns The batch.
 */
export function matricesOf({ dtype, shape }: TensorSpec): Matrices {
  const leading = shape.slice(0, -2);
  return {
    leading,
    count: sizeOf(leading),
    rows: shape.at(-2)!,
    columns: shape.at(-1)!,
    dtype,
  };
}

/**
 * Whether matrices can be held as f64 without losing anything.
 *
 * @param matrices The matrices.
 * @returns True for floats.
 */
export function areFloats({ dtype }: Matrices): boolean {
  return isFloatDType(dtype);
}

/**
 * A matrix in memory as an array.
 *
 * @param context Where it is.
 * @param address Its address.
 * @param size Its elements.
 * @returns The array; it does not own the memory.
 */
export function arrayAt(
  context: WasmRoutineContext,
  address: number,
  size: number,
): Float64Array {
  return new Float64Array(context.buffer, address, size);
}

/**
 * Where matrices lie as f64: where they are, or in new memory without their
 * values.
 *
 * @param context Where they are.
 * @param address Their address.
 * @param matrices The matrices.
 * @returns The address.
 */
export function roomFor(
  context: WasmRoutineContext,
  address: number,
  { columns, count, dtype, rows }: Matrices,
): number {
  return dtype === "f64"
    ? address
    : context.allocate(count * rows * columns * BYTES);
}

/**
 * Copies elements between dtypes, in slices.
 *
 * @param context Where they are.
 * @param from Address and dtype of the source.
 * @param to Address and dtype of the target.
 * @param size Number of elements.
 */
export async function copyElements(
  context: WasmRoutineContext,
  from: readonly [address: number, dtype: DType],
  to: readonly [address: number, dtype: DType],
  size: number,
): Promise<void> {
  if (from[0] === to[0]) return;
  const { buffer } = context;
  for (let start = 0; start < size; start += COPIED_AT_ONCE) {
    const count = Math.min(COPIED_AT_ONCE, size - start);
    const [source, target] = [from, to].map(([address, dtype]) =>
      viewOf(buffer, dtype, address + start * byteSize(dtype), count)
    );
    target!.set(source!);
    if (sliceIsOver()) await nextSlice(undefined);
  }
}
