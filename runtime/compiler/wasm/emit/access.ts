/**
 * Loads and stores of expressions.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { KernelStore } from "../../ir/kernel.ts";
import type { DType } from "../../../device/dtypes.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { Local } from "../assembler.ts";
import {
  type Elements,
  pushAddress,
  pushBytes,
  visitAddress,
} from "./addresses.ts";
import type { Emitter } from "./emitter.ts";
import { byteShift, type Kind, kindOf } from "./kinds.ts";
import {
  extractLane,
  gatherLanes,
  loadLanes,
  loadOne,
  pushMaskFor,
  storeLanes,
  storeOne,
} from "./lanes.ts";

/** Where what a load reads lies. */
function elementsOf(e: Emitter, load: Expr): Elements {
  return {
    base: e.settings.parameters.operand(load.value),
    index: load.args[0]!,
    shift: byteShift(load.dtype),
  };
}

/** By how many elements an index grows from lane to lane, if evenly. */
function laneStride(e: Emitter, index: Expr): number | undefined {
  const { vectorAxis } = e.settings;
  if (!e.varies(index)) return 0;
  return vectorAxis === undefined ? undefined : strideAlong(index, vectorAxis);
}

/**
 * Visits what a load needs, before a loop.
 *
 * @param e The emitter.
 * @param load The load.
 * @param vector Whether it is needed as a vector.
 * @param next Goes on with an expression.
 */
export function visitLoad(
  e: Emitter,
  load: Expr,
  vector: boolean,
  next: (expr: Expr, vector: boolean) => void,
): void {
  const index = load.args[0]!;
  const valid = load.args[1];
  const wide = vector && !e.narrow;
  if (valid !== undefined) next(valid, wide && e.varies(valid));
  if (wide && laneStride(e, index) === undefined) next(index, true);
  else if (valid !== undefined && !wide) next(index, false);
  else {
    visitAddress(e, elementsOf(e, load), next);
  }
}

/**
 * Pushes what a load reads.
 *
 * @param e The emitter.
 * @param load The load.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushLoad(
  e: Emitter,
  load: Expr,
  vector: boolean,
  unit: number,
): void {
  if (!vector) return pushSingle(e, load, unit);
  const kind = kindOf(load.dtype);
  if (e.narrow) {
    e.push(load, false, unit);
    return e.splat(kind);
  }
  const valid = load.args[1];
  if (valid === undefined) return pushLanes(e, load, unit);
  if (!e.varies(valid)) {
    e.push(valid, false);
    e.fn.if(
      () => e.scope(() => pushLanes(e, load, unit)),
      () => e.pushSplat(kind, 0),
      "v128",
    );
    return;
  }
  const mask = e.hold(valid, true, unit);
  if (laneStride(e, load.args[0]!) !== 1) {
    return pushMasked(e, load, unit, mask);
  }
  e.fn.get(mask);
  e.fn.op("i32x4.all_true");
  e.fn.if(
    () => e.scope(() => pushLanes(e, load, unit)),
    () => e.scope(() => pushMasked(e, load, unit, mask)),
    "v128",
  );
}

function pushSingle(e: Emitter, load: Expr, unit: number): void {
  const { fn } = e;
  const [index, valid] = load.args as [Expr, Expr?];
  const elements = elementsOf(e, load);
  if (valid === undefined) {
    pushAddress(e, elements, unit);
    return loadOne(e, load.dtype);
  }
  // Element 0 is read instead of one that does not exist.
  fn.get(elements.base);
  e.push(index, false, unit);
  fn.i32(0);
  e.push(valid, false, unit);
  fn.op("select");
  pushBytes(e, elements.shift);
  fn.op("i32.add");
  loadOne(e, load.dtype);
  const kind = kindOf(load.dtype);
  if (kind === "bool") fn.i32(0);
  else fn[kind](0);
  e.push(valid, false, unit);
  fn.op("select");
}

/** Pushes the lanes of a load that all exist. */
function pushLanes(e: Emitter, load: Expr, unit: number): void {
  const elements = elementsOf(e, load);
  if (laneStride(e, elements.index) === 1) {
    pushAddress(e, elements);
    return loadLanes(e, load.dtype, (unit * e.lanes) << elements.shift);
  }
  gatherLanes(e, load.dtype, laneAddresses(e, elements, unit));
}

/** Gives code that pushes the address of each lane's element, lane by lane. */
function laneAddresses(
  e: Emitter,
  elements: Elements,
  unit: number,
): (lane: number) => void {
  const { fn } = e;
  const { base, index, shift } = elements;
  const stride = laneStride(e, index);
  if (stride === undefined) {
    const indices = e.hold(index, true, unit);
    return (lane) => {
      fn.get(base);
      fn.get(indices);
      fn.lane("i32x4.extract_lane", lane);
      pushBytes(e, shift);
      fn.op("i32.add");
    };
  }
  const address = e.local("i32");
  return (lane) => {
    if (lane === 0) pushAddress(e, elements, unit);
    else {
      fn.get(address);
      fn.get(e.settings.parameters.size(stride * 2 ** shift));
      fn.op("i32.add");
    }
    fn.tee(address);
  };
}

/** Pushes the lanes of a load, 0 where the mask is. */
function pushMasked(e: Emitter, load: Expr, unit: number, mask: Local): void {
  const { fn } = e;
  const { base, index, shift } = elementsOf(e, load);
  const stride = laneStride(e, index);
  const first = stride === undefined ? undefined : e.hold(index, false, unit);
  const indices = first === undefined ? e.hold(index, true, unit) : undefined;
  gatherLanes(e, load.dtype, (lane) => {
    fn.get(base);
    if (first !== undefined) {
      fn.get(first);
      if (lane > 0 && stride !== 0) {
        fn.get(e.settings.parameters.size(lane * stride!));
        fn.op("i32.add");
      }
    } else {
      fn.get(indices!);
      fn.lane("i32x4.extract_lane", lane);
    }
    // Element 0 is read instead of one that does not exist.
    fn.get(mask);
    fn.lane("i32x4.extract_lane", lane * (4 / e.lanes));
    fn.op("i32.and");
    pushBytes(e, shift);
    fn.op("i32.add");
  });
  fn.get(mask);
  pushMaskFor(e, kindOf(load.dtype));
  fn.op("v128.and");
}

/**
 * Writes stores at the current point of all vectors side by side. All values
 * are computed before the first is stored, so that they may be stored over what
 * they are computed from.
 *
 * @param e The emitter.
 * @param stores The stores.
 * @param dtypes Dtype of each output.
 * @param units Number of vectors.
 */
export function writeStores(
  e: Emitter,
  stores: readonly KernelStore[],
  dtypes: readonly DType[],
  units: number,
): void {
  for (let unit = 0; unit < units; unit++) {
    if (stores.length > 1) {
      for (const { value } of stores) e.hold(value, e.varies(value), unit);
    }
    for (const store of stores) {
      writeStore(e, store, dtypes[store.output]!, unit);
    }
  }
}

function writeStore(
  e: Emitter,
  { output, index, value }: KernelStore,
  dtype: DType,
  unit: number,
): void {
  const base = e.settings.parameters.output(output);
  const elements = { base, index, shift: byteShift(dtype) };
  const kind = kindOf(value.dtype);
  const varies = e.varies(value);
  if (!e.varies(index) || e.narrow) {
    pushAddress(e, elements, unit);
    e.push(value, varies, unit);
    if (varies) extractLane(e, kind, 0);
    return storeOne(e, dtype);
  }
  if (laneStride(e, index) === 1) {
    pushAddress(e, elements);
    e.push(value, true, unit);
    return storeLanes(e, dtype, (unit * e.lanes) << elements.shift);
  }
  const vector = e.hold(value, true, unit);
  const pushLane = laneAddresses(e, elements, unit);
  for (let lane = 0; lane < e.lanes; lane++) {
    pushLane(lane);
    storeLane(e, dtype, kind, vector, lane);
  }
}

function storeLane(
  e: Emitter,
  dtype: DType,
  kind: Kind,
  vector: Local,
  lane: number,
): void {
  e.fn.get(vector);
  if (dtype === "f64") return e.fn.laneMemory("v128.store64_lane", lane);
  if (dtype === "f32" || dtype === "i32" || dtype === "u32") {
    return e.fn.laneMemory("v128.store32_lane", lane);
  }
  extractLane(e, kind, lane);
  storeOne(e, dtype);
}

/**
 * Visits what stores need, before a loop.
 *
 * @param e The emitter.
 * @param stores The stores.
 * @param dtypes Dtype of each output.
 * @param units Number of vectors side by side.
 */
export function hoistStores(
  e: Emitter,
  stores: readonly KernelStore[],
  dtypes: readonly DType[],
  units: number,
): void {
  for (const { output, index, value } of stores) {
    e.hoist(value, e.varies(value), units);
    const base = e.settings.parameters.output(output);
    const next = (expr: Expr, vector: boolean) => e.hoist(expr, vector, units);
    if (!e.narrow && laneStride(e, index) === undefined) next(index, true);
    else {
      const shift = byteShift(dtypes[output]!);
      visitAddress(e, { base, index, shift }, next);
    }
  }
}
