/**
 * Buffers on the GPU, kept for reuse. Work on the GPU is done in the order in
 * which it was submitted, so a buffer may be handed out again while work that
 * reads its old data is still under way.
 *
 * @module
 */

import type { WeftError } from "../../core/errors.ts";
import { megabytes, memoryError } from "../explain.ts";
import { GarbageWatch } from "./garbage.ts";
import { waitForQueue } from "./platform.ts";

/** Bytes of buffers that are kept although nobody uses them, at least. */
const IDLE_BYTES = 1024 * 2 ** 20;
/** Lengths from here on are rounded by an eighth at most. */
const FINE_BYTES = 4096;

/** A buffer on the GPU. */
export interface DeviceBuffer {
  /** Tells it from all others. */
  readonly id: number;
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** Its length; at least what was asked for. */
  readonly byteLength: number;
}

let ids = 0;

/**
 * The length that is allocated for a number of bytes.
 *
 * @param bytes The number.
 * @returns A multiple of 256, at most an eighth longer where that is much.
 */
export function roundedLength(bytes: number): number {
  if (bytes <= 256) return 256;
  const power = 2 ** Math.ceil(Math.log2(bytes));
  if (bytes <= FINE_BYTES) return power;
  const step = power / 16;
  return Math.ceil(bytes / step) * step;
}

/** Buffers of one device. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #maxLength: number;
  readonly #idle = new Map<number, DeviceBuffer[]>();
  readonly #makeRoom: (() => void)[] = [];
  readonly #beforeDestroy: (() => void)[] = [];
  readonly #garbage: GarbageWatch;
  #idleBytes = 0;
  #heldBytes = 0;
  /** Bytes that may be held in all. */
  budgetBytes: number;

  /**
   * @param device The device.
   * @param maxLength Bytes of a buffer at most.
   * @param budgetBytes Bytes that may be held in all.
   */
  constructor(device: GPUDevice, maxLength: number, budgetBytes: number) {
    this.#device = device;
    this.#maxLength = maxLength;
    this.budgetBytes = budgetBytes;
    this.#garbage = new GarbageWatch(budgetBytes);
  }

  /** Bytes in use. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes kept for reuse. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /**
   * Adds something that gives buffers back when memory is short.
   *
   * @param makeRoom Called then.
   */
  onShortage(makeRoom: () => void): void {
    this.#makeRoom.push(makeRoom);
  }

  /**
   * Adds something that has to be done before buffers are destroyed.
   *
   * @param listener Called then.
   */
  beforeDestroy(listener: () => void): void {
    this.#beforeDestroy.push(listener);
  }

  /**
   * Allocates buffers that are there already.
   *
   * @param lengths Their lengths in bytes.
   * @returns The buffers; undefined where some have to be made or looked for.
   */
  allocateNow(lengths: readonly number[]): DeviceBuffer[] | undefined {
    if (!this.#has(lengths)) return undefined;
    return lengths.map((bytes) => {
      const length = this.#length(bytes);
      this.#garbage.note(length);
      return this.#reuse(length)!;
    });
  }

  /**
   * Allocates buffers. Their data are whatever was in them before.
   *
   * @param lengths Their lengths in bytes.
   * @param path Path of the op that wants them, for the error.
   * @returns The buffers.
   * @throws {WeftError} When there is no memory left, naming who holds it.
   */
  async allocate(
    lengths: readonly number[],
    path?: readonly string[],
  ): Promise<DeviceBuffer[]> {
    const total = lengths.reduce((sum, bytes) => sum + this.#length(bytes), 0);
    if (this.#heldBytes + this.#idleBytes + total > this.budgetBytes) {
      await this.#shrinkFor(total);
      if (this.#heldBytes + total > this.budgetBytes) {
        throw this.#shortage(total, path, undefined);
      }
    } else if (this.#garbage.isDue(this.#heldBytes) && !this.#has(lengths)) {
      // Better wait for dropped buffers than make new ones.
      await this.#garbage.collect();
    }
    this.#garbage.note(total);
    const first = await this.#tryAllocate(lengths);
    if (first.error === undefined) return first.buffers;
    // How much is left, only the device knows: all that can go does.
    await this.#giveUpAll();
    const second = await this.#tryAllocate(lengths);
    if (second.error === undefined) return second.buffers;
    throw this.#shortage(total, path, second.error);
  }

  /**
   * Gives a buffer back.
   *
   * @param buffer The buffer.
   */
  release(buffer: DeviceBuffer): void {
    const { byteLength } = buffer;
    this.#heldBytes -= byteLength;
    this.#idleBytes += byteLength;
    const list = this.#idle.get(byteLength);
    if (list === undefined) this.#idle.set(byteLength, [buffer]);
    else list.push(buffer);
    this.trim(Math.max(IDLE_BYTES, this.#heldBytes / 4));
  }

  /**
   * Destroys a buffer that shall not be kept.
   *
   * @param buffer The buffer.
   */
  destroy(buffer: DeviceBuffer): void {
    this.#heldBytes -= buffer.byteLength;
    this.#destroy(buffer);
  }

  /**
   * Destroys buffers that are kept for reuse, those of the length that was not
   * used for the longest time first.
   *
   * @param bytes How much may stay.
   */
  trim(bytes: number): void {
    for (const [length, list] of this.#idle) {
      while (list.length > 0) {
        if (this.#idleBytes <= bytes) return;
        this.#idleBytes -= length;
        this.#destroy(list.pop()!);
      }
      this.#idle.delete(length);
    }
  }

  #destroy({ buffer }: DeviceBuffer): void {
    for (const listener of this.#beforeDestroy) listener();
    buffer.destroy();
  }

  /** Allocates without waiting for memory. */
  async #tryAllocate(
    lengths: readonly number[],
  ): Promise<{ buffers: DeviceBuffer[]; error: GPUError | undefined }> {
    const fresh: DeviceBuffer[] = [];
    this.#device.pushErrorScope("out-of-memory");
    this.#device.pushErrorScope("validation");
    const buffers = lengths.map((bytes) => {
      const length = this.#length(bytes);
      return this.#reuse(length) ?? this.#create(length, fresh);
    });
    const scopes = [this.#device.popErrorScope(), this.#device.popErrorScope()];
    if (fresh.length === 0) return { buffers, error: undefined };
    const [invalid, memory] = await Promise.all(scopes);
    const error = invalid ?? memory ?? undefined;
    if (error !== undefined) {
      const broken = new Set(fresh);
      for (const buffer of buffers) {
        if (broken.has(buffer)) this.destroy(buffer);
        else this.release(buffer);
      }
    }
    return { buffers, error };
  }

  #reuse(length: number): DeviceBuffer | undefined {
    const list = this.#idle.get(length);
    const buffer = list?.pop();
    if (buffer === undefined) return undefined;
    this.#idleBytes -= length;
    this.#heldBytes += length;
    // The lengths are kept in the order of their last use.
    this.#idle.delete(length);
    if (list!.length > 0) this.#idle.set(length, list!);
    return buffer;
  }

  #length(bytes: number): number {
    return Math.min(roundedLength(bytes), this.#maxLength);
  }

  #create(byteLength: number, fresh: DeviceBuffer[]): DeviceBuffer {
    const buffer = this.#device.createBuffer({
      label: `weft ${byteLength} bytes`,
      size: byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
        GPUBufferUsage.COPY_DST,
    });
    const made = { id: ids++, buffer, byteLength };
    fresh.push(made);
    this.#heldBytes += byteLength;
    return made;
  }

  /** Whether nothing has to be made. */
  #has(lengths: readonly number[]): boolean {
    const wanted = new Map<number, number>();
    for (const bytes of lengths) {
      const length = this.#length(bytes);
      const count = (wanted.get(length) ?? 0) + 1;
      if (count > (this.#idle.get(length)?.length ?? 0)) return false;
      wanted.set(length, count);
    }
    return true;
  }

  /** Gives back as much as makes room for a number of bytes in the budget. */
  async #shrinkFor(total: number): Promise<void> {
    this.#trimFor(total);
    const isShort = () => this.#heldBytes + total > this.budgetBytes;
    if (isShort()) await this.#garbage.collect();
    if (isShort()) this.#askForRoom();
    this.#trimFor(total);
  }

  #trimFor(total: number): void {
    this.trim(Math.max(0, this.budgetBytes - this.#heldBytes - total));
  }

  /** Gives back all that can be spared. */
  async #giveUpAll(): Promise<void> {
    this.trim(0);
    await this.#garbage.collect();
    this.#askForRoom();
    this.trim(0);
    // What work under way uses is only free after it.
    await waitForQueue(this.#device.queue);
  }

  #askForRoom(): void {
    for (const makeRoom of this.#makeRoom) makeRoom();
  }

  #shortage(
    total: number,
    path: readonly string[] | undefined,
    error: GPUError | undefined,
  ): WeftError {
    return memoryError(
      `Cannot allocate ${megabytes(total)} on the device "webgpu"`,
      {
        ...(path === undefined ? {} : { path }),
        ...(error === undefined ? {} : { cause: new Error(error.message) }),
        expected: error === undefined
          ? `at most ${megabytes(this.budgetBytes)} in all`
          : "memory that the GPU has left",
      },
    );
  }
}
