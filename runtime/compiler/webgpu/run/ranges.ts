/**
 * Where the buffers of a program lie: places in slabs while it is compiled,
 * ranges of buffers of the GPU while it runs.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import type { DeviceBuffer } from "../../../device/webgpu/pool.ts";
import type { BufferSpec } from "../../ir/kernel.ts";

/** What the start of every range is a multiple of, on any adapter. */
export const ALIGNMENT = 256;
/** What the length of every binding is a multiple of. */
const PADDING = 16;

/** Where something lies in the slabs of a program. */
export interface Place {
  /** Number of the slab. */
  readonly slab: number;
  /** Bytes from its start, a multiple of {@linkcode ALIGNMENT}. */
  readonly offset: number;
  /** Its length in bytes. */
  readonly bytes: number;
}

/** A part of a buffer of the GPU. */
export interface Range {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** Tells the buffer from all others. */
  readonly id: number;
  /** Bytes from its start. */
  readonly offset: number;
  /** Length in bytes, a multiple of 16. */
  readonly bytes: number;
  /** Whether bind groups with it are not worth keeping. */
  readonly isFleeting: boolean;
}

/**
 * The length of the binding of some data.
 *
 * @param bytes Length of the data.
 * @returns A multiple of 16, at least 16.
 */
export function paddedBytes(bytes: number): number {
  return Math.max(PADDING, Math.ceil(bytes / PADDING) * PADDING);
}

/**
 * The length of the binding of a buffer.
 *
 * @param spec The buffer.
 * @returns Its bytes, padded.
 */
export function bytesOfSpec(spec: Pick<BufferSpec, "dtype" | "size">): number {
  return paddedBytes(spec.size * byteSize(spec.dtype));
}

/**
 * The start of a buffer.
 *
 * @param whole The buffer.
 * @param bytes How much of it.
 * @returns The range.
 */
export function rangeOfBuffer(whole: DeviceBuffer, bytes: number): Range {
  return {
    buffer: whole.buffer,
    id: whole.id,
    offset: 0,
    bytes,
    isFleeting: false,
  };
}

/**
 * A part of a range.
 *
 * @param range The range.
 * @param offset Bytes from its start.
 * @param bytes Length.
 * @param isFleeting Whether bind groups with it are not worth keeping.
 * @returns The part.
 */
export function rangePart(
  range: Range,
  offset: number,
  bytes: number,
  isFleeting: boolean = range.isFleeting,
): Range {
  return {
    buffer: range.buffer,
    id: range.id,
    offset: range.offset + offset,
    bytes,
    isFleeting,
  };
}

/**
 * The range of a place.
 *
 * @param slabs Where the slabs lie.
 * @param place The place.
 * @returns Its range.
 */
export function rangeOfPlace(slabs: readonly Range[], place: Place): Range {
  return rangePart(slabs[place.slab]!, place.offset, place.bytes);
}
