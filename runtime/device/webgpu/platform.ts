/**
 * What is particular to the WebGPU of this Deno.
 *
 * @module
 */

/**
 * Whether a wait for the GPU happens inside of the call that asks for it.
 *
 * In Deno 2.9 `mapAsync` and `onSubmittedWorkDone` wait until the GPU is done
 * before they return, and then keep their promise for 10 ms more. The data of a
 * buffer that was mapped before (or made mapped) can be had at once, so that a
 * read costs a fraction of a millisecond. Elsewhere the promise is awaited, as
 * the standard has it.
 */
export const WAITS_IN_CALL: boolean = Deno.version.deno.startsWith("2.9.");

/**
 * Waits until the GPU has done all that was submitted.
 *
 * @param queue The queue.
 */
export async function waitForQueue(queue: GPUQueue): Promise<void> {
  const done = queue.onSubmittedWorkDone();
  if (!WAITS_IN_CALL) await done;
}

/**
 * Makes a buffer for reading data back.
 *
 * @param device The device.
 * @param byteLength Its length.
 * @returns The buffer, not mapped.
 */
export function createStagingBuffer(
  device: GPUDevice,
  byteLength: number,
): GPUBuffer {
  const buffer = device.createBuffer({
    label: "weft read",
    size: byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    // A buffer that was mapped once can be read before its promise is kept.
    mappedAtCreation: true,
  });
  buffer.unmap();
  return buffer;
}

/** A buffer's data, and when the buffer may be used again. */
export interface MappedData {
  /** The data; gone once the buffer is unmapped. */
  readonly data: ArrayBuffer;
  /** Kept when the buffer can be mapped again; never rejects. */
  readonly settled: Promise<void>;
}

/**
 * Waits for all work before, then shows the data of a buffer that
 * {@linkcode createStagingBuffer} made.
 *
 * @param buffer The buffer.
 * @param byteLength How many bytes are wanted, a multiple of 4.
 * @returns Its data, until it is unmapped.
 */
export async function mapForReading(
  buffer: GPUBuffer,
  byteLength: number,
): Promise<MappedData> {
  const mapped = buffer.mapAsync(GPUMapMode.READ, 0, byteLength);
  if (WAITS_IN_CALL) {
    const settled = mapped.catch(() => {});
    try {
      return { data: buffer.getMappedRange(0, byteLength), settled };
    } catch {
      // The promise tells what is wrong.
    }
  }
  await mapped;
  return {
    data: buffer.getMappedRange(0, byteLength),
    settled: Promise.resolve(),
  };
}
