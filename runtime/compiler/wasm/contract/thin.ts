/**
 * The loops around products of a few rows: the right factor is read once, and
 * not packed.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import { panelsOf } from "./compute.ts";
import { type ItemPlace, itemPlace } from "./items.ts";
import type { ContractModule } from "./module.ts";
import {
  assign,
  hold,
  minus,
  modulo,
  over,
  plus,
  push,
  pushSmaller,
  times,
  whileAddressBelow,
  whileBelow,
} from "../assembler_terms.ts";

/** The functions that the loops call. */
export interface ThinParts {
  /** `pack(parameters, batch, start, all, from, steps, to)` of the left factor. */
  readonly packLeft: FunctionBuilder;
  /** Rows that are computed at once. */
  readonly rows: number;
  /** Rows of a packed panel: all of those, or 1. */
  readonly panelRows: number;
  /**
   * `sum(from, steps, to)` of the stretches of a packed row, and their length;
   * undefined where no such sums are used.
   */
  readonly stretches?: {
    readonly sum: FunctionBuilder;
    readonly length: number;
  };
  /** Writes the products of some rows and all columns of an item. */
  readonly multiply: (item: ThinItem) => void;
  /** The epilogue of a tile; undefined where sums wait in the last temporary. */
  readonly store: FunctionBuilder | undefined;
}

/** What the products of some rows are written from. */
export interface ThinItem {
  /** The function. */
  readonly run: FunctionBuilder;
  /** What the item computes. */
  readonly place: ItemPlace;
  /** First step. */
  readonly from: Local;
  /** Number of steps. */
  readonly steps: Local;
  /** The packed left factor. */
  readonly left: Local;
  /** The sums of its stretches. */
  readonly stretches: Local;
  /** Where the sums of the first column are. */
  readonly sums: Local;
  /** Bytes of the sums of a tile. */
  readonly tileBytes: Local;
}

/**
 * Adds the function `run` that computes items: blocks of columns.
 *
 * @param module The module.
 * @param parts The functions that it calls.
 */
export function thinFunction(module: ContractModule, parts: ThinParts): void {
  const { run, parameters, begin, end, scratch, block } = module.runFunction();
  const { bytes, columns: width, rows: height } = module.arithmetic;
  const rowBytes = width * bytes;
  const size = module.geometries(run);
  const packed = hold(run, plus(scratch, size.leftOffset));
  const item = hold(run, begin);
  const tile = run.local("i32");
  const address = run.local("i32");
  const stop = run.local("i32");
  const from = run.local("i32");
  const steps = run.local("i32");
  const row = run.local("i32");
  const left = run.local("i32");
  const sums = run.local("i32");
  const column = run.local("i32");
  const stretches = run.local("i32");
  const stretch = run.local("i32");
  whileBelow(run, item, end, 1, () => {
    const place = itemPlace(run, size, item);
    const columns = minus(place.columnEnd, place.columnStart);
    const panels = over(plus(columns, width - 1), width);
    if (parts.store === undefined) {
      const all = panelsOf(size.columns, width);
      const before = plus(
        times(place.product, all),
        over(place.columnStart, width),
      );
      assign(
        run,
        tile,
        plus(module.partials(block), times(before, size.tileBytes)),
      );
    } else assign(run, tile, scratch);
    assign(run, address, tile);
    assign(run, stop, plus(tile, times(panels, size.tileBytes)));
    const zero = run.local("v128");
    whileAddressBelow(run, address, stop, 16, () => {
      run.get(address);
      run.get(zero);
      run.memory("v128.store");
    });
    assign(run, from, place.from);
    whileBelow(run, from, place.to, steps, () => {
      pushSmaller(run, size.depthBlock, minus(place.to, from));
      run.set(steps);
      assign(run, row, 0);
      assign(run, left, packed);
      const rowsBytes = times(times(size.tileRows, steps), bytes);
      assign(run, stretches, plus(packed, rowsBytes));
      assign(run, stretch, stretches);
      whileBelow(run, row, size.tileRows, parts.panelRows, () => {
        for (
          const value of [
            parameters,
            place.batch,
            row,
            size.rows,
            from,
            steps,
            left,
          ]
        ) run.get(value);
        run.call(parts.packLeft);
        if (parts.stretches !== undefined) {
          for (const value of [left, steps, stretch]) run.get(value);
          run.call(parts.stretches.sum);
          const count = over(steps, parts.stretches.length);
          assign(run, stretch, plus(stretch, times(count, bytes)));
        }
        assign(run, left, plus(left, times(steps, parts.panelRows * bytes)));
      });
      parts.multiply({
        run,
        place,
        from,
        steps,
        left: packed,
        stretches,
        sums: tile,
        tileBytes: size.tileBytes,
      });
    });
    const { store } = parts;
    if (store === undefined) return;
    assign(run, column, place.columnStart);
    whileBelow(run, column, place.columnEnd, width, () => {
      assign(run, row, 0);
      assign(run, sums, tile);
      whileBelow(run, row, size.rows, height, () => {
        for (const value of [parameters, place.batch, row, column, sums]) {
          run.get(value);
        }
        run.call(store);
        assign(run, sums, plus(sums, height * rowBytes));
      });
      assign(run, tile, plus(tile, size.tileBytes));
    });
  });
}

/**
 * Writes products by a function over columns: see `acrossFunction`.
 *
 * @param module The module.
 * @param several The function for several steps.
 * @param unroll How many.
 * @param one The function for one step.
 * @param rows Rows at once.
 * @returns What writes them.
 */
export function multiplyAcross(
  module: ContractModule,
  several: FunctionBuilder,
  unroll: number,
  one: FunctionBuilder,
  rows: number,
): ThinParts["multiply"] {
  const { bytes, columns: width } = module.arithmetic;
  return ({ run, place, from, steps, left, sums }) => {
    const parameters = run.parameters[0]!;
    const tileRows = module.geometry(run, "tileRows");
    const step = hold(run, from);
    const end = hold(run, plus(from, steps));
    const row = run.local("i32");
    const call = (callee: FunctionBuilder) => {
      assign(run, row, 0);
      whileBelow(run, row, tileRows, rows, () => {
        for (
          const value of [
            parameters,
            place.batch,
            place.columnStart,
            place.columnEnd,
            step,
            plus(
              left,
              times(
                plus(times(row, steps), times(minus(step, from), rows)),
                bytes,
              ),
            ),
            plus(sums, times(row, width * bytes)),
          ]
        ) push(run, value);
        run.call(callee);
      });
    };
    whileBelow(run, step, minus(end, unroll - 1), unroll, () => call(several));
    whileBelow(run, step, end, 1, () => call(one));
  };
}

/**
 * Writes products by a function over steps: see `alongFunction`.
 *
 * @param module The module.
 * @param callee The function.
 * @param rows Rows at once.
 * @param group Columns at once.
 * @param stretch Steps of the stretches that the left factor is summed over.
 * @returns What writes them.
 */
export function multiplyAlong(
  module: ContractModule,
  callee: FunctionBuilder,
  rows: number,
  group: number,
  stretch = 1,
): ThinParts["multiply"] {
  const { bytes, columns: width } = module.arithmetic;
  return ({ run, place, from, steps, left, stretches, sums, tileBytes }) => {
    const parameters = run.parameters[0]!;
    const tileRows = module.geometry(run, "tileRows");
    const column = hold(run, place.columnStart);
    const row = run.local("i32");
    whileBelow(run, column, place.columnEnd, group, () => {
      const offset = minus(column, place.columnStart);
      const tile = hold(
        run,
        plus(
          plus(sums, times(over(offset, width), tileBytes)),
          times(modulo(offset, width), bytes),
        ),
      );
      assign(run, row, 0);
      whileBelow(run, row, tileRows, rows, () => {
        for (
          const value of [
            parameters,
            place.batch,
            column,
            from,
            steps,
            plus(left, times(times(row, steps), bytes)),
            plus(stretches, times(times(row, over(steps, stretch)), bytes)),
            plus(tile, times(row, width * bytes)),
          ]
        ) push(run, value);
        run.call(callee);
      });
    });
  };
}
