/**
 * Data in the shared memory as storages. A typed array shows them to the host
 * without a copy. Their block is freed when neither the storage nor any view of
 * its data is left.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { releaseStorage } from "../account.ts";
import type { DType, TypedArray } from "../dtypes.ts";
import { donatedData } from "../explain.ts";
import type { Storage } from "../graph.ts";
import { ballastFor } from "./ballast.ts";
import type { SharedMemory } from "./memory.ts";

interface Block {
  readonly memory: SharedMemory;
  readonly address: number;
}

const blocks = new FinalizationRegistry<Block>(({ memory, address }) =>
  memory.free(address)
);

/** The buffers through which the host sees the memory, and whose they are. */
const windows = new WeakMap<ArrayBufferLike, SharedMemory>();

/** Data in the shared memory. */
export class WasmStorage implements Storage {
  /** Name of the device. */
  readonly device = "wasm";
  /** Bytes held. */
  readonly byteLength: number;
  /** Address of the data. */
  readonly address: number;
  /** Tells the garbage collector how large the data are. */
  readonly ballast: ArrayBuffer | undefined;
  readonly #memory: SharedMemory;
  #array: TypedArray | undefined;
  #isDonated = false;
  #users = 0;

  /**
   * @param memory The memory.
   * @param address Address of a block, which the storage owns from now on.
   * @param array A view of the data.
   * @param ballast Tells the garbage collector how large they are.
   */
  private constructor(
    memory: SharedMemory,
    address: number,
    array: TypedArray,
    ballast: ArrayBuffer | undefined,
  ) {
    this.address = address;
    this.byteLength = array.byteLength;
    this.ballast = ballast;
    this.#memory = memory;
    this.#array = array;
    blocks.register(array.buffer, { memory, address }, this);
  }

  /**
   * Data at an address.
   *
   * @param memory The memory.
   * @param address Address of a block, which the storage owns from now on.
   * @param dtype Dtype of its data.
   * @param length Number of elements.
   * @returns The storage.
   */
  static at(
    memory: SharedMemory,
    address: number,
    dtype: DType,
    length: number,
  ): WasmStorage {
    // A buffer of its own: whoever holds a view of the data holds the buffer.
    const window = structuredClone(memory.buffer);
    const array = viewOf(window, dtype, address, length);
    windows.set(window, memory);
    const ballast = ballastFor(array.byteLength);
    return new WasmStorage(memory, address, array, ballast);
  }

  /** The data; undefined once the storage was disposed of. */
  get array(): TypedArray | undefined {
    return this.#array;
  }

  /**
   * The data, not copied.
   *
   * @returns The data.
   * @throws {WeftError} Once the storage was disposed of.
   */
  read(): Promise<TypedArray> {
    if (this.#array !== undefined) return Promise.resolve(this.#array);
    return Promise.reject(this.#gone());
  }

  /**
   * Hands the data to a run that writes over them: this storage has none any
   * more.
   *
   * @param memory The memory that the run works on.
   * @returns A storage that owns the block; undefined where the data lie
   * elsewhere, or somebody else uses them.
   */
  handOver(memory: SharedMemory): WasmStorage | undefined {
    const array = this.#array;
    if (array === undefined) throw this.#gone();
    if (this.#users > 0 || memory !== this.#memory) return undefined;
    this.#array = undefined;
    this.#isDonated = true;
    blocks.unregister(this);
    releaseStorage(this);
    return new WasmStorage(memory, this.address, array, this.ballast);
  }

  #gone(): WeftError {
    return this.#isDonated ? donatedData() : disposed();
  }

  /** Gives the memory back, as soon as no run reads it. */
  dispose(): void {
    if (this.#array === undefined) return;
    this.#array = undefined;
    // From here on the block is freed by hand: a run may still read it.
    blocks.unregister(this);
    if (this.#users === 0) this.#memory.free(this.address);
  }

  /**
   * Keeps the data in place while a run reads them.
   *
   * @throws {WeftError} Once the storage was disposed of.
   */
  retain(): void {
    if (this.#array === undefined) throw this.#gone();
    this.#users++;
  }

  /** Ends what {@linkcode retain} began. */
  release(): void {
    if (--this.#users === 0 && this.#array === undefined) {
      this.#memory.free(this.address);
    }
  }
}

function disposed(): WeftError {
  return new WeftError("Cannot read data that were disposed of", {
    hint: "Dispose of a tensor after its last use",
  });
}

/**
 * A typed array over shared memory. Types of data say `ArrayBuffer`, as nearly
 * all code that is given data cares for the elements only; this is the one
 * place where shared memory passes for it.
 *
 * @param buffer The shared memory.
 * @param dtype Dtype of the data.
 * @param address Where they begin.
 * @param length Number of elements.
 * @returns The data, not copied.
 */
export function viewOf(
  buffer: SharedArrayBuffer,
  dtype: DType,
  address: number,
  length: number,
): TypedArray {
  const plain = buffer as unknown as ArrayBuffer;
  switch (dtype) {
    case "f64":
      return new Float64Array(plain, address, length);
    case "f32":
      return new Float32Array(plain, address, length);
    case "f16":
      return new Float16Array(plain, address, length);
    case "i32":
      return new Int32Array(plain, address, length);
    case "u32":
      return new Uint32Array(plain, address, length);
    case "i8":
      return new Int8Array(plain, address, length);
    case "u8":
    case "bool":
      return new Uint8Array(plain, address, length);
  }
}

/**
 * Where data lie in the memory, if they do.
 *
 * @param memory The memory.
 * @param array The data.
 * @returns Their address, or undefined where they lie elsewhere.
 */
export function addressIn(
  memory: SharedMemory,
  array: TypedArray,
): number | undefined {
  return windows.get(array.buffer) === memory ? array.byteOffset : undefined;
}
