/**
 * The small model that comes with Weft, as an op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import {
  type LanguageModel,
  modelPort,
  readModel,
  SMALL_MODEL,
} from "../../ops/language/mod.ts";

/** SHA-256 of the small model's weights: whoever trains it anew changes it here. */
export const SMALL_MODEL_DIGEST =
  "d0709d340b02cf1d4472c469af3d0fc8f81f8e8d025197c272a1d8bc30a1f5d8";

/**
 * The small model of Weft. It shows that everything works; its market texts end
 * with 2006, so that it cannot know what later days brought. Output: `model`, not
 * copied to a store.
 */
export const smallModel: Op<
  Record<never, never>,
  Record<never, never>,
  { model: LanguageModel }
> = op({
  name: "outlook/smallModel",
  version: "1",
  doc: "The small language model that comes with Weft",
  kind: "io",
  stored: false,
  uses: [SMALL_MODEL_DIGEST],
  inputs: {},
  params: z.object({}),
  outputs: { model: modelPort() },
  run: async (_inputs, _params, { signal }) => ({
    model: await readModel(SMALL_MODEL, { signal }),
  }),
});
