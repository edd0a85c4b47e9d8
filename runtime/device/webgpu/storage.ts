/**
 * Data of tensors on the GPU.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { releaseStorage } from "../account.ts";
import { allocate, byteSize, type DType, type TypedArray } from "../dtypes.ts";
import { donatedData } from "../explain.ts";
import type { Storage } from "../graph.ts";
import type { Batch } from "./commands.ts";
import type { WebGpuConnection } from "./connection.ts";
import type { DeviceBuffer } from "./pool.ts";
import { SharedBuffer } from "./shared_buffer.ts";
import { bytesOf } from "./uploads.ts";

const registry = new FinalizationRegistry<SharedBuffer>((shared) =>
  shared.drop()
);

/** Data of one tensor on the GPU. */
export class WebGpuStorage implements Storage {
  /** Name of the device. */
  readonly device = "webgpu";
  /** The data are not in the memory of the host. */
  readonly array = undefined;
  /** Bytes of the data. */
  readonly byteLength: number;
  /** The connection that it belongs to. */
  readonly connection: WebGpuConnection;
  readonly #dtype: DType;
  readonly #size: number;
  readonly #shared: SharedBuffer;
  readonly #batch: Batch;
  #isDisposed = false;
  #isDonated = false;

  /**
   * @param connection The connection.
   * @param buffer Where the data are; the storage owns it from now on.
   * @param dtype Their dtype.
   * @param size Number of elements, at least 1.
   * @param batch The commands that write them.
   */
  constructor(
    connection: WebGpuConnection,
    buffer: DeviceBuffer,
    dtype: DType,
    size: number,
    batch: Batch,
  ) {
    this.connection = connection;
    this.#batch = batch;
    this.byteLength = size * byteSize(dtype);
    this.#dtype = dtype;
    this.#size = size;
    this.#shared = new SharedBuffer(connection.pool, buffer);
    registry.register(this, this.#shared, this);
  }

  /** Whether the data are gone with the device. */
  get isLost(): boolean {
    return this.connection.isLost;
  }

  /**
   * The data, copied to the host. Reads that are asked for together share one
   * wait for the GPU.
   *
   * @returns The data.
   * @throws {DeviceLostError} When the device is gone.
   * @throws {WeftError} When they could not be computed.
   */
  async read(): Promise<TypedArray> {
    const shared = this.retain();
    try {
      const array = allocate(this.#dtype, this.#size);
      await this.connection.reader.read(shared.buffer.buffer, bytesOf(array));
      await this.#batch.outcome;
      this.#batch.check();
      return array;
    } finally {
      shared.release();
    }
  }

  /**
   * Begins a use of the buffer, which ends with its `release`.
   *
   * @returns The buffer.
   * @throws {DeviceLostError} When the device is gone.
   * @throws {WeftError} When the data were disposed of, or could not be computed.
   */
  retain(): SharedBuffer {
    if (this.#isDonated) throw donatedData();
    if (this.#isDisposed) {
      throw new WeftError("Cannot use data that were disposed of", {
        expected: "data that are still held",
        hint: "Dispose of a tensor after its last use",
      });
    }
    this.connection.check();
    this.#batch.check();
    this.#shared.retain();
    return this.#shared;
  }

  /**
   * Hands the buffer to a run that writes over it: this storage has no data any
   * more.
   *
   * @returns The buffer, which belongs to the caller; undefined where somebody
   * else uses it.
   */
  handOver(): DeviceBuffer | undefined {
    const shared = this.retain();
    if (!shared.leave()) return undefined;
    this.#isDisposed = true;
    this.#isDonated = true;
    registry.unregister(this);
    releaseStorage(this);
    return shared.buffer;
  }

  /** Gives the memory back now. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    registry.unregister(this);
    this.#shared.drop();
  }
}
