/**
 * What is known of values before they exist.
 *
 * @module
 */

import { columnDType } from "./column_dtypes.ts";
import { leafOf } from "./leaves/all.ts";
import { frameLeaf } from "./leaves/frame_leaf.ts";
import { dtypeName, seriesLeaf } from "./leaves/series_leaf.ts";
import { tensorLeaf } from "./leaves/tensor_leaf.ts";
import type { CheckPlace, Outline, Port } from "./port.ts";
import { portError } from "./problem.ts";

/**
 * The outline of a value that exists, for lists and records in which only some
 * elements do.
 *
 * @param value Any value.
 * @returns What a port can check of it before the run.
 */
export function outlineOf(value: unknown): Outline {
  if (value === undefined) return { kind: "value", isOptional: true };
  if (typeof value === "string") return { kind: "text" };
  if (typeof value !== "object" || value === null) return { kind: "value" };
  if (tensorLeaf.is(value)) {
    return { kind: "tensor", dtypes: [value.dtype], shape: value.shape };
  }
  if (frameLeaf.is(value)) {
    return {
      kind: "frame",
      columns: Object.fromEntries(
        value.getColumns().map((column) =>
          [column.name, columnDType(dtypeName(column.dtype))] as const
        ),
      ),
    };
  }
  if (seriesLeaf.is(value)) {
    return { kind: "series", dtypes: [columnDType(dtypeName(value.dtype))] };
  }
  if (leafOf(value) !== undefined) return { kind: "file" };
  if (Array.isArray(value)) {
    return { kind: "list", items: value.map(outlineOf) };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { kind: "value" };
  }
  return {
    kind: "record",
    entries: Object.fromEntries(
      Object.entries(value).map(([name, inner]) =>
        [name, outlineOf(inner)] as const
      ),
    ),
  };
}

/**
 * Refuses an outline of another kind than the port's.
 *
 * @param port The port.
 * @param outline What is known of the value.
 * @param place Where the check happens.
 * @returns Whether more can be checked: false when nothing is known.
 * @throws {PortError} When the kinds can never fit.
 */
export function requireKind(
  port: Port<unknown>,
  outline: Outline,
  place: CheckPlace,
): boolean {
  if (outline.kind === port.kind) return true;
  if (outline.kind === "value" || port.kind === "value") return false;
  throw portError(place, `it is a ${outline.kind}`, {
    expected: port.summary,
    actual: `a ${outline.kind}`,
  });
}
