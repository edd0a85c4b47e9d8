/**
 * Devices that run compiled programs.
 *
 * @module
 */

import { nextSlice, sliceIsOver, throwIfAborted } from "../device/clock.ts";
import { DeviceLostError } from "../core/errors.ts";
import type { Device, ExecutionOptions } from "../device/device.ts";
import { type DType, isFloatDType } from "../device/dtypes.ts";
import {
  type GraphNode,
  hostStorage,
  type Storage,
  topologicalOrder,
} from "../device/graph.ts";
import { firstNotFinite } from "../device/reference/blame.ts";
import { referenceDevice } from "../device/reference/device.ts";
import type { Backend, PrepareOptions } from "./backend.ts";
import { compileGraph, type GraphProgram, runGraph } from "./graph_program.ts";
import { structureOf } from "./lower/mod.ts";
import { currentTuning } from "./tuning/current.ts";

/** Longest key under which a program is kept, in characters. */
const MAX_KEY = 1_000_000;
/** Characters of keys that are kept in all. */
const MAX_KEYS = 16_000_000;
/** Steps of programs that are kept in all; each takes a few kilobytes. */
const MAX_STEPS = 20_000;

/** A program that is kept for the next graph of its structure. */
interface KeptProgram {
  readonly program: Promise<GraphProgram>;
  /** Number of steps, once that is known. */
  steps: number;
}

/** A device that compiles graphs and keeps the programs. */
export class CompiledDevice implements Device {
  /** The name it is chosen by. */
  readonly name: string;
  readonly #backends: () => Promise<readonly Backend[]>;
  readonly #supports: (dtype: DType) => boolean;
  readonly #programs = new Map<string, KeptProgram>();
  #keyLength = 0;
  #steps = 0;

  /**
   * @param name The name it is chosen by.
   * @param supports Whether it computes in a dtype.
   * @param backends Where programs run: what the first one cannot do goes to
   * the last one. Asked for at the first execution.
   */
  constructor(
    name: string,
    supports: (dtype: DType) => boolean,
    backends: () => Promise<readonly Backend[]>,
  ) {
    this.name = name;
    this.#supports = supports;
    this.#backends = backends;
  }

  /**
   * Whether it computes in a dtype.
   *
   * @param dtype The dtype.
   * @returns True when it does.
   */
  supports(dtype: DType): boolean {
    return this.#supports(dtype);
  }

  /**
   * Computes nodes; see {@linkcode Device.execute}.
   *
   * @param roots What to compute.
   * @param options Signal, checks and trace.
   * @returns Their data, in the order of `roots`.
   */
  async execute(
    roots: readonly GraphNode[],
    options: ExecutionOptions,
  ): Promise<Storage[]> {
    if (sliceIsOver()) await nextSlice(options.signal);
    else throwIfAborted(options.signal);
    const storages = await this.#run(roots, options, 1);
    if (options.checkFinite === true) {
      await blameNotFinite(roots, storages, options);
    }
    return storages;
  }

  async #run(
    roots: readonly GraphNode[],
    options: ExecutionOptions,
    retries: number,
  ): Promise<Storage[]> {
    const order = topologicalOrder(roots);
    for (let slot = 0; slot < order.length; slot++) order[slot]!.slot = slot;
    const { key: structure, leaves } = structureOf(order, roots);
    const manner = mannerOf(options);
    const key = structure + textOf(manner);
    const program = this.#find(key) ??
      this.#remember(key, this.#compile(order, roots, leaves, manner));
    try {
      return await runGraph(await program, order, leaves, options);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      this.#forgetAll();
      if (retries === 0) throw error;
      return this.#run(roots, options, retries - 1);
    }
  }

  async #compile(
    order: readonly GraphNode[],
    roots: readonly GraphNode[],
    leaves: readonly GraphNode[],
    manner: PrepareOptions,
  ): Promise<GraphProgram> {
    const backends = await this.#backends();
    // Another execution may have numbered the nodes anew while this one waited.
    order.forEach((node, slot) => node.slot = slot);
    return compileGraph(order, roots, leaves, backends, manner);
  }

  /** A known program, which becomes the last to go. */
  #find(key: string): Promise<GraphProgram> | undefined {
    const known = this.#programs.get(key);
    if (known === undefined) return undefined;
    this.#programs.delete(key);
    this.#programs.set(key, known);
    return known.program;
  }

  #remember(
    key: string,
    program: Promise<GraphProgram>,
  ): Promise<GraphProgram> {
    const kept = { program, steps: 0 };
    program.then(({ steps }) => {
      if (this.#programs.get(key) !== kept) return;
      kept.steps = steps;
      this.#steps += steps;
      this.#shrink();
    }, () => {
      if (this.#programs.get(key) === kept) this.#forget(key);
    });
    if (key.length <= MAX_KEY) {
      this.#programs.set(key, kept);
      this.#keyLength += key.length;
      this.#shrink();
    }
    return program;
  }

  /** Lets the programs go that were not used for longest. */
  #shrink(): void {
    for (const old of this.#programs.keys()) {
      const fits = this.#keyLength <= MAX_KEYS && this.#steps <= MAX_STEPS;
      if (fits || this.#programs.size === 1) return;
      this.#forget(old);
    }
  }

  #forget(key: string): void {
    const kept = this.#programs.get(key);
    if (kept === undefined) return;
    this.#programs.delete(key);
    this.#keyLength -= key.length;
    this.#steps -= kept.steps;
  }

  #forgetAll(): void {
    this.#programs.clear();
    this.#keyLength = 0;
    this.#steps = 0;
  }
}

function mannerOf({ halfSums }: ExecutionOptions): PrepareOptions {
  return { halfSums: halfSums === true, tuning: currentTuning() };
}

/** Tells programs of one structure apart; empty mostly. */
function textOf({ halfSums, tuning }: PrepareOptions): string {
  const half = halfSums ? "|half" : "";
  return tuning.key === "" ? half : `${half}|${tuning.key}`;
}

/**
 * Throws where a result is not finite, naming the primitive that gave the first
 * such number: the reference device computes the graph once more for it.
 */
async function blameNotFinite(
  roots: readonly GraphNode[],
  storages: readonly Storage[],
  options: ExecutionOptions,
): Promise<void> {
  const arrays = await Promise.all(
    storages.map(async (storage, k) =>
      isFloatDType(roots[k]!.dtype) && storage.byteLength > 0
        ? storage.array ?? await storage.read()
        : undefined
    ),
  );
  const isFinite = arrays.every((array) =>
    array === undefined || firstNotFinite(array) < 0
  );
  if (isFinite) return;
  await bringToHost(roots);
  await referenceDevice.execute(roots, {
    signal: options.signal,
    checkFinite: true,
  });
}

/** Gives leaves whose data lie elsewhere a copy in the memory of the host. */
async function bringToHost(roots: readonly GraphNode[]): Promise<void> {
  await Promise.all(
    topologicalOrder(roots).map(async (node) => {
      const { storage } = node;
      if (storage === undefined || storage.array !== undefined) return;
      node.storage = hostStorage(await storage.read());
    }),
  );
}
