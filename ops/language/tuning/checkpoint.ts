/**
 * Training that is set down in a folder and taken up again.
 *
 * A checkpoint is a folder "checkpoint-STEP" with the adapter as PEFT saves it,
 * the optimiser's state as safetensors, what was measured so far as JSON, and the
 * best adapter so far in "best". It appears whole or not at all.
 *
 * @module
 */

import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { digestValue } from "../../../runtime/core/hash.ts";
import { replaceBytes } from "../../../runtime/formats/replace_file.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsDType,
} from "../../../runtime/formats/safetensors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import {
  loadAdapter,
  readBounded,
  saveAdapter,
} from "../adapter/adapter_files.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { Row } from "./rows.ts";
import type { TrainSettings } from "./train_settings.ts";

const RECORD = "training.json";
const STATE = "optimizer.safetensors";
const BEST = "best";

/** Largest files that are read, in bytes. */
const MAX_RECORD_BYTES = 2 ** 28;
const MAX_STATE_BYTES = 2 ** 35;

/** Schema of {@linkcode StepReport}. */
export const STEP: z.ZodType<StepReport> = z.object({
  step: z.number(),
  loss: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
});
/** Schema of {@linkcode Evaluation}. */
export const EVALUATION: z.ZodType<Evaluation> = z.object({
  step: z.number(),
  loss: z.number(),
});

/** What was measured at a step. */
export interface StepReport {
  /** The step, from 1. */
  readonly step: number;
  /** Mean loss of the tokens that are learnt, before the step. */
  readonly loss: number;
  /** How far the step went. */
  readonly learningRate: number;
  /** Norm of the gradients, before they were shortened. */
  readonly gradientNorm: number;
}

/** What was measured on the examples for evaluation. */
export interface Evaluation {
  /** Steps taken before. */
  readonly step: number;
  /** Mean loss of the tokens that are learnt. */
  readonly loss: number;
}

/** What has happened in a training. */
export interface TrainRecord {
  /** Digest of what decides its numbers. */
  readonly fingerprint: string;
  /** Steps taken. */
  readonly step: number;
  /** Each step. */
  readonly history: StepReport[];
  /** Each evaluation. */
  readonly evaluations: Evaluation[];
}

/** Schema of {@linkcode TrainRecord}. */
export const TRAIN_RECORD: z.ZodType<TrainRecord> = z.object({
  fingerprint: z.string(),
  step: z.int().min(0),
  history: z.array(STEP),
  evaluations: z.array(EVALUATION),
});

/** What every training notes down. */
export interface StepRecord {
  /** Digest of what decides its numbers. */
  readonly fingerprint: string;
  /** Steps taken. */
  readonly step: number;
}

/** A training to be taken up again. */
export interface Checkpoint<S, R extends StepRecord = TrainRecord> {
  /** What has happened. */
  readonly record: R;
  /** The adapter. */
  readonly adapter: LoraAdapter;
  /** The state of the optimiser. */
  readonly state: S;
  /** The adapter of the best evaluation. */
  readonly best: LoraAdapter | undefined;
}

/**
 * What decides the numbers of a training, so that none is taken up by another.
 *
 * @param settings The settings.
 * @param adapter The adapter at the start; its form counts.
 * @param rows The rows.
 * @param evaluation The rows of the evaluation.
 * @returns A digest.
 */
export function fingerprintOf(
  settings: TrainSettings,
  adapter: LoraAdapter,
  rows: readonly Row[],
  evaluation: readonly Row[],
): string {
  const data = (all: readonly Row[]) =>
    all.map(({ tokens, targets, segments }) => [tokens, targets, segments]);
  return digestValue({
    settings: { ...settings },
    config: { ...adapter.config },
    layers: Object.entries(adapter.layers).map((
      [name, { a, b, scale }],
    ) => [name, [...a.shape], [...b.shape], scale]),
    rows: data(rows),
    evaluation: data(evaluation),
  });
}

const SPELLED: Partial<Record<wf.DType, SafetensorsDType>> = {
  f32: "F32",
  i32: "I32",
  u8: "U8",
};

/** What is being written, and what is being replaced by it. */
const UNFINISHED =
  /^(checkpoint-\d+)\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.part(\.old)?$/;

/**
 * Removes what a training left half written that was killed while it wrote a
 * checkpoint; a whole checkpoint that was about to be replaced is put back. To be
 * called before a training begins: no two may share a folder.
 *
 * @param folder The folder of all checkpoints; may be missing.
 */
export async function clearUnfinished(folder: string): Promise<void> {
  const names = new Set(await namesIn(folder));
  for (const name of names) {
    const [, own, isWhole] = UNFINISHED.exec(name) ?? [];
    if (own === undefined) continue;
    const path = join(folder, name);
    if (isWhole === undefined || names.has(own)) {
      await rm(path, { recursive: true });
    } else {
      await rename(path, join(folder, own));
      names.add(own);
    }
  }
}

/**
 * Writes a checkpoint, then removes the others of the folder.
 *
 * @param folder The folder of all checkpoints; made where there is none.
 * @param checkpoint What to write.
 */
export async function saveCheckpoint<S, R extends StepRecord>(
  folder: string,
  checkpoint: Checkpoint<S, R>,
): Promise<void> {
  const { record, adapter, state, best } = checkpoint;
  const name = `checkpoint-${record.step}`;
  const temporary = join(folder, `${name}.${crypto.randomUUID()}.part`);
  await mkdir(temporary, { recursive: true });
  await saveAdapter(adapter, temporary);
  if (best !== undefined) await saveAdapter(best, join(temporary, BEST));
  await replaceBytes(join(temporary, STATE), await encodeState(state));
  await replaceBytes(join(temporary, RECORD), [
    new TextEncoder().encode(`${JSON.stringify(record)}\n`),
  ]);
  const others = await checkpointsIn(folder);
  if (others.includes(record.step)) {
    // A folder cannot be renamed over another.
    await rename(join(folder, name), `${temporary}.old`);
  }
  await rename(temporary, join(folder, name));
  await rm(`${temporary}.old`, { recursive: true, force: true });
  for (const step of others) {
    if (step === record.step) continue;
    await rm(join(folder, `checkpoint-${step}`), { recursive: true });
  }
}

async function encodeState(state: unknown): Promise<Uint8Array[]> {
  const leaves = leavesOf(state);
  const arrays = await wf.read(...leaves);
  return encodeSafetensors(leaves.map(({ dtype, shape }, index) => {
    const { buffer, byteOffset, byteLength } = arrays[index]!;
    return {
      name: String(index),
      dtype: SPELLED[dtype]!,
      shape,
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
    };
  }));
}

function leavesOf(state: unknown): wf.Tensor[] {
  const leaves: wf.Tensor[] = [];
  wf.mapTree(state, (leaf) => {
    leaves.push(leaf);
    return leaf;
  });
  return leaves;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function checkpointsIn(folder: string): Promise<number[]> {
  return (await namesIn(folder))
    .map((name) => /^checkpoint-(\d+)$/.exec(name)?.[1])
    .filter((step) => step !== undefined)
    .map(Number);
}

/**
 * Reads the last checkpoint of a folder.
 *
 * @param folder The folder of all checkpoints.
 * @param start The state of the optimiser before the first step, for its form.
 * @param fingerprint What the training must be.
 * @param schema The form of what has happened.
 * @returns The checkpoint; undefined where there is none.
 * @throws {DataError} When it is damaged or belongs to another training.
 */
export async function loadCheckpoint<S, R extends StepRecord>(
  folder: string,
  start: S,
  fingerprint: string,
  schema: z.ZodType<R>,
): Promise<Checkpoint<S, R> | undefined> {
  const steps = await checkpointsIn(folder);
  if (steps.length === 0) return undefined;
  const own = join(folder, `checkpoint-${Math.max(...steps)}`);
  const record = await readRecord(join(own, RECORD), schema);
  if (record.fingerprint !== fingerprint) {
    throw new DataError(`Cannot resume the training in "${own}"`, {
      expected: "the settings and examples that it began with",
      actual: "others",
      hint: "Choose another folder, or do not resume",
    });
  }
  const file = await readBounded(join(own, STATE), MAX_STATE_BYTES);
  const hasBest = (await readdir(own)).includes(BEST);
  return {
    record,
    adapter: await loadAdapter(own),
    state: decodeState(file, start, own),
    best: hasBest ? await loadAdapter(join(own, BEST)) : undefined,
  };
}

async function readRecord<R>(
  path: string,
  schema: z.ZodType<R>,
): Promise<R> {
  const text = new TextDecoder().decode(
    await readBounded(path, MAX_RECORD_BYTES),
  );
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`Cannot read "${path}" as the record of a training`, {
      cause,
    });
  }
}

function decodeState<S>(file: Uint8Array, start: S, name: string): S {
  const arrays = decodeSafetensors(file);
  let index = 0;
  return wf.mapTree(start, ({ dtype, shape }) => {
    const found = arrays.get(String(index++));
    const isSame = found !== undefined && found.dtype === SPELLED[dtype] &&
      found.shape.join() === shape.join();
    if (!isSame) {
      throw new DataError(`Cannot resume the training in "${name}"`, {
        expected: `a state of shape [${shape}] and dtype "${dtype}"`,
        actual: found === undefined
          ? "none"
          : `shape [${found.shape}] and dtype "${found.dtype}"`,
      });
    }
    const { buffer } = found.bytes.slice();
    const data = dtype === "u8"
      ? new Uint8Array(buffer)
      : dtype === "i32"
      ? new Int32Array(buffer)
      : new Float32Array(buffer);
    return wf.tensor(data, { shape });
  });
}
