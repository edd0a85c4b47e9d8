/**
 * Data of the host that programs read on the GPU: uploaded once, and kept there
 * for as long as the host keeps them and memory is not short.
 *
 * @module
 */

import type { TypedArray } from "../dtypes.ts";
import type { Storage } from "../graph.ts";
import type { Commands } from "./commands.ts";
import type { BufferPool } from "./pool.ts";
import { SharedBuffer } from "./shared_buffer.ts";
import { bytesOf, uploadBytes } from "./uploads.ts";

/** What copies need of their device. */
export interface HostLeavesWorld {
  /** The device. */
  readonly device: GPUDevice;
  /** Where memory comes from. */
  readonly pool: BufferPool;
  /** What it is to do. */
  readonly commands: Commands;
}

/** Copies of storages on one device. */
export class HostLeaves {
  readonly #world: HostLeavesWorld;
  readonly #pool: BufferPool;
  readonly #known = new WeakMap<Storage, Promise<SharedBuffer>>();
  /** Who has a copy, so that it can be dropped when memory is short. */
  readonly #copies = new Map<SharedBuffer, WeakRef<Storage>>();
  readonly #registry = new FinalizationRegistry<SharedBuffer>((shared) =>
    this.#drop(shared)
  );

  /**
   * @param world What they need of the device.
   */
  constructor(world: HostLeavesWorld) {
    this.#world = world;
    this.#pool = world.pool;
    this.#pool.onShortage(() => this.#dropUnused());
  }

  /** Number of copies. */
  get copies(): number {
    return this.#copies.size;
  }

  /**
   * Begins a use of a storage's copy, which ends with its `release`.
   *
   * @param storage The storage, of another device.
   * @param path Path of the op that wants it, for errors.
   * @returns The copy.
   */
  async retain(
    storage: Storage,
    path: readonly string[] | undefined,
  ): Promise<SharedBuffer> {
    let copy = this.#known.get(storage);
    if (copy === undefined) {
      copy = this.#upload(storage, path);
      this.#known.set(storage, copy);
      copy.catch(() => this.#known.delete(storage));
    }
    const shared = await copy;
    if (this.#copies.has(shared)) {
      shared.retain();
      return shared;
    }
    // It was dropped while this call waited.
    return this.retain(storage, path);
  }

  async #upload(
    storage: Storage,
    path: readonly string[] | undefined,
  ): Promise<SharedBuffer> {
    const array: TypedArray = storage.array ?? await storage.read();
    const [buffer] = await this.#pool.allocate([array.byteLength], path);
    const shared = new SharedBuffer(this.#pool, buffer!);
    try {
      await uploadBytes(this.#world, buffer!.buffer, bytesOf(array));
    } catch (error) {
      shared.drop();
      throw error;
    }
    this.#copies.set(shared, new WeakRef(storage));
    this.#registry.register(storage, shared);
    return shared;
  }

  #dropUnused(): void {
    for (const shared of this.#copies.keys()) {
      if (!shared.isUsed) this.#drop(shared);
    }
  }

  #drop(shared: SharedBuffer): void {
    const storage = this.#copies.get(shared)?.deref();
    if (storage !== undefined) this.#known.delete(storage);
    this.#copies.delete(shared);
    shared.drop();
  }
}
