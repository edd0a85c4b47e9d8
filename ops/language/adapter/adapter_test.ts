import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fixture from "../../../fixtures/reference/qlora.json" with {
  type: "json",
};
import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import { decodeSafetensors } from "../../../runtime/formats/safetensors.ts";
import {
  recordedFloats,
  recordedNoise,
} from "../../../runtime/tensor/network/testing_quantization.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { quantizeModel } from "../tuning/quantize_model.ts";
import { addAdapter } from "./add_adapter.ts";
import { loadAdapter, saveAdapter } from "./adapter_files.ts";
import { attachAdapter } from "./attach_adapter.ts";
import type { LoraAdapter } from "./lora_adapter.ts";
import { mergeIntoBase } from "./merge_adapter.ts";
import { parsePeftConfig } from "./peft_config.ts";
import { recordedTokens, tinyModel } from "./testing_model.ts";

const PEFT = fileURLToPath(
  new URL("../../../fixtures/reference/peft_adapter", import.meta.url),
);

async function logits(model: LanguageModel): Promise<Float32Array> {
  const tokens = wf.tensor(recordedTokens(24, 5), { shape: [2, 12] });
  const [made] = await wf.read(
    wf.cast(logitsOf(model, forward(model, { tokens }).hidden), "f32"),
  );
  return made;
}

function distance(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0);
}

/** An adapter that changes something: factors of noise. */
function noisy(model: LanguageModel, rank = 4): LanguageModel {
  const made = addAdapter(model, { rank, alpha: 8 });
  const layers = Object.entries(made.adapter.layers).map(
    ([name, { a, b, scale }], k) => {
      const noise = wf.tensor(recordedNoise(b.size, 50 + k), {
        shape: b.shape,
      });
      return [name, { a, b: wf.divide(noise, 8), scale }] as const;
    },
  );
  return {
    ...made,
    adapter: { ...made.adapter, layers: Object.fromEntries(layers) },
  };
}

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-adapter-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("an adapter of PEFT gives PEFT's logits", async () => {
  const model = tinyModel();
  const adapter = await loadAdapter(PEFT);
  assert.equal(adapter.config.rankStabilized, true);
  assert.equal(Object.keys(adapter.layers).length, 6);
  const base = await logits(model);
  const adapted = await logits(attachAdapter(model, adapter));
  assert.ok(distance(base, recordedFloats(fixture.adapter.plain)) < 1e-4);
  assert.ok(distance(adapted, recordedFloats(fixture.adapter.logits)) < 1e-4);
  assert.ok(distance(base, adapted) > 0.1);
});

Deno.test("a fresh adapter changes nothing, to the bit", async () => {
  const model = tinyModel();
  const fresh = addAdapter(model, { rank: 8, seed: 3 });
  assert.equal(distance(await logits(model), await logits(fresh)), 0);
  const { a, b, scale } = fresh.adapter.layers["model.layers.1.mlp.down_proj"]!;
  assert.deepEqual([a.shape, b.shape, scale], [[8, 128], [64, 8], 1]);
  const [values] = await wf.read(wf.cast(a, "f64"));
  const bound = 1 / Math.sqrt(128);
  assert.ok(values.every((x) => Math.abs(x) <= bound * 1.000001));
  const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
  assert.ok(Math.abs(variance / (bound * bound / 3) - 1) < 0.1);
  const other = addAdapter(model, { rank: 8, seed: 4 });
  const [again] = await wf.read(
    wf.cast(other.adapter.layers["model.layers.1.mlp.down_proj"]!.a, "f64"),
  );
  assert.notDeepEqual(values, again);
});

Deno.test("scales are alpha / rank, or alpha / √rank", () => {
  const settings = { rank: 16, alpha: 8, targets: ["q_proj"] };
  const scaleOf = (model: ReturnType<typeof addAdapter>) =>
    model.adapter.layers["model.layers.0.self_attn.q_proj"]!.scale;
  const model = tinyModel();
  assert.equal(scaleOf(addAdapter(model, settings)), 0.5);
  assert.equal(
    scaleOf(addAdapter(model, { ...settings, rankStabilized: true })),
    2,
  );
  const { config, layers } = addAdapter(model, settings).adapter;
  assert.deepEqual(config.targetModules, ["q_proj"]);
  assert.equal(Object.keys(layers).length, 2);
  assert.equal(Object.keys(addAdapter(model).adapter.layers).length, 14);
});

Deno.test("settings and targets that cannot be are refused", () => {
  const model = tinyModel();
  for (
    const settings of [
      { rank: 0 },
      { rank: 1.5 },
      { alpha: 0 },
      { alpha: NaN },
      { dropout: 1 },
      { targets: [] },
      { targets: ["q_projection"] },
      { targets: ["embed_tokens"] },
    ]
  ) {
    assert.throws(() => addAdapter(model, settings), ParameterError);
  }
});

Deno.test("what is saved comes back, in every dtype", async () => {
  const model = noisy(tinyModel());
  const { adapter } = model as { adapter: LoraAdapter };
  for (
    const [dtype, error] of [["f32", 0], ["f16", 1e-3], ["bf16", 8e-3]] as const
  ) {
    await inFolder(async (folder) => {
      await saveAdapter(adapter, folder, { dtype });
      const back = await loadAdapter(folder);
      assert.deepEqual(back.config, adapter.config);
      for (const [name, { a, b, scale }] of Object.entries(adapter.layers)) {
        const again = back.layers[name]!;
        assert.equal(again.scale, scale);
        const [a1, a2, b1, b2] = await wf.read(
          wf.cast(a, "f32"),
          wf.cast(again.a, "f32"),
          wf.cast(b, "f32"),
          wf.cast(again.b, "f32"),
        );
        assert.ok(distance(a1, a2) <= error * 0.2);
        assert.ok(distance(b1, b2) <= error * 0.3);
      }
      const file = decodeSafetensors(
        await readFile(join(folder, "adapter_model.safetensors")),
      );
      const first = file.get(
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
      );
      assert.equal(first!.dtype, dtype.toUpperCase());
      assert.deepEqual(first!.shape, [4, 64]);
    });
  }
});

Deno.test("bf16 is rounded to the nearest, ties to even", async () => {
  const { floatBytes, floatsFrom } = await import("./float_bytes.ts");
  const given = Float32Array.of(1, 1.00390625, 1.01171875, -3e38, NaN, 1e-40);
  const { dtype, bytes } = floatBytes(given, "bf16");
  const back = floatsFrom(dtype, bytes);
  assert.deepEqual([...back.slice(0, 3)], [1, 1, 1.015625]);
  assert.ok(Math.abs(back[3]! / -3e38 - 1) < 4e-3);
  assert.ok(Number.isNaN(back[4]));
  assert.ok(back[5]! >= 0 && back[5]! < 2e-40);
});

Deno.test("settings that are not known are refused by name", async () => {
  const text = await readFile(join(PEFT, "adapter_config.json"), "utf8");
  const json = JSON.parse(text);
  assert.equal(parsePeftConfig(text).alpha, 12);
  const changes: [string, unknown][] = [
    ["peft_type", "IA3"],
    ["use_dora", true],
    ["modules_to_save", ["lm_head"]],
    ["bias", "all"],
    ["lora_bias", true],
    ["layer_replication", [[0, 4]]],
    ["rank_pattern", { q_proj: 2 }],
    ["alpha_pattern", { q_proj: 2 }],
    ["trainable_token_indices", [1]],
    ["init_lora_weights", "pissa"],
    ["a_setting_of_tomorrow", 1],
    ["r", "eight"],
    ["target_modules", [1]],
    ["base_model_name_or_path", 5],
  ];
  for (const [name, value] of changes) {
    assert.throws(
      () => parsePeftConfig(JSON.stringify({ ...json, [name]: value })),
      (error: Error) =>
        error instanceof DataError && error.message.includes(name),
      name,
    );
  }
  assert.throws(
    () => parsePeftConfig(JSON.stringify({ ...json, r: 0 })),
    DataError,
  );
  for (const bad of ["", "[]", "null", '"x"']) {
    assert.throws(() => parsePeftConfig(bad), DataError);
  }
});

Deno.test("files that do not fit are refused", async () => {
  await inFolder(async (folder) => {
    const [config, tensors] = [
      "adapter_config.json",
      "adapter_model.safetensors",
    ]
      .map((name) => [join(PEFT, name), join(folder, name)] as const);
    await assert.rejects(() => loadAdapter(folder), DataError);
    await copyFile(...config!);
    await assert.rejects(() => loadAdapter(folder), DataError);
    const bytes = await readFile(tensors![0]);
    await writeFile(tensors![1], bytes.subarray(0, 5000));
    await assert.rejects(() => loadAdapter(folder), DataError);
    const text = new TextDecoder("latin1").decode(bytes);
    const changed = (from: string, to: string) =>
      writeFile(
        tensors![1],
        Uint8Array.from(text.replace(from, to), (one) => one.charCodeAt(0)),
      );
    await changed("lora_A.weight", "lora_C.weight");
    await assert.rejects(() => loadAdapter(folder), /lora_C/);
    await changed(
      "layers.0.mlp.down_proj.lora_A",
      "layers.0.mlp.gown_proj.lora_A",
    );
    await assert.rejects(() => loadAdapter(folder), /lora_/);
    await writeFile(config![1], JSON.stringify({ peft_type: "LORA", r: 5 }));
    await copyFile(...tensors!);
    await assert.rejects(() => loadAdapter(folder), /rank 5/);
  });
  const model = tinyModel();
  const wide = addAdapter(
    {
      ...model,
      weights: {
        "model.layers.0.self_attn.q_proj.weight": {
          format: "plain",
          value: wf.zeros([64, 32]),
        },
      },
    },
  ).adapter;
  assert.throws(() => attachAdapter(model, wide), DataError);
  assert.throws(
    () => attachAdapter({ ...model, weights: {} }, wide),
    DataError,
  );
});

Deno.test("a merged model gives the logits of the adapted one", async () => {
  const model = noisy(tinyModel());
  const right = await logits(model);
  const merged = await mergeIntoBase(model);
  assert.equal(merged.adapter, undefined);
  assert.ok(distance(await logits(merged), right) < 1e-4);
  const half = await mergeIntoBase(model, { format: "f16" });
  assert.ok(distance(await logits(half), right) < 2e-2);
  await assert.rejects(
    () => mergeIntoBase(tinyModel()),
    ParameterError,
  );
});

Deno.test("an adapter merges into packed weights", async () => {
  const base = await quantizeModel(tinyModel(), { blockSize: 32 });
  const model = noisy(base);
  const right = await logits(model);
  const whole = await mergeIntoBase(model, { format: "f32" });
  assert.ok(distance(await logits(whole), right) < 1e-4);
  const packed = await mergeIntoBase(model);
  const weight = packed.weights["model.layers.0.mlp.up_proj.weight"]!;
  assert.equal(weight.format, "nf4");
  assert.equal(
    weight.format === "nf4" && weight.parts["absmaxCodes"]!.size,
    128 * 64 / 32,
  );
  const far = distance(await logits(packed), right);
  assert.ok(far > 1e-4 && far < 1, String(far));
});

Deno.test("gradients of factors and of what comes in are those of differences", async () => {
  const [inputs, outputs, rank, rows] = [6, 5, 2, 4];
  const noise = (shape: number[], seed: number): wf.F64 =>
    wf.cast(
      wf.tensor(
        recordedNoise(shape.reduce((a, b) => a * b, 1), seed),
        { shape },
      ),
      "f64",
    );
  const frozen = noise([outputs, inputs], 1);
  const scale = 0.5;
  const weigh = noise([rows, outputs], 2);
  const loss = (x: wf.F64, a: wf.F64, b: wf.F64): wf.F64 =>
    wf.sum(wf.multiply(
      wf.tanh(wf.add(
        wf.linear(x, frozen),
        wf.multiply(wf.linear(wf.linear(x, a), b), scale),
      )),
      weigh,
    ));
  const at: [wf.F64, wf.F64, wf.F64] = [
    noise([rows, inputs], 3),
    noise([rank, inputs], 4),
    noise([outputs, rank], 5),
  ];
  const slopes = wf.grad(loss, { argnums: [0, 1, 2] })(...at);
  for (const [k, point] of at.entries()) {
    const [slope, values] = await wf.read(slopes[k]!, point);
    for (let element = 0; element < values.length; element++) {
      const shifted = (by: number) => {
        const other = values.slice();
        other[element]! += by;
        const moved = [...at] as typeof at;
        moved[k] = wf.tensor(other, { shape: point.shape });
        return loss(...moved);
      };
      const [above, below] = await wf.read(shifted(1e-5), shifted(-1e-5));
      const right = (above[0]! - below[0]!) / 2e-5;
      assert.ok(
        Math.abs(slope[element]! - right) < 1e-4 * (1 + Math.abs(right)),
      );
    }
  }
});
