/**
 * The flow: ops, nodes, plans, runs and stores.
 *
 * @module
 */

export {
  EventStream,
  type KernelEvent,
  type NodeEndEvent,
  type NodeInfo,
  type NodeLogEvent,
  type NodeProgressEvent,
  type NodeStartEvent,
  type NodeState,
  type OfNode,
  type RunEndEvent,
  type RunEvent,
  type RunStartEvent,
  type RunState,
  type StoreEvent,
  type Timed,
  type WarningEvent,
} from "../core/events.ts";
export { type WatchedRun, watchRuns } from "../core/runs.ts";
export { type ChromeEvent, Trace, type TraceNode } from "../core/trace.ts";
export {
  type CausalOptions,
  type CausalReport,
  checkCausal,
} from "./causal.ts";
export { type BodyCall, type Executor, localExecutor } from "./executor.ts";
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
export type { Plan, PlanNode, PlanState } from "./plan.ts";
export type { Provenance } from "./provenance.ts";
export { Run, run, start, type ValuesOf } from "./run.ts";
export {
  type CachedStore,
  diskStore,
  type EntryToSave,
  type FindOptions,
  type MaybePromise,
  type MemoryStore,
  memoryStore,
  type MemoryStoreOptions,
  openStore,
  type OutputToSave,
  type Provenance as StoredProvenance,
  type Store,
  type StoredOutput,
  type StoreEvent as StoreNotice,
  type StoreOptions,
  type StoreRecord,
  type StoreStatistics,
  type VerifyReport,
} from "./store/mod.ts";
export type {
  AnyNode,
  AnyOp,
  CallArguments,
  Node,
  NodeMethods,
  Nothing,
  Op,
  OpDefinition,
  ParamsOf,
  ReservedName,
  ValueOf,
  Wired,
  WiredInputs,
  WiredParts,
  WithoutReserved,
} from "./types.ts";
