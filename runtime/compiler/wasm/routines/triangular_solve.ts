/**
 * Solution of triangular systems, by blocks of unknowns.
 *
 * @module
 */

import { checkDiagonal } from "../../../device/reference/routines/triangular_solve.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import {
  areFloats,
  arrayAt,
  copyElements,
  matricesOf,
  roomFor,
} from "./matrices.ts";
import {
  BYTES,
  type Part,
  partOf,
  subtractProduct,
  turned,
} from "./products.ts";
import type { WasmRoutine, WasmRoutineContext } from "./routine.ts";
import { solveSmall, type TriangleOptions } from "./triangle.ts";

/** Order below which a system is solved at once. */
const LEAST_ORDER = 96;
/** Operations below which the host is as fast. */
const LEAST_WORK = 100_000;
/** Right-hand sides below which the host is as fast. */
const LEAST_COLUMNS = 4;
/** Unknowns of a block. */
const BLOCK = 32;

/**
 * The solution of a batch of systems.
 *
 * @param step The call.
 * @returns The routine; nothing for small systems.
 */
export function triangularSolveRoutine(
  step: RoutineStep,
): WasmRoutine | undefined {
  const triangles = matricesOf(step.inputSpecs[0]!);
  const sides = matricesOf(step.inputSpecs[1]!);
  const { count, leading, rows: n } = triangles;
  const m = sides.columns;
  if (m < LEAST_COLUMNS || count * n * n * m < LEAST_WORK) return undefined;
  if (!areFloats(triangles) || !areFloats(sides)) return undefined;
  const lower = step.attributes["lower"] === true;
  const transpose = step.attributes["transpose"] === true;
  const unitDiagonal = step.attributes["unitDiagonal"] === true;
  return async (context) => {
    const [first, second] = context.inputs as [number, number];
    const [output] = context.outputs as [number];
    const from = roomFor(context, first, triangles);
    const to = roomFor(context, output, sides);
    const { dtype } = sides;
    const size = count * n * m;
    await copyElements(
      context,
      [first, triangles.dtype],
      [from, "f64"],
      count * n * n,
    );
    await copyElements(context, [second, dtype], [to, "f64"], size);
    const array = arrayAt(context, from, count * n * n);
    const options = { lower: lower !== transpose, unitDiagonal };
    const partsOf = (index: number): [Part, Part] => {
      const triangle = partOf(from + index * n * n * BYTES, n, 0, 0);
      return [
        transpose ? turned(triangle) : triangle,
        partOf(to + index * n * m * BYTES, m, 0, 0),
      ];
    };
    if (!unitDiagonal) {
      for (let index = 0; index < count; index++) {
        checkDiagonal(array, index, leading, n);
      }
    }
    if (n < LEAST_ORDER) {
      await solveSmall(context, ...partsOf(0), n, m, options, {
        count,
        triangles: n * n,
        unknowns: n * m,
      });
    } else {
      for (let index = 0; index < count; index++) {
        await solveInPlace(context, ...partsOf(index), [n, m], options);
      }
    }
    await copyElements(context, [to, "f64"], [output, dtype], size);
  };
}

/**
 * Solves `T · X = B` in place of `B`.
 *
 * @param context Where it runs.
 * @param triangle The triangular matrix.
 * @param unknowns Right-hand sides, a system a column.
 * @param sizes Order of the triangle, and number of systems.
 * @param options How the triangle is read.
 */
async function solveInPlace(
  context: WasmRoutineContext,
  triangle: Part,
  unknowns: Part,
  [n, m]: readonly [number, number],
  options: TriangleOptions,
): Promise<void> {
  const blocks = Math.ceil(n / BLOCK);
  for (let step = 0; step < blocks; step++) {
    const start = (options.lower ? step : blocks - 1 - step) * BLOCK;
    const width = Math.min(BLOCK, n - start);
    const [known, count] = options.lower
      ? [0, start]
      : [start + width, n - start - width];
    const own = within(unknowns, start, 0);
    await subtractProduct(
      context,
      own,
      within(triangle, start, known),
      within(unknowns, known, 0),
      [width, m, count],
    );
    await solveSmall(
      context,
      within(triangle, start, start),
      own,
      width,
      m,
      options,
    );
  }
}

/**
 * A part of a part.
 *
 * @param part The part.
 * @param row Its first row that is wanted.
 * @param column Its first column that is wanted.
 * @returns The part from there on.
 */
export function within(part: Part, row: number, column: number): Part {
  const before = row * part.row + column * part.column;
  return { ...part, address: part.address + before * BYTES };
}
