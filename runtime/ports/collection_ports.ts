/**
 * Ports for lists and records of what another port takes, and for values that
 * may be left out.
 *
 * @module
 */

import type { Bindings } from "./bindings.ts";
import { codecFor } from "./codec.ts";
import { requireKind } from "./outline.ts";
import type {
  CheckPlace,
  Codec,
  OptionalPort,
  Outline,
  Port,
  PortLike,
  PortValue,
} from "./port.ts";
import { wrongKind } from "./problem.ts";
import { toPort } from "./value_port.ts";

/**
 * Makes a port for lists. Dimension names are shared by the elements: a list of
 * `["n"]` has equally long elements.
 *
 * @param like The port of the elements, or a zod schema.
 * @param options `doc`: what the list means.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { port } from "@weft/weft";
 *
 * const experts = port.list(port.tensor("f64", ["batch", "vocab"]));
 * console.log(experts.summary); // list of f64 tensor [batch, vocab]
 * ```
 */
export function listPort<P extends PortLike>(
  like: P,
  options: { readonly doc?: string } = {},
): Port<PortValue<P>[]> {
  type Item = PortValue<P>;
  const item = toPort(like);
  const summary = `list of ${item.summary}`;
  const inner = (place: CheckPlace, index: number) =>
    placeInside(place, `[${index}]`);
  const port: Port<Item[]> = {
    kind: "list",
    doc: options.doc ?? "",
    summary,
    isOptional: false,
    codec: elementwise<Item[], Item>(
      item.codec,
      (list) => list,
      (list, change) => list.map(change),
    ),
    check(value, place) {
      if (!Array.isArray(value)) throw wrongKind(place, summary, value);
      return Array.from(
        value,
        (each, index) => item.check(each, inner(place, index)),
      );
    },
    outline: (bindings) => ({ kind: "list", each: item.outline(bindings) }),
    checkOutline(outline, place) {
      if (!requireKind(port, outline, place)) return;
      if (outline.items === undefined) {
        checkEach(item, outline.each, placeInside(place, "[…]"));
      }
      outline.items?.forEach((each, index) =>
        item.checkOutline(each, inner(place, index))
      );
    },
  };
  return port;
}

/**
 * Makes a port for records: objects with any keys whose values fit one port.
 * Their order means nothing: bodies get them sorted by name.
 *
 * @param like The port of the values, or a zod schema.
 * @param options `doc`: what the record means.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { port } from "@weft/weft";
 *
 * const forecasts = port.record(port.tensor("f64", ["t"]));
 * console.log(forecasts.summary); // record of f64 tensor [t]
 * ```
 */
export function recordPort<P extends PortLike>(
  like: P,
  options: { readonly doc?: string } = {},
): Port<Record<string, PortValue<P>>> {
  type Item = PortValue<P>;
  const item = toPort(like);
  const summary = `record of ${item.summary}`;
  const inner = (place: CheckPlace, name: string) =>
    placeInside(place, `.${name}`);
  const port: Port<Record<string, Item>> = {
    kind: "record",
    doc: options.doc ?? "",
    summary,
    isOptional: false,
    codec: elementwise<Record<string, Item>, Item>(
      item.codec,
      (record) => Object.values(record),
      (record, change) => mapEntries(record, change),
    ),
    check(value, place) {
      if (!isRecord(value)) throw wrongKind(place, summary, value);
      // By name: what has one digest must look the same to the body
      return Object.fromEntries(
        Object.keys(value).sort().map((name) =>
          [name, item.check(value[name], inner(place, name))] as const
        ),
      );
    },
    outline: (bindings) => ({ kind: "record", each: item.outline(bindings) }),
    checkOutline(outline, place) {
      if (!requireKind(port, outline, place)) return;
      if (outline.entries === undefined) {
        checkEach(item, outline.each, placeInside(place, ".…"));
      }
      for (const [name, each] of Object.entries(outline.entries ?? {})) {
        item.checkOutline(each, inner(place, name));
      }
    },
  };
  return port;
}

/**
 * Makes a port whose value may be left out.
 *
 * @param like The port of the value, or a zod schema.
 * @param options `doc`: what the value means; that of the port by default.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { op, port, z } from "@weft/weft";
 *
 * const greet = op({
 *   name: "demo/greet",
 *   inputs: { name: port.optional(z.string()) },
 *   outputs: { text: z.string() },
 *   run: ({ name = "you" }) => ({ text: `Hello, ${name}` }),
 * });
 * console.log(await greet({}).value()); // { text: "Hello, you" }
 * ```
 */
export function optionalPort<P extends PortLike>(
  like: P,
  options: { readonly doc?: string } = {},
): OptionalPort<PortValue<P>> {
  type Item = PortValue<P>;
  const item = toPort(like);
  return {
    kind: item.kind,
    doc: options.doc ?? item.doc,
    summary: `optional ${item.summary}`,
    isOptional: true,
    codec: {
      ...codecFor<Item | undefined>(),
      rows: (value) => value === undefined ? undefined : item.codec.rows(value),
      truncate: (value, count) =>
        value === undefined ? undefined : item.codec.truncate(value, count),
    },
    check: (value, place) =>
      value === undefined ? undefined : item.check(value, place),
    outline: (bindings: Bindings): Outline => ({
      ...item.outline(bindings),
      isOptional: true,
    }),
    checkOutline(outline, place) {
      const isAbsent = outline.kind === "value" && outline.isOptional === true;
      if (!isAbsent) item.checkOutline(outline, place);
    },
  };
}

/** A place inside a value; the path is asked for only where it is needed. */
function placeInside(place: CheckPlace, suffix: string): CheckPlace {
  return {
    port: place.port + suffix,
    bindings: place.bindings,
    get path() {
      return place.path;
    },
  };
}

/** An outline that every element has says nothing about the number of them. */
function checkEach(
  item: Port<unknown>,
  each: Outline | undefined,
  place: CheckPlace,
): void {
  if (each !== undefined) item.checkOutline(each, place);
}

/** The rows of a collection are the rows of its elements. */
function elementwise<T, E>(
  item: Codec<E>,
  elements: (value: T) => readonly E[],
  replace: (value: T, change: (element: E) => E) => T,
): Codec<T> {
  return {
    ...codecFor<T>(),
    rows(value) {
      const counts = elements(value)
        .map((element) => item.rows(element))
        .filter((count) => count !== undefined);
      return counts.length === 0 ? undefined : Math.max(...counts);
    },
    truncate: (value, count) =>
      replace(value, (element) => item.truncate(element, count)),
  };
}

function mapEntries<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) =>
      [name, change(value, name)] as const
    ),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
