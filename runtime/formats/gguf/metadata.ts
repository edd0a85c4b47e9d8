/**
 * The metadata of a GGUF file: what they can hold, and how they are read.
 *
 * @module
 */

import { type GgufCursor, MAX_GGUF_HEADER_BYTES } from "./cursor.ts";

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

/** Lists within lists that a file may have: each takes more memory than bytes of the file. */
const MAX_NESTED_LISTS = 1 << 16;

const MAX_DEPTH = 4;
const LENGTH_BYTES = 8;
/** A type and a length. */
const EMPTY_LIST_BYTES = 12;

/** The numbers that stand for the types of values. */
const BOOL = 7;
const TEXT = 8;
const LIST = 9;

const SCALARS: ReadonlyMap<number, (cursor: GgufCursor) => GgufValue> = new Map<
  number,
  (cursor: GgufCursor) => GgufValue
>([
  [0, (cursor) => cursor.u8()],
  [1, (cursor) => cursor.i8()],
  [2, (cursor) => cursor.u16()],
  [3, (cursor) => cursor.i16()],
  [4, (cursor) => cursor.u32()],
  [5, (cursor) => cursor.i32()],
  [6, (cursor) => cursor.f32()],
  [BOOL, (cursor) => cursor.bool()],
  [TEXT, (cursor) => cursor.text("a text")],
  [10, (cursor) => cursor.u64()],
  [11, (cursor) => cursor.i64()],
  [12, (cursor) => cursor.f64()],
]);

interface NumbersType {
  new (buffer: ArrayBuffer): GgufNumbers;
  readonly BYTES_PER_ELEMENT: number;
}

const NUMBERS: ReadonlyMap<number, NumbersType> = new Map<number, NumbersType>([
  [0, Uint8Array],
  [1, Int8Array],
  [2, Uint16Array],
  [3, Int16Array],
  [4, Uint32Array],
  [5, Int32Array],
  [6, Float32Array],
  [10, BigUint64Array],
  [11, BigInt64Array],
  [12, Float64Array],
]);

/** Reads the values of one file, and counts what all of them may have together. */
export class GgufValueReader {
  readonly #cursor: GgufCursor;
  #nestedLists = 0;

  /**
   * Reads where the cursor stands.
   *
   * @param cursor The cursor.
   */
  constructor(cursor: GgufCursor) {
    this.#cursor = cursor;
  }

  /**
   * Reads a type and a value of it.
   *
   * @returns The value.
   * @throws {DataError} When there is no such type, or the value cannot be.
   */
  read(): GgufValue {
    const cursor = this.#cursor;
    const type = cursor.u32();
    if (type === LIST) return this.#list(1);
    const scalar = SCALARS.get(type);
    if (scalar === undefined) throw unknownType(cursor, type);
    return scalar(cursor);
  }

  #list(depth: number): GgufList {
    const cursor = this.#cursor;
    if (depth > MAX_DEPTH) {
      throw cursor.refuse(
        "lists stand too deep in one another",
        `over ${MAX_DEPTH} levels`,
      );
    }
    const type = cursor.u32();
    const length = cursor.count("the length of a list", MAX_GGUF_HEADER_BYTES);
    const numbers = NUMBERS.get(type);
    if (numbers !== undefined) {
      const bytes = cursor.copy(
        length * numbers.BYTES_PER_ELEMENT,
        "a list of numbers",
      );
      return new numbers(bytes.buffer);
    }
    if (type === BOOL) {
      cursor.need(length, "a list of truth values");
      return repeat(length, () => cursor.bool());
    }
    if (type === TEXT) {
      cursor.need(length * LENGTH_BYTES, "a list of texts");
      return repeat(length, () => cursor.text("a text"));
    }
    if (type !== LIST) throw unknownType(cursor, type);
    cursor.need(length * EMPTY_LIST_BYTES, "a list of lists");
    this.#nestedLists += length;
    if (this.#nestedLists > MAX_NESTED_LISTS) {
      throw cursor.refuse(
        `it has over ${MAX_NESTED_LISTS} lists within lists`,
        `${this.#nestedLists} of them`,
      );
    }
    return repeat(length, () => this.#list(depth + 1));
  }
}

function repeat<T>(count: number, read: () => T): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}

function unknownType(cursor: GgufCursor, type: number): Error {
  return cursor.refuse("a value is of no known type", `type ${type}`);
}
