/**
 * The flow: ops, nodes, plans, runs and stores.
 *
 * @module
 */

export {
  type CausalOptions,
  type CausalReport,
  checkCausal,
} from "./causal.ts";
export { type FlowShape, graphOf } from "./graph.ts";
export {
  type Grid,
  map,
  type MapOptions,
  type Mapped,
  sweep,
  type SweepPoint,
  type Swept,
} from "./map.ts";
export { isNode, type NodeLike, Output } from "./node_core.ts";
export { op } from "./op.ts";
export type { OpContext, OpInfo, OpKind } from "./op_info.ts";
export type { Overrides, RunOptions } from "./options.ts";
export { type Plan, type PlanNode, type PlanState } from "./plan.ts";
export type { Provenance } from "./provenance.ts";
export { Run, run, start, type ValuesOf } from "./run.ts";
export {
  diskStore,
  memoryStore,
  openStore,
  type Store,
  type StoreOptions,
  type StoreRecord,
} from "./store/mod.ts";
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
