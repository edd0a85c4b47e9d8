/**
 * Small triangular systems with many right-hand sides, in f64.
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
  modulo,
  over,
  plus,
  push,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";
import { pushMultiplyAdd } from "../emit/multiply_add.ts";
import { readBlock, runFunction } from "../run_function.ts";
import { BYTES, type Part } from "./products.ts";
import type { WasmRoutineContext } from "./routine.ts";

/** Right-hand sides that are solved at once. */
const LINES = 8;
/** Vectors that hold one unknown of them. */
const VECTORS = LINES / 2;
/** Bytes from an unknown of packed right-hand sides to the next. */
const PACKED = LINES * BYTES;

/** Sizes, in the order of the parameters. */
const SIZES = [
  "width",
  "row",
  "column",
  "step",
  "line",
  "lines",
  "first",
  "forward",
  "unit",
  "groups",
  "triangleStride",
  "unknownStride",
] as const;

type Sizes = Record<typeof SIZES[number], number>;

/** Systems that lie one after another. */
export interface TriangleBatch {
  /** Number of triangles. */
  readonly count: number;
  /** Elements from a triangle to the next. */
  readonly triangles: number;
  /** Elements from the right-hand sides of one to those of the next. */
  readonly unknowns: number;
}

const ALONE: TriangleBatch = { count: 1, triangles: 0, unknowns: 0 };

/** How a small triangle is read. */
export interface TriangleOptions {
  /** Whether the lower triangle is read. */
  readonly lower: boolean;
  /** Whether the diagonal is taken as ones. */
  readonly unitDiagonal: boolean;
}

let bytes: Uint8Array<ArrayBuffer> | undefined;

/**
 * Solves `T · X = B` in place of `B`, for a `T` that fits into a cache.
 *
 * @param context Where it runs.
 * @param triangle The triangular matrix.
 * @param unknowns Right-hand sides, an unknown a row and a system a column.
 * @param width Order of the triangle.
 * @param lines Number of systems.
 * @param options How the triangle is read.
 * @param batch Further systems of the same shape; none by default.
 */
export async function solveSmall(
  context: WasmRoutineContext,
  triangle: Part,
  unknowns: Part,
  width: number,
  lines: number,
  { lower, unitDiagonal }: TriangleOptions,
  batch: TriangleBatch = ALONE,
): Promise<void> {
  if (lines === 0) return;
  const groups = Math.ceil(lines / LINES);
  const sizes: Sizes = {
    width,
    row: triangle.row * BYTES,
    column: triangle.column * BYTES,
    step: unknowns.row * BYTES,
    line: unknowns.column * BYTES,
    lines,
    first: lower ? 0 : width - 1,
    forward: lower ? 1 : -1,
    unit: Number(unitDiagonal),
    groups,
    triangleStride: batch.triangles * BYTES,
    unknownStride: batch.unknowns * BYTES,
  };
  const kernel: WasmKernel = {
    phases: [{
      bytes: bytes ??= moduleBytes(),
      items: batch.count * groups,
      grain: 1,
      sizes: SIZES.map((name) => sizes[name]),
      scratchBytes: width * PACKED,
      itemNanoseconds: width * (width + 16),
    }],
    temporaries: [],
  };
  await context.run(kernel, {
    operands: [triangle.address],
    outputs: [unknowns.address],
  });
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  writeRun(module, solveFunction(module));
  return module.build();
}

/**
 * The function `solve(t, row, column, x, step, width, forward, unit)`: `t` is the
 * address of the first diagonal element that is used, `x` of its unknowns; with
 * `forward` 1 the others follow behind them, with -1 before.
 */
function solveFunction(module: ModuleBuilder): FunctionBuilder {
  const to = module.function(Array<"i32">(8).fill("i32"));
  const [t, row, column, x, step, width, forward, unit] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local, Local, Local, Local];
  const totals = Array.from({ length: VECTORS }, () => to.local("v128"));
  const factor = to.local("v128");
  const known = hold(to, 0);
  const rowStep = hold(to, times(row, forward));
  const columnStep = hold(to, times(column, forward));
  const unknownStep = hold(to, times(step, forward));
  const left = hold(to, t);
  const target = hold(to, x);
  const coefficient = to.local("i32");
  const other = to.local("i32");
  const count = to.local("i32");
  const splatAt = (address: Local) => {
    to.get(address);
    to.memory("v128.load64_splat");
    to.set(factor);
  };
  whileBelow(to, known, width, 1, () => {
    totals.forEach((total, k) => {
      to.get(target);
      to.memory("v128.load", 16 * k, 3);
      to.set(total);
    });
    assign(to, coefficient, left);
    assign(to, other, x);
    assign(to, count, 0);
    whileBelow(to, count, known, 1, () => {
      splatAt(coefficient);
      totals.forEach((total, k) => subtract(to, total, factor, other, 16 * k));
      assign(to, coefficient, plus(coefficient, columnStep));
      assign(to, other, plus(other, unknownStep));
    });
    to.get(unit);
    to.op("i32.eqz");
    to.if(() => {
      splatAt(coefficient);
      for (const total of totals) {
        to.get(total);
        to.get(factor);
        to.op("f64x2.div");
        to.set(total);
      }
    });
    totals.forEach((total, k) => {
      to.get(target);
      to.get(total);
      to.memory("v128.store", 16 * k, 3);
    });
    assign(to, left, plus(left, rowStep));
    assign(to, target, plus(target, unknownStep));
  });
  return to;
}

/** Subtracts a multiple of what lies at an address. */
function subtract(
  to: FunctionBuilder,
  total: Local,
  factor: Local,
  address: Local,
  offset: number,
): void {
  pushMultiplyAdd(to, "f64x2", "sub", {
    a: () => to.get(factor),
    b: () => {
      to.get(address);
      to.memory("v128.load", offset, 3);
    },
    sum: () => to.get(total),
  });
  to.set(total);
}

/** The function `run`: items are groups of right-hand sides. */
function writeRun(module: ModuleBuilder, solve: FunctionBuilder): void {
  const added = runFunction(module);
  const { run, begin, end, scratch } = added;
  const block = readBlock(added, {
    operands: 1,
    outputs: 1,
    sizes: SIZES.length,
  });
  const [triangle] = block.operands as [Local];
  const [unknowns] = block.outputs as [Local];
  const sizes = Object.fromEntries(
    SIZES.map((name, k) => [name, block.sizes[k]!]),
  ) as Record<typeof SIZES[number], Local>;
  const { column, first, forward, line, lines, row, step, unit, width } = sizes;
  const diagonal = run.local("i32");
  const item = hold(run, begin);
  const address = run.local("i32");
  const count = run.local("i32");
  const call = (x: Local, xStep: Local | number) => {
    for (const value of [diagonal, row, column] as const) run.get(value);
    push(
      run,
      plus(x, times(first, xStep)),
    );
    push(run, xStep);
    for (const value of [width, forward, unit] as const) run.get(value);
    run.call(solve);
  };
  whileBelow(run, item, end, 1, () => {
    const matrix = hold(run, over(item, sizes.groups));
    const before = hold(run, times(modulo(item, sizes.groups), LINES));
    assign(
      run,
      diagonal,
      plus(
        plus(triangle, times(matrix, sizes.triangleStride)),
        times(first, plus(row, column)),
      ),
    );
    pushSmaller(run, minus(lines, before), LINES);
    run.set(count);
    assign(
      run,
      address,
      plus(
        plus(unknowns, times(matrix, sizes.unknownStride)),
        times(before, line),
      ),
    );
    push(run, ["i32.and", ["i32.eq", count, LINES], ["i32.eq", line, BYTES]]);
    run.if(() => call(address, step), () => {
      copy(run, scratch, address, { width, step, line, count }, true);
      call(scratch, PACKED);
      copy(run, scratch, address, { width, step, line, count }, false);
    });
  });
}

/** Copies right-hand sides into the scratch memory, or back. */
function copy(
  run: FunctionBuilder,
  scratch: Local,
  address: Local,
  { width, step, line, count }: Record<
    "width" | "step" | "line" | "count",
    Local
  >,
  packs: boolean,
): void {
  const number = run.local("i32");
  const packed = run.local("i32");
  const source = run.local("i32");
  const unknown = run.local("i32");
  assign(run, number, 0);
  whileBelow(run, number, count, 1, () => {
    assign(run, packed, plus(scratch, times(number, BYTES)));
    assign(run, source, plus(address, times(number, line)));
    assign(run, unknown, 0);
    whileBelow(run, unknown, width, 1, () => {
      const [from, to] = packs ? [source, packed] : [packed, source];
      run.get(to);
      run.get(from);
      run.memory("f64.load");
      run.memory("f64.store");
      assign(run, packed, plus(packed, PACKED));
      assign(run, source, plus(source, step));
    });
  });
}
