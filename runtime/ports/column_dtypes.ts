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

/**
 * The names that polars has for a dtype.
 *
 * @param dtype The dtype as ports spell it.
 * @returns The names.
 * @throws {DefinitionError} For a dtype that is not in the list.
 */
export function polarsNames(dtype: ColumnDType): readonly string[] {
  if (!Object.hasOwn(POLARS_NAMES, dtype)) {
    throw new DefinitionError(`Cannot use "${dtype}" as a column's dtype`, {
      expected: Object.keys(POLARS_NAMES).join(", "),
    });
  }
  return POLARS_NAMES[dtype];
}

/**
 * The name of a polars dtype in the words of ports.
 *
 * @param name The name as polars spells it.
 * @returns The word, or polars' own name where ports have none.
 */
export function columnDType(name: string): string {
  const found = Object.entries(POLARS_NAMES).find(([, names]) =>
    names.includes(name)
  );
  return found?.[0] ?? name;
}
