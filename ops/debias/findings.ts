/**
 * Named findings: what a calibration noticed and its caller should know.
 *
 * @module
 */

import { z } from "zod";

/** Something worth knowing that is not an error. */
export interface Finding {
  /** Stable name, for example `smallSlope`. */
  readonly name:
    | "smallSlope"
    | "fewRows"
    | "slopeFloorBinds"
    | "slopeCeilingBinds"
    | "notCalibrated";
  /** One sentence with the values that led to it. */
  readonly message: string;
}

/** Schema of {@linkcode Finding}. */
export const findingSchema: z.ZodType<Finding> = z.object({
  name: z.enum([
    "smallSlope",
    "fewRows",
    "slopeFloorBinds",
    "slopeCeilingBinds",
    "notCalibrated",
  ]),
  message: z.string(),
}).readonly();

/** Calibration rows below which a finding says so. */
export const FEW_ROWS = 100;

/**
 * The finding of a small calibration set.
 *
 * @param rows Rows that were used.
 * @returns One finding, or none when there are enough rows.
 */
export function fewRowsFinding(rows: number): Finding[] {
  if (rows >= FEW_ROWS) return [];
  return [{
    name: "fewRows",
    message:
      `The calibration rests on ${rows} rows; below ${FEW_ROWS} its constants are unsteady`,
  }];
}
