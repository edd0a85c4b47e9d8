/**
 * Language models: reading a prompt, and writing token by token. SmolLM2-135M in
 * Q4_1, the same file for llama.cpp; transformers.js has its weights in ONNX, see
 * `peers/export_onnx.py`, and needs `--allow-ffi`. What is not in `.cache/models`
 * or not allowed is left out.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateTokens } from "../ops/language/generation/generate_tokens.ts";
import { readModel } from "../ops/language/model/read_model.ts";
import { withExecution } from "../runtime/tensor/mod.ts";
import { type BenchResult, medianOf } from "./bench.ts";
import type { BenchDevice } from "./kernels.ts";
import { llamaCpp } from "./peers/llama_cpp.ts";
import type { Writer } from "./writer.ts";

const FOLDER = fileURLToPath(new URL("../.cache/models/", import.meta.url));
const FILE = `${FOLDER}SmolLM2-135M-Instruct.Q4_1.gguf`;
const ONNX = `${FOLDER}smollm2_onnx`;

const PROMPT_TOKENS = 128;
const ANSWER_TOKENS = 48;
const ROUNDS = 5;
/** Milliseconds before each answer, in which the threads of others fall asleep. */
const PAUSE_MS = 100;

/**
 * Measures us and the peers in turn.
 *
 * @param devices Where we run.
 * @returns Rows for the prompt and for one token, by device and peer.
 */
export async function run(
  devices: readonly BenchDevice[],
): Promise<BenchResult[]> {
  if (!existsSync(FILE)) return [];
  const results: BenchResult[] = [];
  for (const device of devices) {
    const peers = device === "wasm" ? await peersHere() : [];
    results.push(...await measure(device, peers));
    for (const peer of peers) peer.close();
  }
  return results;
}

async function peersHere(): Promise<Writer[]> {
  const all = [await llamaCpp(FILE)];
  // It loads native libraries.
  const { state } = await Deno.permissions.query({ name: "ffi" });
  if (existsSync(ONNX) && state === "granted") {
    // The address is computed, so that checks of this module do not fetch it.
    const url = new URL("./peers/transformers_js.ts", import.meta.url);
    const { transformersJs } = await import(url.href) as {
      readonly transformersJs: (
        folder: string,
        dtype: string,
      ) => Promise<Writer>;
    };
    all.push(
      await transformersJs(ONNX, "q4"),
      await transformersJs(ONNX, "fp32"),
    );
  }
  return all.filter((one) => one !== undefined);
}

async function weft(device: BenchDevice): Promise<Writer> {
  const model = await readModel(FILE);
  return {
    name: "weft",
    answer: (prompt, count) =>
      withExecution({ device }, async () => {
        const tokenMs: number[] = [];
        let promptMs: number | undefined;
        let last = performance.now();
        const tokens = generateTokens(model, [prompt], { maxTokens: count });
        for (;;) {
          const next = await tokens.next();
          if (next.done === true) break;
          const now = performance.now();
          if (promptMs === undefined) promptMs = now - last;
          else tokenMs.push(now - last);
          last = now;
        }
        return { promptMs: promptMs!, tokenMs };
      }),
    close() {},
  };
}

async function measure(
  device: BenchDevice,
  peers: readonly Writer[],
): Promise<BenchResult[]> {
  const prompt = Array.from({ length: PROMPT_TOKENS }, (_, k) => 500 + 7 * k);
  const runners = [await weft(device), ...peers].map((writer) => ({
    writer,
    prompts: [] as number[],
    tokens: [] as number[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { prompts, tokens, writer } of runners) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const times = await writer.answer(prompt, ANSWER_TOKENS);
      // The first round is for compilers.
      if (round === 0) continue;
      prompts.push(times.promptMs);
      // Their mean, as several may come at once.
      const total = times.tokenMs.reduce((sum, one) => sum + one, 0);
      tokens.push(total / times.tokenMs.length);
    }
  }
  const row = (name: string, of: "prompts" | "tokens"): BenchResult[] => {
    const [own, ...others] = runners.map((one) => medianOf(one[of]));
    const ours = { name, device, oursMs: own! };
    if (others.length === 0) {
      return [{ ...ours, peer: null, peerMs: null, ratio: null }];
    }
    return others.map((peerMs, k) => ({
      ...ours,
      peer: peers[k]!.name,
      peerMs,
      ratio: peerMs / own!,
    }));
  };
  return [
    ...row(`SmolLM2-135M Q4_1, prompt of ${PROMPT_TOKENS} tokens`, "prompts"),
    ...row("SmolLM2-135M Q4_1, one token more", "tokens"),
  ];
}
