/**
 * What may be chosen about kernels over rows; all choices give right results.
 *
 * @module
 */

/** Choices for kernels with inner axes on a real GPU. */
export interface RowChoices {
  /** Steps of each member of a team, about. */
  readonly steps: number;
  /** The same for rows of few steps, and for those that begin between vectors. */
  readonly shortSteps: number;
  /** Steps of a row up to which one invocation walks it alone, once. */
  readonly alone: number;
  /** The same where it is walked more than once. */
  readonly aloneAgain: number;
  /** Invocations of a workgroup, unless few rows ask for more. */
  readonly workgroup: number;
  /** Steps that are visited side by side in loops, each of four positions. */
  readonly atOnce: number;
  /** Totals that a member joins before all wait for each other; a power of 2. */
  readonly joinedAtOnce: number;
  /**
   * Whether the maximum of a row and the sum of exponentials below it are found
   * together also where the row is kept in registers.
   */
  readonly mergesKept: boolean;
  /**
   * Fours of columns of a workgroup that keeps them in registers, where they are
   * visited more than once; 0 where none are kept.
   */
  readonly keptColumns: number;
  /** Whether rows that do not begin at multiples of four are read in vectors. */
  readonly shifts: boolean;
}

/** What is chosen where nobody says otherwise. */
export const ROW_CHOICES: RowChoices = {
  steps: 4,
  shortSteps: 2,
  alone: 4,
  aloneAgain: 1,
  workgroup: 256,
  atOnce: 4,
  joinedAtOnce: 8,
  mergesKept: false,
  keptColumns: 0,
  shifts: true,
};
