/**
 * Cholesky factors of many small matrices, one an item, in f64.
 *
 * @module
 */

import type { WasmKernel } from "../abi.ts";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
} from "../assembler.ts";
import {
  assign,
  hold,
  minus,
  plus,
  push,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";
import { pushMultiplyAdd } from "../emit/multiply_add.ts";
import { readBlock, runFunction } from "../run_function.ts";
import { BYTES } from "./products.ts";

/** Columns whose products with a row are summed at once. */
const GROUP = 4;

let bytes: Uint8Array<ArrayBuffer> | undefined;

/**
 * The kernel that factors matrices in place, in the lower triangle. Its outputs
 * are the matrices, and for each of them two numbers: the first pivot that is not
 * positive and finite, or -1, and its value.
 *
 * @param n Order of the matrices.
 * @param count Number of matrices.
 * @returns The kernel.
 */
export function smallFactorKernel(n: number, count: number): WasmKernel {
  return {
    phases: [{
      bytes: bytes ??= moduleBytes(),
      items: count,
      grain: 1,
      sizes: [n],
      scratchBytes: GROUP * BYTES,
      itemNanoseconds: n * n * n / 24 + 20 * n,
    }],
    temporaries: [],
  };
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const factor = factorFunction(module, dotsFunction(module));
  const added = runFunction(module);
  const { run, begin, end, scratch } = added;
  const { outputs, sizes } = readBlock(added, {
    operands: 0,
    outputs: 2,
    sizes: 1,
  });
  const [matrices, states] = outputs as [Local, Local];
  const [n] = sizes as [Local];
  const item = hold(run, begin);
  whileBelow(run, item, end, 1, () => {
    push(run, plus(matrices, times(item, times(times(n, n), BYTES))));
    push(run, plus(states, times(item, 2 * BYTES)));
    run.get(n);
    run.get(scratch);
    run.call(factor);
  });
  return module.build();
}

/**
 * The function `dots(row, matrix, start, n, sums)`: stores the products of the
 * first `start` elements of a row with those of the rows from `start` on.
 */
function dotsFunction(module: ModuleBuilder): FunctionBuilder {
  const to = module.function(Array<"i32">(5).fill("i32"));
  const [row, matrix, start, n, sums] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local];
  const others = Array.from({ length: GROUP }, (_, k) => {
    const other = to.local("i32");
    // Rows that do not exist repeat the last one; their sums are not read.
    pushSmaller(to, plus(start, k), minus(n, 1));
    to.set(other);
    assign(to, other, plus(matrix, times(times(other, n), BYTES)));
    return other;
  });
  const totals = others.map(() => to.local("v128"));
  const own = to.local("v128");
  const at = hold(to, 0);
  const end = hold(to, times(start, BYTES));
  whileBelow(to, at, end, 16, () => {
    push(to, plus(row, at));
    to.memory("v128.load", 0, 3);
    to.set(own);
    others.forEach((other, k) => {
      const total = totals[k]!;
      pushMultiplyAdd(to, "f64x2", "add", {
        a: () => to.get(own),
        b: () => {
          push(to, plus(other, at));
          to.memory("v128.load", 0, 3);
        },
        sum: () => to.get(total),
      });
      to.set(total);
    });
  });
  totals.forEach((total, k) => {
    to.get(sums);
    for (const lane of [0, 1]) {
      to.get(total);
      to.lane("f64x2.extract_lane", lane);
    }
    to.op("f64.add");
    to.memory("f64.store", k * BYTES);
  });
  return to;
}

/** The function `factor(matrix, state, n, sums)`. */
function factorFunction(
  module: ModuleBuilder,
  dots: FunctionBuilder,
): FunctionBuilder {
  const to = module.function(Array<"i32">(4).fill("i32"));
  const [matrix, state, n, sums] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local];
  const stride = hold(to, times(n, BYTES));
  const row = hold(to, 0);
  const column = to.local("i32");
  const start = to.local("i32");
  const inner = to.local("i32");
  const own = to.local("i32");
  const other = to.local("i32");
  const value = to.local("f64");
  to.get(state);
  to.f64(-1);
  to.memory("f64.store");
  whileBelow(to, row, n, 1, () => {
    assign(to, own, plus(matrix, times(row, stride)));
    assign(to, column, 0);
    whileBelow(to, column, plus(row, 1), 1, () => {
      assign(to, start, ["i32.and", column, -GROUP]);
      assign(to, other, plus(matrix, times(column, stride)));
      push(to, ["i32.eq", start, column]);
      to.if(() => {
        for (const argument of [own, matrix, start, n, sums]) to.get(argument);
        to.call(dots);
      });
      pushAt(to, own, column);
      push(to, plus(sums, times(minus(column, start), BYTES)));
      to.memory("f64.load");
      to.op("f64.sub");
      to.set(value);
      assign(to, inner, start);
      whileBelow(to, inner, column, 1, () => {
        to.get(value);
        pushAt(to, own, inner);
        pushAt(to, other, inner);
        to.op("f64.mul", "f64.sub");
        to.set(value);
      });
      push(to, ["i32.eq", row, column]);
      to.if(() => {
        to.get(value);
        to.f64(0);
        to.op("f64.gt");
        to.get(value);
        to.f64(Infinity);
        to.op("f64.lt", "i32.and", "i32.eqz");
        to.if(() => {
          to.get(state);
          to.get(row);
          to.op("f64.convert_i32_s");
          to.memory("f64.store");
          to.get(state);
          to.get(value);
          to.memory("f64.store", BYTES);
          to.op("return");
        });
        to.get(value);
        to.op("f64.sqrt");
        to.set(value);
      }, () => {
        to.get(value);
        pushAt(to, other, column);
        to.op("f64.div");
        to.set(value);
      });
      push(to, plus(own, times(column, BYTES)));
      to.get(value);
      to.memory("f64.store");
    });
    assign(to, column, plus(row, 1));
    whileBelow(to, column, n, 1, () => {
      push(to, plus(own, times(column, BYTES)));
      to.f64(0);
      to.memory("f64.store");
    });
  });
  return to;
}

/** Pushes an element of a row. */
function pushAt(to: FunctionBuilder, row: Local, column: Local): void {
  push(to, plus(row, times(column, BYTES)));
  to.memory("f64.load");
}
