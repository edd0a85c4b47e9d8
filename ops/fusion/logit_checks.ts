/**
 * What logits must be before they are fused.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import type { FusionTensor } from "./logit_shift.ts";

/** The logits that meet in one fusion. */
export interface FusionLogits {
  /** Large model `[B, V]`. */
  readonly large: FusionTensor;
  /** Base of the experts `[B, V]`. */
  readonly smallBase: FusionTensor;
  /** Experts `[B, V]` each. */
  readonly experts: readonly FusionTensor[];
}

/**
 * Rows that cannot be fused: NaN or +∞ anywhere, no possible token left, or a
 * token that the base forbids and an expert allows (an infinite shift).
 *
 * @param logits The models.
 * @returns True where a row is unusable, `[B]`; lazy.
 */
export function unusableRows(logits: FusionLogits): Tensor<"bool"> {
  const { large, smallBase, experts } = logits;
  let unusable = wf.logicalOr(malformed(large), malformed(smallBase));
  for (const expert of experts) {
    unusable = wf.logicalOr(unusable, malformed(expert));
    unusable = wf.logicalOr(unusable, revived(expert, smallBase));
  }
  return unusable;
}

function malformed(logits: FusionTensor): Tensor<"bool"> {
  const illegal = wf.logicalOr(
    wf.isNaN(logits),
    wf.equal(logits, Number.POSITIVE_INFINITY),
  );
  const forbidden = wf.equal(logits, Number.NEGATIVE_INFINITY);
  return wf.logicalOr(
    wf.any(illegal, { axis: -1 }),
    wf.all(forbidden, { axis: -1 }),
  );
}

function revived(
  expert: FusionTensor,
  smallBase: FusionTensor,
): Tensor<"bool"> {
  const forbidden = wf.equal(smallBase, Number.NEGATIVE_INFINITY);
  const allowed = wf.notEqual(expert, Number.NEGATIVE_INFINITY);
  return wf.any(wf.logicalAnd(forbidden, allowed), { axis: -1 });
}

/**
 * Reads one flag a row and throws for the first unusable one.
 *
 * @param logits The models.
 * @throws DataError that names the row, the model and what is wrong.
 */
export async function assertUsable(logits: FusionLogits): Promise<void> {
  const flags = await unusableRows(logits).data();
  const row = flags.findIndex((flag) => flag !== 0);
  if (row < 0) return;
  const { large, smallBase, experts } = logits;
  const named: [string, FusionTensor][] = [
    ["large", large],
    ["smallBase", smallBase],
    ...experts.map((expert, index): [string, FusionTensor] => [
      `experts[${index}]`,
      expert,
    ]),
  ];
  for (const [name, tensor] of named) {
    const values = await wf.slice(tensor, row).data();
    const bad = values.find((value) =>
      Number.isNaN(value) || value === Infinity
    );
    if (bad !== undefined) {
      throw new DataError(
        `Cannot fuse logits as row ${row} of "${name}" holds ${bad}`,
        {
          port: name,
          expected: "finite logits, or -Infinity for a masked token",
          actual: String(bad),
        },
      );
    }
    if (values.every((value) => value === -Infinity)) {
      throw new DataError(
        `Cannot fuse logits as row ${row} of "${name}" masks every token`,
        { port: name, expected: "at least one finite logit a row" },
      );
    }
  }
  throw new DataError(
    `Cannot fuse logits as row ${row} of "smallBase" masks a token that an expert allows`,
    {
      port: "smallBase",
      expected: "-Infinity only where the experts have -Infinity too",
      hint: "Apply the same mask to the base and to its experts",
    },
  );
}
