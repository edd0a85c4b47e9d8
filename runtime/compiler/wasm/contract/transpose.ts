/**
 * Stores of vectors that run along the steps of a panel, so that what belongs to
 * one step lies together.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import { type Arithmetic, pickLanes } from "./arithmetic.ts";

/**
 * How many rows or columns of a panel are packed at once.
 *
 * @param arithmetic What lanes hold.
 * @param width Rows or columns of the panel.
 * @returns The sizes of the groups, in order.
 */
export function groupsOf({ lanes }: Arithmetic, width: number): number[] {
  const groups: number[] = [];
  for (let rest = width; rest > 0; rest -= groups.at(-1)!) {
    groups.push(rest >= lanes ? lanes : rest >= 2 ? 2 : 1);
  }
  return groups;
}

/**
 * Stores vectors, one a row or column, whose lanes are steps.
 *
 * @param to The function.
 * @param arithmetic What lanes hold.
 * @param vectors The vectors, a whole group.
 * @param address Where the first step of the group goes.
 * @param stride Bytes from step to step.
 */
export function storeTransposed(
  to: FunctionBuilder,
  { lanes }: Arithmetic,
  vectors: readonly Local[],
  address: Local,
  stride: number,
): void {
  const pick = (left: Local, right: Local, lanesOfBoth: readonly number[]) => {
    to.get(left);
    to.get(right);
    pickLanes(to, lanesOfBoth);
  };
  const [first, second, third, fourth] = vectors;
  if (second === undefined) {
    const bytes = 16 / lanes;
    if (stride === bytes) {
      to.get(address);
      to.get(first!);
      to.memory("v128.store", 0, Math.log2(bytes));
      return;
    }
    const store = lanes === 2 ? "v128.store64_lane" : "v128.store32_lane";
    for (let step = 0; step < lanes; step++) {
      to.get(address);
      to.get(first!);
      to.laneMemory(store, step, step * stride);
    }
    return;
  }
  if (lanes === 2) {
    [[0, 2], [1, 3]].forEach((lanesOfBoth, step) => {
      to.get(address);
      pick(first!, second, lanesOfBoth);
      to.memory("v128.store", step * stride, 3);
    });
    return;
  }
  const low = [0, 4, 1, 5];
  const high = [2, 6, 3, 7];
  const pairs = [low, high].map((lanesOfBoth) => {
    const pair = to.local("v128");
    pick(first!, second, lanesOfBoth);
    to.set(pair);
    return pair;
  });
  if (third === undefined || fourth === undefined) {
    for (let step = 0; step < 4; step++) {
      to.get(address);
      to.get(pairs[step >> 1]!);
      to.laneMemory("v128.store64_lane", step & 1, step * stride);
    }
    return;
  }
  [low, high].forEach((lanesOfBoth, half) => {
    const other = to.local("v128");
    pick(third, fourth, lanesOfBoth);
    to.set(other);
    [[0, 1, 4, 5], [2, 3, 6, 7]].forEach((both, step) => {
      to.get(address);
      pick(pairs[half]!, other, both);
      to.memory("v128.store", (2 * half + step) * stride, 2);
    });
  });
}
