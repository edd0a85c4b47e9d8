/**
 * Ports for data frames and series of nodejs-polars. Only types of polars are
 * imported, so an op with such a port does not load it.
 *
 * @module
 */

import type { DataFrame, Series } from "nodejs-polars";
import { DefinitionError } from "../core/errors.ts";
import { codecFor } from "./codec.ts";
import {
  type ColumnDType,
  columnDType,
  requireColumnDType,
} from "./column_dtypes.ts";
import { frameLeaf } from "./leaves/frame_leaf.ts";
import { dtypeName, seriesLeaf } from "./leaves/series_leaf.ts";
import { requireKind } from "./outline.ts";
import type { CheckPlace, Port } from "./port.ts";
import { portError, wrongKind } from "./problem.ts";

/** What a frame must have. */
export interface FramePortOptions {
  /** The columns that must be there, with their dtypes; others may be too. */
  readonly columns?: Readonly<Record<string, ColumnDType>>;
  /** The column that tells when each row was known; a date or datetime. */
  readonly timeColumn?: string;
  /** What the frame means, with units. */
  readonly doc?: string;
}

const TIME_DTYPES: readonly string[] = ["date", "datetime"];

/** A port for frames, which may declare a time column. */
export interface FramePort extends Port<DataFrame> {
  /** The column that tells when each row was known; empty when not declared. */
  readonly timeColumn: string;
}

/**
 * Makes a port for data frames.
 *
 * @param options The columns, time column and doc.
 * @returns The port.
 * @throws {DefinitionError} When the time column's dtype is no date.
 *
 * @example
 * ```ts
 * import { port } from "@weft/weft";
 *
 * const prices = port.frame({
 *   columns: { date: "date", close: "f64" },
 *   timeColumn: "date",
 * });
 * console.log(prices.summary); // frame {date: date, close: f64, in time order by date}
 * ```
 */
export function framePort(options: FramePortOptions = {}): FramePort {
  const { columns = {}, timeColumn = "", doc = "" } = options;
  const wanted = new Map<string, readonly string[]>(
    Object.entries(columns).map(([name, dtype]) =>
      [name, [requireColumnDType(dtype)]] as const
    ),
  );
  if (timeColumn !== "") {
    const [declared] = wanted.get(timeColumn) ?? [];
    if (declared === undefined) wanted.set(timeColumn, TIME_DTYPES);
    else if (!TIME_DTYPES.includes(declared)) {
      throw new DefinitionError(
        `Cannot use "${timeColumn}" as a time column`,
        { expected: TIME_DTYPES.join(" or "), actual: declared },
      );
    }
  }
  const summary = summarise(columns, timeColumn);
  const port: FramePort = {
    kind: "frame",
    doc,
    summary,
    isOptional: false,
    timeColumn,
    codec: codecFor<DataFrame>(),
    check(value, place) {
      if (
        typeof value !== "object" || value === null || !frameLeaf.is(value)
      ) {
        throw wrongKind(place, summary, value, "Pass a polars DataFrame");
      }
      const names = new Set(value.columns);
      checkColumns(
        wanted,
        summary,
        place,
        (name) =>
          names.has(name)
            ? columnDType(dtypeName(value.getColumn(name).dtype))
            : undefined,
      );
      return value;
    },
    outline: () => ({
      kind: "frame",
      columns: Object.fromEntries(
        [...wanted].flatMap(([name, [dtype, ...others]]) =>
          dtype === undefined || others.length > 0 ? [] : [[name, dtype]]
        ),
      ),
    }),
    checkOutline(outline, place) {
      if (!requireKind(port, outline, place)) return;
      const { columns: known = {} } = outline;
      // What is not in the outline may still be in the frame
      const told = new Map(
        [...wanted].filter(([name]) => Object.hasOwn(known, name)),
      );
      checkColumns(told, summary, place, (name) => known[name]);
    },
  };
  return port;
}

function summarise(
  columns: Readonly<Record<string, ColumnDType>>,
  timeColumn: string,
): string {
  const parts = Object.entries(columns).map(([name, dtype]) =>
    `${name}: ${dtype}`
  );
  if (timeColumn !== "") parts.push(`in time order by ${timeColumn}`);
  return parts.length === 0 ? "frame" : `frame {${parts.join(", ")}}`;
}

function checkColumns(
  wanted: ReadonlyMap<string, readonly string[]>,
  summary: string,
  place: CheckPlace,
  dtypeOf: (name: string) => string | undefined,
): void {
  for (const [name, dtypes] of wanted) {
    const actual = dtypeOf(name);
    if (actual === undefined) {
      throw portError(place, `it has no column "${name}"`, {
        expected: summary,
        actual: `a frame without "${name}"`,
        hint: `Rename or add the column "${name}"`,
      });
    }
    if (!dtypes.includes(actual)) {
      throw portError(
        place,
        `column "${name}" is ${actual}, not ${dtypes.join(" or ")}`,
        {
          expected: summary,
          actual: `${name}: ${actual}`,
          hint: `Cast the column, for example with pl.col("${name}").cast(…)`,
        },
      );
    }
  }
}

/**
 * Makes a port for polars series.
 *
 * @param options `dtype`: the dtype, any when not given; `doc`: what the series
 * means, with its unit.
 * @returns The port.
 */
export function seriesPort(
  options: { readonly dtype?: ColumnDType; readonly doc?: string } = {},
): Port<Series> {
  const { dtype, doc = "" } = options;
  if (dtype !== undefined) requireColumnDType(dtype);
  const summary = dtype === undefined ? "series" : `${dtype} series`;
  const match = (actual: string, place: CheckPlace) => {
    if (dtype === undefined || actual === dtype) return;
    throw portError(place, `its dtype is ${actual}`, {
      expected: summary,
      actual: `${actual} series`,
      hint: "Cast the series",
    });
  };
  const port: Port<Series> = {
    kind: "series",
    doc,
    summary,
    isOptional: false,
    codec: codecFor<Series>(),
    check(value, place) {
      if (
        typeof value !== "object" || value === null || !seriesLeaf.is(value)
      ) {
        throw wrongKind(place, summary, value, "Pass a polars Series");
      }
      match(columnDType(dtypeName(value.dtype)), place);
      return value;
    },
    outline: () => ({
      kind: "series",
      ...(dtype === undefined ? {} : { dtypes: [dtype] }),
    }),
    checkOutline(outline, place) {
      if (!requireKind(port, outline, place)) return;
      const [actual] = outline.dtypes ?? [];
      if (actual !== undefined) match(actual, place);
    },
  };
  return port;
}
