/**
 * `op`: from a definition to something that can be called and wired.
 *
 * @module
 */

import type { $ZodType } from "zod/v4/core";
import { DefinitionError, WeftError } from "../core/errors.ts";
import { withUserFrames } from "../core/stack.ts";
import {
  type Port,
  type PortRecord,
  type PortValues,
  toPort,
} from "../ports/mod.ts";
import { callBody } from "./call_body.ts";
import { makeNode } from "./node.ts";
import type { OpBody, OpInfo, OpKind } from "./op_info.ts";
import type { Nothing, Op, OpDefinition, ParamsOf } from "./types.ts";

const RESERVED = ["value", "plan", "explain", "then"];
/** What stands in keys, whose parts are set apart by spaces and lines. */
const KEY_TEXT = /^[^\s\p{Cc}]+$/u;
const KINDS: readonly OpKind[] = ["cpu", "gpu", "io"];

function portsOf(
  opName: string,
  record: PortRecord,
): ReadonlyMap<string, Port<unknown>> {
  const ports = new Map<string, Port<unknown>>();
  for (const [name, like] of Object.entries(record)) {
    try {
      ports.set(name, toPort(like));
    } catch (cause) {
      throw new DefinitionError(
        `Cannot define op "${opName}" as "${name}" is not a port`,
        {
          path: [opName],
          port: name,
          expected: "a port or a zod schema",
          hint: 'Use a builder, for example "port.tensor" or "z.number()"',
          cause,
        },
      );
    }
  }
  return ports;
}

function refuse(name: string, why: string, hint: string): never {
  throw new DefinitionError(`Cannot define op "${name}" as ${why}`, {
    path: [name],
    hint,
  });
}

function checkDefinition(info: OpInfo): void {
  const { name, version, outputs, kind, retries } = info;
  if (typeof name !== "string" || !/^[\p{L}_][\p{L}\p{N}_./-]*$/u.test(name)) {
    throw new DefinitionError("Cannot define an op as its name is not usable", {
      expected: "letters, digits and any of _ . / -, a letter first",
      actual: JSON.stringify(name),
      hint: 'Name it like "family/method"',
    });
  }
  if (version !== undefined && !KEY_TEXT.test(version)) {
    const why = version === "" ? "empty" : JSON.stringify(version);
    refuse(name, `its version is ${why}`, 'Give a version, for example "1"');
  }
  for (const port of [...info.inputs.keys(), ...outputs.keys()]) {
    if (!KEY_TEXT.test(port)) {
      refuse(
        name,
        `a port is named ${JSON.stringify(port)}`,
        "Name ports without spaces and line breaks",
      );
    }
  }
  if (outputs.size === 0) {
    refuse(name, "it has no outputs", "Declare at least one output");
  }
  for (const output of outputs.keys()) {
    if (RESERVED.includes(output)) {
      refuse(
        name,
        `an output is named "${output}", like a method of nodes`,
        "Choose another name for the output",
      );
    }
  }
  if (!KINDS.includes(kind)) {
    refuse(name, `its kind is "${kind}"`, 'Use "cpu", "gpu" or "io"');
  }
  if (!Number.isInteger(retries) || retries < 0) {
    refuse(name, `it asks for ${retries} retries`, "Use 0, 1, 2, …");
  }
  if (retries > 0 && kind !== "io") {
    refuse(
      name,
      `it asks for retries although its kind is "${kind}"`,
      'Only ops of kind "io" are tried again: the others would fail again',
    );
  }
}

/**
 * Makes an op: a pure function with typed ports. Calling it gives a node, and
 * nothing runs until the node's value is asked for.
 *
 * Types are inferred; a published op is annotated in one line with
 * {@linkcode Op}. Dimensions named in the shapes of tensor ports have one size
 * within a call, and a set of dtypes one dtype.
 *
 * @param definition Name, ports, params and body.
 * @returns The op.
 * @throws {DefinitionError} If the op could never run.
 *
 * @example
 * ```ts
 * import { op, port, z } from "@weft/weft";
 * import * as wf from "@weft/weft/tensor";
 *
 * const affine = op({
 *   name: "demo/affine",
 *   version: "1",
 *   inputs: { x: port.tensor("f64", ["n", "d"]) },
 *   params: z.object({ scale: z.number().default(1) }),
 *   outputs: { y: port.tensor("f64", ["n", "d"]) },
 *   run: ({ x }, { scale }) => ({ y: wf.multiply(x, scale) }),
 * });
 * const first = affine({ x: wf.ones([2, 2], { dtype: "f64" }) }, { scale: 2 });
 * const { y } = await affine({ x: first.y }, { scale: 3 }).value();
 * console.log(await y.data()); // Float64Array [6, 6, 6, 6]
 * ```
 */
export function op<
  O extends PortRecord,
  I extends PortRecord = Nothing,
  S extends $ZodType = $ZodType<Nothing, Nothing>,
>(
  definition: OpDefinition<I, S, O>,
): Op<PortValues<I>, ParamsOf<S>, PortValues<O>> {
  const { name } = definition;
  const info: OpInfo = {
    name,
    version: definition.version,
    doc: definition.doc ?? "",
    inputs: portsOf(name, definition.inputs ?? {}),
    outputs: portsOf(name, definition.outputs),
    params: definition.params,
    uses: definition.uses ?? [],
    kind: definition.kind ?? "cpu",
    retries: definition.retries ?? 0,
    causal: definition.causal ?? false,
    stored: definition.stored ?? true,
    // The checks of the ports stand for the types that are lost here
    body: definition.run as OpBody,
  };
  checkDefinition(info);
  const call = (
    inputs?: Readonly<Record<string, unknown>>,
    params?: unknown,
  ) => {
    try {
      return makeNode(info, inputs ?? {}, params);
    } catch (error) {
      throw error instanceof WeftError ? withUserFrames(error, error) : error;
    }
  };
  const run = (inputs?: Readonly<Record<string, unknown>>, params?: unknown) =>
    callBody(info, inputs ?? {}, params);
  Object.defineProperty(call, "name", { value: name });
  return Object.assign(call, { run, info }) as unknown as Op<
    PortValues<I>,
    ParamsOf<S>,
    PortValues<O>
  >;
}
