/**
 * How far each step of training goes.
 *
 * @module
 */

/** How the learning rate falls behind the warm-up. */
export type Schedule = "constant" | "linear" | "cosine";

/** A learning rate over the steps. */
export interface ScheduleOptions {
  /** The highest one. */
  readonly learningRate: number;
  /** How it falls. */
  readonly schedule: Schedule;
  /** Steps in which it rises evenly. */
  readonly warmupSteps: number;
  /** All steps. */
  readonly steps: number;
  /** What part of the highest one is left at the end, from 0 to 1. */
  readonly finalPart: number;
}

/**
 * The learning rate of a step: `rate · (step + 1) / warmupSteps` at first, then
 * the highest one, falling evenly or by half a cosine to `finalPart` of it where
 * the schedule says so.
 *
 * @param step The step, from 0.
 * @param options The schedule.
 * @returns The learning rate.
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { learningRate, schedule, warmupSteps, steps, finalPart } = options;
  if (step < warmupSteps) return learningRate * (step + 1) / warmupSteps;
  if (schedule === "constant") return learningRate;
  const done = Math.min(1, (step - warmupSteps) / (steps - warmupSteps));
  const left = schedule === "linear"
    ? 1 - done
    : 0.5 * (1 + Math.cos(Math.PI * done));
  return learningRate * (finalPart + (1 - finalPart) * left);
}
