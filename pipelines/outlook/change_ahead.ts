/**
 * What a price does next.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/**
 * The simple return from the close of row `t` to the close of row
 * `t + horizon`; NaN in the last `horizon` rows. It looks ahead by its nature:
 * labels are made of it, and nothing else. Input: `close`, f64 `["t"]`. Params:
 * `horizon`, in rows (default 1). Output: `changes`, f64 `["t"]`.
 */
export const changeAhead: Op<
  { close: F64 },
  { horizon?: number | undefined },
  { changes: F64 }
> = op({
  name: "outlook/changeAhead",
  version: "1",
  doc: "The return over the next rows, of which labels are made",
  inputs: { close: port.tensor("f64", ["t"]) },
  params: z.object({ horizon: z.int().positive().default(1) }),
  outputs: { changes: port.tensor("f64", ["t"]) },
  run: ({ close }, { horizon }) => {
    const rows = close.shape[0]!;
    const ahead = Math.min(horizon, rows);
    const later = wf.divide(
      wf.slice(close, [ahead, rows]),
      wf.slice(close, [0, rows - ahead]),
    );
    const unknown = wf.full([ahead], NaN, { dtype: "f64" });
    return { changes: wf.concat([wf.subtract(later, 1), unknown]) };
  },
});
