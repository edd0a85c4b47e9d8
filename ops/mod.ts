/**
 * All published ops, a namespace for each family. Importing one family
 * (`@weft/weft/ops/volatility`) loads that family only; this module loads all,
 * nodejs-polars with them.
 *
 * @example
 * ```ts
 * import { evaluate, movement } from "@weft/weft/ops";
 * import * as wf from "@weft/weft/tensor";
 *
 * const close = wf.tensor([100, 103, 99, 99], { dtype: "f64" });
 * const { labels } = await movement.labelMovement({ close }).value();
 * console.log(await labels.toArray()); // [2, 0, 1, -1]
 * console.log(evaluate.accuracy.info.name); // evaluate/accuracy
 * ```
 *
 * @module
 */

export * as data from "./data/mod.ts";
export * as debias from "./debias/mod.ts";
export * as evaluate from "./evaluate/mod.ts";
export * as evidence from "./evidence/mod.ts";
export * as fusion from "./fusion/mod.ts";
export * as language from "./language/mod.ts";
export * as movement from "./movement/mod.ts";
export * as volatility from "./volatility/mod.ts";
