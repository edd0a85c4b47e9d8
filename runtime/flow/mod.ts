/**
 * The flow: ops, nodes, plans, runs and stores.
 *
 * @module
 */

export { type FlowShape, graphOf } from "./graph.ts";
export { isNode, type NodeLike, Output } from "./node_core.ts";
export { op } from "./op.ts";
export type { OpContext, OpInfo, OpKind } from "./op_info.ts";
export type { Overrides, RunOptions } from "./options.ts";
export { type Plan, type PlanNode, type PlanState } from "./plan.ts";
export type { Provenance } from "./provenance.ts";
export { Run, run, start, type ValuesOf } from "./run.ts";
export type {
  AnyNode,
  AnyOp,
  Node,
  NodeMethods,
  Nothing,
  Op,
  OpDefinition,
  ReservedName,
  ValueOf,
  Wired,
  WiredInputs,
} from "./types.ts";
