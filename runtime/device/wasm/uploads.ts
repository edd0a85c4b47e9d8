/**
 * Copies of data that lie outside of the shared memory: made once for each
 * storage, and kept as long as the storage, or until memory is short.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../clock.ts";
import type { TypedArray } from "../dtypes.ts";
import type { Storage } from "../graph.ts";
import { countBytes } from "./ballast.ts";
import type { SharedMemory } from "./memory.ts";

/** Bytes that are copied between two looks at the clock. */
const SLICE = 4 * 2 ** 20;

/** A copy in the shared memory. */
export interface Upload {
  /** Its address. */
  readonly address: number;
  /** Number of runs that read it. */
  users: number;
}

/** The copies. */
export class Uploads {
  readonly #memory: SharedMemory;
  readonly #known = new WeakMap<Storage, Upload>();
  readonly #held = new Map<Upload, WeakRef<Storage>>();
  readonly #gone = new FinalizationRegistry<Upload>((upload) =>
    this.#free(upload)
  );

  /**
   * @param memory The shared memory.
   */
  constructor(memory: SharedMemory) {
    this.#memory = memory;
    memory.onShortage(() => this.#reclaim());
  }

  /**
   * The copy of a storage, if there is one; see {@linkcode retain}.
   *
   * @param storage The storage.
   * @returns The copy.
   */
  retainKnown(storage: Storage): Upload | undefined {
    const upload = this.#known.get(storage);
    if (upload !== undefined) upload.users++;
    return upload;
  }

  /**
   * The copy of a storage, which stays in place until {@linkcode release}.
   *
   * @param storage The storage; its data never change.
   * @param signal Stops the copying.
   * @returns The copy.
   */
  async retain(
    storage: Storage,
    signal: AbortSignal | undefined,
  ): Promise<Upload> {
    let upload = this.#known.get(storage);
    if (upload === undefined) {
      const array = storage.array ?? await storage.read();
      const address = await this.#copy(array, signal);
      // Another run may have been faster.
      upload = this.#known.get(storage);
      if (upload === undefined) {
        upload = { address, users: 0 };
        this.#known.set(storage, upload);
        this.#held.set(upload, new WeakRef(storage));
        this.#gone.register(storage, upload, upload);
      } else this.#memory.free(address);
    }
    upload.users++;
    return upload;
  }

  /**
   * Says that a run does not read a copy any more.
   *
   * @param upload The copy.
   */
  release(upload: Upload): void {
    upload.users--;
  }

  async #copy(
    array: TypedArray,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { buffer, byteLength, byteOffset } = array;
    const address = await this.#memory.allocate(byteLength);
    countBytes(byteLength);
    try {
      const from = new Uint8Array(buffer, byteOffset, byteLength);
      for (let at = 0; at < byteLength; at += SLICE) {
        if (at > 0 && sliceIsOver()) await nextSlice(signal);
        this.#memory.bytes.set(from.subarray(at, at + SLICE), address + at);
      }
    } catch (error) {
      this.#memory.free(address);
      throw error;
    }
    return address;
  }

  #free(upload: Upload): void {
    if (this.#held.delete(upload)) this.#memory.free(upload.address);
  }

  #reclaim(): void {
    for (const [upload, source] of this.#held) {
      if (upload.users > 0) continue;
      const storage = source.deref();
      if (storage !== undefined) this.#known.delete(storage);
      this.#gone.unregister(upload);
      this.#free(upload);
    }
  }
}
