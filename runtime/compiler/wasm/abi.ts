/**
 * How compiled WebAssembly kernels are called, and how their parameters lie in
 * memory.
 *
 * A module imports `env.memory` (shared) and exports
 * `run(params: i32, begin: i32, end: i32, scratch: i32)`, which does the work
 * items from `begin` to `end`; ranges may run at the same time on several
 * threads. `params` is the address of the parameter block:
 *
 * 1. an i32 address for each operand, then for each output, then one for each
 *    temporary;
 * 2. an i32 for each size;
 * 3. at the next multiple of 8, eight bytes for each scalar: an f64, an f32 in
 *    the first four (also for f16), or an i32 in the first four.
 *
 * `scratch` is the address of memory of the calling thread, 64-byte aligned.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";

/** One pass of a kernel over its work items; passes wait for each other. */
export interface WasmPhase {
  /** The module. Equal modules should be equal arrays, byte by byte. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Number of work items. */
  readonly items: number;
  /** Fewest items that are worth handing to a thread at once. */
  readonly grain: number;
  /** Values of the sizes, in order. */
  readonly sizes: readonly number[];
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
  /** About how many nanoseconds an item takes in one thread. */
  readonly itemNanoseconds: number;
}

/** A kernel, compiled for the `wasm` device. */
export interface WasmKernel {
  /** Its passes, in order. All read one parameter block but for the sizes. */
  readonly phases: readonly WasmPhase[];
  /** Bytes of each temporary that lives while the kernel runs. */
  readonly temporaries: readonly number[];
}

/** Where things lie in a parameter block. */
export class ParameterLayout {
  /** Byte offset of the first output's address. */
  readonly outputs: number;
  /** Byte offset of the first temporary's address. */
  readonly temporaries: number;
  /** Byte offset of the first size. */
  readonly sizes: number;
  /** Byte offset of the first scalar. */
  readonly scalars: number;
  /** Bytes of the whole block. */
  readonly byteLength: number;

  /**
   * @param operands Number of operands.
   * @param outputs Number of outputs.
   * @param temporaries Number of temporaries.
   * @param sizes Number of sizes.
   * @param scalars Number of scalars.
   */
  constructor(
    operands: number,
    outputs: number,
    temporaries: number,
    sizes: number,
    scalars: number,
  ) {
    this.outputs = 4 * operands;
    this.temporaries = this.outputs + 4 * outputs;
    this.sizes = this.temporaries + 4 * temporaries;
    this.scalars = Math.ceil((this.sizes + 4 * sizes) / 8) * 8;
    this.byteLength = this.scalars + 8 * scalars;
  }
}

/**
 * Writes a scalar into a parameter block.
 *
 * @param view The memory.
 * @param address Where.
 * @param dtype Its dtype.
 * @param value The number.
 */
export function writeScalar(
  view: DataView,
  address: number,
  dtype: DType,
  value: number,
): void {
  if (dtype === "f64") view.setFloat64(address, value, true);
  else if (dtype === "f32") view.setFloat32(address, value, true);
  else if (dtype === "f16") {
    view.setFloat32(address, Math.f16round(value), true);
  } else if (dtype === "u32") {
    view.setUint32(address, clamped(value, 0, 2 ** 32 - 1), true);
  } else view.setInt32(address, clamped(value, -(2 ** 31), 2 ** 31 - 1), true);
}

/** A number as casts bring it to whole numbers: NaN becomes 0. */
function clamped(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, Number.isNaN(value) ? 0 : value));
}
