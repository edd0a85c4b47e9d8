/**
 * Products of a few rows with a factor whose neighbouring elements belong to
 * neighbouring steps: a few columns at once, over all steps.
 *
 * @module
 */

import { type AffineFactor, affineFactor } from "./affine_factors.ts";
import { axesOf } from "../../ir/index_arithmetic.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { addProduct, lanesFor } from "./arithmetic.ts";
import type { ContractModule } from "./module.ts";
import type { Emitter } from "../emit/emitter.ts";
import { Lookups } from "./lookups.ts";
import { blockLanes, SHORT_BLOCK } from "./short_ways.ts";
import { scaledFactor } from "./scaled_factors.ts";
import { locate, type Positions, positionsAlong } from "./positions.ts";
import { writeBlock } from "./write_block.ts";
import {
  assign,
  hold,
  minus,
  over,
  plus,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";

/** Sums that grow by turns at least: an addition takes some time. */
const LEAST_CHAINS = 4;
/**
 * Rows up to which a stretch has sums of its own for what is added to codes: more
 * of them make more work than they save.
 */
const MOST_AFFINE = 2;

/**
 * Adds the function
 * `along(parameters, batch, column, from, steps, left, stretches, sums)`: adds
 * the products of all steps to the sums of some rows and columns. Columns that do
 * not exist repeat the last one.
 *
 * @param module The module.
 * @param rows Number of rows.
 * @param columns Number of columns.
 * @returns The function.
 */
export function alongFunction(
  module: ContractModule,
  rows: number,
  columns: number,
): FunctionBuilder {
  const within = module.function(8);
  const to = within.fn;
  const [, batch, column, from, steps, left, stretches, sums] = to
    .parameters as
      & readonly Local[]
      & [Local, Local, Local, Local, Local, Local, Local, Local];
  const { arithmetic, spaces } = module;
  const { bytes, kind, lanes } = arithmetic;
  const { inner, right } = spaces;
  const used = axesOf(right);
  const lengthOf = module.lengthsIn(within);
  const last = hold(to, minus(module.geometry(to, "columns"), 1));
  const end = hold(to, plus(from, steps));
  const step = to.local("i32");
  const shared = positionsAlong(
    to,
    spaces.batch.axes.filter((axis) => used.has(axis)),
  );
  locate(to, spaces.batch, shared, batch, lengthOf);
  const emitters = Array.from({ length: columns }, (_, k) => {
    const own = positionsAlong(
      to,
      spaces.columns.axes.filter((axis) => used.has(axis)),
    );
    const index = to.local("i32");
    pushSmaller(to, plus(column, k), last);
    to.set(index);
    locate(to, spaces.columns, own, index, lengthOf);
    const positions: Positions = new Map([...shared, ...own, [inner, step]]);
    const emitter = module.emitter(within, {
      positions,
      depths: new Map([[inner, 1]]),
      lanes: lanesFor([right]),
      vectorAxis: inner,
      walkAxis: inner,
      roots: [right],
    });
    emitter.hoist(right, true, 1);
    emitter.hoist(right, false, 1);
    return emitter;
  });
  const lefts = Array.from(
    { length: rows },
    (_, row) => hold(to, plus(left, times(times(steps, row), bytes))),
  );
  const chains = Math.max(1, Math.floor(LEAST_CHAINS / (rows * columns)));
  const totals = lefts.map(() =>
    emitters.map(() => Array.from({ length: chains }, () => to.local("v128")))
  );
  const rests = lefts.map(() => emitters.map(() => to.local(kind)));
  const single = to.local(kind);
  const block = blockLanes(module.kernel, right, inner);
  const isPlain = block <= lanes;
  const stretch = stretchOf(module, rows);
  const stretchSums = stretch === undefined ? [] : lefts.map((_, row) => {
    const bytesBefore = times(times(over(steps, stretch), row), bytes);
    return hold(to, plus(stretches, bytesBefore));
  });
  const common = {
    module,
    to,
    emitters,
    lefts,
    stretchSums,
    totals,
    rests,
    single,
    step,
    end,
    isPlain,
  };

  assign(to, step, from);
  const counts = isPlain ? [4 * lanes, lanes] : [block, SHORT_BLOCK];
  for (const count of new Set(counts)) addBlocks({ ...common, count });
  whileBelow(to, step, end, 1, () => {
    emitters.forEach((emitter, k) => {
      emitter.scope(() => emitter.push(right, false));
      to.set(single);
      lefts.forEach((address, row) => {
        to.get(rests[row]![k]!);
        to.get(single);
        to.get(address);
        to.memory(`${kind}.load`);
        to.op(`${kind}.mul`, `${kind}.add`);
        to.set(rests[row]![k]!);
      });
    });
    for (const address of lefts) assign(to, address, plus(address, bytes));
  });

  const shape = kind === "f64" ? "f64x2" : `${kind}x4` as const;
  totals.forEach((list, row) =>
    list.forEach(([total, ...others], k) => {
      const offset = (row * arithmetic.columns + k) * bytes;
      for (const other of others) {
        to.get(total!);
        to.get(other);
        to.op(`${shape}.add`);
        to.set(total!);
      }
      to.get(sums);
      to.get(sums);
      to.memory(`${kind}.load`, offset);
      to.get(rests[row]![k]!);
      for (let lane = 0; lane < lanes; lane++) {
        to.get(total!);
        to.lane(`${shape}.extract_lane`, lane);
        if (lane > 0) to.op(`${kind}.add`);
      }
      to.op(`${kind}.add`, `${kind}.add`);
      to.memory(`${kind}.store`, offset);
    })
  );
  return to;
}

/** The right factor as a multiple of codes and more, block by block. */
function affineOf(
  { kernel, spaces: { inner, right } }: ContractModule,
  rows: number,
): AffineFactor | undefined {
  if (rows > MOST_AFFINE) return undefined;
  const block = blockLanes(kernel, right, inner);
  return affineFactor(kernel, right, inner, block);
}

/**
 * Steps of the stretches whose sums of the left factor are used.
 *
 * @param module The module.
 * @param rows Number of rows.
 * @returns The steps; undefined where no such sums are used.
 */
export function stretchOf(
  module: ContractModule,
  rows: number,
): number | undefined {
  return affineOf(module, rows)?.run;
}

/** What the writers of the loops over blocks of steps share. */
interface Blocks {
  readonly module: ContractModule;
  readonly to: FunctionBuilder;
  /** What writes the right factor, column by column. */
  readonly emitters: readonly Emitter[];
  /** Addresses of the left factor, row by row. */
  readonly lefts: readonly Local[];
  /** Addresses of the sums of the left factor's stretches, row by row. */
  readonly stretchSums: readonly Local[];
  /** Sums of each row and column, in one lane. */
  readonly rests: readonly (readonly Local[])[];
  /** A variable for one number. */
  readonly single: Local;
  /** Sums of each row and column, which steps are added to by turns. */
  readonly totals: readonly (readonly (readonly Local[])[])[];
  readonly step: Local;
  readonly end: Local;
  /** Whether the right factor has no short ways. */
  readonly isPlain: boolean;
  /** Steps of a block. */
  readonly count: number;
}

/** Adds the products of whole blocks of steps. */
function addBlocks(blocks: Blocks): void {
  const { module, to, emitters, lefts, totals, step, end, count } = blocks;
  const { arithmetic, kernel, spaces } = module;
  const { kind, lanes } = arithmetic;
  const { inner, right } = spaces;
  const { pool } = kernel;
  const affine = count === blockLanes(kernel, right, inner)
    ? affineOf(module, lefts.length)
    : undefined;
  const { run, scale, value } = affine === undefined
    ? scaledFactor(pool, right, inner, count, SHORT_BLOCK)
    : { ...affine, value: affine.code };
  const offset = affine?.offset;
  const more = [scale, offset].filter((one) => one !== undefined);
  const lookups = blocks.isPlain ? [] : emitters.map((emitter) =>
    new Lookups(
      kernel,
      emitter,
      value,
      inner,
      count,
      more,
      affine !== undefined,
    )
  );
  const loaded = to.local("v128");
  const factors = lefts.map(() => to.local("v128"));
  const chains = totals[0]![0]!.length;
  // Sums of a stretch with one scale.
  const parts = scale === undefined
    ? totals
    : totals.map((row) => row.map((list) => list.map(() => to.local("v128"))));
  const addScaled = (emitter: Emitter, column: number, lane: number) => {
    emitter.push(scale!, false, lane / lanes);
    emitter.splat("f32");
    to.set(loaded);
    totals.forEach((row, k) =>
      row[column]!.forEach((total, chain) =>
        addProduct(to, kind, total, parts[k]![column]![chain]!, loaded)
      )
    );
  };
  const addOffset = (emitter: Emitter, column: number, lane: number) => {
    if (offset === undefined) return;
    emitter.push(offset, false, lane / lanes);
    to.set(blocks.single);
    blocks.stretchSums.forEach((address, row) => {
      const rest = blocks.rests[row]![column]!;
      to.get(rest);
      to.get(blocks.single);
      to.get(address);
      to.memory("f32.load", 4 * Math.floor(lane / run));
      to.op("f32.mul", "f32.add");
      to.set(rest);
    });
  };
  whileBelow(to, step, minus(end, count - 1), count, () => {
    writeBlock(emitters, lookups, { count, lanes }, (lane) => {
      lefts.forEach((address, row) => {
        to.get(address);
        to.memory("v128.load", arithmetic.bytes * lane);
        to.set(factors[row]!);
      });
      const turn = lane / lanes;
      const isFirst = scale !== undefined && lane % run < lanes * chains;
      emitters.forEach((emitter, k) => {
        emitter.push(value, true, lane / lanes);
        to.set(loaded);
        factors.forEach((factor, row) => {
          const sum = parts[row]![k]![turn % chains]!;
          if (!isFirst) return addProduct(to, kind, sum, factor, loaded);
          to.get(factor);
          to.get(loaded);
          to.op("f32x4.mul");
          to.set(sum);
        });
        if (scale !== undefined && (lane + lanes) % run === 0) {
          addScaled(emitter, k, lane);
          addOffset(emitter, k, lane);
        }
      });
    });
    for (const address of lefts) {
      assign(to, address, plus(address, count * arithmetic.bytes));
    }
    if (offset === undefined) return;
    for (const address of blocks.stretchSums) {
      assign(to, address, plus(address, count / run * 4));
    }
  });
}
