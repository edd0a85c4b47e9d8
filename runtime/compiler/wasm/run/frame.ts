/**
 * Frames: the memory of one run of a program. Those of programs that ran lately
 * are kept, as a program is mostly run again.
 *
 * @module
 */

import { MemoryError } from "../../../core/errors.ts";
import type { SharedMemory } from "../../../device/wasm/memory.ts";
import type { CompiledModule } from "../../../device/wasm/module.ts";
import type { Job } from "../../../device/wasm/pool.ts";
import { writeScalar } from "../abi.ts";
import { jobOf, writeSizes } from "./kernel_job.ts";
import type { FrameLayout } from "./layout.ts";

/** The memory of one run. */
export class Frame {
  /** Its layout. */
  readonly layout: FrameLayout;
  /** Its address. */
  readonly address: number;
  /** Address of each buffer; those of leaves and results vary. */
  readonly buffers: number[];
  /** Which data of the host lie in the places of small leaves: their numbers. */
  readonly contents: number[] = [];
  /** The phases of all kernels. */
  readonly jobs: readonly Job[];
  readonly #memory: SharedMemory;

  /**
   * @param memory The shared memory.
   * @param layout Its layout.
   * @param modules The module of each phase.
   * @param address Address of a block for it.
   */
  constructor(
    memory: SharedMemory,
    layout: FrameLayout,
    modules: readonly CompiledModule[],
    address: number,
  ) {
    this.#memory = memory;
    this.layout = layout;
    this.address = address;
    this.buffers = layout.buffers.map((offset) =>
      offset < 0 ? 0 : address + offset
    );
    this.jobs = layout.phases.map(({ layout, offset, phase }, k) => {
      writeSizes(memory, address + offset, layout, phase);
      return jobOf(phase, modules[k]!, address + offset);
    });
    const { words } = memory;
    for (const [word, offset] of layout.fixed) {
      words[address / 4 + word] = address + offset;
    }
  }

  /**
   * Writes what differs from run to run into the parameter blocks.
   *
   * @param scalars Numbers of the program's scalars.
   */
  patch(scalars: readonly number[]): void {
    const { address, buffers, layout } = this;
    const { view, words } = this.#memory;
    const first = address / 4;
    for (const [word, buffer] of layout.varying) {
      words[first + word] = buffers[buffer]!;
    }
    for (const { dtype, offset, scalar } of layout.scalars) {
      writeScalar(view, address + offset, dtype, scalars[scalar]!);
    }
  }

  /** Gives the memory back. */
  free(): void {
    this.#memory.free(this.address);
  }
}

/** Most bytes of frames that are kept for later runs. */
const MOST_IDLE_BYTES = 2 ** 29;

/** The frames of all programs on one memory: those that are kept, and who waits. */
class Frames {
  /** Frames that no run uses and whose they are, those not used for longest first. */
  readonly #frames = new Map<Frame, Frame[]>();
  #bytes = 0;
  /** Frames that runs use. */
  #used = 0;
  /** How often runs have ended. */
  #ended = 0;
  /** Wakes the runs that wait for memory. */
  #waiting: (() => void)[] = [];

  constructor(memory: SharedMemory) {
    memory.onShortage(() => this.#shrinkTo(0));
  }

  put(frame: Frame, owner: Frame[]): void {
    owner.push(frame);
    this.#frames.set(frame, owner);
    this.#bytes += frame.layout.byteLength;
    this.#shrinkTo(MOST_IDLE_BYTES);
    this.#used--;
    this.#ended++;
    this.#wake();
  }

  /**
   * Makes a frame. Where there is no room it waits for runs that hold one: they
   * wait for nobody, so that large runs at once take turns rather than fail.
   */
  async make(allocate: () => Promise<Frame>): Promise<Frame> {
    while (true) {
      const ended = this.#ended;
      this.#used++;
      try {
        return await allocate();
      } catch (error) {
        this.#used--;
        const isShort = error instanceof MemoryError;
        if (isShort && this.#ended !== ended) continue;
        if (!isShort || this.#used === 0) {
          this.#wake();
          throw error;
        }
      }
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  take(owner: Frame[]): Frame | undefined {
    const frame = this.#next(owner);
    if (frame !== undefined) this.#used++;
    return frame;
  }

  freeAll(owner: Frame[]): void {
    for (let frame = this.#next(owner); frame !== undefined;) {
      frame.free();
      frame = this.#next(owner);
    }
  }

  #next(owner: Frame[]): Frame | undefined {
    const frame = owner.pop();
    if (frame !== undefined) this.#forget(frame);
    return frame;
  }

  #forget(frame: Frame): void {
    this.#frames.delete(frame);
    this.#bytes -= frame.layout.byteLength;
  }

  #shrinkTo(bytes: number): void {
    for (const [frame, owner] of this.#frames) {
      if (this.#bytes <= bytes) return;
      owner.splice(owner.indexOf(frame), 1);
      this.#forget(frame);
      frame.free();
    }
  }
}

const known = new WeakMap<SharedMemory, Frames>();

function framesOf(memory: SharedMemory): Frames {
  let frames = known.get(memory);
  if (frames === undefined) known.set(memory, frames = new Frames(memory));
  return frames;
}

interface Dropped {
  readonly memory: SharedMemory;
  readonly own: Frame[];
}

const dropped = new FinalizationRegistry<Dropped>(({ memory, own }) =>
  framesOf(memory).freeAll(own)
);

/** The frames of one program. */
export class FramePool {
  readonly #memory: SharedMemory;
  readonly #layout: FrameLayout;
  readonly #modules: readonly CompiledModule[];
  readonly #own: Frame[] = [];

  /**
   * @param memory The shared memory.
   * @param layout Layout of the frames.
   * @param modules The module of each phase.
   */
  constructor(
    memory: SharedMemory,
    layout: FrameLayout,
    modules: readonly CompiledModule[],
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.#modules = modules;
    dropped.register(this, { memory, own: this.#own });
  }

  /** Bytes of a frame. */
  get byteLength(): number {
    return this.#layout.byteLength;
  }

  /**
   * A frame for a run.
   *
   * @returns The frame: one that was used before, if there is one.
   */
  async take(): Promise<Frame> {
    const frames = framesOf(this.#memory);
    return frames.take(this.#own) ??
      await frames.make(async () =>
        this.at(await this.#memory.allocate(this.byteLength))
      );
  }

  /**
   * A frame in memory of the caller, who keeps it.
   *
   * @param address Address of {@linkcode byteLength} bytes.
   * @returns The frame.
   */
  at(address: number): Frame {
    return new Frame(this.#memory, this.#layout, this.#modules, address);
  }

  /**
   * Ends the use of a frame.
   *
   * @param frame The frame.
   */
  put(frame: Frame): void {
    framesOf(this.#memory).put(frame, this.#own);
  }
}
