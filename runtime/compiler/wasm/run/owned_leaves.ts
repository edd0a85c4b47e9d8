/**
 * Leaves that a program writes over: their data are taken, or copied where
 * somebody else needs them.
 *
 * @module
 */

import { dtypeOfArray, type TypedArray } from "../../../device/dtypes.ts";
import { isShared, type Storage } from "../../../device/graph.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import { WasmStorage } from "../../../device/wasm/storage.ts";
import type { RunOptions } from "../../backend.ts";
import { readChecked } from "../../pending_checks.ts";
import type { Frame } from "./frame.ts";

/** The leaves of one run that it writes over. */
export class OwnedLeaves {
  readonly #runtime: WasmRuntime;
  readonly #storages = new Map<number, WasmStorage>();

  /**
   * @param runtime Memory, modules and threads.
   */
  constructor(runtime: WasmRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Puts one leaf where the program may write over it.
   *
   * @param frame The frame of the run, which is told the address.
   * @param buffer Number of the leaf's buffer.
   * @param storage The data, which are gone from it afterwards unless others
   * need them.
   * @param options Whether all data have to stay as they are.
   * @returns When that is done; undefined if it is already.
   */
  place(
    frame: Frame,
    buffer: number,
    storage: Storage,
    { keepLeaves }: RunOptions,
  ): Promise<void> | undefined {
    const { memory } = this.#runtime;
    const mayTake = keepLeaves !== true && storage instanceof WasmStorage &&
      !isShared(storage);
    const taken = mayTake ? storage.handOver(memory) : undefined;
    if (taken === undefined) return this.#copy(frame, buffer, storage);
    this.#storages.set(buffer, taken);
    frame.buffers[buffer] = taken.address;
    return undefined;
  }

  async #copy(frame: Frame, buffer: number, storage: Storage): Promise<void> {
    const { memory } = this.#runtime;
    const offset = frame.layout.buffers[buffer]!;
    if (offset >= 0) {
      frame.buffers[buffer] = frame.address + offset;
      frame.contents[buffer] = 0;
      put(memory.bytes, frame.buffers[buffer]!, await readChecked(storage));
      return;
    }
    const address = memory.tryAllocate(storage.byteLength) ??
      await memory.allocate(storage.byteLength);
    let array: TypedArray;
    try {
      array = await readChecked(storage);
    } catch (error) {
      memory.free(address);
      throw error;
    }
    const dtype = dtypeOfArray(array)!;
    put(memory.bytes, address, array);
    const own = WasmStorage.at(memory, address, dtype, array.length);
    this.#storages.set(buffer, own);
    frame.buffers[buffer] = address;
  }

  /**
   * Ends the run.
   *
   * @param wanted Buffers that are results.
   * @returns Their data; those of other buffers are freed.
   */
  take(wanted: ReadonlySet<number>): Map<number, WasmStorage> {
    for (const [buffer, storage] of this.#storages) {
      if (wanted.has(buffer)) continue;
      storage.dispose();
      this.#storages.delete(buffer);
    }
    return this.#storages;
  }

  /** Frees everything: what was taken is lost. */
  free(): void {
    for (const storage of this.#storages.values()) storage.dispose();
  }
}

function put(bytes: Uint8Array, address: number, array: TypedArray): void {
  const { buffer, byteLength, byteOffset } = array;
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), address);
}
