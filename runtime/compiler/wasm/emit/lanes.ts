/**
 * Elements between memory and values: one, or as many as a vector has lanes.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Emitter } from "./emitter.ts";
import { decodeHalf, encodeHalf } from "./half.ts";
import type { Kind } from "./kinds.ts";

const VECTOR_BYTES = 16;

function bitsOf(e: Emitter, vector: boolean) {
  return {
    fn: e.fn,
    vector,
    constant: (value: number) => e.constant("i32", value, vector),
    local: () => e.local(vector ? "v128" : "i32"),
  };
}

/**
 * Replaces bits of f16 on the stack by their value.
 *
 * @param e The emitter.
 * @param vector Whether they lie in lanes.
 */
export function pushDecoded(e: Emitter, vector: boolean): void {
  decodeHalf(bitsOf(e, vector));
}

/**
 * Replaces f32 on the stack by bits of f16.
 *
 * @param e The emitter.
 * @param vector Whether they lie in lanes.
 */
export function pushEncoded(e: Emitter, vector: boolean): void {
  encodeHalf(bitsOf(e, vector));
}

/**
 * Replaces an address on the stack by the value of the element there.
 *
 * @param e The emitter.
 * @param dtype Its dtype.
 */
export function loadOne(e: Emitter, dtype: DType): void {
  switch (dtype) {
    case "f64":
    case "f32":
    case "i32":
      return e.fn.memory(`${dtype}.load`);
    case "u32":
      return e.fn.memory("i32.load");
    case "i8":
      return e.fn.memory("i32.load8_s");
    case "u8":
    case "bool":
      return e.fn.memory("i32.load8_u");
    case "f16":
      e.fn.memory("i32.load16_u");
      pushDecoded(e, false);
  }
}

/**
 * Pops an address and a value, and stores the value.
 *
 * @param e The emitter.
 * @param dtype Dtype of the element.
 */
export function storeOne(e: Emitter, dtype: DType): void {
  switch (dtype) {
    case "f64":
    case "f32":
    case "i32":
      return e.fn.memory(`${dtype}.store`);
    case "u32":
      return e.fn.memory("i32.store");
    case "i8":
    case "u8":
    case "bool":
      return e.fn.memory("i32.store8");
    case "f16":
      pushEncoded(e, false);
      e.fn.memory("i32.store16");
  }
}

/**
 * Replaces an address on the stack by the vector of the elements from there.
 *
 * @param e The emitter.
 * @param dtype Their dtype.
 * @param offset Bytes that are added to the address.
 */
export function loadLanes(e: Emitter, dtype: DType, offset: number): void {
  const { fn } = e;
  const whole = e.lanes === 4;
  switch (dtype) {
    case "f64":
      return fn.memory("v128.load", offset, 3);
    case "f32":
    case "i32":
    case "u32":
      if (whole) fn.memory("v128.load", offset, 2);
      else fn.memory("v128.load64_zero", offset, 2);
      return;
    case "f16":
      if (whole) fn.memory("v128.load16x4_u", offset, 1);
      else {
        fn.memory("v128.load32_zero", offset, 1);
        fn.op("i32x4.extend_low_i16x8_u");
      }
      break;
    case "i8":
    case "u8":
    case "bool":
      if (whole) fn.memory("v128.load32_zero", offset, 0);
      else {
        fn.memory("i32.load16_u", offset, 0);
        fn.op("i32x4.splat");
      }
      if (dtype === "i8") {
        fn.op("i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s");
      } else fn.op("i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
  }
  pushFromWords(e, dtype);
}

/** Replaces small elements in i32 lanes on the stack by their values. */
function pushFromWords(e: Emitter, dtype: DType): void {
  if (dtype === "f16") pushDecoded(e, true);
  else if (dtype === "bool") {
    e.fn.op("i32x4.neg");
    pushWideMask(e);
  }
}

/**
 * Replaces a mask of 32-bit lanes on the stack by one of the lanes' own width.
 *
 * @param e The emitter.
 */
export function pushWideMask(e: Emitter): void {
  if (e.lanes === 2) e.fn.op("i64x2.extend_low_i32x4_s");
}

/**
 * Replaces a mask on the stack by one for values of a kind.
 *
 * @param e The emitter.
 * @param kind The kind.
 */
export function pushMaskFor(e: Emitter, kind: Kind): void {
  if (e.lanes === 2 && (kind === "f32" || kind === "i32")) {
    const mask = e.local("v128");
    e.fn.tee(mask);
    e.fn.get(mask);
    e.fn.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
  }
}

/**
 * Pushes a vector whose lanes are loaded one by one.
 *
 * @param e The emitter.
 * @param dtype Dtype of the elements.
 * @param pushAddress Pushes the address of the element of a lane.
 */
export function gatherLanes(
  e: Emitter,
  dtype: DType,
  pushAddress: (lane: number) => void,
): void {
  const { fn } = e;
  const vector = e.local("v128");
  const size = dtype === "f64" ? 64 : kindIsWord(dtype) ? 32 : 8;
  for (let lane = 0; lane < e.lanes; lane++) {
    if (size === 8) {
      if (lane > 0) fn.get(vector);
      pushAddress(lane);
      if (dtype === "f16") fn.memory("i32.load16_u");
      else loadOne(e, dtype);
      if (lane === 0) fn.op("i32x4.splat");
      else fn.lane("i32x4.replace_lane", lane);
    } else {
      pushAddress(lane);
      if (lane === 0) fn.memory(`v128.load${size}_zero`);
      else {
        fn.get(vector);
        fn.laneMemory(`v128.load${size}_lane`, lane);
      }
    }
    fn.set(vector);
  }
  fn.get(vector);
  if (size === 8) pushFromWords(e, dtype);
}

function kindIsWord(dtype: DType): boolean {
  return dtype === "f32" || dtype === "i32" || dtype === "u32";
}

/**
 * Pops an address and a vector, and stores all of its lanes.
 *
 * @param e The emitter.
 * @param dtype Dtype of the elements.
 * @param offset Bytes that are added to the address.
 */
export function storeLanes(e: Emitter, dtype: DType, offset: number): void {
  const { fn } = e;
  const whole = e.lanes === 4;
  if (dtype === "f64") return fn.memory("v128.store", offset, 3);
  if (kindIsWord(dtype)) {
    if (whole) fn.memory("v128.store", offset, 2);
    else fn.laneMemory("v128.store64_lane", 0, offset);
    return;
  }
  const width = pushPacked(e, dtype);
  if (width === 8) fn.laneMemory("v128.store64_lane", 0, offset);
  else if (width === 4) fn.laneMemory("v128.store32_lane", 0, offset);
  else fn.laneMemory("v128.store16_lane", 0, offset);
}

/** Brings the low bytes of all lanes to the front; gives how many they are. */
function pushPacked(e: Emitter, dtype: DType): number {
  const { fn } = e;
  const bytes = dtype === "f16" ? 2 : 1;
  if (dtype === "f16") pushEncoded(e, true);
  else if (dtype === "bool") {
    e.pushSplat("i32", 1);
    fn.op("v128.and");
  }
  const step = dtype === "bool" ? VECTOR_BYTES / e.lanes : 4;
  const picked: number[] = [];
  for (let lane = 0; lane < e.lanes; lane++) {
    for (let k = 0; k < bytes; k++) picked.push(lane * step + k);
  }
  while (picked.length < VECTOR_BYTES) picked.push(0);
  const vector = e.local("v128");
  fn.tee(vector);
  fn.get(vector);
  fn.shuffle(picked);
  return bytes * e.lanes;
}

/**
 * Replaces a vector on the stack by the value in one of its lanes.
 *
 * @param e The emitter.
 * @param kind What it holds.
 * @param lane Number of the lane.
 */
export function extractLane(e: Emitter, kind: Kind, lane: number): void {
  const { fn } = e;
  switch (kind) {
    case "f64":
      return fn.lane("f64x2.extract_lane", lane);
    case "f32":
      return fn.lane("f32x4.extract_lane", lane);
    case "i32":
      return fn.lane("i32x4.extract_lane", lane);
    case "bool":
      fn.lane("i32x4.extract_lane", lane * (4 / e.lanes));
      fn.i32(1);
      fn.op("i32.and");
  }
}
