import { ok, strictEqual } from "node:assert/strict";
import { describe, isDescribed } from "../../../runtime/core/describe.ts";
import { addAdapter } from "../adapter/add_adapter.ts";
import { quantizeModel } from "../tuning/quantize_model.ts";
import "./describe_model.ts";
import { initialModel } from "./initial_model.ts";

const MODEL = initialModel({
  family: "llama",
  vocabularySize: 1200,
  hiddenSize: 64,
  intermediateSize: 128,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 16,
  contextLength: 2048,
  normEpsilon: 1e-5,
  ropeBase: 10_000,
  ropePairing: "half",
  ropeScaling: null,
  tiedEmbeddings: true,
  attentionBias: false,
  queryKeyNorm: false,
}, { seed: 1 });

async function textOf(value: unknown): Promise<string> {
  return String((await describe(value, ""))["text/plain"]);
}

Deno.test("a model shows its family, size, formats, tokenizer and adapter", async () => {
  // 1,200 · 64 + 2 (2 · 64 · 64 + 2 · 32 · 64 + 3 · 64 · 128 + 2 · 64) + 64
  strictEqual(
    await textOf(MODEL),
    [
      'Language model of the family "llama": 150,848 parameters in 589 KiB',
      "  shape      2 layers of 64, 4 heads (2 for keys and values), feed-forward blocks of 128, vocabulary of 1200",
      "  context    2048 tokens",
      "  held as    f32 (589 KiB)",
      "  tokenizer  none",
      "  adapter    none",
    ].join("\n"),
  );
  const packed = await quantizeModel(MODEL);
  const text = await textOf({
    ...addAdapter(packed, { rank: 4, targets: ["q_proj"] }),
    tokenizer: { kind: "hub", tokenizer: "{}", config: '{"chat_template":""}' },
  });
  ok(/held as {4}f16 \(150 KiB\), nf4 \(\d+ KiB\), f32/.test(text), text);
  ok(text.includes("LoRA of rank 4 on 2 layers, 1024 parameters"), text);
  ok(text.includes("tokenizer.json, with a chat template"), text);
});

Deno.test("an adapter shows its settings, and what it names is no markup", async () => {
  const { adapter } = addAdapter(MODEL, {
    rank: 2,
    targets: ["q_proj", "v_proj"],
    baseModel: "<script>",
  });
  const made = await describe(adapter, "");
  ok(String(made["text/plain"]).includes("layers      q_proj, v_proj"));
  strictEqual(String(made["text/html"]).includes("<script>"), false);
});

Deno.test("what only resembles a model is not taken for one", () => {
  for (
    const value of [null, 1, {}, { config: {}, weights: {}, tokenizer: null }]
  ) strictEqual(isDescribed(value), false);
});
