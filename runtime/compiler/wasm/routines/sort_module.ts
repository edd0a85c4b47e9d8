/**
 * Sorting of rows by the bytes of their keys, the lowest first: stable, and
 * without comparisons.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { byteSize } from "../../../device/dtypes.ts";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
} from "../assembler.ts";
import {
  assign,
  hold,
  plus,
  push,
  times,
  whileAddressBelow,
  whileBelow,
  type Whole,
} from "../assembler_terms.ts";
import { readBlock, runFunction } from "../run_function.ts";
import { keysOf, pushKey } from "./sort_keys.ts";

/** Bytes of the counts of one digit. */
const COUNTS = 1024;

/**
 * Bytes of scratch memory that sorting a row takes.
 *
 * @param dtype Dtype of the elements.
 * @param length Elements of the row.
 * @returns The bytes.
 */
export function sortScratch(dtype: DType, length: number): number {
  const { digits, type } = keysOf(dtype);
  const keyBytes = type === "i64" ? 8 : 4;
  return digits * COUNTS + length * (2 * keyBytes + 2 * 4);
}

/** What the writers of the function share. */
interface Sorting {
  readonly fn: FunctionBuilder;
  readonly dtype: DType;
  readonly descending: boolean;
  readonly type: "i32" | "i64";
  readonly digits: number;
  readonly keyBytes: number;
  readonly counts: Local;
  readonly length: Local;
  /** Where keys and positions are, and where they go next. */
  readonly keys: Local;
  readonly nextKeys: Local;
  readonly order: Local;
  readonly nextOrder: Local;
}

/**
 * The module whose items are rows. Sizes: the length of a row, and how many
 * positions of it are kept.
 *
 * @param dtype Dtype of the elements.
 * @param descending Whether the largest come first; NaN comes last anyway.
 * @returns Its bytes.
 */
export function sortModule(
  dtype: DType,
  descending: boolean,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const sort = rowFunction(module, dtype, descending);
  const added = runFunction(module);
  const { run, begin, end, scratch } = added;
  const { operands, outputs, sizes } = readBlock(added, {
    operands: 1,
    outputs: 1,
    sizes: 2,
  });
  const [source] = operands as [Local];
  const [target] = outputs as [Local];
  const [length, kept] = sizes as [Local, Local];
  const row = hold(run, begin);
  whileBelow(run, row, end, 1, () => {
    push(run, plus(source, times(times(row, length), byteSize(dtype))));
    push(run, plus(target, times(times(row, kept), 4)));
    for (const value of [length, kept, scratch]) run.get(value);
    run.call(sort);
  });
  return module.build();
}

/** The function `sort(source, target, length, kept, scratch)`. */
function rowFunction(
  module: ModuleBuilder,
  dtype: DType,
  descending: boolean,
): FunctionBuilder {
  const fn = module.function(Array<"i32">(5).fill("i32"));
  const [source, target, length, kept, scratch] = fn.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local];
  const { digits, type } = keysOf(dtype);
  const keyBytes = type === "i64" ? 8 : 4;
  const keys = hold(fn, plus(scratch, digits * COUNTS));
  const nextKeys = hold(fn, plus(keys, times(length, keyBytes)));
  const order = hold(fn, plus(nextKeys, times(length, keyBytes)));
  const sorting: Sorting = {
    fn,
    dtype,
    descending,
    type,
    digits,
    keyBytes,
    counts: scratch,
    length,
    keys,
    nextKeys,
    order,
    nextOrder: hold(fn, plus(order, times(length, 4))),
  };
  writeCounts(sorting, source);
  for (let digit = 0; digit < digits; digit++) writePass(sorting, digit);
  const at = hold(fn, 0);
  const end = hold(fn, times(kept, 4));
  whileBelow(fn, at, end, 4, () => {
    push(fn, plus(target, at));
    push(fn, plus(order, at));
    fn.memory("i32.load");
    fn.memory("i32.store");
  });
  return fn;
}

/** Makes the keys, and counts how often each digit has each value. */
function writeCounts(sorting: Sorting, source: Local): void {
  const { counts, digits, dtype, fn, keyBytes, keys, length, type } = sorting;
  const at = hold(fn, 0);
  const zero = fn.local("v128");
  whileBelow(fn, at, digits * COUNTS, 16, () => {
    push(fn, plus(counts, at));
    fn.get(zero);
    fn.memory("v128.store");
  });
  const key = fn.local(type);
  const from = hold(fn, source);
  const to = hold(fn, keys);
  const position = hold(fn, 0);
  const count = fn.local("i32");
  whileBelow(fn, position, length, 1, () => {
    fn.get(to);
    fn.get(from);
    pushKey(fn, dtype, sorting.descending);
    fn.tee(key);
    fn.memory(`${type}.store`);
    push(fn, plus(sorting.order, times(position, 4)));
    fn.get(position);
    fn.memory("i32.store");
    for (let digit = 0; digit < digits; digit++) {
      pushCount(sorting, key, digit);
      fn.tee(count);
      fn.get(count);
      fn.memory("i32.load", digit * COUNTS);
      fn.i32(1);
      fn.op("i32.add");
      fn.memory("i32.store", digit * COUNTS);
    }
    assign(fn, from, plus(from, byteSize(dtype)));
    assign(fn, to, plus(to, keyBytes));
  });
}

/** Pushes where a digit of a key is counted, but for the digit's own offset. */
function pushCount(
  { counts, fn, type }: Sorting,
  key: Local,
  digit: number,
): void {
  fn.get(counts);
  fn.get(key);
  if (type === "i64") {
    if (digit > 0) {
      fn.i64(BigInt(8 * digit));
      fn.op("i64.shr_u");
    }
    fn.op("i32.wrap_i64");
  } else if (digit > 0) {
    fn.i32(8 * digit);
    fn.op("i32.shr_u");
  }
  fn.i32(255);
  fn.op("i32.and");
  fn.i32(2);
  fn.op("i32.shl", "i32.add");
}

/** Moves keys and positions to where their digit sends them. */
function writePass(sorting: Sorting, digit: number): void {
  const { counts, fn, keyBytes, keys, length, order, type } = sorting;
  const { nextKeys, nextOrder } = sorting;
  const offset = digit * COUNTS;
  const key = fn.local(type);
  const count = fn.local("i32");
  const place = fn.local("i32");
  const total = fn.local("i32");
  const at = fn.local("i32");
  // A digit that is the same everywhere moves nothing.
  push(fn, ["i32.ne", pushedCount(sorting, key, count, digit), length]);
  fn.if(() => {
    assign(fn, total, 0);
    assign(fn, at, plus(counts, offset));
    whileAddressBelow(fn, at, plus(counts, offset + COUNTS), 4, () => {
      fn.get(at);
      fn.memory("i32.load");
      fn.set(count);
      fn.get(at);
      fn.get(total);
      fn.memory("i32.store");
      assign(fn, total, plus(total, count));
    });
    const from = hold(fn, keys);
    const position = hold(fn, order);
    const end = hold(fn, plus(order, times(length, 4)));
    whileAddressBelow(fn, position, end, 4, () => {
      fn.get(from);
      fn.memory(`${type}.load`);
      fn.set(key);
      pushCount(sorting, key, digit);
      fn.tee(count);
      fn.get(count);
      fn.memory("i32.load", offset);
      fn.tee(place);
      fn.i32(1);
      fn.op("i32.add");
      fn.memory("i32.store", offset);
      push(fn, plus(nextKeys, times(place, keyBytes)));
      fn.get(key);
      fn.memory(`${type}.store`);
      push(fn, plus(nextOrder, times(place, 4)));
      fn.get(position);
      fn.memory("i32.load");
      fn.memory("i32.store");
      assign(fn, from, plus(from, keyBytes));
    });
    swap(fn, keys, nextKeys);
    swap(fn, order, nextOrder);
  });
}

/** How often the digit of the first key occurs. */
function pushedCount(
  sorting: Sorting,
  key: Local,
  count: Local,
  digit: number,
): Whole {
  const { fn, keys, type } = sorting;
  fn.get(keys);
  fn.memory(`${type}.load`);
  fn.set(key);
  pushCount(sorting, key, digit);
  fn.memory("i32.load", digit * COUNTS);
  fn.set(count);
  return count;
}

function swap(fn: FunctionBuilder, one: Local, other: Local): void {
  fn.get(one);
  fn.get(other);
  fn.set(one);
  fn.set(other);
}
