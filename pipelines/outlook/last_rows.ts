/**
 * The end of a frame.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";

/** The last `count` rows of a frame; all of them where `count` is absent. */
export const lastRows: Op<
  { frame: DataFrame },
  { count?: number | undefined },
  { frame: DataFrame }
> = op({
  name: "outlook/lastRows",
  version: "1",
  doc: "The last rows of a frame",
  inputs: { frame: port.frame() },
  params: z.object({ count: z.int().positive().optional() }),
  outputs: { frame: port.frame() },
  run: ({ frame }, { count }) => ({
    frame: count === undefined ? frame : frame.tail(count),
  }),
});
