/**
 * Puts the leaves of a program where its kernels can read them.
 *
 * @module
 */

import type { Storage } from "../../../device/graph.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import { addressIn, WasmStorage } from "../../../device/wasm/storage.ts";
import type { Frame } from "./frame.ts";

/** The leaves of one run. */
export class Leaves {
  readonly #runtime: WasmRuntime;
  readonly #releases: (() => void)[] = [];

  /**
   * @param runtime Memory, modules and threads.
   */
  constructor(runtime: WasmRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Makes one leaf readable, until {@linkcode release}.
   *
   * @param frame The frame of the run, which is told the address.
   * @param buffer Number of the leaf's buffer.
   * @param storage The data.
   * @param signal Stops the copying of data that lie elsewhere.
   */
  async place(
    frame: Frame,
    buffer: number,
    storage: Storage,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    frame.buffers[buffer] = this.#addressHere(storage) ??
      await this.#copy(frame, buffer, storage, signal);
  }

  /** Where data lie in the shared memory, if they do. */
  #addressHere(storage: Storage): number | undefined {
    const { array } = storage;
    if (array === undefined) return undefined;
    const address = addressIn(this.#runtime.memory, array);
    if (address === undefined) return undefined;
    if (storage instanceof WasmStorage) {
      storage.retain();
      this.#releases.push(() => storage.release());
    }
    return address;
  }

  async #copy(
    frame: Frame,
    buffer: number,
    storage: Storage,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { memory, uploads } = this.#runtime;
    const offset = frame.layout.buffers[buffer]!;
    if (offset < 0) {
      const upload = await uploads.retain(storage, signal);
      this.#releases.push(() => uploads.release(upload));
      return upload.address;
    }
    const { buffer: source, byteLength, byteOffset } = storage.array ??
      await storage.read();
    const address = frame.address + offset;
    memory.bytes.set(new Uint8Array(source, byteOffset, byteLength), address);
    return address;
  }

  /** Says that the run has ended. */
  release(): void {
    for (const release of this.#releases) release();
  }
}
