import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import recorded from "../../../fixtures/reference/llama_cpp.json" with {
  type: "json",
};
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import { readModel } from "../model/read_model.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { generateTexts } from "./stream_text.ts";

const MODEL = fileURLToPath(
  new URL(
    "../../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    import.meta.url,
  ),
);
const ignore = !existsSync(MODEL);
const WHY = ignore ? " (skipped: .cache/models has no SmolLM2)" : "";

/** llama.cpp rounds activations to 8 bits, which moves its logits. */
const LARGEST_ERROR = 1;
const MEAN_ERROR = 0.2;

Deno.test({
  name: `SmolLM2 in Q4_1 goes on as llama.cpp does${WHY}`,
  ignore,
  fn: async () => {
    const model = await readModel(MODEL);
    const tokenizer = makeTokenizer(model.tokenizer!);
    const { cases, stride } = recorded;
    for (const { ids, prompt } of cases) {
      const own = tokenizer.encode(prompt, { addSpecialTokens: false });
      assert.deepEqual([...own], ids);
    }
    const answers = await generateTexts(
      model,
      cases.map((one) => one.prompt),
      { maxTokens: 48, endIds: [] },
    );
    const same = cases.map(({ continuation }, at) => {
      const differs = continuation.findIndex((id, k) =>
        id !== answers[at]!.ids[k]
      );
      return differs < 0 ? continuation.length : differs;
    });
    // All at once: what llama.cpp said, as we rate it.
    const width = Math.max(...cases.map((one) => one.ids.length)) + 48;
    const tokens = wf.tensor(
      cases.map(({ continuation, ids }) => {
        const row = [...ids, ...continuation];
        return [...row, ...Array<number>(width - row.length).fill(0)];
      }),
      { dtype: "i32" },
    );
    const places = wf.tensor(
      cases.map(({ ids }) =>
        Array.from({ length: 48 }, (_, k) => ids.length - 1 + k)
      ),
      { dtype: "i32" },
    );
    const { hidden } = forward(model, { tokens });
    const states = wf.stack(
      cases.map((_, row) =>
        wf.take(wf.slice(hidden, row), wf.slice(places, row))
      ),
    );
    const own = logitsOf(model, states);
    const chosen = wf.tensor(
      cases.map(({ continuation }) => continuation.map((id) => [id])),
      { dtype: "i32" },
    );
    const [first, gaps] = await wf.read(
      wf.slice(own, null, 0),
      wf.subtract(
        wf.max(own, { axis: 2 }),
        wf.squeeze(wf.takeAlongAxis(own, chosen, { axis: 2 }), 2),
      ),
    );
    // What llama.cpp takes is, within the error of its logits, our best.
    const gap = Math.max(...gaps);
    assert.ok(gap < LARGEST_ERROR, `a token is ${gap} below the best`);
    const size = model.config.vocabularySize;
    const errors = cases.flatMap(({ logits }, row) =>
      logits.map((x, k) => Math.abs(x - first[row * size + k * stride]!))
    );
    const mean = errors.reduce((sum, one) => sum + one, 0) / errors.length;
    const largest = Math.max(...errors);
    const told = `mean ${mean}, largest ${largest}, same tokens ${same}`;
    assert.ok(mean < MEAN_ERROR && largest < LARGEST_ERROR, told);
    // Most of the texts are the same for a while.
    assert.ok(same.filter((count) => count >= 8).length >= 4, told);
  },
});
