/**
 * Products of a few rows with a factor whose neighbouring elements belong to
 * neighbouring columns: a few steps at once, over many columns.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { inScopes } from "./emitter_scopes.ts";
import { addProduct, lanesFor, VECTORS } from "./arithmetic.ts";
import type { ContractFunction, ContractModule } from "./module.ts";
import { Lookups } from "./lookups.ts";
import { blockLanes } from "./short_ways.ts";
import { locate, type Positions, positionsAlong } from "./positions.ts";
import { assign, hold, minus, plus, whileBelow } from "../assembler_terms.ts";
import { axesOf } from "../../ir/index_arithmetic.ts";

/** Steps at once, by the number of rows at once less 1: registers are few. */
export const STEPS_AT_ONCE = [8, 4, 3, 2] as const;

/** What the writers of a function share. */
interface Across {
  readonly module: ContractModule;
  readonly within: ContractFunction;
  readonly to: FunctionBuilder;
  readonly rows: number;
  readonly unroll: number;
  /** Positions for each step; those of columns are shared and still to be set. */
  readonly places: readonly Positions[];
  readonly column: Local;
  readonly end: Local;
  readonly left: Local;
  readonly sums: Local;
}

/**
 * Adds the function
 * `across(parameters, batch, column, end, step, left, sums)`: adds the products
 * of `unroll` steps to the sums of some rows, for the columns up to `end`.
 *
 * @param module The module.
 * @param rows Number of rows.
 * @param unroll Number of steps.
 * @returns The function.
 */
export function acrossFunction(
  module: ContractModule,
  rows: number,
  unroll: number,
): FunctionBuilder {
  const within = module.function(7);
  const to = within.fn;
  const [, batch, column, end, step, left, sums] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local, Local, Local];
  const { spaces } = module;
  const used = axesOf(spaces.right);
  const shared = positionsAlong(
    to,
    [...spaces.batch.axes, ...spaces.columns.axes].filter((axis) =>
      used.has(axis)
    ),
  );
  const across: Across = {
    module,
    within,
    to,
    rows,
    unroll,
    places: Array.from(
      { length: unroll },
      (_, k) => new Map([...shared, [spaces.inner, hold(to, plus(step, k))]]),
    ),
    column,
    end,
    left,
    sums,
  };
  locate(to, spaces.batch, shared, batch, module.lengthsIn(within));
  acrossVectors(across);
  acrossRest(across);
  return to;
}

function emittersOf(across: Across, vectors: boolean): Emitter[] {
  const { module, within } = across;
  const { axes } = module.spaces.columns;
  const { right } = module.spaces;
  return across.places.map((positions) => {
    const emitter = module.emitter(within, {
      positions,
      depths: new Map(axes.map((axis) => [axis, 1])),
      lanes: vectors ? lanesFor([right]) : 1,
      vectorAxis: axes.at(-1)!,
      ...(axes.length === 1 ? { walkAxis: axes[0]! } : {}),
      roots: [right],
    });
    emitter.hoist(right, vectors, VECTORS);
    return emitter;
  });
}

/** Bytes from a row of sums to the next. */
function rowBytes({ arithmetic }: ContractModule): number {
  return arithmetic.columns * arithmetic.bytes;
}

/** Whole tiles of columns. */
function acrossVectors(across: Across): void {
  const { module, to, rows, unroll, column, end, left, sums } = across;
  const { arithmetic, spaces } = module;
  const emitters = emittersOf(across, true);
  const factors = Array.from({ length: unroll * rows }, (_, k) => {
    const factor = to.local("v128");
    to.get(left);
    to.i32(k * arithmetic.bytes);
    to.op("i32.add");
    to.memory(
      arithmetic.bytes === 8 ? "v128.load64_splat" : "v128.load32_splat",
    );
    to.set(factor);
    return factor;
  });
  const totals = Array.from(
    { length: rows * VECTORS },
    () => to.local("v128"),
  );
  const lookups = lookupsOf(across, emitters);
  const loaded = to.local("v128");
  const tileBytes = module.geometry(to, "tileBytes");
  const last = hold(to, minus(end, arithmetic.columns - 1));
  const place = (k: number) =>
    Math.floor(k / VECTORS) * rowBytes(module) + 16 * (k % VECTORS);
  whileBelow(
    to,
    column,
    last,
    arithmetic.columns,
    () =>
      inScopes(emitters, () => {
        locate(
          to,
          spaces.columns,
          across.places[0]!,
          column,
          module.lengthsIn(across.within),
        );
        totals.forEach((total, k) => {
          to.get(sums);
          to.memory("v128.load", place(k));
          to.set(total);
        });
        emitters.forEach((emitter, step) => {
          lookups[step]?.begin();
          lookups[step]?.bind(0);
          for (let unit = 0; unit < VECTORS; unit++) {
            emitter.push(spaces.right, true, unit);
            to.set(loaded);
            for (let row = 0; row < rows; row++) {
              addProduct(
                to,
                arithmetic.kind,
                totals[row * VECTORS + unit]!,
                factors[step * rows + row]!,
                loaded,
              );
            }
          }
        });
        totals.forEach((total, k) => {
          to.get(sums);
          to.get(total);
          to.memory("v128.store", place(k));
        });
        assign(to, sums, plus(sums, tileBytes));
      }),
  );
}

/** Short ways of each step, where there are any. */
function lookupsOf(
  { module }: Across,
  emitters: readonly Emitter[],
): Lookups[] {
  const { arithmetic, kernel, spaces } = module;
  const axis = spaces.columns.axes.at(-1)!;
  return blockLanes(kernel, spaces.right, axis) <= arithmetic.lanes
    ? []
    : emitters.map((emitter) =>
      new Lookups(kernel, emitter, spaces.right, axis, arithmetic.columns)
    );
}

/** The columns that do not fill a tile, one by one. */
function acrossRest(across: Across): void {
  const { module, to, rows, column, end, left, sums } = across;
  const { arithmetic, spaces } = module;
  const { bytes, kind } = arithmetic;
  const emitters = emittersOf(across, false);
  const loaded = emitters.map(() => to.local(kind));
  whileBelow(to, column, end, 1, () =>
    inScopes(emitters, () => {
      locate(
        to,
        spaces.columns,
        across.places[0]!,
        column,
        module.lengthsIn(across.within),
      );
      emitters.forEach((emitter, step) => {
        emitter.push(spaces.right, false);
        to.set(loaded[step]!);
      });
      for (let row = 0; row < rows; row++) {
        to.get(sums);
        to.get(sums);
        to.memory(`${kind}.load`, row * rowBytes(module));
        loaded.forEach((value, step) => {
          to.get(value);
          to.get(left);
          to.memory(`${kind}.load`, (step * rows + row) * bytes);
          to.op(`${kind}.mul`, `${kind}.add`);
        });
        to.memory(`${kind}.store`, row * rowBytes(module));
      }
      assign(to, sums, plus(sums, bytes));
    }));
}
