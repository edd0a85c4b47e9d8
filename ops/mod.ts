/**
 * All published ops, a namespace for each family. Importing one family
 * (`@weft/weft/ops/volatility`) loads that family only; this module loads all,
 * nodejs-polars with them.
 *
 * @module
 */

export * as data from "./data/mod.ts";
export * as debias from "./debias/mod.ts";
export * as evaluate from "./evaluate/mod.ts";
export * as fusion from "./fusion/mod.ts";
export * as movement from "./movement/mod.ts";
export * as volatility from "./volatility/mod.ts";
