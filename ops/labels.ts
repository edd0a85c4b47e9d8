/**
 * Class labels as every family takes them: whole numbers from 0.
 *
 * @module
 */

/** The label of rows whose class is not known, or not known yet. */
export const UNLABELLED: -1 = -1;
