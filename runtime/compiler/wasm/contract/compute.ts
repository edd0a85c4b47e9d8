/**
 * The loops around the tiles of a contraction: which panels are packed when, and
 * which tiles they give.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
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
  whileBelow,
  type Whole,
} from "./whole.ts";

/** The functions that the loops call. */
export interface ComputeParts {
  /** `tile(a, b, sums, steps, resume, finish)`. */
  readonly tile: FunctionBuilder;
  /** `pack(parameters, batch, start, end, from, steps, to)` of the left factor. */
  readonly packLeft: FunctionBuilder;
  /** The same of the right factor; undefined where an earlier phase packs it. */
  readonly packRight: FunctionBuilder | undefined;
  /** `store(parameters, batch, row, column, sums)`: the epilogue of a tile. */
  readonly store: FunctionBuilder;
}

/**
 * Pushes the address of what is packed from one panel on: panels lie one after
 * another, each with the elements of all its steps.
 *
 * @param base Address of the first panel.
 * @param start First row or column of the panel.
 * @param steps Steps of a panel.
 * @param bytes Bytes of an element.
 * @returns The address.
 */
export function panelAddress(
  base: Whole,
  start: Whole,
  steps: Whole,
  bytes: number,
): Whole {
  return plus(base, times(times(start, steps), bytes));
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
  const { fn: run, parameters: parameterBlock } = module.function(4, "run");
  const [parameters, begin, end, scratch] = run.parameters as [
    Local,
    Local,
    Local,
    Local,
  ];
  const { arithmetic } = module;
  const { bytes } = arithmetic;
  const size = module.geometries(run);
  const left = hold(run, plus(scratch, size.leftOffset));
  const right = run.local("i32");
  if (parts.packRight === undefined) {
    assign(run, right, parameterBlock.temporary(0));
  } else assign(run, right, plus(scratch, size.rightOffset));
  const item = hold(run, begin);
  const block = run.local("i32");
  const batch = run.local("i32");
  const row = run.local("i32");
  const rowStart = run.local("i32");
  const rowEnd = run.local("i32");
  const column = run.local("i32");
  const columnStart = run.local("i32");
  const columnEnd = run.local("i32");
  const from = run.local("i32");
  const steps = run.local("i32");
  const a = run.local("i32");
  const b = run.local("i32");
  const sums = run.local("i32");
  const finish = run.local("i32");
  const packed = hold(run, -1);

  const limit = (to: Local, start: Local, extent: Local, all: Local) => {
    pushSmaller(run, plus(start, extent), all);
    run.set(to);
  };
  const pack = (
    packer: FunctionBuilder,
    to: Local,
    start: Local,
    stop: Local,
    all: Local,
    width: number,
    base: Local,
  ) => {
    const at = to === a ? row : column;
    assign(run, at, start);
    assign(run, to, base);
    whileBelow(run, at, stop, width, () => {
      for (const value of [parameters, batch, at, all, from, steps, to]) {
        run.get(value);
      }
      run.call(packer);
      assign(run, to, plus(to, times(steps, width * bytes)));
    });
  };
  whileBelow(run, item, end, 1, () => {
    assign(run, block, over(item, size.columnBlocks));
    assign(run, batch, over(block, size.rowBlocks));
    assign(
      run,
      rowStart,
      times(modulo(block, size.rowBlocks), size.rowBlock),
    );
    limit(rowEnd, rowStart, size.rowBlock, size.rows);
    assign(
      run,
      columnStart,
      times(modulo(item, size.columnBlocks), size.columnBlock),
    );
    limit(columnEnd, columnStart, size.columnBlock, size.columns);
    assign(run, from, 0);
    run.loop((nextDepth) => {
      pushSmaller(run, size.depthBlock, minus(size.depth, from));
      run.set(steps);
      push(run, ["i32.eq", plus(from, steps), size.depth]);
      run.set(finish);
      // Neighbouring items may share their rows: then these are packed already.
      push(run, ["i32.or", ["i32.ne", block, packed], [
        "i32.lt_s",
        steps,
        size.depth,
      ]]);
      run.if(() => {
        pack(
          parts.packLeft,
          a,
          rowStart,
          rowEnd,
          size.rows,
          arithmetic.rows,
          left,
        );
        assign(run, packed, block);
      });
      if (parts.packRight !== undefined) {
        pack(
          parts.packRight,
          b,
          columnStart,
          columnEnd,
          size.columns,
          arithmetic.columns,
          right,
        );
        assign(run, b, right);
      } else {
        const panels: Whole = over(
          plus(size.columns, arithmetic.columns - 1),
          arithmetic.columns,
        );
        const start = times(
          batch,
          times(panels, arithmetic.columns),
        );
        const first = panelAddress(
          right,
          plus(start, columnStart),
          size.depth,
          bytes,
        );
        assign(
          run,
          b,
          plus(first, times(from, arithmetic.columns * bytes)),
        );
      }
      assign(run, sums, scratch);
      assign(run, column, columnStart);
      whileBelow(run, column, columnEnd, arithmetic.columns, () => {
        assign(run, a, left);
        assign(run, row, rowStart);
        whileBelow(run, row, rowEnd, arithmetic.rows, () => {
          for (const value of [a, b, sums, steps, from, finish]) run.get(value);
          run.call(parts.tile);
          run.get(finish);
          run.if(() => {
            for (const value of [parameters, batch, row, column, sums]) {
              run.get(value);
            }
            run.call(parts.store);
          });
          assign(run, a, plus(a, times(steps, arithmetic.rows * bytes)));
          assign(run, sums, plus(sums, size.sumStride));
        });
        const panelSteps = parts.packRight === undefined ? size.depth : steps;
        assign(
          run,
          b,
          plus(b, times(panelSteps, arithmetic.columns * bytes)),
        );
      });
      assign(run, from, plus(from, steps));
      push(run, ["i32.lt_s", from, size.depth]);
      run.branchIf(nextDepth);
    });
  });
}
