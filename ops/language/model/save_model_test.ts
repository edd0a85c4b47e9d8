import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "./language_model.ts";
import { readModel } from "./read_model.ts";
import { saveModel } from "./save_model.ts";
import {
  allLogits,
  assertNear,
  RECORDED,
  recordedLogits,
  recordedModel,
  tokenTensor,
} from "./testing.ts";

const TOKENIZER = {
  kind: "hub",
  tokenizer: JSON.stringify({
    model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
  }),
  config: "{}",
} as const;

async function saved(
  model: LanguageModel,
  options: Parameters<typeof saveModel>[2] = {},
): Promise<LanguageModel> {
  const folder = await mkdtemp(join(tmpdir(), "weft-model-"));
  try {
    await saveModel(model, join(folder, "own"), options);
    return await readModel(join(folder, "own"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const one of RECORDED) {
  Deno.test(`${one.name} is saved and read as it is`, async () => {
    const model = { ...await recordedModel(one), tokenizer: TOKENIZER };
    for (const dtype of ["f16", "f32"] as const) {
      const again = await saved(model, { dtype });
      assert.deepEqual(again.config, model.config);
      assert.deepEqual(again.tokenizer, TOKENIZER);
      const logits = await allLogits(again, tokenTensor(one.tokens)).data();
      assertNear(logits, recordedLogits(one), 1e-4);
    }
  });
}

/** Rows of queries or keys with rotary pairs side by side. */
function joinPairs(weight: wf.Tensor<wf.FloatDType>, headSize: number) {
  const [rows, columns] = weight.shape as [number, number];
  const parts = wf.reshape(weight, [
    rows / headSize,
    2,
    headSize / 2,
    columns,
  ]);
  return wf.reshape(wf.permuteDims(parts, [0, 2, 1, 3]), [rows, columns]);
}

Deno.test("rotary pairs may lie side by side, and are saved as the hub has them", async () => {
  for (const name of ["llama", "llama3", "yarn"]) {
    const one = RECORDED.find((one) => one.name === name)!;
    const half = await recordedModel(one);
    assert(half.config.family === "llama");
    const { headSize } = half.config;
    const weights = Object.fromEntries(
      Object.entries(half.weights).map(([name, weight]) => {
        const isTurned = /\.[qk]_proj\.weight$/.test(name);
        assert(weight.format === "plain");
        const value = isTurned
          ? joinPairs(weight.value, headSize)
          : weight.value;
        return [name, { format: "plain", value } as const];
      }),
    );
    const model: LanguageModel = {
      ...half,
      weights,
      config: { ...half.config, ropePairing: "interleaved" },
    };
    const tokens = tokenTensor(one.tokens);
    const expected = recordedLogits(one);
    assertNear(await allLogits(model, tokens).data(), expected, 1e-4);
    const again = await saved(model);
    assert.deepEqual(again.config, half.config);
    assertNear(await allLogits(again, tokens).data(), expected, 1e-4);
  }
});

Deno.test("what has no place in the hub's layout is refused", async () => {
  const model = await recordedModel(RECORDED[0]!);
  const config = {
    rank: 1,
    alpha: 1,
    dropout: 0,
    targetModules: [],
    rankStabilized: false,
    baseModel: null,
  };
  await assert.rejects(
    saved({ ...model, adapter: { layers: {}, config } }),
    ParameterError,
  );
  const pieces = {
    kind: "pieces",
    pieces: ["a"],
    scores: [0],
    types: ["normal" as const],
    addSpacePrefix: false,
    beginId: null,
    endId: null,
    addBegin: false,
    chatTemplate: null,
  } as const;
  const own = { ...model, tokenizer: pieces };
  await assert.rejects(saved(own), ParameterError);
  const again = await saved(own, { withoutTokenizer: true });
  assert.equal(again.tokenizer, null);
});
