/**
 * The memory of the `wasm` device: one shared WebAssembly memory, in which all
 * data of its tensors lie.
 *
 * @module
 */

import type { WeftError } from "../../core/errors.ts";
import { megabytes, memoryError } from "../explain.ts";
import { ALIGNMENT, Allocator } from "./allocator.ts";
import { collectGarbage } from "./collect.ts";

/** Bytes of a page. */
const PAGE = 65536;
/** Pages of the largest memory that there can be. */
const MAXIMUM_PAGES = 65536;
/** Bytes before the first and behind the last block: loads may overshoot. */
const GUARD = PAGE;
/** Least number of bytes by which the memory grows. */
const LEAST_GROWTH = 16 * 2 ** 20;
/** How often garbage is collected before giving up. */
const COLLECTIONS = 2;

/** A shared memory and its blocks. */
export class SharedMemory {
  /** The memory, for instances and workers. */
  readonly memory: WebAssembly.Memory;
  readonly #allocator = new Allocator(GUARD);
  readonly #reclaimers: (() => void)[] = [];
  readonly #maximum: number;
  #bytes: Uint8Array<SharedArrayBuffer>;
  #words: Uint32Array<SharedArrayBuffer>;
  #view: DataView<SharedArrayBuffer>;

  /**
   * @param maximumBytes Bytes that the memory may grow to.
   */
  constructor(maximumBytes: number = MAXIMUM_PAGES * PAGE) {
    const pages = Math.floor(maximumBytes / PAGE);
    this.#maximum = Math.min(MAXIMUM_PAGES, pages) * PAGE;
    this.memory = new WebAssembly.Memory({
      initial: 2,
      maximum: MAXIMUM_PAGES,
      shared: true,
    });
    const buffer = this.buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** The memory as it is now; an older buffer shows the same bytes. */
  get buffer(): SharedArrayBuffer {
    // The memory is shared, which its type does not tell.
    return this.memory.buffer as unknown as SharedArrayBuffer;
  }

  /** All bytes. Ask again after something was allocated. */
  get bytes(): Uint8Array<SharedArrayBuffer> {
    return this.#bytes;
  }

  /** All words of 4 bytes. Ask again after something was allocated. */
  get words(): Uint32Array<SharedArrayBuffer> {
    return this.#words;
  }

  /** All bytes, to be read and written as any type. */
  get view(): DataView<SharedArrayBuffer> {
    return this.#view;
  }

  /** Bytes of blocks that are held. */
  get heldBytes(): number {
    return this.#allocator.heldBytes;
  }

  /**
   * Adds a way to get memory back when there is too little.
   *
   * @param reclaim Frees blocks that are kept only because they may be useful.
   */
  onShortage(reclaim: () => void): void {
    this.#reclaimers.push(reclaim);
  }

  /**
   * A block, if there is room for it.
   *
   * @param bytes Its length at least.
   * @returns Its address, a multiple of 64, or undefined.
   */
  tryAllocate(bytes: number): number | undefined {
    const address = this.#allocator.allocate(bytes);
    if (address !== undefined) return address;
    return this.#grow(bytes) ? this.#allocator.allocate(bytes) : undefined;
  }

  /**
   * A block. Where there is no room, what may be given up is given up, and
   * what nobody uses any more is collected.
   *
   * @param bytes Its length at least.
   * @returns Its address, a multiple of 64.
   * @throws {WeftError} When there is no room; it names the biggest holders.
   */
  async allocate(bytes: number): Promise<number> {
    let address = this.tryAllocate(bytes);
    if (address !== undefined) return address;
    for (const reclaim of this.#reclaimers) reclaim();
    address = this.tryAllocate(bytes);
    for (let k = 0; address === undefined && k < COLLECTIONS; k++) {
      await collectGarbage();
      address = this.tryAllocate(bytes);
    }
    if (address === undefined) throw this.#shortage(bytes);
    return address;
  }

  /**
   * A block, for those who cannot wait; see {@linkcode allocate}.
   *
   * @param bytes Its length at least.
   * @returns Its address, a multiple of 64.
   * @throws {WeftError} When there is no room; it names the biggest holders.
   */
  allocateNow(bytes: number): number {
    let address = this.tryAllocate(bytes);
    if (address === undefined) {
      for (const reclaim of this.#reclaimers) reclaim();
      address = this.tryAllocate(bytes);
    }
    if (address === undefined) throw this.#shortage(bytes);
    return address;
  }

  #shortage(bytes: number): WeftError {
    return memoryError(
      `Cannot allocate ${
        megabytes(bytes)
      } on the device "wasm": current use is ${megabytes(this.heldBytes)}`,
      { expected: `${megabytes(this.#maximum)} in all, at most` },
    );
  }

  /**
   * Gives a block back.
   *
   * @param address Its address.
   */
  free(address: number): void {
    this.#allocator.free(address);
  }

  /** Makes the memory larger, so that a block fits at its end. */
  #grow(bytes: number): boolean {
    const block = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = block - this.#allocator.freeAtEnd;
    const end = this.#allocator.end;
    const room = this.#maximum - GUARD - end;
    if (missing > room) return false;
    const wanted = Math.max(missing, LEAST_GROWTH, Math.floor(end / 4));
    return this.#growTo(end + Math.min(wanted, room)) ||
      this.#growTo(end + missing);
  }

  #growTo(end: number): boolean {
    const length = Math.ceil((end + GUARD) / PAGE) * PAGE;
    try {
      this.memory.grow((length - this.#bytes.length) / PAGE);
    } catch {
      // The machine has no more; the caller knows what to do.
      return false;
    }
    const buffer = this.buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
    this.#allocator.extend(length - GUARD - this.#allocator.end);
    return true;
  }
}
