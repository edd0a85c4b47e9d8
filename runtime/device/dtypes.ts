/**
 * The dtypes of tensors, and the typed arrays that hold them on the host.
 *
 * @module
 */

/** Element type of a tensor. Booleans are stored as bytes that are 0 or 1. */
export type DType =
  | "f64"
  | "f32"
  | "f16"
  | "i32"
  | "u32"
  | "i8"
  | "u8"
  | "bool";

/** The dtypes with fractions, the only ones that have gradients. */
export type FloatDType = "f64" | "f32" | "f16";

/** The dtypes of whole numbers. */
export type IntegerDType = "i32" | "u32" | "i8" | "u8";

/** The typed array that holds the data of each dtype on the host. */
export interface DataOf {
  /** 64-bit floats. */
  readonly f64: Float64Array<ArrayBuffer>;
  /** 32-bit floats. */
  readonly f32: Float32Array<ArrayBuffer>;
  /** 16-bit floats. */
  readonly f16: Float16Array<ArrayBuffer>;
  /** 32-bit signed integers. */
  readonly i32: Int32Array<ArrayBuffer>;
  /** 32-bit unsigned integers. */
  readonly u32: Uint32Array<ArrayBuffer>;
  /** 8-bit signed integers. */
  readonly i8: Int8Array<ArrayBuffer>;
  /** 8-bit unsigned integers. */
  readonly u8: Uint8Array<ArrayBuffer>;
  /** Booleans, one byte each, 0 or 1. */
  readonly bool: Uint8Array<ArrayBuffer>;
}

/** Any typed array that can hold the data of a tensor. */
export type TypedArray = DataOf[DType];

/** Any typed array, on any buffer, that data may be copied from. */
export type AnyTypedArray =
  | Float64Array
  | Float32Array
  | Float16Array
  | Int32Array
  | Uint32Array
  | Int8Array
  | Uint8Array;

const BYTES: Readonly<Record<DType, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
};

/**
 * Bytes of one element.
 *
 * @param dtype The dtype.
 * @returns 1, 2, 4 or 8.
 */
export function byteSize(dtype: DType): number {
  return BYTES[dtype];
}

/**
 * Whether a dtype holds fractions, and so has gradients.
 *
 * @param dtype The dtype.
 * @returns True for f64, f32 and f16.
 */
export function isFloatDType(dtype: DType): dtype is FloatDType {
  return dtype === "f64" || dtype === "f32" || dtype === "f16";
}

const SAME_BITS: readonly (readonly DType[])[] = [["f32", "i32", "u32"], [
  "i8",
  "u8",
]];

/**
 * Whether numbers of one dtype can be taken for numbers of another one, bit by
 * bit.
 *
 * @param a One dtype.
 * @param b The other.
 * @returns True for f32, i32 and u32, and for i8 and u8.
 */
export function haveSameBits(a: DType, b: DType): boolean {
  return SAME_BITS.some((group) => group.includes(a) && group.includes(b));
}

/**
 * Whether a dtype holds whole numbers.
 *
 * @param dtype The dtype.
 * @returns True for i32, u32, i8 and u8; false for bool.
 */
export function isIntegerDType(dtype: DType): dtype is IntegerDType {
  return dtype === "i32" || dtype === "u32" || dtype === "i8" || dtype === "u8";
}

/** Smallest and largest values of the integer dtypes. */
export const INTEGER_RANGE: Readonly<
  Record<IntegerDType, readonly [low: number, high: number]>
> = {
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  i8: [-128, 127],
  u8: [0, 255],
};

/**
 * Whether a dtype can hold a number without wrapping it around or cutting its
 * fraction off; floats hold any, rounded.
 *
 * @param dtype The dtype.
 * @param value The number.
 * @returns True when it can.
 */
export function holds(dtype: DType, value: number): boolean {
  if (isFloatDType(dtype)) return true;
  if (dtype === "bool") return value === 0 || value === 1;
  const [low, high] = INTEGER_RANGE[dtype];
  return Number.isInteger(value) && value >= low && value <= high;
}

/**
 * A zeroed typed array for a dtype.
 *
 * @param dtype The dtype.
 * @param length Number of elements.
 * @returns The array.
 */
export function allocate(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case "f64":
      return new Float64Array(length);
    case "f32":
      return new Float32Array(length);
    case "f16":
      return new Float16Array(length);
    case "i32":
      return new Int32Array(length);
    case "u32":
      return new Uint32Array(length);
    case "i8":
      return new Int8Array(length);
    case "u8":
    case "bool":
      return new Uint8Array(length);
  }
}

/**
 * The dtype whose data a typed array holds; a `Uint8Array` is u8.
 *
 * @param array The typed array.
 * @returns Its dtype, or undefined when tensors have no such dtype.
 */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float64Array) return "f64";
  if (array instanceof Float32Array) return "f32";
  if (array instanceof Float16Array) return "f16";
  if (array instanceof Int32Array) return "i32";
  if (array instanceof Uint32Array) return "u32";
  if (array instanceof Int8Array) return "i8";
  if (array instanceof Uint8Array) return "u8";
  return undefined;
}
