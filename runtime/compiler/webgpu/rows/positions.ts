/**
 * Positions along axes from one running number.
 *
 * @module
 */

import type { WgslModule, WgslScope } from "../wgsl/mod.ts";

/**
 * Splits a running number into positions, the last axis fastest.
 *
 * @param module The module.
 * @param scope Where the statements go.
 * @param index The number, as i32 and not negative.
 * @param lengths Lengths of the axes.
 * @returns The position along each axis, as i32.
 */
export function splitIndex(
  module: WgslModule,
  scope: WgslScope,
  index: string,
  lengths: readonly number[],
): string[] {
  const positions = new Array<string>(lengths.length).fill("0i");
  let rest = index;
  const leading = lengths.findIndex((length) => length !== 1);
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    if (lengths[axis] === 1) continue;
    if (axis === leading) {
      positions[axis] = rest;
      break;
    }
    const length = module.size(lengths[axis]!);
    const above = scope.let("q", `i32(u32(${rest}) / u32(${length}))`);
    positions[axis] = scope.let("p", `${rest} - ${above} * ${length}`);
    rest = above;
  }
  return positions;
}
