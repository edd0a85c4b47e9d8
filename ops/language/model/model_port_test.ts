import assert from "node:assert/strict";
import { WeftError } from "../../../runtime/core/errors.ts";
import { Bindings } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "./language_model.ts";
import { modelPort } from "./model_port.ts";
import { RECORDED, recordedModel } from "./testing.ts";

const PORT = modelPort();

function check(value: unknown): LanguageModel {
  return PORT.check(value, {
    path: [],
    port: "model",
    bindings: new Bindings(),
  });
}

Deno.test("models pass their port as they are", async () => {
  for (const one of RECORDED) {
    const model = await recordedModel(one);
    assert.equal(check(model), model);
  }
});

Deno.test("models are saved and loaded, and known by their data", async () => {
  const model = await recordedModel(RECORDED[0]!);
  const { codec } = PORT;
  const { skeleton, parts } = await codec.save(model);
  const loaded = await codec.load({
    ...(skeleton === undefined ? {} : { skeleton }),
    parts: await Promise.all(parts.map(async ({ name, format, chunks }) => ({
      name,
      format,
      bytes: new Uint8Array(
        await new Blob(chunks.map((chunk) => new Uint8Array(chunk)))
          .arrayBuffer(),
      ),
    }))),
  });
  assert.equal(await codec.digest(check(loaded)), await codec.digest(model));
  const [name] = Object.keys(model.weights);
  const changed: LanguageModel = {
    ...model,
    weights: {
      ...model.weights,
      [name!]: { format: "plain", value: wf.zeros([96, 32]) },
    },
  };
  assert.notEqual(await codec.digest(changed), await codec.digest(model));
});

Deno.test("what is no model is refused, with the place", async () => {
  const model = await recordedModel(RECORDED[0]!);
  assert.throws(() => check(undefined), WeftError);
  assert.throws(() => check({ ...model, tokenizer: 1 }), /tokenizer/);
  assert.throws(
    () => check({ ...model, weights: { x: { format: "plain", value: 1 } } }),
    /weights\.x\.value/,
  );
  assert.throws(
    () => check({ ...model, config: { ...model.config, heads: 0.5 } }),
    /config\.heads/,
  );
});
