/**
 * Labels of the test windows in the whole series.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../../ops/labels.ts";
import { checkSplits, SPLITS, type Splits } from "../../ops/splits.ts";

/**
 * Labels in test windows, -1 elsewhere: for comparisons that leave rows without a
 * label aside. Inputs: `labels`, i32 `["t"]`; `splits`. Output: `tested`, i32
 * `["t"]`.
 */
export const testOnly: Op<
  { labels: Tensor<"i32">; splits: Splits },
  Record<never, never>,
  { tested: Tensor<"i32"> }
> = op({
  name: "stockMovement/testOnly",
  version: "1",
  doc: "Labels in test windows, unknown elsewhere",
  inputs: {
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({}),
  outputs: { tested: port.tensor("i32", ["t"]) },
  run: async ({ labels, splits }) => {
    const all = await labels.data();
    checkSplits(splits, all.length);
    const tested = new Int32Array(all.length).fill(UNLABELLED);
    for (const { testEnd, testStart } of splits) {
      tested.set(all.subarray(testStart, testEnd), testStart);
    }
    return { tested: tensor(tested) };
  },
});
