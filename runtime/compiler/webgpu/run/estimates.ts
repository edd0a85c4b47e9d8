/**
 * Guesses of how long dispatches take. They are corrected by what is measured,
 * so that only their proportions matter much.
 *
 * @module
 */

import type { WebGpuPhase } from "../abi.ts";

/** Speed of a kind of adapter. */
interface Speed {
  readonly flopsPerMillisecond: number;
  readonly bytesPerMillisecond: number;
  /** Milliseconds that any dispatch takes. */
  readonly overhead: number;
}

const HARDWARE: Speed = {
  flopsPerMillisecond: 2e9,
  bytesPerMillisecond: 2e8,
  overhead: 0.004,
};

const SOFTWARE: Speed = {
  flopsPerMillisecond: 4e6,
  bytesPerMillisecond: 2e6,
  overhead: 0.03,
};

/**
 * How long a dispatch should take.
 *
 * @param phase The dispatch.
 * @param isHardware Whether the adapter is a real GPU.
 * @returns Milliseconds.
 */
export function estimateOf(
  { bytes, flops }: Pick<WebGpuPhase, "bytes" | "flops">,
  isHardware: boolean,
): number {
  const speed = isHardware ? HARDWARE : SOFTWARE;
  const work = Math.max(
    flops / speed.flopsPerMillisecond,
    bytes / speed.bytesPerMillisecond,
  );
  return speed.overhead + work;
}
