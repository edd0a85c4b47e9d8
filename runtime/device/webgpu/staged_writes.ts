/**
 * Writes of a few bytes in the midst of recorded commands: they are collected on
 * the host, brought to the device in one go before the commands are submitted,
 * and copied to their places by commands.
 *
 * @module
 */

/** Bytes that can wait. */
const CAPACITY = 256 * 1024;
/** What places are multiples of. */
const ALIGNMENT = 16;

/** Writes that wait to be submitted. */
export class StagedWrites {
  readonly #device: GPUDevice;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #buffer: GPUBuffer | undefined;
  #used = 0;

  /**
   * @param device The device.
   */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Whether there is room.
   *
   * @param length How many bytes are to be written.
   * @returns False when what waits has to be submitted first.
   */
  fits(length: number): boolean {
    return this.#used + length <= CAPACITY;
  }

  /**
   * Records a write.
   *
   * @param encoder Where.
   * @param target The buffer that is written.
   * @param offset First byte there.
   * @param bytes The bytes.
   */
  record(
    encoder: GPUCommandEncoder,
    target: GPUBuffer,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): void {
    const host = this.#bytes ??= new Uint8Array(CAPACITY);
    const buffer = this.#buffer ??= this.#device.createBuffer({
      label: "weft writes",
      size: CAPACITY,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    host.set(bytes, this.#used);
    encoder.copyBufferToBuffer(
      buffer,
      this.#used,
      target,
      offset,
      bytes.length,
    );
    this.#used += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
  }

  /** Brings the bytes to the device. */
  flush(): void {
    const used = this.#used;
    if (used === 0) return;
    this.#used = 0;
    this.#device.queue.writeBuffer(this.#buffer!, 0, this.#bytes!, 0, used);
  }
}
