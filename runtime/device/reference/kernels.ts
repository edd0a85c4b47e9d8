/**
 * The primitives that are neither movement nor a loop nest over one index
 * space.
 *
 * @module
 */

import { allocate, type TypedArray } from "../dtypes.ts";
import { attributesOf, type GraphNode } from "../graph.ts";
import type { PlanBuilder } from "./builder.ts";
import { planDynamicSlice, planDynamicUpdateSlice } from "./dynamic_slice.ts";
import {
  planScatterAdd,
  planScatterAddAlongAxis,
  planTake,
  planTakeAlongAxis,
} from "./gather.ts";
import { planCall } from "./call_step.ts";
import { OPERATIONS_PER_LOOK } from "../clock.ts";
import { planConcat, planPad } from "./joining.ts";
import { planMatmul } from "./matmul.ts";
import { planArgument, planCumulativeSum } from "./rows.ts";
import { planRoutine } from "./routine_step.ts";
import { planScan } from "./scan_step.ts";
import { type View, wholeView } from "./views.ts";

/** Dtype, shape and size of a value. */
export type ValueType = Pick<GraphNode, "dtype" | "shape" | "size">;

/**
 * What a kernel may know of a node. Plans outlive graphs, so they must not hold
 * nodes, which hold data.
 */
export interface NodeType extends ValueType {
  /** The primitive. */
  readonly op: GraphNode["op"];
  /** Its attributes. */
  readonly attributes: GraphNode["attributes"];
  /** Types of its inputs. */
  readonly inputs: readonly ValueType[];
  /** Types of its results, when it has several. */
  readonly outputs: GraphNode["outputs"];
}

/**
 * What kernels may know of a node.
 *
 * @param node The node.
 * @returns A copy without its data and its history.
 */
export function typeOfNode(node: GraphNode): NodeType {
  const { op, attributes, dtype, shape, size, outputs } = node;
  const inputs = node.inputs.map(({ dtype, shape, size }) => ({
    dtype,
    shape,
    size,
  }));
  return { op, attributes, dtype, shape, size, outputs, inputs };
}

/** A node that is to become a kernel. */
export interface KernelRequest {
  /** The node. */
  readonly node: NodeType;
  /** Its position in the graph's order. */
  readonly index: number;
  /** Views of its inputs. */
  readonly inputs: readonly View[];
  /** Which of its results are asked for, when it has several. */
  readonly wanted: readonly number[];
}

/**
 * Appends the kernel of a node to a plan.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns Views of its results; undefined for those that nobody wants.
 */
export function planKernel(
  builder: PlanBuilder,
  request: KernelRequest,
): readonly (View | undefined)[] {
  switch (request.node.op) {
    case "scan":
      return planScan(builder, request);
    case "routine":
      return planRoutine(builder, request);
    case "call":
      return planCall(builder, request);
    default:
      return [planSingle(builder, request)];
  }
}

function planSingle(builder: PlanBuilder, request: KernelRequest): View {
  const { node } = request;
  switch (node.op) {
    case "iota":
      return planIota(builder, request);
    case "pad":
      return planPad(builder, request);
    case "concat":
      return planConcat(builder, request);
    case "argmax":
    case "argmin":
      return planArgument(builder, request);
    case "cumulativeSum":
      return planCumulativeSum(builder, request);
    case "matmul":
      return planMatmul(builder, request);
    case "take":
      return planTake(builder, request);
    case "takeAlongAxis":
      return planTakeAlongAxis(builder, request);
    case "dynamicSlice":
      return planDynamicSlice(builder, request);
    case "dynamicUpdateSlice":
      return planDynamicUpdateSlice(builder, request);
    case "scatterAdd":
      return planScatterAdd(builder, request);
    case "scatterAddAlongAxis":
      return planScatterAddAlongAxis(builder, request);
    default:
      throw new Error(`The reference device has no kernel for "${node.op}"`);
  }
}

function planIota(builder: PlanBuilder, request: KernelRequest): View {
  const { node, index } = request;
  const slot = builder.newSlot(node.size);
  builder.step("iota", index, [], [slot], function* (buffers) {
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    for (let from = 0; from < out.length; from += OPERATIONS_PER_LOOK) {
      count(out, from, Math.min(out.length, from + OPERATIONS_PER_LOOK));
      yield;
    }
  });
  return wholeView(slot, node.shape);
}

function count(out: TypedArray, from: number, to: number): void {
  for (let k = from; k < to; k++) out[k] = k;
}

/**
 * Lengths before, along and after an axis, the index space of most kernels.
 *
 * @param node The node whose shape is cut.
 * @param axis The axis.
 * @returns Numbers of elements before, along and after it.
 */
export function splitAtAxis(
  node: ValueType,
  axis: number,
): { before: number; along: number; after: number } {
  let before = 1;
  let after = 1;
  for (let k = 0; k < axis; k++) before *= node.shape[k]!;
  for (let k = axis + 1; k < node.shape.length; k++) after *= node.shape[k]!;
  return { before, along: node.shape[axis]!, after };
}

/**
 * The axis of a primitive that works along one.
 *
 * @param node A node whose attributes have an axis.
 * @returns The axis.
 */
export function axisOf(node: NodeType): number {
  return attributesOf(node, "take").axis;
}
