/**
 * Class labels of what a price did next: down, hold or up.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";

/** Names of the movement classes; the position is the class index. */
export const MOVEMENT_CLASSES: readonly ["down", "hold", "up"] = [
  "down",
  "hold",
  "up",
];

/**
 * Labels row `t` by the simple return from the close of day `t` to the close
 * of day `t + horizon`: 2 (up) above `threshold`, 0 (down) below `-threshold`,
 * else 1 (hold, both ends included). The last `horizon` rows are -1.
 *
 * A label looks ahead by its nature: purge at least `horizon` rows between
 * training and test windows.
 *
 * Inputs: `close`, f64 `["t"]`, positive. Params: `threshold`, a return
 * (default 0.01 = 1 %), and `horizon`, in rows (default 1). Output: `labels`,
 * i32 `["t"]`.
 *
 * @example
 * ```ts
 * import { labelMovement } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { labels } = await labelMovement.run({
 *   close: wf.tensor([100, 102, 101.5, 99], { dtype: "f64" }),
 * });
 * console.log(await labels.toArray()); // [2, 1, 0, -1]
 * ```
 */
export const labelMovement: Op<
  { close: F64 },
  { threshold?: number | undefined; horizon?: number | undefined },
  { labels: Tensor<"i32"> }
> = op({
  name: "movement/labelMovement",
  version: "1",
  doc: "Down, hold or up by the return over the next rows",
  inputs: { close: port.tensor("f64", ["t"], { doc: "Closing prices" }) },
  params: z.object({
    threshold: z.number().nonnegative().default(0.01),
    horizon: z.int().positive().default(1),
  }),
  outputs: {
    labels: port.tensor("i32", ["t"], {
      doc: "0 down, 1 hold, 2 up, -1 not known yet",
    }),
  },
  run: async ({ close }, { threshold, horizon }) => {
    const prices = await close.data();
    const bad = prices.findIndex((price) => !(price > 0 && price < Infinity));
    if (bad >= 0) {
      throw new DataError(
        `Cannot label movements as the price of row ${bad} is not positive`,
        { expected: "finite prices above 0", actual: String(prices[bad]) },
      );
    }
    const labels = Int32Array.from(prices, (price, row) => {
      const later = prices[row + horizon];
      if (later === undefined) return UNLABELLED;
      const change = later / price - 1;
      return change > threshold ? 2 : change < -threshold ? 0 : 1;
    });
    return { labels: tensor(labels) };
  },
});
