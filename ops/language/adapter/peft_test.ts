import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import { initialModel } from "../model/initial_model.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { saveModel } from "../model/save_model.ts";
import { RECORDED_SETTINGS, recordedRows } from "../tuning/testing_training.ts";
import { trainAdapter } from "../tuning/train_adapter.ts";
import { saveAdapter } from "./adapter_files.ts";
import { addAdapter } from "./add_adapter.ts";
import { attachAdapter } from "./attach_adapter.ts";
import { tinyModel } from "./testing_model.ts";

/** Python, which may have torch, transformers and peft. */
const PYTHON = "python3";
const SCRIPT = fileURLToPath(
  new URL(
    "../../../fixtures/reference/check_peft_adapter.py",
    import.meta.url,
  ),
);
const TOKENS = [3, 14, 15, 92, 65, 35];

const isAbsent =
  spawnSync(PYTHON, ["-c", "import torch, transformers, peft"]).status !== 0;
const WHY = isAbsent ? " (skipped: python3 has no peft)" : "";

function gpt2(): LanguageModel {
  return initialModel({
    family: "gpt2",
    vocabularySize: 96,
    hiddenSize: 32,
    intermediateSize: 64,
    layers: 2,
    heads: 4,
    contextLength: 64,
    normEpsilon: 1e-5,
    tiedEmbeddings: true,
  }, { seed: 1 });
}

for (
  const [name, base] of [["Llama", tinyModel()], ["GPT-2", gpt2()]] as const
) {
  Deno.test({
    name: `an adapter of a ${name} that was trained here works in PEFT${WHY}`,
    ignore: isAbsent,
    fn: async () => {
      const { adapter } = await trainAdapter({
        model: addAdapter(base, { rank: 4, alpha: 8, rankStabilized: true }),
        rows: recordedRows(),
        evaluation: [],
        settings: { ...RECORDED_SETTINGS, steps: 5 },
        run: {},
      });
      const folder = await mkdtemp(join(tmpdir(), "weft-peft-"));
      try {
        const [model, tuned] = [join(folder, "model"), join(folder, "adapter")];
        await saveModel(base, model, { dtype: "f32", withoutTokenizer: true });
        await saveAdapter(adapter, tuned, {
          fanInFanOut: base.config.family === "gpt2",
        });
        const { stdout, stderr, status } = spawnSync(
          PYTHON,
          [SCRIPT, model, tuned, TOKENS.join()],
          { encoding: "utf8" },
        );
        assert.equal(status, 0, stderr);
        const theirs: number[][] = JSON.parse(stdout);
        const adapted = attachAdapter(base, adapter);
        const tokens = wf.tensor([TOKENS], { dtype: "i32" });
        const logits = (one: LanguageModel) =>
          wf.flatten(
            wf.cast(logitsOf(one, forward(one, { tokens }).hidden), "f32"),
          );
        const [ours, plain] = await wf.read(logits(adapted), logits(base));
        const far = (values: Float32Array) =>
          Math.max(...theirs.flat().map((x, k) => Math.abs(x - values[k]!)));
        assert.ok(far(ours) < 1e-3, String(far(ours)));
        assert.ok(far(plain) > 1e-2, String(far(plain)));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  });
}
