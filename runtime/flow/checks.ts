/**
 * Checks of one op call against its ports: when the graph is built, by what is
 * known of the inputs, and when it runs, by the values themselves.
 *
 * @module
 */

import { OpError, PortError } from "../core/errors.ts";
import { closestName, preview } from "../core/preview.ts";
import {
  Bindings,
  type CheckPlace,
  type Outline,
  type Port,
} from "../ports/mod.ts";
import { pathTo } from "./node_core.ts";
import type { OpInfo } from "./op_info.ts";
import { outlineOfWire, sourcesOf, type Wire, wireOf } from "./wiring.ts";

/** The inputs of a call, checked as far as they are known. */
export interface BoundCall {
  /** What each input is wired to; absent inputs are left out. */
  readonly wires: ReadonlyMap<string, Wire>;
  /** What is known of each output. */
  readonly outlines: ReadonlyMap<string, Outline>;
}

function refuseUnknown(info: OpInfo, given: object): void {
  for (const name of Object.keys(given)) {
    if (info.inputs.has(name)) continue;
    const meant = closestName(name, info.inputs.keys());
    throw new PortError(
      `Cannot wire op "${info.name}" as it has no input "${name}"`,
      {
        path: [info.name],
        port: name,
        expected: info.inputs.size === 0
          ? "no inputs"
          : [...info.inputs.keys()].map((each) => `"${each}"`).join(", "),
        actual: `"${name}"`,
        ...(meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }),
      },
    );
  }
}

/** The path is spelled out only where an error needs it. */
function placeOf(
  info: OpInfo,
  port: string,
  bindings: Bindings,
  wire: Wire,
): CheckPlace {
  return {
    port,
    bindings,
    get path() {
      const [source] = sourcesOf([wire]);
      return source === undefined
        ? [info.name]
        : [...pathTo(source), info.name];
    },
  };
}

/**
 * Checks the inputs of a call when the graph is built.
 *
 * @param info The op.
 * @param given Values, outputs, and lists and records of them, by port.
 * @returns The wires, and what is known of the outputs.
 * @throws {PortError} If an input can never fit, naming op, port and dimension.
 */
export function bindCall(
  info: OpInfo,
  given: Readonly<Record<string, unknown>>,
): BoundCall {
  refuseUnknown(info, given);
  const bindings = new Bindings();
  const wires = new Map<string, Wire>();
  for (const [name, port] of info.inputs) {
    const wire = wireOf(given[name], name, info.name);
    const place = placeOf(info, name, bindings, wire);
    if (wire.kind === "constant") {
      const value = port.check(wire.value, place);
      if (value !== undefined) wires.set(name, { kind: "constant", value });
    } else {
      port.checkOutline(outlineOfWire(wire), place);
      wires.set(name, wire);
    }
  }
  const outlines = new Map<string, Outline>();
  for (const [name, port] of info.outputs) {
    outlines.set(name, port.outline(bindings));
  }
  return { wires, outlines };
}

/** Ports whose values fix no dimension: what was checked once stays so. */
function bindsNothing(port: Port<unknown>): boolean {
  return port.kind === "value" || port.kind === "text" || port.kind === "file";
}

function isConstant(wire: Wire | undefined): boolean {
  return wire === undefined || wire.kind === "constant";
}

/**
 * Checks the values of all inputs when the op runs.
 *
 * @param info The op.
 * @param values The values by port.
 * @param path Names of the ops that lead here, this op last.
 * @param bindings What the call has fixed; empty at first.
 * @param wires What the inputs are wired to: constants were checked before.
 * @returns The values, with what schemas fill in.
 * @throws {PortError} If a value does not fit.
 */
export function checkInputs(
  info: OpInfo,
  values: Readonly<Record<string, unknown>>,
  path: readonly string[],
  bindings: Bindings,
  wires?: ReadonlyMap<string, Wire>,
): Record<string, unknown> {
  if (wires === undefined) refuseUnknown(info, values);
  const checked: Record<string, unknown> = {};
  for (const [name, port] of info.inputs) {
    const given = values[name];
    const isKnown = wires !== undefined && bindsNothing(port) &&
      isConstant(wires.get(name));
    const value = isKnown
      ? given
      : port.check(given, { path, port: name, bindings });
    if (value !== undefined) checked[name] = value;
  }
  return checked;
}

/**
 * Checks what the body of an op returned.
 *
 * @param info The op.
 * @param returned What the body returned.
 * @param path Names of the ops that lead here, this op last.
 * @param bindings What the inputs have fixed.
 * @returns The outputs.
 * @throws {PortError} If an output does not fit its port.
 * @throws {OpError} If the body returned something else than its outputs.
 */
export function checkOutputs(
  info: OpInfo,
  returned: unknown,
  path: readonly string[],
  bindings: Bindings,
): Record<string, unknown> {
  if (typeof returned !== "object" || returned === null) {
    throw returnedElse(info, path, preview(returned));
  }
  const values = returned as Record<string, unknown>;
  for (const name of Object.keys(values)) {
    if (!info.outputs.has(name)) {
      throw returnedElse(info, path, `an object with "${name}"`);
    }
  }
  const checked: Record<string, unknown> = {};
  for (const [name, port] of info.outputs) {
    const value = port.check(values[name], { path, port: name, bindings });
    if (value !== undefined) checked[name] = value;
  }
  return checked;
}

function returnedElse(
  info: OpInfo,
  path: readonly string[],
  actual: string,
): OpError {
  return new OpError(
    `Cannot use what op "${info.name}" returned as it is not its outputs`,
    {
      path,
      expected: `an object with ${
        [...info.outputs.keys()].map((name) => `"${name}"`).join(", ")
      }`,
      actual,
    },
  );
}
