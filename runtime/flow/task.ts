/**
 * A node while a run works on it.
 *
 * @module
 */

import type { NodeState } from "../core/events.ts";
import type { Digest } from "../core/hash.ts";
import type { Attempts } from "./body.ts";
import type { Vertex } from "./graph.ts";
import type { InputVersions } from "./keys.ts";
import type { NodeCore } from "./node_core.ts";
import type { Ready } from "./ready_queue.ts";
import type { Provenance, StoreRecord } from "./store/store.ts";

/**
 * What a task waits for.
 *
 * - `idle`: nobody asked for it.
 * - `searching`: the store looks for its derivation key.
 * - `parked`: the digests of its outputs are known, and nobody asked for more.
 * - `digests`: the digests of its sources, to be looked up by content.
 * - `values`: the values of its sources.
 * - `ready`: a place to run.
 * - `running`: its body, its tensors.
 * - `loading`: the store reads its outputs.
 * - `following`: another task that is the same call.
 * - `done`: nothing more; `ended` says how it ended.
 */
export type Phase =
  | "idle"
  | "searching"
  | "parked"
  | "digests"
  | "values"
  | "ready"
  | "running"
  | "loading"
  | "following"
  | "done";

/** A node while a run works on it. */
export class Task implements Ready {
  /** What it waits for. */
  phase: Phase = "idle";
  /** How it ended. */
  ended: NodeState | undefined = undefined;
  /** Tasks that it reads. */
  sources: readonly Task[] = [];
  /** Tasks that read it. */
  readers: readonly Task[] = [];
  /** The task that is the same call and runs in its place. */
  first: Task | undefined = undefined;
  /** Tasks that are the same call and wait for this one. */
  readonly twins: Task[] = [];
  /** How many sources it still waits for in `digests` and `values`. */
  missing = 0;
  /** How many readers may still want its values. */
  unsettledReaders = 0;
  /** Whether somebody asked for its values, not only for their digests. */
  isWanted = false;
  /** Whether it needs its sources no more. */
  isSettled = false;
  /** Whether its stored outputs turned out to be unreadable. */
  isDamaged = false;
  /** Key that is known without running. */
  key: Digest | undefined = undefined;
  /** Key by the digests of its inputs. */
  contentKey: Digest | undefined = undefined;
  /** Versions of its inputs by content. */
  inputs: InputVersions = {};
  /** What the store knows of it. */
  record: StoreRecord | undefined = undefined;
  /** Digests of its outputs. */
  digests: Readonly<Record<string, Digest>> | undefined = undefined;
  /** Its outputs. */
  values: Readonly<Record<string, unknown>> | undefined = undefined;
  /** How many ops its lazy tensors stand for; an op read twice counts twice. */
  pendingOps = 0;
  /** Names of the ops that lead to it, as its primitives carry them. */
  path: readonly string[] = [];
  /** What was tried so far to run its body. */
  readonly attempts: Attempts = { retries: 0, losses: 0 };
  /** When its body began, in milliseconds since the run did. */
  startedAt = 0;
  /** Digests of those of its outputs that are not in memory, such as files. */
  readonly outside = new Map<string, Digest>();
  /** Where its outputs come from. */
  provenance: Provenance | undefined = undefined;
  /** The failed task that is to blame for its not running. */
  blamed: Task | undefined = undefined;

  /**
   * @param vertex The node within the graph of the run.
   * @param nth Which node of its op it is, from 0.
   */
  constructor(readonly vertex: Vertex, readonly nth: number) {}

  /** Depth first: sources have lower numbers. */
  get priority(): number {
    return this.vertex.id;
  }

  /** The node. */
  get core(): NodeCore {
    return this.vertex.core;
  }

  /** The name of its op. */
  get name(): string {
    return this.vertex.core.info.name;
  }

  /** Whether it was asked for. */
  get isRoot(): boolean {
    return this.vertex.isRoot;
  }
}
