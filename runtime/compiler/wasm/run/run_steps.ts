/**
 * Runs the steps of a program in order, with turns of the event loop.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import { explained } from "../../../device/explain.ts";
import { kernelError } from "./kernel_error.ts";
import type { PreparedStep, Run } from "./step.ts";

/** Nanoseconds of work between two looks at the clock. */
const LOOK_NANOSECONDS = 500_000;
/** A step takes at least so long: starting it takes time, too. */
const LEAST_NANOSECONDS = 2_000;

/**
 * Runs steps.
 *
 * @param steps The steps.
 * @param run The run.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function runSteps(
  steps: readonly PreparedStep[],
  run: Run,
): Promise<void> {
  const { onKernel, signal } = run.options;
  let unseen = 0;
  for (const step of steps) {
    unseen += step.nanoseconds + LEAST_NANOSECONDS;
    if (unseen > LOOK_NANOSECONDS) {
      unseen = 0;
      if (sliceIsOver()) await nextSlice(signal);
    }
    const started = onKernel === undefined ? 0 : performance.now();
    try {
      const wait = step.run(run);
      if (wait !== undefined) await wait;
    } catch (error) {
      const path = run.options.blame(step.node);
      throw explained(kernelError(error, step.name), step.name, path);
    }
    if (onKernel !== undefined) {
      onKernel({
        name: step.name,
        device: "wasm",
        blame: run.options.blame(step.node),
        milliseconds: performance.now() - started,
        bytes: step.bytes,
      });
    }
  }
}
