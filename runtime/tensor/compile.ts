/**
 * Programs: functions that are traced once and replayed.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import { digestValue } from "../core/hash.ts";
import type { Graph, GraphNode } from "../device/graph.ts";
import { closeGraph, parameterNode } from "./closure.ts";
import { applySeveral, constant, markWeak } from "./node.ts";
import { Tensor } from "./tensor.ts";
import { rebuildTree, treeLeaves } from "./tree.ts";

/** Programs that one function keeps; the oldest goes first. */
const MAX_PROGRAMS = 256;

interface Program {
  readonly graph: Graph;
  readonly captured: readonly GraphNode[];
  /** The result of the trace, for its form. */
  readonly result: unknown;
}

/**
 * Turns a function into a program: it is called once for each combination of
 * dtypes, shapes and other arguments, and what it built is replayed from then
 * on. Numbers may change from call to call at no cost: inside of the function
 * they are scalar tensors that take the dtype of what they are combined with.
 * Tensors and numbers that the function takes from outside stay as they were
 * at the first call.
 *
 * @param fn The function: arguments are trees of tensors and numbers, or plain
 * data; the result is a tree of tensors. It must be pure.
 * @returns The function, faster from the second call on.
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
 * ```
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): (...args: A) => R {
  const programs = new Map<string, Program>();
  return (...args) => {
    const leaves: (Tensor | number)[] = [];
    const key = args.map((one) => signature(one, leaves)).join(",");
    let program = programs.get(key);
    if (program === undefined) {
      program = trace(fn, args, leaves);
      if (programs.size >= MAX_PROGRAMS) {
        programs.delete(programs.keys().next().value!);
      }
      programs.set(key, program);
    }
    const inputs = leaves.map((leaf) =>
      typeof leaf === "number" ? constant(leaf, "f64") : leaf
    );
    const captured = program.captured.map((node) => new Tensor(node));
    const { outputs } = program.graph;
    if (outputs.length === 0) return program.result as R;
    const made = applySeveral(
      "call",
      { body: program.graph },
      [...inputs, ...captured],
      outputs.map(({ dtype, shape }) => ({ dtype, shape })),
    );
    return rebuildTree(program.result as R, made);
  };
}

/** Form, dtypes and shapes of an argument, and its other plain data. */
function signature(value: unknown, leaves: (Tensor | number)[]): string {
  if (value instanceof Tensor) {
    leaves.push(value);
    return `${value.dtype}[${value.shape}]`;
  }
  if (typeof value === "number") {
    leaves.push(value);
    return "number";
  }
  if (Array.isArray(value)) {
    return `[${value.map((inner) => signature(inner, leaves)).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    checkPlain(value);
    const entries = Object.entries(value).map(([name, inner]) =>
      `${JSON.stringify(name)}:${signature(inner, leaves)}`
    );
    return `{${entries.join(",")}}`;
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
  leaves: readonly (Tensor | number)[],
): Program {
  const parameters = leaves.map((leaf, index) =>
    parameterNode(
      index,
      typeof leaf === "number"
        ? { dtype: "f64", shape: [] }
        : { dtype: leaf.dtype, shape: leaf.shape },
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
  const result = fn(...(args.map(replace) as unknown as A));
  const values = treeLeaves("compile", result);
  const { graph, captured } = closeGraph(
    parameters,
    values.map((one) => one.node),
  );
  return { graph, captured, result: rebuildTree(result, values) };
}
