import assert from "node:assert/strict";
import { probeWebGpu } from "../../../runtime/device/webgpu/adapter.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "./classifier.ts";
import { forward, type KeyValueCache } from "./forward.ts";
import { emptyCache } from "./key_value_cache.ts";
import {
  allLogits,
  assertNear,
  RECORDED,
  recordedLogits,
  recordedModel,
  tokenTensor,
} from "./testing.ts";

const SHORT = 5;
const { available } = await probeWebGpu();

for (const one of RECORDED) {
  Deno.test(`logits of ${one.name} are those of transformers`, async () => {
    const model = await recordedModel(one);
    const tokens = tokenTensor(one.tokens);
    const logits = await allLogits(model, tokens).data();
    assertNear(logits, recordedLogits(one), 1e-4);
  });

  for (const device of ["reference", "webgpu"] as const) {
    Deno.test({
      name: `logits of ${one.name} are those of transformers on ${device}`,
      ignore: device === "webgpu" && !available,
      fn: async () => {
        const model = await recordedModel(one);
        const [row] = one.tokens;
        const tokens = tokenTensor([row!.slice(0, SHORT)]);
        await wf.withExecution({ device }, async () => {
          const logits = await allLogits(model, tokens).data();
          const expected = recordedLogits(one).subarray(0, logits.length);
          assertNear(logits, expected, 1e-4);
        });
      },
    });
  }

  Deno.test(`decoding ${one.name} with a cache is the forward of the whole`, async () => {
    const model = await recordedModel(one);
    const { vocabularySize } = model.config;
    const [batch, length] = [one.tokens.length, one.tokens[0]!.length];
    const run = (tokens: wf.I32, cache: KeyValueCache, start?: wf.I32) => {
      const made = forward(model, {
        tokens,
        cache,
        ...(start === undefined ? {} : { start }),
      });
      return { logits: logitsOf(model, made.hidden), cache: made.cache! };
    };
    const begin = wf.compile((tokens: wf.I32, cache: KeyValueCache) =>
      run(tokens, cache)
    );
    const next = wf.compile(run);
    const cut = (from: number, to: number) =>
      tokenTensor(one.tokens.map((row) => row.slice(from, to)));
    const found = new Float32Array(batch * length * vocabularySize);
    const put = async (logits: wf.Tensor, from: number) => {
      const [, count] = logits.shape as [number, number];
      const values = await logits.data();
      const size = count * vocabularySize;
      for (let row = 0; row < batch; row++) {
        found.set(
          values.subarray(row * size, (row + 1) * size),
          (row * length + from) * vocabularySize,
        );
      }
    };
    let state = begin(
      cut(0, 6),
      emptyCache(model.config, { batch, capacity: 32 }),
    );
    await put(state.logits, 0);
    // Several at once, then one by one.
    let at = 6;
    for (const count of [4, ...new Array<number>(length - 10).fill(1)]) {
      const start = wf.tensor(at, { dtype: "i32" });
      state = next(cut(at, at + count), state.cache, start);
      await put(state.logits, at);
      at += count;
    }
    assertNear(found, recordedLogits(one), 1e-4);
  });

  Deno.test(`a shorter prompt of ${one.name} may be filled up on the left`, async () => {
    const model = await recordedModel(one);
    const { vocabularySize } = model.config;
    const [long, short] = [one.tokens[0]!, one.tokens[1]!.slice(0, 13)];
    const padding = long.length - short.length;
    const filled = [...new Array<number>(padding).fill(7), ...short];
    const input = {
      tokens: tokenTensor([long, filled]),
      padding: wf.tensor([0, padding], { dtype: "i32" }),
    };
    const logits = logitsOf(model, forward(model, input).hidden);
    const alone = allLogits(model, tokenTensor([short]));
    const part = wf.slice(logits, [1, 2], [padding]);
    const [found, expected] = await wf.read(part, alone);
    assertNear(found, expected, 1e-5);
    const first = recordedLogits(one).subarray(0, long.length * vocabularySize);
    assertNear(await wf.slice(logits, 0).data(), first, 1e-4);

    // The same with a cache, and one more token behind.
    const cache = emptyCache(model.config, { batch: 2, capacity: 24 });
    const begun = forward(model, {
      ...input,
      tokens: wf.slice(input.tokens, null, [0, -1]),
      cache,
    });
    const last = forward(model, {
      ...input,
      tokens: wf.slice(input.tokens, null, [-1]),
      start: wf.tensor(long.length - 1, { dtype: "i32" }),
      cache: begun.cache!,
    });
    const [late, whole] = await wf.read(
      logitsOf(model, last.hidden),
      wf.slice(logits, null, [-1]),
    );
    assertNear(late, whole, 1e-5);
  });
}

Deno.test("sequences that are packed into one do not see one another", async () => {
  for (const one of RECORDED) {
    const model = await recordedModel(one);
    const [first, second] = [
      one.tokens[0]!.slice(0, 8),
      one.tokens[1]!.slice(0, 12),
    ];
    const packed = forward(model, {
      tokens: tokenTensor([[...first, ...second]]),
      segments: tokenTensor([[
        ...first.map(() => 0),
        ...second.map(() => 1),
      ]]),
    });
    const apart = [first, second].map((row) =>
      forward(model, { tokens: tokenTensor([row]) }).hidden
    );
    const joined = wf.concat(apart, { axis: 1 });
    const [found, expected] = await wf.read(packed.hidden, joined);
    assertNear(found, expected, 1e-5);
  }
});

Deno.test("blocks may be computed again for the gradient", async () => {
  const one = RECORDED.find(({ name }) => name === "qwen3")!;
  const model = await recordedModel(one);
  const name = "model.layers.0.mlp.gate_proj.weight";
  const weight = model.weights[name]!;
  assert(weight.format === "plain");
  const slope = (checkpoint: boolean) =>
    wf.grad((value: wf.Tensor<wf.FloatDType>) => {
      const own = {
        ...model,
        weights: {
          ...model.weights,
          [name]: { format: "plain" as const, value },
        },
      };
      const logits = allLogits(own, tokenTensor(one.tokens), { checkpoint });
      return wf.mean(wf.square(logits));
    })(wf.cast(weight.value, "f32"));
  const [kept, again] = await wf.read(slope(false), slope(true));
  assertNear(again, kept, 1e-6);
  assert(kept.some((x) => Math.abs(x) > 1e-3));
});

Deno.test("f16 computes nearly the same", async () => {
  for (const one of RECORDED) {
    const model = await recordedModel(one);
    const logits = allLogits(model, tokenTensor(one.tokens), { dtype: "f16" });
    assert.equal(logits.dtype, "f16");
    const expected = recordedLogits(one);
    const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assertNear(await logits.data(), expected, 0.01 * most);
  }
});
