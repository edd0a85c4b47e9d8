/**
 * The dtypes that frame and series ports speak of, and polars' names for them.
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";

/** A dtype of a column or series. */
export type ColumnDType =
  | "date"
  | "datetime"
  | "f64"
  | "f32"
  | "i64"
  | "i32"
  | "u32"
  | "string"
  | "bool";

const POLARS_NAMES: { readonly [D in ColumnDType]: readonly string[] } = {
  date: ["Date"],
  datetime: ["Datetime"],
  f64: ["Float64"],
  f32: ["Float32"],
  i64: ["Int64"],
  i32: ["Int32"],
  u32: ["UInt32"],
  string: ["String", "Utf8", "Categorical"],
  bool: ["Bool"],
};

const WORDS: ReadonlyMap<string, ColumnDType> = new Map(
  Object.entries(POLARS_NAMES).flatMap(([word, names]) =>
    names.map((name) => [name, word as ColumnDType] as const)
  ),
);

/**
 * The name of a polars dtype in the words of ports.
 *
 * @param name The name as polars spells it.
 * @returns The word, or polars' own name where ports have none.
 */
export function columnDType(name: string): string {
  return WORDS.get(name) ?? name;
}

/**
 * Checks that a dtype is one that ports have a word for.
 *
 * @param dtype The dtype.
 * @returns The dtype.
 * @throws {DefinitionError} When it is not.
 */
export function requireColumnDType(dtype: ColumnDType): ColumnDType {
  if (Object.hasOwn(POLARS_NAMES, dtype)) return dtype;
  throw new DefinitionError(`Cannot use "${dtype}" as a column's dtype`, {
    expected: Object.keys(POLARS_NAMES).join(", "),
  });
}
