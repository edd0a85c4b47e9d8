/**
 * Programs that run on storages.
 *
 * @module
 */

import { accountIsStale } from "../../../device/account.ts";
import { nextTurn, throwIfAborted } from "../../../device/clock.ts";
import { allocate } from "../../../device/dtypes.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { turnIsDue } from "../../../device/wasm/ballast.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import { viewOf, WasmStorage } from "../../../device/wasm/storage.ts";
import type { PreparedProgram, RunOptions } from "../../backend.ts";
import type { ProgramBody } from "./body.ts";
import type { Frame } from "./frame.ts";
import { bufferBytes } from "./layout.ts";
import { Leaves } from "./leaves.ts";
import { OwnedLeaves } from "./owned_leaves.ts";

/** A program that is ready to run. */
export class WasmProgram implements PreparedProgram {
  readonly #runtime: WasmRuntime;
  readonly #body: ProgramBody;
  /** Buffers of results that are made, each once. */
  readonly #made: readonly number[];
  /** Buffers of results. */
  readonly #wanted: ReadonlySet<number>;
  /** Leaf buffers that the program writes over. */
  readonly #overwritten: ReadonlySet<number>;
  /** For each leaf buffer, its position among the leaves. */
  readonly #leafOf: ReadonlyMap<number, number>;

  /**
   * @param runtime Memory, modules and threads.
   * @param body The program, compiled.
   */
  constructor(runtime: WasmRuntime, body: ProgramBody) {
    this.#runtime = runtime;
    this.#body = body;
    const { leaves, overwritten, results } = body.program;
    this.#overwritten = new Set(overwritten);
    this.#leafOf = new Map(leaves.map(({ buffer }, k) => [buffer, k]));
    this.#wanted = new Set(results);
    this.#made = [...this.#wanted].filter((one) => !this.#leafOf.has(one));
  }

  /**
   * Runs the program; see {@linkcode PreparedProgram}.
   *
   * @param leaves Data of the leaves.
   * @param scalars Numbers of the scalars.
   * @param options Signal and trace.
   * @returns Data of the results.
   */
  async run(
    leaves: readonly Storage[],
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<Storage[]> {
    const { signal } = options;
    throwIfAborted(signal);
    // Data that nobody uses any more are freed in a turn of the event loop.
    if (turnIsDue() || accountIsStale()) await nextTurn();
    const { frames, program } = this.#body;
    const frame = await frames.take();
    const placed = new Leaves(this.#runtime);
    const owned = new OwnedLeaves(this.#runtime);
    const blocks = new Map<number, number>();
    try {
      for (let k = 0; k < leaves.length; k++) {
        const { buffer } = program.leaves[k]!;
        const wait = this.#overwritten.has(buffer)
          ? owned.place(frame, buffer, leaves[k]!, options)
          : placed.place(frame, buffer, leaves[k]!, signal);
        if (wait !== undefined) await wait;
      }
      for (const buffer of this.#made) {
        if (frame.layout.buffers[buffer]! >= 0) continue;
        const bytes = bufferBytes(program, buffer);
        const { memory } = this.#runtime;
        const address = memory.tryAllocate(bytes) ??
          await memory.allocate(bytes);
        blocks.set(buffer, address);
        frame.buffers[buffer] = address;
      }
      await this.#body.runIn(frame, scalars, options);
      return this.#collect(frame, leaves, blocks, owned);
    } catch (error) {
      owned.free();
      for (const address of blocks.values()) {
        this.#runtime.memory.free(address);
      }
      throw error;
    } finally {
      placed.release();
      frames.put(frame);
    }
  }

  /** The results: large ones where they are, small ones as copies. */
  #collect(
    frame: Frame,
    leaves: readonly Storage[],
    blocks: Map<number, number>,
    owned: OwnedLeaves,
  ): Storage[] {
    const { memory } = this.#runtime;
    const { buffers, results } = this.#body.program;
    const made = owned.take(this.#wanted);
    for (const [buffer, address] of blocks) {
      const { dtype, size } = buffers[buffer]!;
      made.set(buffer, WasmStorage.at(memory, address, dtype, size));
    }
    blocks.clear();
    return results.map((buffer) => {
      const large = made.get(buffer);
      if (large !== undefined) return large;
      const leaf = this.#leafOf.get(buffer);
      if (leaf !== undefined && !this.#overwritten.has(buffer)) {
        return leaves[leaf]!;
      }
      const { dtype, size } = buffers[buffer]!;
      const view = viewOf(memory.buffer, dtype, frame.buffers[buffer]!, size);
      const copy = allocate(dtype, size);
      copy.set(view);
      return hostStorage(copy);
    });
  }
}
