import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import recorded from "../../../fixtures/reference/smollm2_logits.json" with {
  type: "json",
};
import { probeWebGpu } from "../../../runtime/device/webgpu/adapter.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "./classifier.ts";
import { forward, type KeyValueCache } from "./forward.ts";
import { emptyCache } from "./key_value_cache.ts";
import { readModel } from "./read_model.ts";
import { allLogits, assertNear, tokenTensor } from "./testing.ts";

const PATH = fileURLToPath(
  new URL(
    "../../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    import.meta.url,
  ),
);
const isAbsent = !existsSync(PATH);
const { available } = await probeWebGpu();
const WHY = isAbsent ? " (skipped: the file is not in .cache/models)" : "";

for (const device of ["wasm", "webgpu"] as const) {
  Deno.test({
    name:
      `SmolLM2 in Q4_1 gives the logits of transformers in f32 on ${device}${WHY}`,
    ignore: isAbsent || (device === "webgpu" && !available),
    fn: async () => {
      const model = await readModel(PATH);
      assert.equal(model.config.layers, 30);
      const packed = Object.values(model.weights).filter(({ format }) =>
        format === "q4_1"
      );
      assert.equal(packed.length, 210);
      const cases = device === "wasm"
        ? recorded.cases
        : recorded.cases.slice(0, 1);
      for (const { tokens, logits } of cases) {
        const all = allLogits(model, tokenTensor([tokens]));
        const part = wf.slice(all, 0, null, [null, null, recorded.stride]);
        const expected = new Float32Array(Uint8Array.fromBase64(logits).buffer);
        const found = await wf.withExecution({ device }, () => part.data());
        assertNear(found, expected, 1e-3);
      }
    },
  });
}

Deno.test({
  name: `SmolLM2 in Q4_1 goes on as transformers does${WHY}`,
  ignore: isAbsent,
  fn: async () => {
    const model = await readModel(PATH);
    const run = (tokens: wf.I32, cache: KeyValueCache, start?: wf.I32) => {
      const at = start === undefined ? {} : { start };
      const made = forward(model, { tokens, cache, ...at });
      const last = wf.slice(made.hidden, null, -1);
      return {
        next: wf.argmax(logitsOf(model, last), { axis: -1 }),
        cache: made.cache!,
      };
    };
    const begin = wf.compile((tokens: wf.I32, cache: KeyValueCache) =>
      run(tokens, cache)
    );
    const step = wf.compile(run);
    const { tokens, greedy } = recorded.cases[0]!;
    let state = begin(
      tokenTensor([tokens]),
      emptyCache(model.config, { batch: 1, capacity: 64 }),
    );
    const found: number[] = [];
    for (let at = tokens.length; found.length < greedy.length; at++) {
      await wf.realize(state);
      const token = await wf.squeeze(state.next).item();
      found.push(token);
      const start = wf.tensor(at, { dtype: "i32" });
      state = step(tokenTensor([[token]]), state.cache, start);
    }
    assert.deepEqual(found, greedy);
  },
});
