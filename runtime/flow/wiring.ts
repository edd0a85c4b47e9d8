/**
 * What an input is wired to: a value, an output of a node, or lists and
 * records that hold outputs somewhere inside.
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";
import { type Outline, outlineOf } from "../ports/mod.ts";
import { CORE, isNode, type NodeCore, Output } from "./node_core.ts";

/** What one input, or a part of it, is wired to. */
export type Wire =
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "output"; readonly output: Output<unknown> }
  | { readonly kind: "list"; readonly items: readonly Wire[] }
  | {
    readonly kind: "record";
    readonly entries: readonly (readonly [string, Wire])[];
  };

/** Lists nested deeper than this hold no outputs: no port takes such. */
const DEEPEST = 32;

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function holdsOutput(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Output || isNode(value)) return true;
  if (depth === DEEPEST) return false;
  if (Array.isArray(value)) {
    return value.some((item) => holdsOutput(item, depth + 1));
  }
  return isPlainObject(value) &&
    Object.values(value).some((item) => holdsOutput(item, depth + 1));
}

/**
 * Finds the outputs in what was given for an input.
 *
 * @param value A value, an output, or lists and records with outputs inside.
 * @param place The port with the place inside it, for errors.
 * @param opName The op, for errors.
 * @returns What the input is wired to.
 * @throws {DefinitionError} If a whole node is given in place of an output.
 */
export function wireOf(value: unknown, place: string, opName: string): Wire {
  if (value instanceof Output) return { kind: "output", output: value };
  if (isNode(value)) {
    const { info } = value[CORE];
    const names = [...info.outputs.keys()];
    throw new DefinitionError(
      `Cannot wire node "${info.name}" into op "${opName}" as a node is not a value`,
      {
        path: [info.name, opName],
        port: place,
        expected: "a value, or one output of a node",
        actual: `the node, with the outputs ${
          names.map((name) => `"${name}"`).join(", ")
        }`,
        hint: `Pass one of its outputs, for example "node.${names[0]}"`,
      },
    );
  }
  if (!holdsOutput(value, 0)) return { kind: "constant", value };
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      wireOf(item, `${place}[${index}]`, opName)
    );
    return { kind: "list", items };
  }
  const entries = Object.entries(value as Record<string, unknown>).map((
    [key, item],
  ) => [key, wireOf(item, `${place}.${key}`, opName)] as const);
  return { kind: "record", entries };
}

/**
 * What is known of a wired input before it exists.
 *
 * @param wire The wire.
 * @returns The outline.
 */
export function outlineOfWire(wire: Wire): Outline {
  switch (wire.kind) {
    case "constant":
      return outlineOf(wire.value);
    case "output":
      return wire.output.outline;
    case "list":
      return { kind: "list", items: wire.items.map(outlineOfWire) };
    case "record":
      return {
        kind: "record",
        entries: Object.fromEntries(
          wire.entries.map(([key, part]) => [key, outlineOfWire(part)]),
        ),
      };
  }
}

/**
 * Calls a function for every output that a wire holds.
 *
 * @param wire The wire.
 * @param visit What to call.
 */
export function visitOutputs(
  wire: Wire,
  visit: (output: Output<unknown>) => void,
): void {
  switch (wire.kind) {
    case "constant":
      return;
    case "output":
      visit(wire.output);
      return;
    case "list":
      for (const item of wire.items) visitOutputs(item, visit);
      return;
    case "record":
      for (const [, part] of wire.entries) visitOutputs(part, visit);
  }
}

/**
 * The value of a wired input.
 *
 * @param wire The wire.
 * @param read Gives the value of an output.
 * @returns The value, with lists and records put together.
 */
export function valueOfWire(
  wire: Wire,
  read: (output: Output<unknown>) => unknown,
): unknown {
  switch (wire.kind) {
    case "constant":
      return wire.value;
    case "output":
      return read(wire.output);
    case "list":
      return wire.items.map((item) => valueOfWire(item, read));
    case "record":
      return Object.fromEntries(
        wire.entries.map(([key, part]) => [key, valueOfWire(part, read)]),
      );
  }
}

/**
 * The nodes that wires read, each once.
 *
 * @param wires The wires.
 * @returns The nodes, in the order of first use.
 */
export function sourcesOf(wires: Iterable<Wire>): NodeCore[] {
  const sources = new Set<NodeCore>();
  for (const wire of wires) {
    visitOutputs(wire, (output) => sources.add(output.node));
  }
  return [...sources];
}
