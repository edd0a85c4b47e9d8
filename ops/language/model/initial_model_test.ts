import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { initialModel } from "./initial_model.ts";
import type { Gpt2Config } from "./model_config.ts";

const CONFIG: Gpt2Config = {
  family: "gpt2",
  vocabularySize: 300,
  hiddenSize: 64,
  intermediateSize: 256,
  layers: 8,
  heads: 4,
  contextLength: 128,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
};

async function numbersOf(seed: number, name: string): Promise<Float32Array> {
  const weight = initialModel(CONFIG, { seed }).weights[name];
  assert.ok(weight?.format === "plain", `no plain weight "${name}"`);
  return Float32Array.from(await weight.value.data());
}

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
}

Deno.test("initialModel draws weights of the stated deviations", async () => {
  const embedding = await numbersOf(1, "transformer.wte.weight");
  assert.ok(Math.abs(deviation(embedding) / 0.02 - 1) < 0.03);
  const added = await numbersOf(1, "transformer.h.3.mlp.c_proj.weight");
  assert.ok(Math.abs(deviation(added) / (0.02 / 4) - 1) < 0.03);
  const norm = await numbersOf(1, "transformer.h.0.ln_1.weight");
  assert.ok(norm.every((x) => x === 1));
  const bias = await numbersOf(1, "transformer.h.0.ln_1.bias");
  assert.ok(bias.every((x) => x === 0));
});

Deno.test("initialModel gives equal weights for equal seeds only", async () => {
  const name = "transformer.h.0.attn.c_attn.weight";
  assert.deepEqual(await numbersOf(5, name), await numbersOf(5, name));
  assert.notDeepEqual(await numbersOf(5, name), await numbersOf(6, name));
  const other = await numbersOf(5, "transformer.h.1.attn.c_attn.weight");
  assert.notDeepEqual(await numbersOf(5, name), other);
});

Deno.test("initialModel refuses sizes that cannot be", () => {
  assert.throws(() => initialModel({ ...CONFIG, heads: 0 }), DataError);
});
