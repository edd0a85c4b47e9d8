/**
 * The loops around the tiles of a contraction: which panels are packed when, and
 * which tiles they give.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import type { ContractModule } from "./module.ts";
import { itemPlace } from "./items.ts";
import {
  assign,
  hold,
  minus,
  over,
  plus,
  push,
  pushSmaller,
  times,
  whileBelow,
  type Whole,
} from "../assembler_terms.ts";

/** The functions that the loops call. */
export interface ComputeParts {
  /** `tile(a, b, sums, steps, resume, finish)`. */
  readonly tile: FunctionBuilder;
  /** `pack(parameters, batch, start, end, from, steps, to)` of the left factor. */
  readonly packLeft: FunctionBuilder;
  /**
   * The same of the right factor; undefined where an earlier phase packs it into
   * the first temporary.
   */
  readonly packRight: FunctionBuilder | undefined;
  /**
   * `store(parameters, batch, row, column, sums)`: the epilogue of a tile;
   * undefined where sums go into the last temporary.
   */
  readonly store: FunctionBuilder | undefined;
}

/**
 * Adds the function `run` that computes items: blocks of the result.
 *
 * @param module The module.
 * @param parts The functions that it calls.
 */
export function computeFunction(
  module: ContractModule,
  parts: ComputeParts,
): void {
  const { run, parameters, begin, end, scratch, block: parameterBlock } = module
    .runFunction();
  const { arithmetic } = module;
  const { bytes } = arithmetic;
  const size = module.geometries(run);
  const left = hold(run, plus(scratch, size.leftOffset));
  const right = hold(
    run,
    parts.packRight === undefined
      ? parameterBlock.temporary(0)
      : plus(scratch, size.rightOffset),
  );
  const rowPanels = hold(run, panelsOf(size.rows, arithmetic.rows));
  const columnPanels = hold(run, panelsOf(size.columns, arithmetic.columns));
  const item = hold(run, begin);
  const row = run.local("i32");
  const column = run.local("i32");
  const from = run.local("i32");
  const steps = run.local("i32");
  const a = run.local("i32");
  const b = run.local("i32");
  const sums = run.local("i32");
  const finish = run.local("i32");
  const resume = run.local("i32");
  const packed = hold(run, -1);

  const pack = (
    packer: FunctionBuilder,
    [at, start, stop, all]: readonly [Local, Local, Local, Local],
    batch: Local,
    width: number,
    [target, base]: readonly [Local, Local],
  ) => {
    assign(run, at, start);
    assign(run, target, base);
    whileBelow(run, at, stop, width, () => {
      for (const value of [parameters, batch, at, all, from, steps, target]) {
        run.get(value);
      }
      run.call(packer);
      assign(run, target, plus(target, times(steps, width * bytes)));
    });
  };

  whileBelow(run, item, end, 1, () => {
    const place = itemPlace(run, size, item);
    const { batch, block } = place;
    assign(run, from, place.from);
    run.loop((nextDepth) => {
      pushSmaller(run, size.depthBlock, minus(place.to, from));
      run.set(steps);
      push(run, ["i32.eq", plus(from, steps), place.to]);
      run.set(finish);
      push(run, ["i32.ne", from, place.from]);
      run.set(resume);
      // Neighbouring items may share their rows: then these are packed already.
      push(run, ["i32.or", ["i32.ne", block, packed], [
        "i32.lt_s",
        steps,
        minus(place.to, place.from),
      ]]);
      run.if(() => {
        pack(
          parts.packLeft,
          [row, place.rowStart, place.rowEnd, size.rows],
          batch,
          arithmetic.rows,
          [a, left],
        );
        assign(run, packed, block);
      });
      if (parts.packRight !== undefined) {
        pack(
          parts.packRight,
          [column, place.columnStart, place.columnEnd, size.columns],
          batch,
          arithmetic.columns,
          [b, right],
        );
        assign(run, b, right);
      } else {
        const before = times(times(batch, columnPanels), arithmetic.columns);
        const start = times(plus(before, place.columnStart), size.depth);
        const first = plus(start, times(from, arithmetic.columns));
        assign(run, b, plus(right, times(first, bytes)));
      }
      assign(run, sums, scratch);
      assign(run, column, place.columnStart);
      whileBelow(run, column, place.columnEnd, arithmetic.columns, () => {
        assign(run, a, left);
        assign(run, row, place.rowStart);
        whileBelow(run, row, place.rowEnd, arithmetic.rows, () => {
          if (parts.store === undefined) {
            const panel = plus(
              times(place.product, rowPanels),
              over(row, arithmetic.rows),
            );
            const tile = plus(
              times(panel, columnPanels),
              over(column, arithmetic.columns),
            );
            assign(
              run,
              sums,
              plus(
                module.partials(parameterBlock),
                times(tile, size.tileBytes),
              ),
            );
          }
          for (const value of [a, b, sums, steps, resume, finish]) {
            run.get(value);
          }
          run.call(parts.tile);
          const { store } = parts;
          if (store !== undefined) {
            run.get(finish);
            run.if(() => {
              for (const value of [parameters, batch, row, column, sums]) {
                run.get(value);
              }
              run.call(store);
            });
            assign(run, sums, plus(sums, size.sumStride));
          }
          assign(run, a, plus(a, times(steps, arithmetic.rows * bytes)));
        });
        const panelSteps = parts.packRight === undefined ? size.depth : steps;
        assign(run, b, plus(b, times(panelSteps, arithmetic.columns * bytes)));
      });
      assign(run, from, plus(from, steps));
      push(run, ["i32.lt_s", from, place.to]);
      run.branchIf(nextDepth);
    });
  });
}

/**
 * Number of panels that rows or columns take.
 *
 * @param all The rows or columns.
 * @param width Rows or columns of a panel.
 * @returns The term.
 */
export function panelsOf(all: Local, width: number): Whole {
  return over(plus(all, width - 1), width);
}
