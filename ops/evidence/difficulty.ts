/**
 * How hard items are for a model, and in what order it learns from them, after
 * "RETuning" (arXiv 2510.21604): only items that are neither easy nor hard teach.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";

/** How hard an item is. */
export type Difficulty = "easy" | "medium" | "hard";

/**
 * How hard an item is, by how often it was answered right: medium from a third on,
 * easy from two thirds on.
 *
 * @param right Answers that are right.
 * @param answers All answers.
 * @returns How hard it is.
 * @throws {ParameterError} When the numbers are no counts.
 *
 * @example
 * ```ts
 * import { difficultyOf } from "@weft/weft/ops/evidence";
 *
 * console.log(difficultyOf(2, 8), difficultyOf(3, 8), difficultyOf(6, 8)); // hard medium easy
 * ```
 */
export function difficultyOf(right: number, answers: number): Difficulty {
  const areCounts = Number.isInteger(right) && Number.isInteger(answers) &&
    right >= 0 && answers >= 1 && right <= answers;
  if (!areCounts) {
    throw new ParameterError(
      `Cannot tell how hard an item is: ${right} of ${answers} answers are right`,
      { expected: "counts, of at least one answer" },
    );
  }
  if (3 * right < answers) return "hard";
  return 3 * right < 2 * answers ? "medium" : "easy";
}

/** The items to learn from, and how many of all there are of each difficulty. */
export interface Curriculum {
  /** Numbers of the items to learn from, the easiest first. */
  readonly order: number[];
  /** Items that are mostly answered right. */
  readonly easy: number;
  /** Items in between. */
  readonly medium: number;
  /** Items that are mostly answered wrong. */
  readonly hard: number;
}

/**
 * Chooses the items of medium difficulty, the easiest first; in turn where they are
 * equally hard.
 *
 * @param right For each item how many answers are right.
 * @param answers Answers of each item.
 * @returns The curriculum.
 * @throws {ParameterError} When the numbers are no counts.
 *
 * @example
 * ```ts
 * import { curriculumOf } from "@weft/weft/ops/evidence";
 *
 * console.log(curriculumOf([8, 3, 0, 5], 8).order); // [3, 1]
 * ```
 */
export function curriculumOf(
  right: readonly number[],
  answers: number,
): Curriculum {
  const levels = right.map((count) => difficultyOf(count, answers));
  const count = (level: Difficulty) =>
    levels.filter((one) => one === level).length;
  return {
    order: [...right.keys()]
      .filter((item) => levels[item] === "medium")
      .sort((a, b) => right[b]! - right[a]! || a - b),
    easy: count("easy"),
    medium: count("medium"),
    hard: count("hard"),
  };
}
