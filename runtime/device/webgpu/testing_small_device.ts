/**
 * A device for tests whose memory is small and counted.
 *
 * @module
 */

/** Makes buffers of nothing, until it has no memory left. */
export class SmallDevice {
  /** Bytes of buffers that were made and not yet given back. */
  usedBytes = 0;
  /**
   * Whether work is under way: buffers that are destroyed meanwhile are given
   * back when it is done.
   */
  isBusy = false;
  readonly #limit: number;
  readonly #scopes: (GPUError | null)[] = [];
  #destroyedBytes = 0;

  /**
   * @param limit Bytes that it has.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What the pool of buffers uses of a device. */
  get device(): GPUDevice {
    const made = {
      createBuffer: ({ size }: GPUBufferDescriptor) => this.#create(size),
      pushErrorScope: () => void this.#scopes.push(null),
      popErrorScope: () => Promise.resolve(this.#scopes.pop()),
      queue: { onSubmittedWorkDone: () => Promise.resolve(this.#finish()) },
    };
    return made as unknown as GPUDevice;
  }

  #create(size: number): { destroy(): void } {
    if (this.usedBytes + size > this.#limit) {
      // The scope of memory is around that of validation.
      this.#scopes[this.#scopes.length - 2] = new GPUOutOfMemoryError("Full");
      return { destroy: () => {} };
    }
    this.usedBytes += size;
    return {
      destroy: () => {
        this.#destroyedBytes += size;
        if (!this.isBusy) this.#finish();
      },
    };
  }

  #finish(): void {
    this.isBusy = false;
    this.usedBytes -= this.#destroyedBytes;
    this.#destroyedBytes = 0;
  }
}
