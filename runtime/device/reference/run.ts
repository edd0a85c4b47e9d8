/**
 * Runs plans, and keeps those that were made.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { allocate, type DType, type TypedArray } from "../dtypes.ts";
import { explained } from "../explain.ts";
import {
  attributesOf,
  type GraphNode,
  storageOf,
  topologicalOrder,
} from "../graph.ts";
import type { Plan, Step } from "./builder.ts";
import type { Work } from "../clock.ts";
import { makePlan } from "./plan.ts";
import { structureKey } from "./structure.ts";

/** Longest key under which a plan is kept, in characters. */
const MAX_KEY = 1_000_000;
/** Characters of keys that are kept in all. */
const MAX_KEYS = 16_000_000;

const plans = new Map<string, Plan>();
let keyLength = 0;

/** A plan and the nodes whose data it runs on. */
export interface PlannedGraph {
  /** The plan. */
  readonly plan: Plan;
  /** All nodes, inputs first. */
  readonly order: readonly GraphNode[];
}

/**
 * The plan of a graph: made once for each structure.
 *
 * @param roots What is asked for.
 * @returns The plan, and the nodes in its order.
 */
export function planOf(roots: readonly GraphNode[]): PlannedGraph {
  const order = topologicalOrder(roots);
  for (let index = 0; index < order.length; index++) order[index]!.slot = index;
  const key = structureKey(order, roots);
  let plan = plans.get(key);
  if (plan === undefined) {
    plan = makePlan(order, roots);
    if (key.length <= MAX_KEY) remember(key, plan);
  }
  return { plan, order };
}

function remember(key: string, plan: Plan): void {
  plans.set(key, plan);
  keyLength += key.length;
  for (const old of plans.keys()) {
    if (keyLength <= MAX_KEYS) return;
    plans.delete(old);
    keyLength -= old.length;
  }
}

/** Told about each kernel that ran, before buffers are freed. */
export type StepObserver = (
  step: Step,
  buffers: readonly TypedArray[],
  milliseconds: number,
) => void;

/**
 * Runs a plan.
 *
 * @param plan The plan.
 * @param order The nodes, in the plan's order.
 * @param parameters Data of the nodes of the primitive `parameter`.
 * @param observe Told about each kernel.
 * @returns The data of the roots.
 */
export function* runPlan(
  plan: Plan,
  order: readonly GraphNode[],
  parameters: readonly TypedArray[],
  observe?: StepObserver,
): Work<TypedArray[]> {
  const buffers = new Array<TypedArray>(plan.slots);
  plan.leaves.forEach((index, slot) => {
    buffers[slot] = leafData(order[index]!, parameters);
  });
  for (const step of plan.steps) {
    const started = observe === undefined ? 0 : performance.now();
    try {
      const work = step.run(buffers);
      if (work !== undefined) yield* work;
    } catch (error) {
      throw explained(error, step.name, order[step.node]?.blame);
    }
    observe?.(step, buffers, performance.now() - started);
    // The slot keeps its type; an empty array lets the old one be collected.
    for (const slot of step.frees) buffers[slot] = EMPTY;
  }
  return plan.results.map((slot) => buffers[slot]!);
}

const EMPTY = new Float64Array(0);

function leafData(
  node: GraphNode,
  parameters: readonly TypedArray[],
): TypedArray {
  const storage = storageOf(node);
  if (storage !== undefined) return storage.array!;
  if (node.op === "parameter") {
    const { index } = attributesOf(node, "parameter");
    const value = parameters[index];
    if (value !== undefined) return value;
    throw new WeftError(
      "Cannot read a tensor of a function that is being traced",
      {
        expected: "lazy tensors only inside compile, scan and gradients",
        actual: `argument ${index}, which has no value yet`,
        hint: "Return the tensor, and read what the function returns",
      },
    );
  }
  return constantData(node.dtype, attributesOf(node, "constant").value);
}

const MAX_CONSTANTS = 4096;
const constants = new Map<DType, Map<number, TypedArray>>();

/** One number in an array that is shared, as allocating it costs more. */
function constantData(dtype: DType, value: number): TypedArray {
  let known = constants.get(dtype);
  if (known === undefined) constants.set(dtype, known = new Map());
  // Maps take -0 for 0.
  const shared = value !== 0;
  const found = shared ? known.get(value) : undefined;
  if (found !== undefined) return found;
  const one = allocate(dtype, 1);
  one[0] = value;
  if (shared) {
    if (known.size >= MAX_CONSTANTS) known.clear();
    known.set(value, one);
  }
  return one;
}
