/**
 * Which kernel serves a contraction, where it was measured rather than left to
 * size rules.
 *
 * @module
 */

import type { ContractKernel } from "../ir/kernel.ts";

/** A contraction for which a kernel is chosen. */
export interface Choosable {
  /** The device, with all that choices depend on: its name and threads. */
  readonly device: string;
  /** The contraction. */
  readonly kernel: ContractKernel;
  /** Whether products of f16 factors are added up in f16. */
  readonly inHalf: boolean;
}

/** Chooses kernels. It never changes, so programs may be kept by its key. */
export interface Tuning {
  /** Equal where all choices are; empty where rules choose. */
  readonly key: string;
  /**
   * Chooses.
   *
   * @param contraction The contraction.
   * @returns The choice in words that the device's renderer knows, else
   * undefined: then it goes by its rules, as it does for words it does not know.
   */
  choiceFor(contraction: Choosable): string | undefined;
}

/** Leaves everything to the rules. */
export const NO_TUNING: Tuning = { key: "", choiceFor: () => undefined };

/**
 * Chooses the same for every contraction, for measuring it.
 *
 * @param choice The choice.
 * @returns The tuning.
 */
export function forcedTuning(choice: string): Tuning {
  return { key: `forced ${choice}`, choiceFor: () => choice };
}

let recordings = 0;

/** Leaves everything to the rules and notes what was to be chosen. */
export class RecordingTuning implements Tuning {
  /** A key of its own, so that what is compiled already is asked for again. */
  readonly key: string = `recording ${recordings++}`;
  /** The contractions. */
  readonly seen: Choosable[] = [];

  /**
   * Notes a contraction.
   *
   * @param contraction The contraction.
   * @returns Nothing: rules choose.
   */
  choiceFor(contraction: Choosable): undefined {
    this.seen.push(contraction);
  }
}
