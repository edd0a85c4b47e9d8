/**
 * What the metadata of a GGUF file hold.
 *
 * @module
 */

/** Numbers of one type, in memory of their own. */
export type GgufNumbers =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A list: typed numbers, truth values, texts, or lists of these. */
export type GgufList =
  | GgufNumbers
  | readonly boolean[]
  | readonly string[]
  | readonly GgufList[];

/** A value: 64-bit integers are `bigint`, all other numbers `number`. */
export type GgufValue = number | bigint | boolean | string | GgufList;
