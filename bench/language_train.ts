/**
 * QLoRA: one step on 512 tokens, SmolLM2-135M, rank 16 on all linear layers; no
 * blocks are computed again on the way back. PyTorch and PEFT have the same weights:
 * once restored to f32, once in NF4 by bitsandbytes. Where the file is not in
 * `.cache/models` there is nothing to measure.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { addAdapter } from "../ops/language/adapter/add_adapter.ts";
import { readModel } from "../ops/language/model/read_model.ts";
import { quantizeModel } from "../ops/language/tuning/quantize_model.ts";
import { makeRows } from "../ops/language/tuning/rows.ts";
import { trainAdapter } from "../ops/language/tuning/train_adapter.ts";
import { trainSettings } from "../ops/language/tuning/train_settings.ts";
import { withExecution } from "../runtime/tensor/mod.ts";
import { type BenchResult, medianOf } from "./bench.ts";
import type { BenchDevice } from "./kernels.ts";
import { torchTraining } from "./peers/torch_training.ts";

const FILE = fileURLToPath(
  new URL(
    "../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    import.meta.url,
  ),
);
const TOKENS = 512;
const ROUNDS = 3;

/**
 * Measures us, then the peers.
 *
 * @param devices Where we run.
 * @returns A row for each device and peer.
 */
export async function run(
  devices: readonly BenchDevice[],
): Promise<BenchResult[]> {
  if (!existsSync(FILE)) return [];
  const results: BenchResult[] = [];
  for (const device of devices) {
    const oursMs = medianOf(await withExecution({ device }, weft));
    const row = {
      name: `SmolLM2-135M, a step of QLoRA on ${TOKENS} tokens`,
      device,
      oursMs,
    };
    const peers = device === "wasm" ? ["f32", "nf4"] as const : [];
    const before = results.length;
    for (const base of peers) {
      const found = await torchTraining(FILE, base, TOKENS, ROUNDS);
      if (found === undefined) continue;
      const peerMs = medianOf(found.stepMs);
      const ratio = peerMs / oursMs;
      results.push({ ...row, peer: found.name, peerMs, ratio });
    }
    if (results.length === before) {
      results.push({ ...row, peer: null, peerMs: null, ratio: null });
    }
  }
  return results;
}

/** Milliseconds of steps, without the first, in which programs are made. */
async function weft(): Promise<number[]> {
  const model = await quantizeModel(await readModel(FILE));
  const tokens = Int32Array.from({ length: TOKENS }, (_, k) => 500 + 7 * k);
  const settings = trainSettings({
    sequenceLength: TOKENS,
    packing: false,
    steps: ROUNDS + 1,
  });
  const { rows } = makeRows([{ tokens, labels: tokens }], {
    length: TOKENS,
    packing: false,
    overlong: "error",
    padId: 0,
  });
  const times: number[] = [];
  await trainAdapter({
    model: addAdapter(model, { rank: 16 }),
    rows,
    evaluation: [],
    settings,
    run: { readEvery: 1, onProgress: () => times.push(performance.now()) },
  });
  return times.slice(1).map((time, k) => time - times[k]!);
}
