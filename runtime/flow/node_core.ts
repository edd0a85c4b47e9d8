/**
 * What a node and its outputs are inside the flow. Users see the handle that
 * an op gives them; the planner and the scheduler see these.
 *
 * @module
 */

import { describe, type Description } from "../core/describe.ts";
import type { Outline } from "../ports/mod.ts";
import type { OpInfo } from "./op_info.ts";
import type { Wire } from "./wiring.ts";

/** The key under which a node handle carries its {@linkcode NodeCore}. */
export const CORE: unique symbol = Symbol("weft.node");

/** Anything that stands for a node: the handle that a call of an op gives. */
export interface NodeLike {
  /**
   * The node inside the flow.
   *
   * @internal
   */
  readonly [CORE]: NodeCore;
}

/**
 * Whether a value is a node.
 *
 * @param value Any value.
 * @returns True for what a call of an op gives.
 */
export function isNode(value: unknown): value is NodeLike {
  return typeof value === "object" && value !== null && CORE in value;
}

let created = 0;

/** An op applied to inputs: immutable, and free to create. */
export class NodeCore {
  /** Its place in the order of creation: inputs always come before. */
  readonly order: number = created++;
  /** Digest of the params, remembered by the key of the first run. */
  paramsDigest: string | undefined = undefined;

  /**
   * @param info The op.
   * @param wires What each input port is wired to; absent inputs are left out.
   * @param params The params after defaults.
   * @param sources The nodes that it reads, each once.
   */
  constructor(
    readonly info: OpInfo,
    readonly wires: ReadonlyMap<string, Wire>,
    readonly params: unknown,
    readonly sources: readonly NodeCore[],
  ) {}
}

/**
 * One output of a node, to be wired into other ops. It has no value yet: ask
 * the node.
 *
 * `T` is the type of the value to come.
 */
export class Output<T> {
  /** Only for the type checker; never there. */
  declare readonly valueType?: T;
  /**
   * The node that gives it.
   *
   * @internal
   */
  readonly node: NodeCore;
  /** The name of the output. */
  readonly name: string;
  /** What is known of the value before it exists. */
  readonly outline: Outline;

  /**
   * Made by the call of an op.
   *
   * @internal
   */
  constructor(node: NodeCore, name: string, outline: Outline) {
    this.node = node;
    this.name = name;
    this.outline = outline;
  }

  /** One line for people. */
  toString(): string {
    const { dtypes, shape, kind } = this.outline;
    const sizes = shape?.map((size) => size ?? "?").join(", ");
    const parts = [
      dtypes?.join(" | "),
      kind,
      sizes === undefined ? undefined : `[${sizes}]`,
    ].filter((part) => part !== undefined);
    return `Output "${this.name}" of ${this.node.info.name}: ${
      parts.join(" ")
    }`;
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.display")](): Description | Promise<Description> {
    return describe(this, this.toString());
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

const LONGEST_PATH = 8;

/**
 * Names of the ops that lead to a node, for error messages: the node's own
 * name last, before it its first source, and so on.
 *
 * @param node The node.
 * @returns The names; long paths are cut at the front.
 */
export function pathTo(node: NodeCore): string[] {
  const path = [node.info.name];
  let at = node.sources[0];
  while (at !== undefined && path.length < LONGEST_PATH) {
    path.unshift(at.info.name);
    at = at.sources[0];
  }
  if (at !== undefined) path.unshift("…");
  return path;
}
