/**
 * Times language models on a device, with random weights in the shape of
 * SmolLM2-135M, so that no file is needed:
 * `deno run bench/gpu_language.ts [device] [decode,train] [seconds of each]`.
 *
 * @module
 */

import { addAdapter } from "../ops/language/adapter/add_adapter.ts";
import { generateTokens } from "../ops/language/generation/generate_tokens.ts";
import { initialModel } from "../ops/language/model/initial_model.ts";
import type { LanguageModel } from "../ops/language/model/language_model.ts";
import { quantizeModel } from "../ops/language/tuning/quantize_model.ts";
import { makeRows } from "../ops/language/tuning/rows.ts";
import { trainAdapter } from "../ops/language/tuning/train_adapter.ts";
import { trainSettings } from "../ops/language/tuning/train_settings.ts";
import { withExecution } from "../runtime/tensor/mod.ts";
import { medianOf } from "./bench.ts";
import { say } from "./gpu_device.ts";

const PROMPT = 128;
const SEQUENCE = 512;
const MOST_TOKENS = 256;
const MOST_STEPS = 40;
/** First answers and steps, in which programs are made. */
const WARM = 2;

const [device = "webgpu", parts = "decode,train", secondsText = "20"] =
  Deno.args;
const seconds = Number(secondsText);

function randomModel(): LanguageModel {
  return initialModel({
    family: "llama",
    vocabularySize: 49_152,
    hiddenSize: 576,
    intermediateSize: 1536,
    layers: 30,
    heads: 9,
    keyValueHeads: 3,
    headSize: 64,
    contextLength: 2048,
    normEpsilon: 1e-5,
    ropeBase: 10_000,
    ropePairing: "half",
    ropeScaling: null,
    tiedEmbeddings: true,
    attentionBias: false,
    queryKeyNorm: false,
  }, { seed: 1 });
}

async function decode(
  name: string,
  model: LanguageModel,
  batch: number,
): Promise<void> {
  const prompts = Array.from(
    { length: batch },
    (_, row) => Array.from({ length: PROMPT }, (_, k) => 500 + 7 * k + row),
  );
  let end = Infinity;
  const firsts: number[] = [];
  const rests: number[] = [];
  for (let answer = 0; performance.now() < end; answer++) {
    const start = performance.now();
    let first: number | undefined;
    let count = 0;
    for await (
      const _ of generateTokens(model, prompts, {
        maxTokens: MOST_TOKENS,
        temperature: 0,
      })
    ) {
      first ??= performance.now();
      count++;
    }
    if (answer === WARM) end = performance.now() + 1000 * seconds;
    if (answer < WARM) continue;
    firsts.push(first! - start);
    rests.push((performance.now() - first!) / (count - batch));
  }
  say(
    `${name}, batch ${batch}: prompt of ${PROMPT} in ${
      medianOf(firsts).toFixed(1)
    } ms, then ${(1000 / medianOf(rests)).toFixed(0)} tokens/s`,
  );
}

async function train(model: LanguageModel, batch: number): Promise<void> {
  const settings = trainSettings({
    sequenceLength: SEQUENCE,
    packing: false,
    batchSize: batch,
    steps: MOST_STEPS,
  });
  const tokens = Int32Array.from({ length: SEQUENCE }, (_, k) => 500 + 7 * k);
  const { rows } = makeRows(
    Array.from({ length: batch }, () => ({ tokens, labels: tokens })),
    { length: SEQUENCE, packing: false, overlong: "error", padId: 0 },
  );
  const stop = new AbortController();
  const times: number[] = [];
  let end = Infinity;
  try {
    await trainAdapter({
      model: addAdapter(model, { rank: 16 }),
      rows,
      evaluation: [],
      settings,
      run: {
        readEvery: 1,
        signal: stop.signal,
        onProgress: () => {
          times.push(performance.now());
          if (times.length === WARM) end = times.at(-1)! + 1000 * seconds;
          if (times.at(-1)! > end) stop.abort();
        },
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  const steps = times.slice(WARM).map((time, k) => time - times[k + WARM - 1]!);
  const ms = medianOf(steps);
  say(
    `QLoRA, ${batch} x ${SEQUENCE}: ${ms.toFixed(1)} ms a step, ${
      (1000 * batch * SEQUENCE / ms).toFixed(0)
    } tokens/s`,
  );
}

await withExecution({ device }, async () => {
  const packed = await quantizeModel(randomModel());
  if (parts.includes("decode")) {
    await decode("NF4", packed, 1);
    await decode("NF4", packed, 8);
  }
  if (parts.includes("train")) {
    await train(packed, 1);
    await train(packed, 8);
  }
});
