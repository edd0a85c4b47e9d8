/**
 * Packing of factors: panels of a few rows or columns, in which all elements of
 * one step lie together.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { axesOf } from "../../ir/index_arithmetic.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import type { ContractFunction, ContractModule } from "./module.ts";
import type { Emitter } from "../emit/emitter.ts";
import { Lookups } from "./lookups.ts";
import { blockLanes, SHORT_BLOCK } from "./short_ways.ts";
import { prefersAcross } from "./directions.ts";
import { locate, type Positions, positionsAlong } from "./positions.ts";
import { lanesFor } from "./arithmetic.ts";
import type { Space } from "./spaces.ts";
import { groupsOf, storeTransposed } from "./transpose.ts";
import { writeBlock } from "./write_block.ts";
import {
  assign,
  hold,
  minus,
  plus,
  push,
  pushSmaller,
  times,
  whileBelow,
  type Whole,
} from "../assembler_terms.ts";

/** A factor and how it is packed. */
export interface PackedFactor {
  /** The factor. */
  readonly expr: Expr;
  /** Its rows or columns. */
  readonly space: Space;
  /** Rows or columns of a panel. */
  readonly width: number;
}

/** What the writers of a packing function share. */
interface Packing extends PackedFactor {
  readonly module: ContractModule;
  readonly within: ContractFunction;
  readonly to: FunctionBuilder;
  /** Axes that the factor uses. */
  readonly used: ReadonlySet<number>;
  /** Variables of the batch axes; set. */
  readonly batch: Positions;
  /** First row or column. */
  readonly start: Local;
  /** Number of the last row or column that exists. */
  readonly last: Local;
  /** First step. */
  readonly from: Local;
  /** Step behind the last one. */
  readonly end: Local;
  /** Where the panel goes. */
  readonly target: Local;
}

/**
 * Adds the function `pack(parameters, batch, start, all, from, steps, target)`:
 * packs the panel that starts at row or column `start` of `all`, for `steps` steps
 * from `from` on. What a panel lacks at the edge repeats the last row or column:
 * it only reaches sums that are never stored.
 *
 * @param module The module.
 * @param factor What is packed.
 * @returns The function.
 */
export function packFunction(
  module: ContractModule,
  factor: PackedFactor,
): FunctionBuilder {
  const within = module.function(7);
  const to = within.fn;
  const [, batchIndex, start, all, from, steps, target] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local, Local, Local];
  const used = axesOf(factor.expr);
  const space = module.spaces.batch;
  const batch = positionsAlong(to, space.axes.filter((axis) => used.has(axis)));
  const packing: Packing = {
    ...factor,
    module,
    within,
    to,
    used,
    batch,
    start,
    last: hold(to, minus(all, 1)),
    from,
    end: hold(to, plus(from, steps)),
    target,
  };
  locate(
    to,
    space,
    batch,
    batchIndex,
    packing.module.lengthsIn(packing.within),
  );
  const { lanes } = module.arithmetic;
  if (lanesFor([factor.expr]) < lanes) packSingly(packing);
  else if (
    prefersAcross(module.spaces, module.arithmetic, factor.expr, factor.space)
  ) {
    // The last vector of a panel may reach over its end.
    const reach = Math.ceil(factor.width / lanes) * lanes;
    push(to, ["i32.le_s", plus(start, reach), all]);
    to.if(() => packAcross(packing), () => packSingly(packing));
  } else packAlong(packing);
  return to;
}

/** Positions of one row or column: those of the batch and its own. */
function positionsOf(packing: Packing, step: Local): Positions {
  const { module, to, space, used, batch } = packing;
  return new Map([
    ...batch,
    ...positionsAlong(to, space.axes.filter((axis) => used.has(axis))),
    [module.spaces.inner, step],
  ]);
}

/** Sets the positions of a row or column, or of the last one there is. */
function placeAt(packing: Packing, positions: Positions, at: Whole): void {
  const { to, space, last } = packing;
  const index = to.local("i32");
  pushSmaller(to, at, last);
  to.set(index);
  locate(to, space, positions, index, packing.module.lengthsIn(packing.within));
}

/** Vectors over steps: groups of rows or columns, transposed. */
function packAlong(packing: Packing): void {
  const { module, to, from, end, target, expr, width } = packing;
  const { arithmetic, kernel, spaces } = module;
  const { bytes, kind, lanes } = arithmetic;
  const stride = width * bytes;
  const step = to.local("i32");
  const address = to.local("i32");
  const block = blockLanes(kernel, expr, spaces.inner);
  let offset = 0;
  for (const size of groupsOf(arithmetic, width)) {
    const emitters = Array.from(
      { length: size },
      (_, k) => emitterAlong(packing, step, offset + k),
    );
    const vectors = emitters.map(() => to.local("v128"));
    assign(to, step, from);
    assign(to, address, plus(target, offset * bytes));
    for (const count of new Set([block, Math.min(block, SHORT_BLOCK)])) {
      const lookups = count <= lanes
        ? []
        : emitters.map((emitter) =>
          new Lookups(kernel, emitter, expr, spaces.inner, count)
        );
      whileBelow(
        to,
        step,
        minus(end, count - 1),
        count,
        () =>
          writeBlock(emitters, lookups, { count, lanes }, (lane) => {
            emitters.forEach((emitter, k) => {
              emitter.push(expr, true, lane / lanes);
              to.set(vectors[k]!);
            });
            storeTransposed(to, arithmetic, vectors, address, stride);
            assign(to, address, plus(address, lanes * stride));
          }),
      );
    }
    whileBelow(to, step, end, 1, () => {
      emitters.forEach((emitter, k) => {
        to.get(address);
        emitter.scope(() => emitter.push(expr, false));
        to.memory(`${kind}.store`, k * bytes);
      });
      assign(to, address, plus(address, stride));
    });
    offset += size;
  }
}

/** What writes the steps of one row or column of a panel. */
function emitterAlong(packing: Packing, step: Local, offset: number): Emitter {
  const { module, within, start, expr } = packing;
  const { inner } = module.spaces;
  const positions = positionsOf(packing, step);
  placeAt(packing, positions, plus(start, offset));
  const emitter = module.emitter(within, {
    positions,
    depths: new Map([[inner, 1]]),
    lanes: lanesFor([expr]),
    vectorAxis: inner,
    walkAxis: inner,
    roots: [expr],
  });
  emitter.hoist(expr, true, 1);
  emitter.hoist(expr, false, 1);
  return emitter;
}

/** Vectors over rows or columns, which all exist. */
function packAcross(packing: Packing): void {
  const { module, within, to, space, start, from, end, target, expr, width } =
    packing;
  const { inner } = module.spaces;
  const { bytes, lanes } = module.arithmetic;
  const step = to.local("i32");
  const address = to.local("i32");
  const positions = positionsOf(packing, step);
  placeAt(packing, positions, start);
  const emitter = module.emitter(within, {
    positions,
    depths: new Map([[inner, 1]]),
    lanes: lanesFor([expr]),
    vectorAxis: space.axes.at(-1)!,
    walkAxis: inner,
    roots: [expr],
  });
  const units = Math.ceil(width / lanes);
  const vector = to.local("v128");
  emitter.hoist(expr, true, units);
  // Only panels of columns start at multiples of all their vectors' lanes.
  const lookups = width === units * lanes && lanes === 4 &&
      space !== module.spaces.rows
    ? new Lookups(module.kernel, emitter, expr, space.axes.at(-1)!, width)
    : undefined;
  assign(to, step, from);
  assign(to, address, target);
  whileBelow(to, step, end, 1, () =>
    emitter.scope(() => {
      lookups?.begin();
      lookups?.bind(0);
      for (let unit = 0; unit < units; unit++) {
        emitter.push(expr, true, unit);
        to.set(vector);
        storeLanes(packing, address, vector, unit * lanes);
      }
      assign(to, address, plus(address, width * bytes));
    }));
}

/** Stores as many lanes of a vector as belong to the panel. */
function storeLanes(
  { module, to, width }: Packing,
  address: Local,
  vector: Local,
  from: number,
): void {
  const { bytes, lanes } = module.arithmetic;
  const count = Math.min(lanes, width - from);
  const store = (instruction: "64" | "32", lane: number) => {
    to.get(address);
    to.get(vector);
    const size = Number(instruction) / 8;
    to.laneMemory(
      `v128.store${instruction}_lane`,
      lane,
      from * bytes + lane * size,
    );
  };
  if (count === lanes) {
    to.get(address);
    to.get(vector);
    to.memory("v128.store", from * bytes, Math.log2(bytes));
    return;
  }
  if (count * bytes >= 8) store("64", 0);
  if (count * bytes % 8 !== 0) store("32", count - 1);
}

/** Element by element. */
function packSingly(packing: Packing): void {
  const { module, within, to, space, start, from, end, target, expr, width } =
    packing;
  const { inner } = module.spaces;
  const { bytes, kind } = module.arithmetic;
  const step = to.local("i32");
  const offset = to.local("i32");
  const address = to.local("i32");
  const positions = positionsOf(packing, step);
  const emitter = module.emitter(within, {
    positions,
    depths: new Map([...space.axes.map((axis) => [axis, 1] as const), [
      inner,
      2,
    ]]),
    lanes: 1,
    walkAxis: inner,
    roots: [expr],
  });
  emitter.hoist(expr, false, 1);
  assign(to, offset, 0);
  whileBelow(to, offset, width, 1, () =>
    emitter.scope(() => {
      placeAt(packing, positions, plus(start, offset));
      emitter.hoist(expr, false, 1);
      assign(to, address, plus(target, times(offset, bytes)));
      assign(to, step, from);
      whileBelow(to, step, end, 1, () =>
        emitter.scope(() => {
          to.get(address);
          emitter.push(expr, false);
          to.memory(`${kind}.store`);
          assign(to, address, plus(address, width * bytes));
        }));
    }));
}
