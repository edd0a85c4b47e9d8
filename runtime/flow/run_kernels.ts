/**
 * The kernels that devices run for a run: counted when they are handed over,
 * told as events when their times are known.
 *
 * @module
 */

import type { EventStream, RunEvent } from "../core/events.ts";
import type {
  KernelClock,
  KernelRecord,
  LateKernels,
} from "../device/device.ts";
import type { KernelCounts } from "./kernel_counts.ts";

/** Where the kernels of a run go. */
export interface RunKernelsSettings {
  /** Where to report. */
  readonly events: EventStream<RunEvent>;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** Where to count, too. */
  readonly counts: KernelCounts;
  /** Whether each kernel is timed by itself. */
  readonly isDetailed: boolean;
}

/** Reports the kernels of a run. */
export class RunKernels implements LateKernels {
  /** Whether each kernel is timed by itself. */
  readonly isDetailed: boolean;
  readonly #settings: RunKernelsSettings;
  readonly #clocks = new Set<KernelClock>();
  /** When the run began, on the clock of `performance.now()`. */
  readonly #began: number;

  /** @param settings Where the kernels go. */
  constructor(settings: RunKernelsSettings) {
    this.isDetailed = settings.isDetailed;
    this.#settings = settings;
    this.#began = performance.now() - settings.now();
  }

  /** Takes a kernel that has just run. */
  readonly onKernel = (kernel: KernelRecord): void => {
    this.begun(kernel);
    this.ended(kernel);
  };

  /** As {@linkcode LateKernels.begun}. */
  begun(kernel: KernelRecord): void {
    this.#settings.counts.add(kernel);
  }

  /** As {@linkcode LateKernels.ended}. */
  ended(
    { blame, bytes, device, endedAt, milliseconds, name }: KernelRecord,
  ): void {
    const { events, now } = this.#settings;
    events.emit({
      type: "kernel",
      at: endedAt === undefined ? now() : Math.max(0, endedAt - this.#began),
      path: blame ?? [],
      kernel: name,
      device,
      ms: milliseconds,
      bytes,
    });
  }

  /** As {@linkcode LateKernels.owedBy}. */
  owedBy(clock: KernelClock): void {
    this.#clocks.add(clock);
  }

  /** Waits for the times that nobody has waited for yet, and tells them. */
  async settle(): Promise<void> {
    await Promise.all(this.#clocks.values().map((clock) => clock.settle()));
    this.#clocks.clear();
  }
}
