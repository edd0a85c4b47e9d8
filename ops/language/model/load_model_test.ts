import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "../../../runtime/core/errors.ts";
import { openStore, start } from "../../../runtime/flow/mod.ts";
import { loadModel, type LoadModelParams } from "./load_model.ts";
import { modelFiles } from "./model_files.ts";
import {
  allLogits,
  assertNear,
  RECORDED,
  recordedLogits,
  tokenTensor,
} from "./testing.ts";

const TINY = fileURLToPath(
  new URL("../../../fixtures/reference/tiny_models/", import.meta.url),
);

async function withFolder(
  body: (path: string) => Promise<void>,
): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "weft-model-"));
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

Deno.test("loadModel gives a model that runs, in each storage", async () => {
  for (const one of RECORDED.filter(({ name, folder }) => name === folder)) {
    const files = await modelFiles(join(TINY, one.folder));
    for (const storage of ["auto", "f32", "f16"] as const) {
      const { model } = await loadModel.run({ files }, { storage });
      const logits = allLogits(model, tokenTensor(one.tokens));
      assertNear(await logits.data(), recordedLogits(one), 1e-4);
      const [matrix] = Object.values(model.weights);
      assert(matrix?.format === "plain");
      assert.equal(matrix.value.dtype, storage === "f32" ? "f32" : "f16");
    }
  }
});

Deno.test("a model is known by what its files hold, and not copied", async () => {
  await withFolder(async (path) => {
    const store = await openStore(join(path, "store"));
    const state = async (folder: string, params: LoadModelParams = {}) => {
      const files = await modelFiles(folder);
      const running = start([loadModel({ files }, params)], { store });
      await running.values;
      return running.states[0]!.state;
    };
    const copy = join(path, "copy");
    await cp(join(TINY, "qwen3"), copy, { recursive: true });
    assert.equal(await state(join(TINY, "qwen3")), "computed");
    // Read again by another process, as nothing was copied to the disk.
    assert.equal(await state(copy), "computed");

    const memory = async (folder: string, params: LoadModelParams = {}) => {
      const files = await modelFiles(folder);
      const running = start([loadModel({ files }, params)]);
      await running.values;
      return running.states[0]!.state;
    };
    assert.equal(await memory(join(TINY, "qwen3")), "computed");
    assert.equal(await memory(copy), "reused");
    assert.equal(await memory(copy, { storage: "f32" }), "computed");
    const config = join(copy, "config.json");
    const text = await readFile(config, "utf8");
    await writeFile(
      config,
      text.replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-05'),
    );
    assert.equal(await memory(copy), "computed");
  });
});

Deno.test("models behind URLs are not known by their content", async () => {
  await assert.rejects(modelFiles("https://example.com/m.gguf"), DataError);
  await assert.rejects(modelFiles(join(TINY, "nothing")), DataError);
});
