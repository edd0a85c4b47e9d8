/**
 * From volatility forecasts to features of a classifier.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/**
 * The logarithm of each model's variance forecast as a column, in the order
 * of the models' names. Row `t` holds the forecasts for day `t + 1`, which are
 * known at the end of day `t`. Input: `forecasts`, a record of f64 `["t"]`;
 * output: `features`, f64 `["t-1", "d"]`; NaN where there is no forecast.
 */
export const volatilityFeatures: Op<
  { forecasts: Record<string, F64> },
  Record<never, never>,
  { features: F64 }
> = op({
  name: "outlook/volatilityFeatures",
  version: "1",
  doc: "Log variance forecasts as features, a column for each model",
  inputs: { forecasts: port.record(port.tensor("f64", ["t"])) },
  params: z.object({}),
  outputs: { features: port.tensor("f64", ["t-1", "d"]) },
  run: ({ forecasts }) => {
    const names = Object.keys(forecasts).sort();
    return {
      features: wf.stack(
        names.map((name) => wf.log(wf.slice(forecasts[name]!, [1, null]))),
        { axis: 1 },
      ),
    };
  },
});
