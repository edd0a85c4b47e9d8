/**
 * What routines over triangular matrices share: they walk blocks of columns, and
 * what a block has found is taken out of all that comes behind it by tiles.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import type { TensorSpec } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { WebGpuLimits } from "../abi.ts";
import { type BufferAccess, WgslModule, WgslScope } from "../wgsl/mod.ts";

/** Columns of a block: one invocation holds a row of it in registers. */
export const BLOCK = 32;
/** Rows and columns of a tile. */
export const TILE = 64;
/** Invocations of a workgroup that does a tile. */
export const TILE_INVOCATIONS = 256;
/** Vectors of a row of a block. */
export const GROUPS = BLOCK / 4;

/** Rows, and columns, of the elements of a tile that are one invocation's. */
const OWN = 4;
/** Distance between them. */
const STEP = TILE / OWN;
const OWNS = Array.from({ length: OWN }, (_, k) => k);

/** Matrices of a batch. */
export interface Matrices {
  /** Their dtype. */
  readonly dtype: DType;
  /** Sizes of the leading axes. */
  readonly leading: readonly number[];
  /** How many. */
  readonly count: number;
  /** Rows of each. */
  readonly rows: number;
  /** Columns of each. */
  readonly columns: number;
}

/**
 * The matrices that a tensor holds.
 *
 * @param spec The tensor.
 * @returns What there is to know of them; undefined where a GPU lacks the dtype.
 */
export function matricesOf(
  { dtype, shape }: TensorSpec,
): Matrices | undefined {
  if (!isFloatDType(dtype) || dtype === "f64") return undefined;
  const leading = shape.slice(0, -2);
  return {
    dtype,
    leading,
    count: sizeOf(leading),
    rows: shape.at(-2)!,
    columns: shape.at(-1)!,
  };
}

/** The first rows of all blocks. */
export function blockStarts(n: number): number[] {
  return Array.from({ length: Math.ceil(n / BLOCK) }, (_, k) => k * BLOCK);
}

/**
 * Defines a function that reads what is left of some matrices: the matrices
 * themselves before the first block has changed anything.
 *
 * @param module The module.
 * @param whole The matrices.
 * @param left What is left of them; may be the same.
 * @returns The text that reads an element, given its index; `isFirst` must be
 * there.
 */
export function restReader(
  module: WgslModule,
  whole: BufferAccess,
  left: BufferAccess,
): (index: string) => string {
  module.define(
    "rest",
    "fn rest(i: i32, isFirst: bool) -> f32 { " +
      `if (isFirst) { return ${whole.load("i", 1)}; } ` +
      `return ${left.load("i", 1)}; }`,
  );
  return (index) => `rest(${index}, isFirst)`;
}

/**
 * A vector of four elements of which some may not exist.
 *
 * @param elements Texts that read the elements, each with when it exists.
 * @param name The vector, which is declared.
 * @returns Statements; elements that do not exist are 0.
 */
export function vectorLines(
  name: string,
  elements: readonly (readonly [value: string, exists: string])[],
): string[] {
  return [
    `var ${name} = vec4<f32>();`,
    ...elements.map(([value, exists], k) =>
      `if (${exists}) { ${name}.${"xyzw"[k]} = ${value}; }`
    ),
  ];
}

/**
 * Statements that take what is known already out of the vector `a` of four
 * unknowns of a row, and call the rest `v`.
 *
 * @param own Memory of the row's vectors, of which the first `g` are known.
 * @param rowAt The text of a vector of the triangle's row of an unknown, given the
 * number of the unknown among the four; `h` is the number of the vector.
 * @returns Statements; `lane` and `g` must be there.
 */
export function restOfFour(
  own: string,
  rowAt: (unknown: number) => string,
): string[] {
  const dots = [0, 1, 2, 3].map((k) => `dot(x, ${rowAt(k)})`);
  return [
    "var known = vec4<f32>();",
    "for (var h = 0; h < g; h++) {",
    `  let x = ${own}[${tilePlace("lane", "h")}];`,
    `  known += vec4<f32>(${dots.join(", ")});`,
    "}",
    "let v = a - known;",
  ];
}

/**
 * Where a vector of a row lies in the memory of a tile: rows begin at the same
 * bank, so that their vectors are turned against each other.
 *
 * @param row The row, as text.
 * @param group The vector, as text.
 * @returns The index.
 */
export function tilePlace(row: string, group: string): string {
  return `(${row}) * ${GROUPS} + ((${group}) ^ ((${row}) & 7))`;
}

/**
 * Statements that declare the sums of a tile, `s0_0` to `s3_3`, and where in it
 * they stand, `ownRow` and `ownColumn`.
 *
 * @returns Statements.
 */
export function tileSums(): string[] {
  return [
    `let ownRow = i32(local.x) / ${STEP};`,
    `let ownColumn = i32(local.x) % ${STEP};`,
    ...OWNS.flatMap((r) => OWNS.map((c) => `var s${r}_${c} = 0.0;`)),
  ];
}

/**
 * Statements that add the products of a tile to its sums: rows of `left` with
 * rows of `right`.
 *
 * @param left Memory of the rows.
 * @param right Memory of the columns.
 * @returns Statements.
 */
export function tileProducts(left: string, right: string): string[] {
  return [
    `for (var g = 0; g < ${GROUPS}; g++) {`,
    ...OWNS.flatMap((k) => [
      `  let l${k} = ${left}[${tilePlace(`ownRow + ${k * STEP}`, "g")}];`,
      `  let r${k} = ${right}[${tilePlace(`ownColumn + ${k * STEP}`, "g")}];`,
    ]),
    ...OWNS.flatMap((r) =>
      OWNS.map((c) => `  s${r}_${c} += dot(l${r}, r${c});`)
    ),
    "}",
  ];
}

/**
 * Statements for each element of a tile that is the invocation's.
 *
 * @param line Its statement, given row and column in the tile and the sum.
 * @returns Statements.
 */
export function eachOwn(
  line: (row: string, column: string, sum: string) => string,
): string[] {
  return OWNS.flatMap((r) =>
    OWNS.map((c) =>
      line(`ownRow + ${r * STEP}`, `ownColumn + ${c * STEP}`, `s${r}_${c}`)
    )
  );
}

/** The buffers that texts are bound to. */
export interface Bound {
  /** Those that they read. */
  readonly operands: readonly { readonly dtype: DType }[];
  /** Those that they write, notes last. */
  readonly outputs: readonly { readonly dtype: DType }[];
  /** Those that live while the kernel runs. */
  readonly temporaries: readonly { readonly dtype: DType }[];
}

/** A text that reads its sizes by name. */
export interface Draft {
  /** Its module. */
  readonly module: WgslModule;
  /** Its statements. */
  readonly root: WgslScope;
}

/**
 * Begins a text whose sizes are variables.
 *
 * @param about What the module can touch.
 * @param sizes The sizes, by name.
 * @returns The text, which declares them.
 */
export function beginDraft(
  about: Bound & { readonly limits: WebGpuLimits },
  sizes: Readonly<Record<string, number>>,
): Draft {
  const module = new WgslModule({
    ...about,
    scalars: [],
    reservedSizes: Object.values(sizes),
  });
  const root = new WgslScope(module);
  Object.keys(sizes).forEach((name, k) =>
    root.line(`let ${name} = ${module.reservedSize(k)};`)
  );
  return { module, root };
}
