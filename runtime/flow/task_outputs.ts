/**
 * The outputs of a task that has just been computed: which of them several
 * will read, and their digests.
 *
 * @module
 */

import type { Digest } from "../core/hash.ts";
import { withPlace } from "./keys.ts";
import type { NodeCore } from "./node_core.ts";
import type { MaybePromise, StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";
import { visitOutputs } from "./wiring.ts";

/**
 * Lazy tensors of more ops than this are computed: a graph that only grows
 * would hold the memory of all its leaves, and its kernels could not start.
 */
const MOST_PENDING_OPS = 256;

/**
 * The outputs of one node that another reads.
 *
 * @param reader The node that reads.
 * @param core The node that is read.
 * @returns The names of the outputs.
 */
function outputsRead(reader: NodeCore, core: NodeCore): Set<string> {
  const names = new Set<string>();
  for (const wire of reader.wires.values()) {
    visitOutputs(wire, (output) => {
      if (output.node === core) names.add(output.name);
    });
  }
  return names;
}

/**
 * The stored outputs of a task that somebody reads, from it or from a twin that
 * waits for it: all of a root.
 *
 * @param task The task.
 * @param record What the store has.
 * @returns The names of the outputs.
 */
export function neededOutputs(
  task: Task,
  record: StoreRecord,
): readonly string[] {
  const all = Object.keys(record.outputs);
  const read = new Set<string>();
  for (const { core, isRoot, readers } of [task, ...task.twins]) {
    if (isRoot) return all;
    for (const reader of readers) {
      for (const name of outputsRead(reader.core, core)) read.add(name);
    }
  }
  return all.filter((name) => read.has(name));
}

/**
 * The outputs that two or more will read: whoever asked for the task counts,
 * and every live task that reads it. A lazy tensor among them is computed now,
 * so that the work is done once.
 *
 * @param task The task.
 * @returns The names of the outputs.
 */
function sharedOutputs(task: Task): ReadonlySet<string> {
  const names = task.core.info.outputs.keys();
  if (task.twins.length > 0) return new Set(names);
  const shared = new Set<string>();
  if (task.readers.length + (task.isRoot ? 1 : 0) < 2) return shared;
  const counted = new Set<string>(task.isRoot ? names : []);
  for (const reader of task.readers) {
    if (reader.ended !== undefined || reader.phase === "idle") continue;
    for (const name of outputsRead(reader.core, task.core)) {
      if (counted.has(name)) shared.add(name);
      else counted.add(name);
    }
  }
  return shared;
}

function hasPending(
  core: NodeCore,
  values: Readonly<Record<string, unknown>>,
): boolean {
  for (const [name, { codec }] of core.info.outputs) {
    if (values[name] !== undefined && codec.isPending(values[name])) {
      return true;
    }
  }
  return false;
}

/**
 * The outputs whose lazy tensors are computed now: those that several will
 * read, and all of them where too many ops are pending.
 *
 * @param task The task; how many ops are pending is counted in it.
 * @param values Its outputs.
 * @returns The names of the outputs.
 */
export function outputsToCompute(
  task: Task,
  values: Readonly<Record<string, unknown>>,
): ReadonlySet<string> {
  if (hasPending(task.core, values)) {
    let pending = 1;
    for (const source of task.sources) pending += source.pendingOps;
    if (pending > MOST_PENDING_OPS) return new Set(Object.keys(values));
    task.pendingOps = pending;
  }
  return sharedOutputs(task);
}

/**
 * The digests of outputs. A lazy tensor keeps the hash of its graph, unless it
 * has to be computed anyway.
 *
 * @param task The task; outputs that are not in memory are noted in it.
 * @param values Its outputs.
 * @param mode `none` digests only what has to be computed, `all` computes all.
 * @param shared The outputs that have to be computed.
 * @returns Digests by output.
 * @throws {UnhashableValueError} If an output has no digest, naming it.
 */
export function outputDigests(
  task: Task,
  values: Readonly<Record<string, unknown>>,
  mode: "none" | "lazy" | "all",
  shared: ReadonlySet<string>,
): MaybePromise<Record<string, Digest>> {
  const { core } = task;
  const digests: Record<string, Digest> = {};
  const waits: Promise<void>[] = [];
  for (const [name, value] of Object.entries(values)) {
    const isComputed = mode === "all" || shared.has(name);
    if (value === undefined || (mode === "none" && !isComputed)) continue;
    const { codec } = core.info.outputs.get(name)!;
    try {
      const known = isComputed ? undefined : codec.version(value);
      const digest = known ?? codec.digest(value);
      if (typeof digest === "string") digests[name] = digest;
      else {
        waits.push(
          digest.then((found) => {
            digests[name] = found;
            const isOutside = codec.version(value) === undefined;
            if (isOutside) task.outside.set(name, found);
          }, (error) => {
            throw withPlace(error, core, name);
          }),
        );
      }
    } catch (error) {
      for (const wait of waits) wait.catch(() => {}); // This error tells it
      throw withPlace(error, core, name);
    }
  }
  return waits.length === 0 ? digests : Promise.all(waits).then(() => digests);
}
