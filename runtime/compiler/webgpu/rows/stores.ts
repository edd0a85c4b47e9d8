/**
 * What kernels write, one element or four at a time.
 *
 * @module
 */

import type { KernelStore, Operand } from "../../ir/kernel.ts";
import type { WgslModule, WgslScope } from "../wgsl/mod.ts";

/** Where the lanes of a scope end. */
export interface LaneEnd {
  /** First position of the lanes. */
  readonly first: string;
  /** Text of the length of their axis, which is no multiple of 4. */
  readonly text: string;
  /** That length. */
  readonly length: number;
  /** Whether the first position may lie before the first one of the axis. */
  readonly isShifted?: boolean;
}

/**
 * Computes all that is stored at a point. An output may lie over an operand, so
 * nothing may be stored before everything has been read.
 *
 * @param scope Where the statements go.
 * @param stores The stores.
 */
export function computeStores(
  scope: WgslScope,
  stores: readonly KernelStore[],
): void {
  if (stores.length > 1) { for (const { value } of stores) scope.value(value); }
}

/**
 * Writes a store.
 *
 * @param module The module.
 * @param scope Where the statements go.
 * @param store The store.
 * @param outputs The kernel's outputs.
 * @param end Where the lanes end, if some of the last four may not exist.
 */
export function writeStore(
  module: WgslModule,
  scope: WgslScope,
  store: KernelStore,
  outputs: readonly Operand[],
  end?: LaneEnd,
): void {
  const { index, output, value } = store;
  const buffer = module.output(output);
  if (!scope.isVector(index)) {
    scope.line(buffer.store(scope.value(index).text, scope.text(value, 1), 1));
    return;
  }
  const lanes = scope.lanesOf(index);
  const values = scope.text(value, 4);
  if (lanes?.stride !== 1 || !lanes.aligned) {
    for (const line of eachLane(module, scope, store, values, end)) {
      scope.line(line);
    }
    return;
  }
  const whole = buffer.store(scope.first(index), values, 4);
  // Elements behind the end of a buffer are padding, which may be written.
  const fills = index.op === "axis" && outputs[output]!.size === end?.length;
  if (end === undefined || fills) scope.line(whole);
  else {
    const isWhole = end.isShifted === true
      ? `${end.first} >= 0 && ${end.first} + 3 < ${end.text}`
      : `${end.first} + 3 < ${end.text}`;
    scope.line(`if (${isWhole}) { ${whole} } else {`);
    for (const line of eachLane(module, scope, store, values, end)) {
      scope.line(`  ${line}`);
    }
    scope.line("}");
  }
}

function eachLane(
  module: WgslModule,
  scope: WgslScope,
  store: KernelStore,
  values: string,
  end: LaneEnd | undefined,
): string[] {
  const buffer = module.output(store.output);
  const places = scope.text(store.index, 4);
  const all = scope.let("s", values);
  return [..."xyzw"].map((lane, k) => {
    const text = buffer.store(`${places}.${lane}`, `${all}.${lane}`, 1);
    if (end === undefined) return text;
    const isBefore = `${end.first} + ${k} < ${end.text}`;
    const condition = end.isShifted === true
      ? `${end.first} + ${k} >= 0 && ${isBefore}`
      : isBefore;
    return `if (${condition}) { ${text} }`;
  });
}
