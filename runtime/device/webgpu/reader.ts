/**
 * Reads data back. All reads that are asked for in one go share one copy and one
 * wait for the GPU; large ones go in pieces, so that the event loop turns.
 *
 * @module
 */

import { nextTurn } from "../clock.ts";
import type { Commands } from "./commands.ts";
import type { Pacer } from "./pacer.ts";
import {
  createStagingBuffer,
  mapForReading,
  type MappedData,
  WAITS_IN_CALL,
} from "./platform.ts";

/** Bytes that are brought to the host at once. */
const PIECE_BYTES = 16 * 2 ** 20;
/** About how fast data are copied to the host. */
const BYTES_PER_MILLISECOND = 5e6;
/** Shortest staging buffer. */
const SMALLEST_STAGING = 64 * 1024;
/** Staging buffers that are kept. */
const KEPT_STAGING = 16;

/** Bytes to be read. */
interface Request {
  readonly buffer: GPUBuffer;
  readonly start: number;
  readonly target: Uint8Array<ArrayBuffer>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Pieces that are still to come. */
  pieces: number;
}

/** A part of a request, and where it lies in the staging buffer. */
interface Piece {
  readonly request: Request;
  readonly offset: number;
  readonly bytes: number;
  readonly place: number;
}

/** What a reader needs of its device. */
export interface ReaderWorld {
  /** The device. */
  readonly device: GPUDevice;
  /** Knows when the GPU should be done. */
  readonly pacer: Pacer;
  /** What it is to do. */
  readonly commands: Commands;
  /** Makes an error of this device out of another. */
  explain(error: unknown): Promise<Error>;
}

/** Reads buffers of one device. */
export class BufferReader {
  readonly #world: ReaderWorld;
  #requests: Request[] = [];
  #isRunning = false;
  /** Asks for what should come along with the next reads. */
  beforeRead: (() => void) | undefined;
  readonly #staging: GPUBuffer[] = [];
  #maps = 0;

  /**
   * @param world The device.
   */
  constructor(world: ReaderWorld) {
    this.#world = world;
  }

  /** How often data were brought to the host so far. */
  get maps(): number {
    return this.#maps;
  }

  /**
   * Reads a part of a buffer.
   *
   * @param buffer The buffer; padded to a multiple of 4 bytes.
   * @param target Where the bytes go; all of it is filled.
   * @param start First byte of the part, a multiple of 4.
   */
  read(
    buffer: GPUBuffer,
    target: Uint8Array<ArrayBuffer>,
    start = 0,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requests.push({
        buffer,
        start,
        target,
        resolve,
        reject,
        pieces: 0,
      });
      if (this.#isRunning) return;
      this.#isRunning = true;
      // Whatever is asked for before the event loop turns comes along.
      queueMicrotask(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#requests.length > 0) {
      this.beforeRead?.();
      const requests = this.#requests;
      this.#requests = [];
      try {
        await this.#serve(requests);
      } catch (error) {
        const explained = await this.#world.explain(error);
        for (const { reject } of requests) reject(explained);
      }
    }
    this.#isRunning = false;
  }

  async #serve(requests: readonly Request[]): Promise<void> {
    const batches = batchesOf(requests);
    for (let k = 0; k < batches.length; k++) {
      if (k > 0) await nextTurn();
      await this.#world.pacer.settle(undefined);
      await this.#transfer(batches[k]!);
    }
  }

  async #transfer(pieces: readonly Piece[]): Promise<void> {
    const { commands, pacer } = this.#world;
    const last = pieces.at(-1)!;
    const length = last.place + padded(last.bytes);
    const staging = this.#takeStaging(length);
    const { batch } = commands;
    // The copy goes along with the work that it waits for.
    const { invalid } = commands.record("read", () => {
      for (const { request, offset, bytes, place } of pieces) {
        const from = request.start + offset;
        const count = padded(bytes);
        commands.copy(request.buffer, from, staging, place, count);
      }
    });
    commands.flush();
    pacer.submitted(length / BYTES_PER_MILLISECOND);
    let mapped: MappedData;
    try {
      if (WAITS_IN_CALL) await pacer.finish(undefined);
      mapped = WAITS_IN_CALL
        ? await mapForReading(staging, length)
        : await pacer.observe(() => mapForReading(staging, length));
    } catch (error) {
      staging.destroy();
      await batch.outcome;
      throw batch.error ?? await invalid ?? error;
    }
    await batch.outcome;
    batch.check();
    const error = await invalid;
    if (error !== null) throw error;
    this.#maps++;
    const data = new Uint8Array(mapped.data);
    for (const { request, offset, bytes, place } of pieces) {
      request.target.set(data.subarray(place, place + bytes), offset);
    }
    staging.unmap();
    void mapped.settled.then(() => this.#giveStaging(staging));
    for (const { request } of pieces) {
      if (--request.pieces === 0) request.resolve();
    }
  }

  #takeStaging(length: number): GPUBuffer {
    const at = this.#staging.findIndex((buffer) => buffer.size >= length);
    if (at >= 0) return this.#staging.splice(at, 1)[0]!;
    const size = Math.max(
      SMALLEST_STAGING,
      2 ** Math.ceil(Math.log2(length)),
    );
    return createStagingBuffer(this.#world.device, size);
  }

  #giveStaging(buffer: GPUBuffer): void {
    this.#staging.push(buffer);
    this.#staging.sort((a, b) => a.size - b.size);
    if (this.#staging.length > KEPT_STAGING) this.#staging.shift()!.destroy();
  }
}

/** Cuts requests into pieces that fit a staging buffer each, in order. */
function batchesOf(requests: readonly Request[]): Piece[][] {
  const batches: Piece[][] = [];
  let batch: Piece[] = [];
  let place = 0;
  for (const request of requests) {
    let offset = 0;
    do {
      if (place === PIECE_BYTES || batch.length === 0) {
        batches.push(batch = []);
        place = 0;
      }
      const bytes = Math.min(
        request.target.length - offset,
        PIECE_BYTES - place,
      );
      batch.push({ request, offset, bytes, place });
      request.pieces++;
      offset += bytes;
      place += padded(bytes);
    } while (offset < request.target.length);
  }
  return batches;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
