/**
 * Programs: functions that are traced once and replayed.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import { digestValue } from "../core/hash.ts";
import {
  attributesOf,
  fullOrder,
  type Graph,
  GraphNode,
  outputNode,
  type TensorSpec,
} from "../device/graph.ts";
import { currentBlame } from "./blame.ts";
import { closeGraph, parameterNode } from "./closure.ts";
import { constant, identityCount, markWeak } from "./node.ts";
import { Tensor } from "./tensor.ts";
import { rebuildTree, treeLeaves } from "./tree.ts";

/** Programs that one function keeps; the oldest goes first. */
const MAX_PROGRAMS = 256;
/** Primitives in them in all; each takes a few hundred bytes. */
const MAX_NODES = 200_000;

/** What a function built when it was called. */
interface Trace {
  /** Nodes that stand for the arguments. */
  readonly parameters: readonly GraphNode[];
  /** Nodes of the results. */
  readonly values: readonly GraphNode[];
  /** Types of the results. */
  readonly outputs: readonly TensorSpec[];
  /** The result, for its form. */
  readonly result: unknown;
  /** How many primitives it is made of. */
  readonly nodes: number;
  /** How many identities of values had been given before. */
  readonly since: number;
}

interface Program extends Trace {
  graph: Graph;
  captured: readonly GraphNode[];
  /** Arithmetic from outside that the graph does again, while it has no data. */
  lazy: readonly GraphNode[];
}

/** How a function is compiled. */
export interface CompileOptions {
  /**
   * Positions of arguments that each call gives up: their tensors cannot be used
   * after the call, and the program may write its results over their data.
   */
  readonly donate?: readonly number[];
}

/** What an argument consists of. */
interface Leaf {
  readonly value: Tensor | number;
  readonly isDonated: boolean;
}

/**
 * Turns a function into a program: it is called once for each combination of
 * dtypes, shapes and other arguments, and what it built is replayed from then
 * on. Numbers may change from call to call at no cost: inside of the function
 * they are scalar tensors that take the dtype of what they are combined with.
 * Tensors and numbers that the function takes from outside stay as they were
 * at the first call. Nothing is computed before a result is read; all results of
 * that call are computed then.
 *
 * State that goes from call to call should be donated: a cache of which one slot
 * is written, or parameters and moments that a step of training replaces, are
 * then changed where they are. A donated tensor cannot be used after the call.
 * Data that others hold, too, are copied first. Whatever still hangs on the old
 * data by way of another lazy tensor cannot be computed any more once a result of
 * the call was: read it before. Where the computation fails once it has begun,
 * what was donated is lost.
 *
 * @param fn The function: arguments are trees of tensors and numbers, or plain
 * data; the result is a tree of tensors. It must be pure.
 * @param options Which arguments are donated.
 * @returns The function, faster from the second call on.
 * @throws {ParameterError} When there is no such argument to donate.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const step = wf.compile((x: wf.F64, rate: wf.Operand<"f64">) =>
 *   wf.subtract(x, wf.multiply(x, rate))
 * );
 * const x = wf.tensor([1, 2], { dtype: "f64" });
 * console.log(await step(x, 0.5).toArray()); // [ 0.5, 1 ]
 * console.log(await step(x, 0.25).toArray()); // [ 0.75, 1.5 ], not traced again
 *
 * const write = wf.compile(
 *   (cache: wf.F32, value: wf.F32, at: wf.Operand<"i32">) =>
 *     wf.dynamicUpdateSlice(cache, value, at),
 *   { donate: [0] },
 * );
 * let cache = wf.zeros([4]);
 * for (let at = 0; at < 3; at++) cache = write(cache, wf.ones([1]), at);
 * console.log(await cache.toArray()); // [ 1, 1, 1, 0 ]
 * ```
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): (...args: A) => R {
  const programs = new Map<string, Program>();
  let nodes = 0;
  const donate = new Set(options.donate);
  for (const position of donate) checkPosition(position);
  return (...args) => {
    const leaves: Leaf[] = [];
    let key = "";
    args.forEach((one, position) => {
      key += signature(one, donate.has(position), leaves) + ",";
    });
    let program = programs.get(key);
    if (program === undefined) {
      program = trace(fn, args, leaves);
      programs.set(key, program);
      nodes += program.nodes;
      for (const [old, one] of programs) {
        const fits = programs.size <= MAX_PROGRAMS && nodes <= MAX_NODES;
        if (fits || one === program) break;
        programs.delete(old);
        nodes -= one.nodes;
      }
    }
    return call(program, leaves) as R;
  };
}

function checkPosition(position: number): void {
  if (Number.isInteger(position) && position >= 0) return;
  throw new ParameterError(`Cannot donate argument ${position}`, {
    expected: "the position of an argument: 0, 1, …",
  });
}

/** A call of a program: nothing is computed yet. */
function call(program: Program, leaves: readonly Leaf[]): unknown {
  if (program.lazy.some(({ storage }) => storage !== undefined)) {
    Object.assign(program, closed(program));
  }
  const { captured, graph, outputs, result } = program;
  const inputs: GraphNode[] = [];
  const donated: number[] = [];
  leaves.forEach(({ isDonated, value }, position) => {
    if (typeof value === "number") inputs.push(constant(value, "f64").node);
    else {
      inputs.push(value.node);
      if (isDonated) donated.push(position);
    }
  });
  // All nodes first: one tensor may have been given twice.
  for (const position of donated) giveUp(leaves[position]!, inputs[position]!);
  if (outputs.length === 0) return result;
  for (let k = 0; k < captured.length; k++) inputs.push(captured[k]!);
  const { dtype, shape } = outputs[0]!;
  const node = new GraphNode(
    "call",
    donated.length === 0 ? { body: graph } : { body: graph, donated },
    inputs,
    dtype,
    shape,
    currentBlame(),
    outputs,
  );
  const made = outputs.map((_, index) => new Tensor(outputNode(node, index)));
  return rebuildTree(result, made);
}

function giveUp({ value }: Leaf, node: GraphNode): void {
  if (typeof value === "number") return;
  value.donate();
  if (node.op !== "output") return;
  node.inputs[0]!.giveUp(attributesOf(node, "output").index);
}

/** Form, dtypes and shapes of an argument, and its other plain data. */
function signature(value: unknown, isDonated: boolean, leaves: Leaf[]): string {
  if (value instanceof Tensor) {
    leaves.push({ value, isDonated });
    return `${value.dtype}[${value.shape}]`;
  }
  if (typeof value === "number") {
    leaves.push({ value, isDonated });
    return "number";
  }
  if (Array.isArray(value)) {
    let text = "[";
    for (const inner of value) {
      text += signature(inner, isDonated, leaves) + ",";
    }
    return text + "]";
  }
  if (typeof value === "object" && value !== null) {
    checkPlain(value);
    let text = "{";
    for (const [name, inner] of Object.entries(value)) {
      text += `${JSON.stringify(name)}:${signature(inner, isDonated, leaves)},`;
    }
    return text + "}";
  }
  return digestValue(value);
}

function checkPlain(value: object): void {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new ParameterError(
      `Cannot pass a "${value.constructor.name}" to a compiled function`,
      { expected: "tensors, numbers and plain data, in lists or records" },
    );
  }
}

function trace<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: A,
  leaves: readonly Leaf[],
): Program {
  const parameters = leaves.map(({ value }, index) =>
    parameterNode(
      index,
      typeof value === "number" ? { dtype: "f64", shape: [] } : value,
    )
  );
  let at = 0;
  const replace = (value: unknown): unknown => {
    if (value instanceof Tensor) return new Tensor(parameters[at++]!);
    if (typeof value === "number") {
      return markWeak(new Tensor(parameters[at++]!));
    }
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, replace(inner)]),
    );
  };
  const since = identityCount();
  const result = fn(...(args.map(replace) as unknown as A));
  const values = treeLeaves("compile", result);
  const made: Trace = {
    parameters,
    values: values.map((one) => one.node),
    outputs: values.map(({ dtype, shape }) => ({ dtype, shape })),
    result: rebuildTree(result, values),
    since,
    nodes: fullOrder(values.map((one) => one.node)).length,
  };
  return { ...made, ...closed(made) };
}

/** The graph of a trace, and what it needs from outside as things stand. */
function closed(
  { parameters, since, values }: Trace,
): Pick<Program, "graph" | "captured" | "lazy"> {
  return closeGraph(parameters, values, { takesAlong: { since } });
}
