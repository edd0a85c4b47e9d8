import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { probeWebGpu } from "../../../runtime/device/webgpu/adapter.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { logitsOf } from "./classifier.ts";
import { forward, type KeyValueCache } from "./forward.ts";
import { emptyCache } from "./key_value_cache.ts";
import { readModel } from "./read_model.ts";
import { tokenTensor } from "./testing.ts";

const FOLDER = new URL("../../../../shared/data/models/", import.meta.url);
const MODEL = fileURLToPath(new URL("stories260K.bin", FOLDER));
const TOKENIZER = fileURLToPath(new URL("tok512.bin", FOLDER));
const STORY =
  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.";

const isAbsent = !existsSync(MODEL);
const WHY = isAbsent ? " (skipped: ../shared/data is not there)" : "";
const { available } = await probeWebGpu();

for (const device of ["wasm", "reference", "webgpu"] as const) {
  Deno.test({
    name: `stories260K tells its known story on ${device}${WHY}`,
    ignore: isAbsent || (device === "webgpu" && !available),
    fn: () => wf.withExecution({ device }, tellStory),
  });
}

async function tellStory(): Promise<void> {
  const model = await readModel(MODEL, { tokenizer: TOKENIZER });
  assert(model.tokenizer !== null);
  const tokenizer = makeTokenizer(model.tokenizer);
  const step = wf.compile(
    (tokens: wf.I32, start: wf.I32, cache: KeyValueCache) => {
      const made = forward(model, { tokens, start, cache });
      const last = wf.slice(made.hidden, null, -1);
      return {
        next: wf.argmax(logitsOf(model, last), { axis: -1 }),
        cache: made.cache!,
      };
    },
  );
  let cache = emptyCache(model.config, { batch: 1, capacity: 128 });
  let token = tokenizer.beginId!;
  const tokens: number[] = [];
  for (let at = 0; at < 127; at++) {
    const start = wf.tensor(at, { dtype: "i32" });
    const made = step(tokenTensor([[token]]), start, cache);
    await wf.realize(made);
    cache = made.cache;
    token = await wf.squeeze(made.next).item();
    tokens.push(token);
    if (tokenizer.decode(tokens).trimStart().length >= STORY.length) break;
  }
  assert.equal(tokenizer.decode(tokens).trimStart(), STORY);
}
