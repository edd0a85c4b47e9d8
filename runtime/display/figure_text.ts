/**
 * Titles and labels of figures, and the check that arrays fit together.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import type { FigureAxis, FigureLayout } from "./figure_spec.ts";

/** Numbers in any form that has a length: lists and typed arrays. */
export type NumberList = ArrayLike<number>;

/** What every figure maker takes beside its data. */
export interface FigureText {
  /** The headline. */
  readonly title?: string;
  /** What the horizontal axis measures, with the unit. */
  readonly xLabel?: string;
  /** What the vertical axis measures, with the unit. */
  readonly yLabel?: string;
  /** Height in pixels; 380 by default. */
  readonly height?: number;
  /** Logarithmic vertical axis; false by default. */
  readonly logY?: boolean;
  /** Logarithmic horizontal axis; false by default. */
  readonly logX?: boolean;
}

/**
 * Refuses an array whose length does not fit.
 *
 * @param what What is drawn, with its article.
 * @param name Which array it is.
 * @param length How long it is.
 * @param expected How long it has to be.
 * @throws {ParameterError} When the two differ.
 */
export function requireSameLength(
  what: string,
  name: string,
  length: number,
  expected: number,
): void {
  if (length === expected) return;
  throw new ParameterError(
    `Cannot draw ${what} as "${name}" has the wrong length: current value is ${length}`,
    {
      expected: `${expected} values`,
      actual: `${length} values`,
      hint: "Cut the arrays to the same rows",
    },
  );
}

/**
 * The layout that titles and labels stand for.
 *
 * @param text Title, labels, height, log axes.
 * @param extra What the kind of figure adds.
 * @returns The layout.
 */
export function frameOf(
  text: FigureText,
  extra: FigureLayout = {},
): FigureLayout {
  const axis = (label: string | undefined, log: boolean | undefined) => {
    const made: FigureAxis = {
      ...(label === undefined ? {} : { title: { text: label } }),
      ...(log === true ? { type: "log" as const } : {}),
    };
    return made;
  };
  const merge = (made: FigureAxis, key: "xaxis" | "yaxis") => ({
    ...made,
    ...extra[key],
  });
  return {
    ...extra,
    ...(text.title === undefined ? {} : { title: { text: text.title } }),
    ...(text.height === undefined ? {} : { height: text.height }),
    xaxis: merge(axis(text.xLabel, text.logX), "xaxis"),
    yaxis: merge(axis(text.yLabel, text.logY), "yaxis"),
  };
}
