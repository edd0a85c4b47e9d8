/**
 * Puts the leaves of a program where its kernels can read them.
 *
 * @module
 */

import type { TypedArray } from "../../../device/dtypes.ts";
import type { Storage } from "../../../device/graph.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import { addressIn, WasmStorage } from "../../../device/wasm/storage.ts";
import type { Upload } from "../../../device/wasm/uploads.ts";
import { readChecked } from "../../pending_checks.ts";
import type { Frame } from "./frame.ts";

/** The leaves of one run. */
export class Leaves {
  readonly #runtime: WasmRuntime;
  readonly #storages: WasmStorage[] = [];
  readonly #uploads: Upload[] = [];

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
   * @returns When that is done; undefined if it is already.
   */
  place(
    frame: Frame,
    buffer: number,
    storage: Storage,
    signal: AbortSignal | undefined,
  ): Promise<void> | undefined {
    const { array } = storage;
    const offset = frame.layout.buffers[buffer]!;
    const here = array && this.#addressHere(storage, array);
    if (here !== undefined) frame.buffers[buffer] = here;
    else if (offset < 0) {
      const upload = this.#runtime.uploads.retainKnown(storage);
      if (upload === undefined) {
        return this.#upload(frame, buffer, storage, signal);
      }
      this.#uploads.push(upload);
      frame.buffers[buffer] = upload.address;
    } else {
      const address = frame.address + offset;
      frame.buffers[buffer] = address;
      if (array === undefined) {
        frame.contents[buffer] = 0;
        return this.#read(address, storage);
      }
      // Most small leaves are parameters, which are the same from run to run.
      const number = numberOf(storage);
      if (frame.contents[buffer] === number) return undefined;
      frame.contents[buffer] = number;
      this.#copy(address, array);
    }
    return undefined;
  }

  /** Says that the run has ended. */
  release(): void {
    for (const storage of this.#storages) storage.release();
    for (const upload of this.#uploads) this.#runtime.uploads.release(upload);
  }

  /** Where data lie in the shared memory, if they do. */
  #addressHere(storage: Storage, array: TypedArray): number | undefined {
    const address = addressIn(this.#runtime.memory, array);
    if (address !== undefined && storage instanceof WasmStorage) {
      storage.retain();
      this.#storages.push(storage);
    }
    return address;
  }

  #copy(address: number, array: TypedArray): void {
    const { buffer, byteLength, byteOffset } = array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#runtime.memory.bytes.set(bytes, address);
  }

  async #read(address: number, storage: Storage): Promise<void> {
    this.#copy(address, await readChecked(storage));
  }

  async #upload(
    frame: Frame,
    buffer: number,
    storage: Storage,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const upload = await this.#runtime.uploads.retain(storage, signal);
    this.#uploads.push(upload);
    frame.buffers[buffer] = upload.address;
  }
}

const numbers = new WeakMap<Storage, number>();
let lastNumber = 0;

/** Tells data apart without holding them; they never change. */
function numberOf(storage: Storage): number {
  let number = numbers.get(storage);
  if (number === undefined) numbers.set(storage, number = ++lastNumber);
  return number;
}
