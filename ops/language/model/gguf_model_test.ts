import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readModel } from "./read_model.ts";
import {
  allLogits,
  assertNear,
  RECORDED,
  recordedLogits,
  recordedModel,
  tokenTensor,
} from "./testing.ts";

const OWN = RECORDED.filter(({ name, folder }) => name === folder);

function ggufPath(name: string): string {
  return fileURLToPath(
    new URL(
      `../../../fixtures/reference/tiny_models/${name}.gguf`,
      import.meta.url,
    ),
  );
}

for (const one of OWN) {
  Deno.test(`the GGUF file of ${one.name} gives the logits of the hub's`, async () => {
    const model = await readModel(ggufPath(one.name));
    const logits = await allLogits(model, tokenTensor(one.tokens)).data();
    assertNear(logits, recordedLogits(one), 1e-4);
  });

  Deno.test(`the GGUF file of ${one.name} has the parameters of the hub's`, async () => {
    const [found, expected] = await Promise.all([
      readModel(ggufPath(one.name)),
      recordedModel(one),
    ]);
    assert.deepEqual(
      Object.keys(found.weights).sort(),
      Object.keys(expected.weights).sort(),
    );
    for (const [name, weight] of Object.entries(expected.weights)) {
      const own = found.weights[name]!;
      assert(own.format === "plain" && weight.format === "plain");
      assert.deepEqual(own.value.shape, weight.value.shape, name);
      assert.deepEqual(await own.value.data(), await weight.value.data(), name);
    }
    const { config } = expected;
    if (config.family === "llama" && config.ropeScaling !== null) return;
    // GGUF keeps numbers in f32.
    const { normEpsilon, ...sizes } = found.config;
    const { normEpsilon: wanted, ...expectedSizes } = config;
    assert.deepEqual(sizes, expectedSizes);
    assert.equal(normEpsilon, Math.fround(wanted));
  });
}
