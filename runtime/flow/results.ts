/**
 * What a run does with its store: what is looked up, what is worth keeping,
 * and why a node had to run.
 *
 * @module
 */

import { type Digest, digestText } from "../core/hash.ts";
import type { Port } from "../ports/mod.ts";
import { Bindings } from "../ports/mod.ts";
import { type NodeCore, pathTo } from "./node_core.ts";
import type { MaybePromise, Store, StoreRecord } from "./store/store.ts";
import type { Task } from "./task.ts";
import { neededOutputs } from "./task_outputs.ts";
import { reasonToRun } from "./why.ts";

/** What a run keeps. */
export type Keep = "auto" | "all" | "roots";

/** Reading a result back: a fixed cost, and so many bytes a millisecond. */
const READ_MS = 2;
const READ_BYTES_PER_MS = 200_000;

const lastSeenKeys = new Map<string, Digest[]>();

/**
 * The key under which the last result of an op is kept, to tell why it has to
 * run again: the nth node of the op in a flow is compared with the nth before.
 *
 * @param opName The op.
 * @param nth Which node of that op it is, from 0.
 * @returns The key.
 */
export function lastSeenKey(opName: string, nth: number): Digest {
  let keys = lastSeenKeys.get(opName);
  if (keys === undefined) {
    keys = [];
    lastSeenKeys.set(opName, keys);
  }
  return keys[nth] ??= digestText(`weft last seen\n${opName}\n${nth}`);
}

/**
 * Counts the nodes of each op, in the order of the graph.
 *
 * @param cores The nodes.
 * @returns Which node of its op each one is, from 0.
 */
export function countByOp(cores: readonly NodeCore[]): number[] {
  const counts = new Map<string, number>();
  return cores.map(({ info }) => {
    const nth = counts.get(info.name) ?? 0;
    counts.set(info.name, nth + 1);
    return nth;
  });
}

/** The store of one run. */
export class Results {
  readonly #store: Store;
  readonly #keep: Keep;
  readonly #device: string | undefined;

  /**
   * @param store Where results are kept.
   * @param keep What is kept.
   * @param device The device that was asked for.
   */
  constructor(store: Store, keep: Keep, device: string | undefined) {
    this.#store = store;
    this.#keep = keep;
    this.#device = device;
  }

  /** Whether anything is looked up and kept at all. */
  get isKept(): boolean {
    return this.#store.kind !== "none";
  }

  /** Whether results outlive the process. */
  get isOnDisk(): boolean {
    return this.#store.kind === "disk";
  }

  /** Whether every result has to be in the store when the run ends. */
  get keepsAll(): boolean {
    return this.isKept && this.#keep === "all";
  }

  /** Looks up a key. */
  find(key: Digest): MaybePromise<StoreRecord | undefined> {
    return this.#store.find(
      key,
      this.#device === undefined ? {} : { device: this.#device },
    );
  }

  /** Makes a record known under one more key. */
  link(key: Digest, record: StoreRecord): MaybePromise<void> {
    return this.#store.link(key, record);
  }

  /**
   * Reads one output, checked against its port.
   *
   * @param record What was found.
   * @param name The output.
   * @param core The node.
   * @returns The value in a box; undefined when it has to be computed again.
   */
  load(
    record: StoreRecord,
    name: string,
    core: NodeCore,
  ): MaybePromise<{ readonly value: unknown } | undefined> {
    const port = core.info.outputs.get(name)!;
    const loaded = this.#store.load(record, name, port.codec);
    // What memory holds is the very value that was checked before
    return loaded instanceof Promise
      ? loaded.then((box) => checked(box, port, name, core))
      : loaded;
  }

  /**
   * The digests of the outputs of a record.
   *
   * @param record The record.
   * @returns Digests by output.
   */
  static digestsOf(record: StoreRecord): Record<string, Digest> {
    const digests: Record<string, Digest> = {};
    for (const [name, { digest }] of Object.entries(record.outputs)) {
      if (digest !== undefined) digests[name] = digest;
    }
    return digests;
  }

  /**
   * The outputs of a task that have to be loaded: those that somebody reads.
   *
   * @param task The task.
   * @param record What was found.
   * @returns Their names; undefined when the record has only the digest of one.
   */
  loadable(task: Task, record: StoreRecord): readonly string[] | undefined {
    const names = this.keepsAll
      ? Object.keys(record.outputs)
      : neededOutputs(task, record);
    return names.every((name) => record.outputs[name]?.isKept)
      ? names
      : undefined;
  }

  /**
   * How far the outputs of a task are digested: what goes to disk whatever it
   * cost is computed at once.
   *
   * @param task The task.
   * @returns `none` without a store, `all` for what is written to disk.
   */
  modeFor(task: Task): "none" | "lazy" | "all" {
    if (!this.isKept) return "none";
    const isWritten = this.isOnDisk &&
      (this.#keep === "all" || (task.isRoot && task.core.info.stored));
    return isWritten ? "all" : "lazy";
  }

  /** Size of the outputs of a task, in bytes. */
  bytesOf(task: Task, values: Readonly<Record<string, unknown>>): number {
    let bytes = 0;
    for (const [name, port] of task.core.info.outputs) {
      const value = values[name];
      if (value !== undefined) bytes += port.codec.byteSize(value);
    }
    return bytes;
  }

  #isWorthKeeping(
    task: Task,
    values: Readonly<Record<string, unknown>>,
    ms: number,
  ): boolean {
    if (this.#keep === "all") return true;
    if (this.isOnDisk && !task.core.info.stored) return false;
    if (task.isRoot) return true;
    if (this.#keep === "roots") return false;
    if (this.#store.kind === "memory") return true;
    for (const [name, port] of task.core.info.outputs) {
      if (
        values[name] !== undefined &&
        port.codec.isPending(values[name])
      ) {
        return false;
      }
    }
    return ms > READ_MS + this.bytesOf(task, values) / READ_BYTES_PER_MS;
  }

  /**
   * Keeps what a task computed: its values where that is worth it, the digests
   * of its outputs always.
   *
   * @param task The task, with its digests and provenance.
   * @param values Its outputs.
   */
  save(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): MaybePromise<void> {
    const { key, contentKey, digests, provenance } = task;
    if (key === undefined || provenance === undefined) return;
    const keep = this.#isWorthKeeping(task, values, provenance.milliseconds);
    const outputs: Parameters<Store["save"]>[1]["outputs"] = Object.fromEntries(
      [...task.core.info.outputs]
        .filter(([name]) => values[name] !== undefined)
        .map(([name, { codec }]) => {
          const digest = digests?.[name];
          return [name, {
            codec,
            value: values[name],
            keep,
            ...(digest === undefined ? {} : { digest }),
          }];
        }),
    );
    const saved = this.#store.save(key, {
      outputs,
      provenance,
      ...(this.#device === undefined ? {} : { device: this.#device }),
    });
    const link = (record: StoreRecord): MaybePromise<void> => {
      const links = [
        ...(contentKey === undefined || contentKey === key ? [] : [contentKey]),
        lastSeenKey(task.name, task.nth),
      ].map((other) => this.#store.link(other, record));
      if (links.some((each) => each instanceof Promise)) {
        return Promise.all(links).then(() => {});
      }
    };
    return saved instanceof Promise ? saved.then(link) : link(saved);
  }

  /**
   * The last result of an op in a flow.
   *
   * @param opName The op.
   * @param nth Which node of that op it is, from 0.
   * @returns The record; undefined when the op never ran.
   */
  lastSeen(
    opName: string,
    nth: number,
  ): MaybePromise<StoreRecord | undefined> {
    return this.#store.find(lastSeenKey(opName, nth));
  }

  /**
   * Why a task had to run.
   *
   * @param task The task, with the versions of its inputs.
   * @returns The reason in words.
   */
  whyComputed(task: Task): MaybePromise<string> {
    if (!this.isKept) return "nothing is stored";
    if (task.isDamaged) return "its stored result could not be read";
    const seen = this.lastSeen(task.name, task.nth);
    const words = (record: StoreRecord | undefined) =>
      reasonToRun(task.core, task.inputs, record?.provenance);
    return seen instanceof Promise ? seen.then(words) : words(seen);
  }
}

function checked(
  box: { readonly value: unknown } | undefined,
  port: Port<unknown>,
  name: string,
  core: NodeCore,
): { readonly value: unknown } | undefined {
  if (box === undefined) return undefined;
  try {
    const value = port.check(box.value, {
      path: pathTo(core),
      port: name,
      bindings: new Bindings(),
    });
    return { value };
  } catch {
    return undefined; // Not what the op gives: computed again, with a warning
  }
}
