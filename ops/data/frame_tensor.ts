/**
 * Between frames and tensors, with a named policy for what is missing.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import {
  groupRows,
  numberColumn,
  numberSeries,
  takeFrameRows,
} from "./frames.ts";

/**
 * What becomes of a missing value: `"error"` refuses it, `"drop"` leaves its
 * row out, `"forward"` takes the last known value of its column (and ticker),
 * which looks back only, and a number stands for it.
 */
export type MissingPolicy = "error" | "drop" | "forward" | number;

const policySchema: z.ZodType<MissingPolicy> = z.union([
  z.enum(["error", "drop", "forward"]),
  z.number(),
]);

/** What params of frames to tensors have in common. */
export interface MissingParams {
  /** What becomes of null; default `"error"`. */
  readonly nulls?: MissingPolicy;
  /** What becomes of NaN; default `"error"`. */
  readonly nans?: MissingPolicy;
  /**
   * What becomes of rows before the first known value with `"forward"`;
   * default `"error"`.
   */
  readonly leading?: "error" | "drop" | number;
}

/** Params of {@linkcode frameToTensor}. */
export interface FrameToTensorParams extends MissingParams {
  /** The columns, in the order of the tensor's second axis. */
  readonly columns: readonly string[];
}

/** Params of {@linkcode columnToTensor}. */
export interface ColumnToTensorParams extends MissingParams {
  /** The column. */
  readonly column: string;
}

const missingShape = {
  nulls: policySchema.default("error"),
  nans: policySchema.default("error"),
  leading: z.union([z.enum(["error", "drop"]), z.number()]).default("error"),
};

type Policies = Required<MissingParams>;

/** Numbers without gaps, and the rows that they come from. */
interface Filled {
  readonly columns: readonly Float64Array[];
  readonly rows: Int32Array;
}

function refuseMissing(
  column: string,
  row: number,
  what: string,
  param: string,
): never {
  throw new DataError(`Cannot make a tensor as "${column}" has ${what}`, {
    expected: "a number in every row",
    actual: `${what} in row ${row}`,
    hint: `Set "${param}" to "drop", "forward" or a number`,
  });
}

function fill(
  frame: DataFrame,
  names: readonly string[],
  { nulls, nans, leading }: Policies,
): Filled {
  const dropped = new Uint8Array(frame.height);
  const groups = groupRows(frame, "ticker");
  const columns = names.map((name) => {
    const { values, nulls: isNull } = numberColumn(frame, name);
    for (const rows of groups) {
      let last: number | undefined;
      for (const row of rows) {
        const value = values[row] as number;
        if (value === Infinity || value === -Infinity) {
          throw new DataError(
            `Cannot make a tensor as "${name}" is not finite`,
            {
              expected: "finite numbers",
              actual: `${value} in row ${row}`,
              hint: "Set such values to null in the frame",
            },
          );
        }
        if (!Number.isNaN(value)) {
          last = value;
          continue;
        }
        const wasNull = isNull?.[row] === 1;
        const policy = wasNull ? nulls : nans;
        const place = policy === "forward" ? last ?? leading : policy;
        if (place === "error") {
          const what = wasNull ? "null" : "NaN";
          if (policy === "forward") {
            refuseMissing(name, row, `${what} before any value`, "leading");
          }
          refuseMissing(name, row, what, wasNull ? "nulls" : "nans");
        }
        if (place === "drop") dropped[row] = 1;
        else values[row] = place;
      }
    }
    return values;
  });
  const rows = Int32Array.from(dropped, (_, row) => row)
    .filter((row) => dropped[row] === 0);
  if (rows.length === 0) {
    throw new DataError("Cannot make a tensor as no row is left", {
      expected: "at least one row with all values",
      actual: `${frame.height} rows, all dropped or none there`,
      hint: "Choose another policy than dropping, or bring more rows",
    });
  }
  return { columns, rows };
}

const keptPort = port.frame({
  doc: "The rows of the frame that became rows of the tensor, all columns",
});

/**
 * Makes a matrix of columns of a frame. Numbers and booleans (0 and 1) become
 * f64; dates and texts are refused. Nothing missing passes unseen: null and
 * NaN each follow a policy that refuses them by default, infinite values are
 * always refused.
 *
 * Output `values`: f64 `[n, d]`, row-major, `d` the number of `columns`.
 * Output `kept`: the `n` rows of the frame that were kept, with all columns:
 * take dates and targets from there, so that they stay in step.
 *
 * @throws {DataError} For columns that are absent or hold no numbers, values
 * that a policy refuses, and where no row is left.
 * @throws {ParameterError} For a column named twice.
 *
 * @example
 * ```ts
 * import pl from "nodejs-polars";
 * import { frameToTensor } from "@weft/weft/ops/data";
 *
 * const frame = pl.DataFrame({ x: [1, null, 3], y: [4, 5, 6] });
 * const { values, kept } = await frameToTensor.run({ frame }, {
 *   columns: ["x", "y"],
 *   nulls: "drop",
 * });
 * console.log(await values.toArray()); // [[1, 4], [3, 6]]
 * console.log(kept.height); // 2
 * ```
 */
export const frameToTensor: Op<
  { frame: DataFrame },
  FrameToTensorParams,
  { values: wf.F64; kept: DataFrame }
> = op({
  name: "data/frameToTensor",
  version: "1",
  doc: "Columns of a frame as a matrix, with a policy for null and NaN",
  causal: true,
  inputs: { frame: port.frame() },
  params: z.object({
    columns: z.array(z.string()).min(1).readonly(),
    ...missingShape,
  }),
  outputs: { values: port.tensor("f64", ["n", "d"]), kept: keptPort },
  run: ({ frame }, params) => {
    const names = params.columns;
    const repeated = names.find((name, at) => names.indexOf(name) !== at);
    if (repeated !== undefined) {
      throw new ParameterError(`Cannot take the column "${repeated}" twice`, {
        expected: 'different names in "columns"',
      });
    }
    const { columns, rows } = fill(frame, names, params);
    const width = columns.length;
    const values = new Float64Array(rows.length * width);
    columns.forEach((column, at) => {
      for (let row = 0; row < rows.length; row++) {
        values[row * width + at] = column[rows[row] as number] as number;
      }
    });
    return {
      values: wf.tensor(values, { shape: [rows.length, width] }),
      kept: takeFrameRows(frame, rows),
    };
  },
});

/**
 * Makes a vector of one column of a frame, as {@linkcode frameToTensor} does
 * for several.
 *
 * Output `values`: f64 `[n]`. Output `kept`: the rows of the frame that were
 * kept, with all columns.
 *
 * @throws {DataError} For a column that is absent or holds no numbers, values
 * that a policy refuses, and where no row is left.
 *
 * @example
 * ```ts
 * import { columnToTensor, samplePrices } from "@weft/weft/ops/data";
 *
 * const { prices } = samplePrices({}, { to: "2000-01-05" });
 * const node = columnToTensor({ frame: prices }, { column: "close" });
 * const { values } = await node.value();
 * console.log(await values.toArray()); // [1455.219971, 1399.420044, 1402.109985]
 * ```
 */
export const columnToTensor: Op<
  { frame: DataFrame },
  ColumnToTensorParams,
  { values: wf.F64; kept: DataFrame }
> = op({
  name: "data/columnToTensor",
  version: "1",
  doc: "A column of a frame as a vector, with a policy for null and NaN",
  causal: true,
  inputs: { frame: port.frame() },
  params: z.object({ column: z.string(), ...missingShape }),
  outputs: { values: port.tensor("f64", ["n"]), kept: keptPort },
  run: ({ frame }, params) => {
    const { columns, rows } = fill(frame, [params.column], params);
    const column = columns[0] as Float64Array;
    const values = Float64Array.from(rows, (row) => column[row] as number);
    return {
      values: wf.tensor(values, { shape: [rows.length] }),
      kept: takeFrameRows(frame, rows),
    };
  },
});

/** Params of {@linkcode withColumns}. */
export interface WithColumnsParams {
  /** Names of the new columns, one for each column of `values`. */
  readonly names: readonly string[];
  /** What becomes of NaN: null (default), NaN, or an error. */
  readonly nans?: "null" | "nan" | "error";
  /** Whether columns of the same name may be replaced; default false. */
  readonly replace?: boolean;
}

/**
 * Puts the columns of a tensor onto a frame, row for row.
 *
 * Input `values`: `[n]` or `[n, d]` with as many rows as the frame. Output
 * `frame`: its columns, then the new ones as Float64.
 *
 * @throws {DataError} For another number of rows, and for NaN where `nans` is
 * `"error"`.
 * @throws {ParameterError} For another number of names, names that repeat, and
 * names that the frame has already.
 *
 * @example
 * ```ts
 * import { samplePrices, withColumns } from "@weft/weft/ops/data";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { prices } = samplePrices({}, { to: "2000-01-05" });
 * const values = wf.tensor([0.1, NaN, 0.3], { dtype: "f64" });
 * const { frame } = await withColumns({ frame: prices, values }, {
 *   names: ["score"],
 * }).value();
 * console.log(frame.getColumn("score").toArray()); // [0.1, null, 0.3]
 * ```
 */
export const withColumns: Op<
  { frame: DataFrame; values: wf.Tensor<"f64" | "f32"> },
  WithColumnsParams,
  { frame: DataFrame }
> = op({
  name: "data/withColumns",
  version: "1",
  doc: "Puts the columns of a tensor onto a frame",
  causal: true,
  inputs: {
    frame: port.frame(),
    values: port.tensor(["f64", "f32"], ["n", "..."]),
  },
  params: z.object({
    names: z.array(z.string().min(1)).min(1).readonly(),
    nans: z.enum(["null", "nan", "error"]).default("null"),
    replace: z.boolean().default(false),
  }),
  outputs: { frame: port.frame() },
  run: async ({ frame, values }, { names, nans, replace }) => {
    const [rows = 0, width = 1] = values.shape;
    if (values.ndim > 2 || rows !== frame.height) {
      throw new DataError("Cannot put the tensor onto the frame", {
        expected: `shape [${frame.height}] or [${frame.height}, d]`,
        actual: `shape [${values.shape.join(", ")}]`,
        hint: 'Use the frame "kept" that came with the tensor',
      });
    }
    refuseNames(frame, names, width, replace);
    const data = await values.data();
    let result = frame;
    names.forEach((name, at) => {
      const column = Float64Array.from(
        { length: rows },
        (_, row) => data[row * width + at] as number,
      );
      const row = nans === "error" ? column.findIndex(Number.isNaN) : -1;
      if (row >= 0) {
        throw new DataError(`Cannot put NaN into the column "${name}"`, {
          expected: "numbers",
          actual: `NaN in row ${row}`,
          hint: 'Set "nans" to "null" or "nan"',
        });
      }
      const missing = nans === "nan" ? "nan" : "null";
      result = result.withColumns(numberSeries(name, column, missing));
    });
    return { frame: result };
  },
});

function refuseNames(
  frame: DataFrame,
  names: readonly string[],
  width: number,
  replace: boolean,
): void {
  if (names.length !== width) {
    throw new ParameterError("Cannot name the new columns", {
      expected: `${width} names, one for each column of the tensor`,
      actual: `${names.length}`,
    });
  }
  const clash = names.find((name, at) =>
    names.indexOf(name) !== at || (!replace && frame.columns.includes(name))
  );
  if (clash !== undefined) {
    throw new ParameterError(`Cannot add the column "${clash}"`, {
      expected: "a name that is not taken",
      actual: `columns ${frame.columns.map((name) => `"${name}"`).join(", ")}`,
      hint: 'Choose another name, or set "replace" to true',
    });
  }
}
