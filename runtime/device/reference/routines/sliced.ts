/**
 * The measure by which the routines of this folder pause.
 *
 * @module
 */

/** Floating-point operations after which a routine pauses: about a millisecond. */
export const SLICE_WORK = 2_000_000;
