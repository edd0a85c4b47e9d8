/**
 * The handle of a node: what users hold, wire and ask for values.
 *
 * @module
 */

import { describe, type Description } from "../core/describe.ts";
import { bindCall } from "./checks.ts";
import { CORE, NodeCore, type NodeLike, Output } from "./node_core.ts";
import type { OpInfo } from "./op_info.ts";
import type { RunOptions } from "./options.ts";
import { parseParams } from "./params.ts";
import { explainPlan, type Plan, planOf } from "./plan.ts";
import { run } from "./run.ts";
import { sourcesOf } from "./wiring.ts";

/** The methods of all nodes; the outputs are own properties beside them. */
class NodeHandle implements NodeLike {
  readonly #core: NodeCore;

  constructor(core: NodeCore) {
    this.#core = core;
  }

  // A getter, so that spreading a node gives its outputs only
  get [CORE](): NodeCore {
    return this.#core;
  }

  async value(options?: RunOptions): Promise<unknown> {
    const [value] = await run([this], options);
    return value;
  }

  plan(options?: RunOptions): Promise<Plan> {
    return planOf([this], options);
  }

  async explain(options?: RunOptions): Promise<string> {
    return explainPlan(await this.plan(options));
  }

  toString(): string {
    const { info } = this.#core;
    return `Node ${info.name} → ${[...info.outputs.keys()].join(", ")}`;
  }

  [Symbol.for("Jupyter.display")](): Description | Promise<Description> {
    return describe(this, this.toString());
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/**
 * Applies an op to inputs.
 *
 * @param info The op.
 * @param inputs Values, outputs, and lists and records of them, by port.
 * @param params Params as the caller gave them.
 * @returns The node, with its outputs as properties.
 */
export function makeNode(
  info: OpInfo,
  inputs: Readonly<Record<string, unknown>>,
  params: unknown,
): NodeLike {
  const parsed = parseParams(info, params);
  const { wires, outlines } = bindCall(info, inputs);
  const core = new NodeCore(info, wires, parsed, sourcesOf(wires.values()));
  const handle = new NodeHandle(core);
  const outputs = handle as unknown as Record<string, Output<unknown>>;
  for (const [name, outline] of outlines) {
    outputs[name] = new Output(core, name, outline);
  }
  return handle;
}
