/**
 * QLoRA on SmolLM2-135M and a real earnings call, in a process of its own whose
 * memory is told.
 *
 * @module
 */

import { createReadStream, readFileSync } from "node:fs";
import { argv, memoryUsage, stdout } from "node:process";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { addAdapter } from "../adapter/add_adapter.ts";
import { linearLayers } from "../model/linear_layers.ts";
import { readModel } from "../model/read_model.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { encodeExample } from "./examples.ts";
import { quantizeModel } from "./quantize_model.ts";
import { weightBytes } from "../weights/weight_bytes.ts";
import { makeRows } from "./rows.ts";
import type { TrainProgress } from "./step_reports.ts";
import { trainAdapter } from "./train_adapter.ts";
import { trainSettings } from "./train_settings.ts";

/** What is told. */
export interface SmolReport {
  /** Bytes of the linear layers. */
  readonly linearBytes: number;
  /** Bytes of all weights. */
  readonly bytes: number;
  /** The most bytes that the process had in memory. */
  readonly peakBytes: number;
  /** The loss of each step. */
  readonly losses: number[];
  /** Tokens a second of the last step. */
  readonly tokensPerSecond: number;
}

/**
 * Trains.
 *
 * @param file The GGUF file of the model.
 * @param calls The gzipped earnings calls.
 * @param steps Steps, all on one row.
 * @param tables How the embedding is held.
 * @returns What was measured.
 */
export async function trainSmol(
  file: string,
  calls: string,
  steps: number,
  tables: "f16" | "q8_0",
): Promise<SmolReport> {
  const model = await quantizeModel(await readModel(file), { tables });
  const tokenizer = makeTokenizer(model.tokenizer!);
  const text = await firstCall(calls);
  const settings = trainSettings({
    steps,
    packing: false,
    warmup: 0,
    learningRate: 1e-3,
  });
  const { rows } = makeRows([encodeExample(tokenizer, { text })], {
    length: settings.sequenceLength,
    packing: false,
    overlong: "cut",
    padId: tokenizer.padId,
  });
  const told: TrainProgress[] = [];
  await trainAdapter({
    model: addAdapter(model, { rank: 16 }),
    rows: rows.slice(0, 1),
    evaluation: [],
    settings,
    run: { readEvery: 1, onProgress: (progress) => told.push(progress) },
  });
  const linear = linearLayers(model).map(({ name }) =>
    model.weights[`${name}.weight`]!
  );
  return {
    linearBytes: weightBytes(linear),
    bytes: weightBytes(Object.values(model.weights)),
    peakBytes: peakBytes(),
    losses: told.map(({ loss }) => loss),
    tokensPerSecond: told.at(-1)!.tokensPerSecond,
  };
}

async function firstCall(calls: string): Promise<string> {
  const lines = createInterface({
    input: createReadStream(calls).pipe(createGunzip()),
  });
  for await (const line of lines) {
    const { text }: { text: string[] } = JSON.parse(line);
    lines.close();
    return text.join(" ");
  }
  return "";
}

/** Linux keeps the peak; elsewhere the present stands for it. */
function peakBytes(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  } catch {
    return memoryUsage().rss;
  }
}

if (import.meta.main) {
  const [, , file, calls, steps, tables] = argv;
  const report = await trainSmol(
    file!,
    calls!,
    Number(steps),
    tables === "q8_0" ? "q8_0" : "f16",
  );
  stdout.write(`${JSON.stringify(report)}\n`);
}
