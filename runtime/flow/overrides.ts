/**
 * Values that take the place of outputs in one run.
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";
import { Bindings } from "../ports/mod.ts";
import { CORE, isNode, type NodeCore, Output, pathTo } from "./node_core.ts";
import type { Overrides } from "./options.ts";

/** The outputs that are replaced, with their values. */
export class Overridden {
  readonly #values = new Map<NodeCore, Map<string, unknown>>();

  /**
   * @param overrides Pairs of an output or a node, and its value.
   * @throws {PortError} If a value does not fit the port of the output.
   */
  constructor(overrides: Overrides) {
    for (const [target, value] of overrides) {
      if (target instanceof Output) this.#set(target.node, target.name, value);
      else if (isNode(target)) this.#setAll(target[CORE], value);
      else {
        throw new DefinitionError(
          "Cannot override something that is neither a node nor an output",
          {
            expected: "pairs [node.output, value] or [node, { output: value }]",
            hint: "Pass a Map, or a list of pairs",
          },
        );
      }
    }
  }

  #set(node: NodeCore, name: string, value: unknown): void {
    const values = this.#values.get(node) ?? new Map<string, unknown>();
    const port = node.info.outputs.get(name)!;
    const bindings = new Bindings();
    values.set(
      name,
      port.check(value, { path: pathTo(node), port: name, bindings }),
    );
    this.#values.set(node, values);
  }

  #setAll(node: NodeCore, value: unknown): void {
    const given = typeof value === "object" && value !== null ? value : {};
    const missing = [...node.info.outputs].filter(([name, port]) =>
      !(name in given) && !port.isOptional
    ).map(([name]) => `"${name}"`);
    const unknown = Object.keys(given).filter((name) =>
      !node.info.outputs.has(name)
    );
    if (missing.length > 0 || unknown.length > 0) {
      throw new DefinitionError(
        `Cannot override node "${node.info.name}" as its outputs are not all given`,
        {
          path: pathTo(node),
          expected: `an object with ${
            [...node.info.outputs.keys()].join(", ")
          }`,
          actual: `an object with ${
            Object.keys(given).join(", ") || "no keys"
          }`,
          hint: "Override a single output with [node.output, value]",
        },
      );
    }
    for (const name of node.info.outputs.keys()) {
      this.#set(node, name, (given as Record<string, unknown>)[name]);
    }
  }

  /**
   * Whether an output is replaced.
   *
   * @param output The output.
   * @returns True when it has an override.
   */
  has(output: { readonly node: NodeCore; readonly name: string }): boolean {
    return this.#values.get(output.node)?.has(output.name) ?? false;
  }

  /**
   * The value that replaces an output.
   *
   * @param output The output.
   * @returns The value.
   */
  value(output: { readonly node: NodeCore; readonly name: string }): unknown {
    return this.#values.get(output.node)?.get(output.name);
  }

  /**
   * The values that replace outputs of a node.
   *
   * @param node The node.
   * @returns Values by output; undefined when none is replaced.
   */
  of(node: NodeCore): ReadonlyMap<string, unknown> | undefined {
    return this.#values.get(node);
  }

  /**
   * Whether all outputs of a node are replaced.
   *
   * @param node The node.
   * @returns True when it need not run at all.
   */
  replacesAll(node: NodeCore): boolean {
    return this.#values.get(node)?.size === node.info.outputs.size;
  }
}
