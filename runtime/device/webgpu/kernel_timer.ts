/**
 * Times of dispatches, by timestamps of the passes that they are part of. Nobody
 * waits for them: stamps are gathered on the device, and come along when data
 * are read, or when somebody asks for all that are left. Without timestamps the
 * estimates, as far as the pacer has corrected them, stand in for times.
 *
 * @module
 */

import type { KernelClock } from "../device.ts";
import type { Commands } from "./commands.ts";
import type { Pacer } from "./pacer.ts";
import type { BufferReader } from "./reader.ts";

/** Passes between two submits at most; a query set has 4096 entries. */
const MOST_PASSES = 2048;
/** Bytes of one timestamp. */
const STAMP_BYTES = 8;
/** Where stamps may be resolved to: multiples of this many bytes. */
const ALIGNMENT = 256;
/** Bytes of a buffer of stamps; holds those of any submit. */
const PAGE_BYTES = 2 * MOST_PASSES * STAMP_BYTES;
/** Buffers of stamps that are kept for later. */
const KEPT_PAGES = 4;
/** Dispatches whose times nobody has asked for before somebody should. */
const MANY_WAITING = 32_768;

/**
 * Is told the time of a dispatch.
 *
 * @param milliseconds How long it took.
 * @param endedAt When it ended, on the clock of `performance.now()`.
 */
export type TimeListener = (milliseconds: number, endedAt: number) => void;

/** A pass that is timed: its dispatches share its time by their estimates. */
export class TimedPass {
  /** Milliseconds that each dispatch should take, uncorrected. */
  readonly estimates: number[] = [];
  /** Who is told the time of each dispatch. */
  readonly listeners: TimeListener[] = [];

  /**
   * Tells everybody.
   *
   * @param start When the pass began.
   * @param milliseconds How long it took.
   * @param latest When all of it was over.
   */
  tell(start: number, milliseconds: number, latest: number): void {
    let end = start;
    shareOut(milliseconds, this.estimates).forEach((share, k) => {
      end += share;
      this.listeners[k]!(share, Math.min(end, latest));
    });
  }
}

/** Passes that were submitted together. */
interface Submitted {
  readonly passes: readonly TimedPass[];
  /** When, on the clock of `performance.now()`. */
  readonly at: number;
  /** First byte of their stamps in the page. */
  readonly start: number;
}

/** A buffer of stamps, and whose they are. */
interface Page {
  readonly buffer: GPUBuffer;
  readonly submits: Submitted[];
  /** Bytes in use. */
  used: number;
}

/** What a timer needs of its device. */
export interface TimerWorld {
  /** The device. */
  readonly device: GPUDevice;
  /** Whether it has timestamps. */
  readonly hasTimestamps: boolean;
  /** What it is to do. */
  readonly commands: Commands;
  /** Corrects estimates. */
  readonly pacer: Pacer;
  /** Reads its buffers. */
  readonly reader: BufferReader;
}

/** Times passes of the commands of one device. */
export class KernelTimer implements KernelClock {
  readonly #world: TimerWorld;
  readonly #free: Page[] = [];
  readonly #reads = new Set<Promise<void>>();
  #queries: GPUQuerySet | undefined;
  /** Passes that are recorded, but not submitted. */
  #recorded: TimedPass[] = [];
  #pages: Page[] = [];
  #waiting = 0;
  /** The first stamp ever; others are told from there. */
  #origin: bigint | undefined;
  /** What the origin is on the clock of `performance.now()`; learned. */
  #offset = -Infinity;

  /**
   * @param world The device.
   */
  constructor(world: TimerWorld) {
    this.#world = world;
    world.commands.beforeSubmit = (encoder) => this.#resolve(encoder);
  }

  /** Whether so many times wait to be told that somebody should. */
  get isFull(): boolean {
    return this.#waiting >= MANY_WAITING;
  }

  /**
   * Begins a pass whose time is wanted.
   *
   * @param label What it does, for people.
   * @returns The pass.
   */
  begin(label: string): TimedPass {
    const { commands } = this.#world;
    if (this.#recorded.length === MOST_PASSES) commands.flush();
    const at = 2 * this.#recorded.length;
    const pass = new TimedPass();
    const querySet = this.#querySet();
    commands.beginPass({
      label,
      ...(querySet === undefined ? {} : {
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: at,
          endOfPassWriteIndex: at + 1,
        },
      }),
    });
    this.#recorded.push(pass);
    return pass;
  }

  /**
   * Notes a dispatch of the pass that was begun last.
   *
   * @param pass The pass.
   * @param estimate Milliseconds that it should take, uncorrected.
   * @param listener Is told how long it took.
   */
  note(pass: TimedPass, estimate: number, listener: TimeListener): void {
    pass.estimates.push(estimate);
    pass.listeners.push(listener);
    this.#waiting++;
  }

  /** Asks for the times that are not known yet, for who reads data anyway. */
  collect(): void {
    const { commands } = this.#world;
    // The stamps of what is only recorded so far are copied behind it.
    if (this.#recorded.length > 0) {
      commands.encode((encoder) => this.#resolve(encoder));
    }
    const pages = this.#pages;
    this.#pages = [];
    this.#waiting = 0;
    for (const page of pages) {
      const read = this.#read(page).finally(() => this.#reads.delete(read));
      this.#reads.add(read);
      // What a listener throws is for who settles.
      read.catch(() => {});
    }
  }

  /** Waits until all times are known and told. */
  async settle(): Promise<void> {
    this.collect();
    await Promise.all(this.#reads);
  }

  #querySet(): GPUQuerySet | undefined {
    const { device, hasTimestamps } = this.#world;
    if (!hasTimestamps) return undefined;
    return this.#queries ??= device.createQuerySet({
      label: "weft times",
      type: "timestamp",
      count: 2 * MOST_PASSES,
    });
  }

  /** Brings the stamps of what is recorded to where they can be read later. */
  #resolve(encoder: GPUCommandEncoder): void {
    const passes = this.#recorded;
    if (passes.length === 0) return;
    this.#recorded = [];
    const count = 2 * passes.length;
    const page = this.#pageFor(count * STAMP_BYTES);
    const start = page.used;
    if (this.#queries !== undefined) {
      encoder.resolveQuerySet(this.#queries, 0, count, page.buffer, start);
    }
    page.submits.push({ passes, at: performance.now(), start });
    const end = start + count * STAMP_BYTES;
    page.used = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }

  #pageFor(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.used + bytes <= PAGE_BYTES) return last;
    const page = this.#free.pop() ?? {
      buffer: this.#world.device.createBuffer({
        label: "weft times",
        size: PAGE_BYTES,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      }),
      submits: [],
      used: 0,
    };
    this.#pages.push(page);
    return page;
  }

  async #read(page: Page): Promise<void> {
    const { hasTimestamps, reader } = this.#world;
    if (hasTimestamps) {
      const stamps = new BigUint64Array(page.used / STAMP_BYTES);
      const bytes = new Uint8Array(stamps.buffer);
      // Who waits for results is told what is wrong; there are no times then.
      const isRead = await reader.read(page.buffer, bytes)
        .then(() => true, () => false);
      if (isRead) this.#tellStamps(page.submits, stamps);
    } else this.#tellEstimates(page.submits);
    page.submits.length = 0;
    page.used = 0;
    if (this.#free.length < KEPT_PAGES) this.#free.push(page);
    else page.buffer.destroy();
  }

  #tellStamps(
    submits: readonly Submitted[],
    stamps: BigUint64Array,
  ): void {
    const now = performance.now();
    const timeAt = (stamp: number): number => {
      const value = stamps[stamp]!;
      this.#origin ??= value;
      return Number(value - this.#origin) / 1e6;
    };
    // Nothing began before it was submitted, and all of it is over now.
    for (const { at, start } of submits) {
      this.#offset = Math.max(this.#offset, at - timeAt(start / STAMP_BYTES));
    }
    for (const { passes, start } of submits) {
      const last = start / STAMP_BYTES + 2 * passes.length - 1;
      this.#offset = Math.min(this.#offset, now - timeAt(last));
    }
    for (const { passes, start } of submits) {
      passes.forEach((pass, k) => {
        const begin = timeAt(start / STAMP_BYTES + 2 * k);
        const end = timeAt(start / STAMP_BYTES + 2 * k + 1);
        // The clock of the GPU may be set back between two stamps.
        pass.tell(begin + this.#offset, Math.max(0, end - begin), now);
      });
    }
  }

  #tellEstimates(submits: readonly Submitted[]): void {
    const now = performance.now();
    for (const { at, passes } of submits) {
      let start = at;
      for (const pass of passes) {
        const total = pass.estimates.reduce((sum, one) => sum + one, 0);
        const milliseconds = this.#world.pacer.corrected(total);
        pass.tell(start, milliseconds, now);
        start += milliseconds;
      }
    }
  }
}

/**
 * Shares a time out.
 *
 * @param milliseconds The time.
 * @param estimates How much each should have of it.
 * @returns The shares.
 */
export function shareOut(
  milliseconds: number,
  estimates: readonly number[],
): number[] {
  const total = estimates.reduce((sum, one) => sum + one, 0);
  return estimates.map((one) =>
    milliseconds * (total > 0 ? one / total : 1 / estimates.length)
  );
}
