/**
 * The dtypes that contractions sum in, as vectors of WebAssembly.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { hasRelaxedSimd } from "../assembler_features.ts";
import { pushMultiplyAdd } from "../emit/multiply_add.ts";
import type { MemoryOp } from "../assembler_opcodes.ts";

/** How products of one dtype are summed. */
export interface Arithmetic {
  /** What lanes hold; unsigned numbers and bytes are i32. */
  readonly kind: "f32" | "f64" | "i32";
  /** Lanes of a vector. */
  readonly lanes: number;
  /** Bytes of a lane. */
  readonly bytes: number;
  /** Rows of a tile, even. */
  readonly rows: number;
  /** Columns of a tile: two vectors. */
  readonly columns: number;
  /** Loads two neighbours, in each pair of lanes of a vector. */
  readonly loadPair: MemoryOp;
}

/** Vectors that a row of a tile takes. */
export const VECTORS = 2;

/**
 * How the products of a dtype are summed.
 *
 * @param dtype The dtype of the sum.
 * @returns What the renderer must know of it.
 */
export function arithmeticOf(dtype: DType): Arithmetic {
  switch (dtype) {
    case "f64":
      return {
        kind: "f64",
        lanes: 2,
        bytes: 8,
        rows: hasRelaxedSimd() ? 6 : 4,
        columns: 4,
        loadPair: "v128.load",
      };
    case "f32":
    case "f16":
      return {
        kind: "f32",
        lanes: 4,
        bytes: 4,
        rows: hasRelaxedSimd() ? 6 : 4,
        columns: 8,
        loadPair: "v128.load64_splat",
      };
    default:
      return {
        kind: "i32",
        lanes: 4,
        bytes: 4,
        rows: 4,
        columns: 8,
        loadPair: "v128.load64_splat",
      };
  }
}

/**
 * Adds a product to a sum, lane by lane.
 *
 * @param to The function.
 * @param kind What lanes hold.
 * @param sum The sum.
 * @param a A factor.
 * @param b The other factor.
 */
export function addProduct(
  to: FunctionBuilder,
  kind: Arithmetic["kind"],
  sum: Local,
  a: Local,
  b: Local,
): void {
  if (kind === "i32") {
    for (const local of [sum, a, b]) to.get(local);
    to.op("i32x4.mul", "i32x4.add");
  } else {
    pushMultiplyAdd(to, kind === "f64" ? "f64x2" : "f32x4", "add", {
      a: () => to.get(a),
      b: () => to.get(b),
      sum: () => to.get(sum),
    });
  }
  to.set(sum);
}

/** The bytes that a lane of a shuffle takes, from whole lanes. */
function bytesOf(lanes: readonly number[], width: number): number[] {
  return lanes.flatMap((lane) =>
    Array.from({ length: width }, (_, byte) => lane * width + byte)
  );
}

/**
 * Picks lanes of the two vectors on the stack.
 *
 * @param to The function.
 * @param lanes Numbers of lanes; those of the second vector follow the first's.
 */
export function pickLanes(to: FunctionBuilder, lanes: readonly number[]): void {
  to.shuffle(bytesOf(lanes, 16 / lanes.length));
}

/**
 * Lanes of vectors that expressions can be computed in.
 *
 * @param roots The expressions.
 * @returns 2 where f64 occurs, else 4.
 */
export function lanesFor(roots: readonly Expr[]): 2 | 4 {
  return exprOrder(roots).some(({ dtype }) => dtype === "f64") ? 2 : 4;
}
