/**
 * Brings data of the host to the GPU.
 *
 * @module
 */

import { nextSlice, nextTurn, sliceIsOver } from "../clock.ts";
import type { TypedArray } from "../dtypes.ts";
import type { Commands } from "./commands.ts";

/** Bytes that are handed over at once. */
const PIECE_BYTES = 16 * 2 ** 20;

/** Bytes that are written in the midst of recorded commands. */
const SMALL_BYTES = 64 * 1024;

/** What an upload needs of its device. */
export interface UploadWorld {
  /** The device. */
  readonly device: GPUDevice;
  /** What it is to do. */
  readonly commands: Commands;
}

/**
 * Writes data to a buffer, in pieces, after all that was recorded so far.
 *
 * @param world What it needs of the device.
 * @param buffer The buffer; padded to a multiple of 4 bytes.
 * @param bytes The data.
 * @param offset Where in the buffer, a multiple of 4; its start by default.
 */
export async function uploadBytes(
  { commands, device }: UploadWorld,
  buffer: GPUBuffer,
  bytes: Uint8Array<ArrayBuffer>,
  offset = 0,
): Promise<void> {
  if (bytes.length <= SMALL_BYTES && bytes.length % 4 === 0) {
    commands.write(buffer, offset, bytes);
    return;
  }
  const { queue } = device;
  // Work that is recorded may still need what was in the buffer before.
  commands.flush();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    if (at > 0) {
      // The queue keeps written data until something is submitted.
      queue.submit([]);
      await nextTurn();
    }
    if (sliceIsOver()) await nextSlice(undefined);
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    writePadded(queue, buffer, offset + at, piece);
  }
}

/**
 * Writes data whose length may be any number of bytes; up to three bytes behind
 * them become 0.
 *
 * @param queue The queue.
 * @param buffer The buffer.
 * @param offset Where in the buffer, a multiple of 4.
 * @param bytes The data.
 */
function writePadded(
  queue: GPUQueue,
  buffer: GPUBuffer,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const whole = bytes.length - bytes.length % 4;
  if (whole > 0) queue.writeBuffer(buffer, offset, bytes, 0, whole);
  if (whole === bytes.length) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, offset + whole, rest);
}

/**
 * The bytes of a typed array.
 *
 * @param array The array.
 * @returns A view of them.
 */
export function bytesOf(array: TypedArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
