/**
 * The inner kernel of contractions: a tile of sums, kept in registers, over
 * panels of packed factors.
 *
 * Two neighbours of a column of the left factor are loaded at once, into each
 * pair of lanes. Multiplied with a vector of the right factor this gives the
 * products on one diagonal of each 2 × 2 block; with the neighbours swapped, those
 * on the other. So a step needs half as many loads as with one broadcast an
 * element, and each load costs a check of its bounds.
 *
 * @module
 */

import type { FunctionBuilder, Local, ModuleBuilder } from "../assembler.ts";
import {
  addProduct,
  type Arithmetic,
  pickLanes,
  VECTORS,
} from "./arithmetic.ts";

const UNROLL = 4;

/**
 * Adds the function
 * `tile(a, b, sums, steps, resume, finish)` to a module. `a` is the address of a
 * packed panel of `rows` elements a step, `b` of one of `columns` elements a step;
 * `sums` is the address of `rows × columns` sums. With `resume` the sums are
 * continued, otherwise they start at 0. With `finish` they are left row by row;
 * otherwise in an order that only `resume` understands.
 *
 * @param module The module.
 * @param arithmetic How products are summed.
 * @returns The function.
 */
export function tileFunction(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): FunctionBuilder {
  const { bytes, columns, rows } = arithmetic;
  const tile = module.function(["i32", "i32", "i32", "i32", "i32", "i32"]);
  const [a, b, sums, steps, resume, finish] = tile.parameters as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const totals = Array.from(
    { length: rows * VECTORS },
    () => tile.local("v128"),
  );
  const right = Array.from({ length: VECTORS }, () => tile.local("v128"));
  const pair = tile.local("v128");
  const count = tile.local("i32");

  tile.get(resume);
  tile.if(() => {
    totals.forEach((total, k) => {
      tile.get(sums);
      tile.memory("v128.load", 16 * k);
      tile.set(total);
    });
  });

  const step = (number: number): void => {
    right.forEach((vector, k) => {
      tile.get(b);
      tile.memory("v128.load", (number * columns) * bytes + 16 * k);
      tile.set(vector);
    });
    for (let row = 0; row < rows; row++) {
      if (row % 2 === 0) {
        // The sum is cheaper than an offset: see the code that V8 makes of it.
        tile.get(a);
        tile.i32((number * rows + row) * bytes);
        tile.op("i32.add");
        tile.memory(arithmetic.loadPair);
      } else {
        tile.get(pair);
        tile.get(pair);
        pickLanes(tile, arithmetic.lanes === 2 ? [1, 0] : [1, 0, 3, 2]);
      }
      tile.set(pair);
      right.forEach((vector, k) =>
        addProduct(
          tile,
          arithmetic.kind,
          totals[row * VECTORS + k]!,
          pair,
          vector,
        )
      );
    }
  };
  const stepsOf = (unroll: number): void => {
    tile.get(count);
    tile.if(() => {
      tile.loop((again) => {
        for (let number = 0; number < unroll; number++) step(number);
        advance(tile, a, unroll * rows * bytes);
        advance(tile, b, unroll * columns * bytes);
        tile.get(count);
        tile.i32(1);
        tile.op("i32.sub");
        tile.tee(count);
        tile.branchIf(again);
      });
    });
  };
  tile.get(steps);
  tile.i32(Math.log2(UNROLL));
  tile.op("i32.shr_u");
  tile.set(count);
  stepsOf(UNROLL);
  tile.get(steps);
  tile.i32(UNROLL - 1);
  tile.op("i32.and");
  tile.set(count);
  stepsOf(1);

  tile.get(finish);
  tile.if(() => separate(tile, arithmetic, totals, pair));
  totals.forEach((total, k) => {
    tile.get(sums);
    tile.get(total);
    tile.memory("v128.store", 16 * k);
  });
  return tile;
}

/** Turns diagonals of 2 × 2 blocks into rows. */
function separate(
  tile: FunctionBuilder,
  { lanes, rows }: Arithmetic,
  totals: readonly Local[],
  spare: Local,
): void {
  const lanesOfRow = lanes === 2 ? [0, 3] : [0, 5, 2, 7];
  for (let row = 0; row < rows; row += 2) {
    for (let k = 0; k < VECTORS; k++) {
      const straight = totals[row * VECTORS + k]!;
      const swapped = totals[(row + 1) * VECTORS + k]!;
      tile.get(straight);
      tile.get(swapped);
      pickLanes(tile, lanesOfRow);
      tile.set(spare);
      tile.get(swapped);
      tile.get(straight);
      pickLanes(tile, lanesOfRow);
      tile.set(swapped);
      tile.get(spare);
      tile.set(straight);
    }
  }
}

/** Adds to an address. */
function advance(to: FunctionBuilder, address: Local, bytes: number): void {
  to.get(address);
  to.i32(bytes);
  to.op("i32.add");
  to.set(address);
}
