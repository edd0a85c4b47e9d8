/**
 * Epilogues of contractions: what becomes of the sums of a tile.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import { axesOf } from "../../ir/index_arithmetic.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { lanesFor } from "./arithmetic.ts";
import { hoistStores, writeStores } from "../emit/access.ts";
import type { Emitter } from "../emit/emitter.ts";
import { pushWrapped } from "../emit/whole.ts";
import type { ContractFunction, ContractModule } from "./module.ts";
import { locate, type Positions, positionsAlong } from "./positions.ts";
import {
  assign,
  plus,
  push,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";

/** What the writers of an epilogue share. */
interface Epilogue {
  readonly module: ContractModule;
  readonly within: ContractFunction;
  readonly to: FunctionBuilder;
  /** Variables of the axes that are used; those of the batch are set. */
  readonly positions: Positions;
  /** Number of the row; counted up to its end. */
  readonly row: Local;
  /** Row behind the last one. */
  readonly rowEnd: Local;
  /** First column. */
  readonly column: Local;
  /** Columns of the whole result. */
  readonly columns: Local;
  /** Address of the sums of the row. */
  readonly sums: Local;
  /** What is written. */
  readonly roots: readonly Expr[];
  /** Dtypes of the outputs. */
  readonly dtypes: readonly DType[];
}

/**
 * Adds the function `store(parameters, batch, row, column, sums)`: evaluates the
 * epilogue for the tile at a row and column, whose sums lie row by row at `sums`.
 *
 * @param module The module.
 * @returns The function.
 */
export function storeFunction(module: ContractModule): FunctionBuilder {
  const within = module.function(5);
  const to = within.fn;
  const [, batch, row, column, sums] = to.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local, Local];
  const { arithmetic, kernel, spaces } = module;
  const roots = kernel.stores.flatMap(({ index, value }) => [index, value]);
  const used = new Set(roots.flatMap((root) => [...axesOf(root)]));
  const positions = positionsAlong(to, used);
  const rows = module.geometry(to, "rows");
  const epilogue: Epilogue = {
    module,
    within,
    to,
    positions,
    row,
    rowEnd: to.local("i32"),
    column,
    columns: module.geometry(to, "columns"),
    sums,
    roots,
    dtypes: kernel.outputs.map(({ dtype }) => dtype),
  };
  locate(
    to,
    spaces.batch,
    positions,
    batch,
    epilogue.module.lengthsIn(epilogue.within),
  );
  pushSmaller(to, plus(row, arithmetic.rows), rows);
  to.set(epilogue.rowEnd);
  const width = arithmetic.columns;
  push(to, ["i32.le_s", plus(column, width), epilogue.columns]);
  to.if(() => storeWhole(epilogue), () => storeEdge(epilogue));
  return to;
}

/** The axis that neighbouring rows step along, if there is only one. */
function rowAxisOf({ spaces }: ContractModule): number | undefined {
  const { axes } = spaces.rows;
  return axes.length === 1 ? axes[0] : undefined;
}

/** Says which variable holds the sum. */
function bindSum(
  emitter: Emitter,
  { kernel }: ContractModule,
  unit: number,
  sum: Local,
): void {
  if (kernel.dtype === "i8" || kernel.dtype === "u8") {
    emitter.fn.get(sum);
    pushWrapped(emitter, kernel.dtype, sum.type === "v128");
    emitter.fn.set(sum);
  }
  emitter.bindLeaf("reduced", 0, kernel.dtype, unit, sum);
}

/** Vectors over the columns of a tile, which all exist. */
function storeWhole(epilogue: Epilogue): void {
  const { module, within, to, positions, column, sums, roots } = epilogue;
  const { arithmetic, kernel, spaces } = module;
  const lanes = Math.min(arithmetic.lanes, lanesFor(roots)) as 2 | 4;
  const rowAxis = rowAxisOf(module);
  locate(
    to,
    spaces.columns,
    positions,
    column,
    epilogue.module.lengthsIn(epilogue.within),
  );
  const emitter = module.emitter(within, {
    positions,
    depths: new Map(spaces.rows.axes.map((axis) => [axis, 1])),
    leafDepth: 1,
    lanes,
    vectorAxis: spaces.columns.axes.at(-1)!,
    ...(rowAxis === undefined ? {} : { walkAxis: rowAxis }),
    roots,
  });
  const units = arithmetic.columns / lanes;
  hoistStores(emitter, kernel.stores, epilogue.dtypes, units);
  whileBelow(to, epilogue.row, epilogue.rowEnd, 1, () =>
    emitter.scope(() => {
      locate(
        to,
        spaces.rows,
        positions,
        epilogue.row,
        epilogue.module.lengthsIn(epilogue.within),
      );
      const bytes = lanes * arithmetic.bytes;
      for (let unit = 0; unit < units; unit++) {
        const sum = emitter.local("v128");
        to.get(sums);
        to.memory(
          bytes === 16 ? "v128.load" : "v128.load64_zero",
          unit * bytes,
        );
        to.set(sum);
        bindSum(emitter, module, unit, sum);
      }
      writeStores(emitter, kernel.stores, epilogue.dtypes, units);
      nextRow(epilogue);
    }));
}

/** Column by column, where a tile reaches over the edge. */
function storeEdge(epilogue: Epilogue): void {
  const { module, within, to, positions, column, columns, sums } = epilogue;
  const { arithmetic, kernel, spaces } = module;
  const depths = new Map<number, number>();
  for (const axis of spaces.rows.axes) depths.set(axis, 1);
  for (const axis of spaces.columns.axes) depths.set(axis, 2);
  const emitter = module.emitter(within, {
    positions,
    depths,
    leafDepth: 2,
    lanes: 1,
    roots: epilogue.roots,
  });
  const at = to.local("i32");
  const address = to.local("i32");
  const sum = to.local(arithmetic.kind);
  hoistStores(emitter, kernel.stores, epilogue.dtypes, 1);
  whileBelow(to, epilogue.row, epilogue.rowEnd, 1, () =>
    emitter.scope(() => {
      locate(
        to,
        spaces.rows,
        positions,
        epilogue.row,
        epilogue.module.lengthsIn(epilogue.within),
      );
      hoistStores(emitter, kernel.stores, epilogue.dtypes, 1);
      assign(to, at, column);
      assign(to, address, sums);
      whileBelow(to, at, columns, 1, () =>
        emitter.scope(() => {
          locate(
            to,
            spaces.columns,
            positions,
            at,
            epilogue.module.lengthsIn(epilogue.within),
          );
          to.get(address);
          to.memory(`${arithmetic.kind}.load`);
          to.set(sum);
          bindSum(emitter, module, 0, sum);
          writeStores(emitter, kernel.stores, epilogue.dtypes, 1);
          assign(to, address, plus(address, arithmetic.bytes));
        }));
      nextRow(epilogue);
    }));
}

function nextRow({ module, to, sums }: Epilogue): void {
  const { bytes, columns } = module.arithmetic;
  assign(to, sums, plus(sums, times(columns, bytes)));
}
