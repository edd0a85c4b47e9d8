/**
 * The version of Weft, as provenance records it.
 *
 * @module
 */

/** Equal to the version in `deno.json`; a test compares them. */
export const WEFT_VERSION = "0.1.0";
