/**
 * The whole conformance suite.
 *
 * @module
 */

import {
  ARRAY_API_ELEMENTWISE_CASES,
  ARRAY_API_ELEMENTWISE_GRADIENT_CASES,
} from "./array_api_elementwise.ts";
import { ARRAY_API_LINEAR_ALGEBRA_CASES } from "./array_api_linear_algebra.ts";
import {
  ARRAY_API_MOVEMENT_CASES,
  ARRAY_API_MOVEMENT_GRADIENT_CASES,
} from "./array_api_movement.ts";
import {
  ARRAY_API_STATISTICS_CASES,
  ARRAY_API_STATISTICS_GRADIENT_CASES,
} from "./array_api_statistics.ts";
import type { ConformanceCase } from "./case.ts";
import { DTYPE_CASES } from "./dtypes.ts";
import {
  DYNAMIC_SLICE_CASES,
  DYNAMIC_SLICE_GRADIENT_CASES,
} from "./dynamic_slices.ts";
import { ELEMENTWISE_CASES } from "./elementwise.ts";
import { GRADIENT_CASES } from "./gradients.ts";
import { MOVEMENT_CASES } from "./movement.ts";
import { REDUCTION_CASES } from "./reductions.ts";
import { SCAN_CASES, SCAN_GRADIENT_CASES } from "./scan.ts";

/** What every device must compute. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...ELEMENTWISE_CASES,
  ...ARRAY_API_ELEMENTWISE_CASES,
  ...DTYPE_CASES,
  ...MOVEMENT_CASES,
  ...DYNAMIC_SLICE_CASES,
  ...ARRAY_API_MOVEMENT_CASES,
  ...REDUCTION_CASES,
  ...ARRAY_API_STATISTICS_CASES,
  ...ARRAY_API_LINEAR_ALGEBRA_CASES,
  ...SCAN_CASES,
];

/** What every device that computes in f64 must compute beside. */
export const DOUBLE_CASES: readonly ConformanceCase[] = [
  ...GRADIENT_CASES,
  ...DYNAMIC_SLICE_GRADIENT_CASES,
  ...ARRAY_API_ELEMENTWISE_GRADIENT_CASES,
  ...ARRAY_API_MOVEMENT_GRADIENT_CASES,
  ...ARRAY_API_STATISTICS_GRADIENT_CASES,
  ...SCAN_GRADIENT_CASES,
];
