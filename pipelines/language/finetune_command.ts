/**
 * Fine-tuning as a command line.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { saveAdapter } from "../../ops/language/adapter/adapter_files.ts";
import type { LanguageModel } from "../../ops/language/model/language_model.ts";
import {
  fineTuneModel,
  type FineTuneOptions,
  type FineTuneResult,
} from "../../ops/language/tuning/fine_tune_model.ts";
import { quantizeModel } from "../../ops/language/tuning/quantize_model.ts";
import type { TrainingExample } from "../../ops/language/tuning/examples.ts";
import type { TrainProgress } from "../../ops/language/tuning/step_reports.ts";
import { CancelledError, ParameterError } from "../../runtime/core/errors.ts";
import { replaceBytes } from "../../runtime/formats/replace_file.ts";
import { withExecution } from "../../runtime/tensor/mod.ts";
import { makeFolder } from "../make_folder.ts";
import { readExamples } from "./example_file.ts";
import {
  type FinetuneArguments,
  readFinetuneArguments,
  USAGE,
} from "./finetune_arguments.ts";
import { modelOfArguments } from "./model_of_arguments.ts";
import type { Terminal } from "./terminal.ts";

/** Where in the folder of the adapter checkpoints and losses go. */
const CHECKPOINTS = "checkpoints";
const REPORT = "training_report.json";
/** What tells that a folder holds an adapter. */
const CONFIG = "adapter_config.json";

/**
 * Fine-tunes a model.
 *
 * @param args Arguments of the command line.
 * @param terminal Where to read and write.
 * @throws {CancelledError} When it was interrupted; a checkpoint was written.
 * @throws {DataError} When a file is missing or damaged.
 * @throws {ParameterError} When the command line makes no sense.
 */
export async function finetuneCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const values = readFinetuneArguments(args);
  if (values.help) {
    terminal.write(`${USAGE}\n`);
    return;
  }
  const controller = new AbortController();
  const forget = terminal.onInterrupt(() => {
    terminal.note("Stopping after this step");
    controller.abort("an interrupt");
  });
  try {
    await withExecution(
      { device: values.device },
      () => finetune(values, terminal, controller.signal),
    );
  } finally {
    forget();
  }
}

async function finetune(
  values: FinetuneArguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const data = required(values.data, "--data FILE");
  const out = required(values.out, "--out DIR");
  const place = required(values.model, "--model PLACE");
  const examples = await readExamples(data);
  const evaluation = values.eval === undefined
    ? undefined
    : await readExamples(values.eval);
  await prepareFolder(out, values.resume, terminal);
  const model = await baseOf(values, terminal, signal);
  const result = await tuned(model, examples, terminal, {
    ...trainingOf(values),
    evaluation,
    adapter: {
      rank: values.rank,
      alpha: values.alpha,
      dropout: values.dropout,
      targets: values.targets?.split(","),
      rankStabilized: values.rankStabilized,
      baseModel: place.replace(/^hf:/, ""),
      seed: values.seed,
    },
    folder: join(out, CHECKPOINTS),
    checkpointEvery: values.checkpointEvery,
    resume: values.resume,
    signal,
    onProgress: (progress) => terminal.note(lineOf(progress)),
  });
  await saveAdapter(result.adapter, out, {
    dtype: values.adapterDtype,
    fanInFanOut: model.config.family === "gpt2",
  });
  const report = `${JSON.stringify(reportOf(result))}\n`;
  await replaceBytes(join(out, REPORT), [new TextEncoder().encode(report)]);
  terminal.note(summaryOf(result, out));
  if (values.json) terminal.write(report);
}

/** Makes the folder of the adapter before hours are spent on what goes there. */
async function prepareFolder(
  out: string,
  isResumed: boolean,
  terminal: Terminal,
): Promise<void> {
  await makeFolder(out, "--out", "an adapter");
  const names = await readdir(out);
  if (names.includes(CONFIG) && !isResumed) {
    terminal.note(`${out} holds an adapter, which this run will replace`);
  }
}

async function tuned(
  model: LanguageModel,
  examples: readonly TrainingExample[],
  terminal: Terminal,
  options: FineTuneOptions,
): Promise<FineTuneResult> {
  try {
    return await fineTuneModel(model, examples, options);
  } catch (error) {
    if (error instanceof CancelledError) {
      terminal.note("Stopped; the same command with --resume goes on");
    }
    throw error;
  }
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new ParameterError(`Cannot fine-tune without "${option}"`, {
    hint: "deno task finetune --help",
  });
}

/** The model as it is trained; what was read is let go of where it is packed anew. */
async function baseOf(
  values: FinetuneArguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LanguageModel> {
  const { adapter, base, blockSize, model: place, tables, tokenizer } = values;
  const model = await modelOfArguments(
    { adapter, model: place, tokenizer, help: false },
    terminal,
    signal,
  );
  if (base === "keep") return model;
  terminal.note("Packing the base in NF4");
  return await quantizeModel(model, { blockSize, tables, signal });
}

function trainingOf(values: FinetuneArguments) {
  return {
    sequenceLength: values.sequenceLength,
    packing: values.packing,
    overlong: values.overlong,
    batchSize: values.batch,
    accumulation: values.accumulation,
    epochs: values.epochs,
    steps: values.steps,
    learningRate: values.learningRate,
    schedule: values.schedule,
    warmup: values.warmup,
    optimizer: values.optimizer,
    weightDecay: values.weightDecay,
    maxGradientNorm: values.maxGradientNorm,
    dtype: values.dtype,
    checkpointing: values.checkpointing === "auto"
      ? "auto" as const
      : values.checkpointing === "on",
    seed: values.seed,
    evaluateEvery: values.evaluateEvery,
    patience: values.patience,
  };
}

function lineOf(progress: TrainProgress): string {
  const { evaluation, loss, step, steps } = progress;
  const parts = [
    `step ${step}/${steps}`,
    `loss ${loss.toFixed(4)}`,
    ...(evaluation === undefined
      ? []
      : [`evaluation ${evaluation.loss.toFixed(4)}`]),
    `rate ${progress.learningRate.toExponential(2)}`,
    `gradient ${progress.gradientNorm.toFixed(3)}`,
    `${progress.tokensPerSecond.toFixed(1)} tokens/s`,
    `${Math.round(progress.memoryBytes / 1e6)} MB`,
    `${durationOf(progress.secondsLeft)} left`,
  ];
  return parts.join("  ");
}

function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function reportOf(result: FineTuneResult) {
  const { evaluations, examples, history, steps, stoppedEarly } = result;
  return { steps, stoppedEarly, examples, history, evaluations };
}

function summaryOf(result: FineTuneResult, out: string): string {
  const { evaluations, examples, history, steps, stoppedEarly } = result;
  const best = Math.min(...evaluations.map(({ loss }) => loss));
  const lost = [
    ...(examples.cut > 0 ? [`${examples.cut} examples were cut`] : []),
    ...(examples.skipped > 0 ? [`${examples.skipped} were left out`] : []),
  ];
  return [
    `${steps} steps${stoppedEarly ? ", ended early" : ""}`,
    `loss ${history[0]!.loss.toFixed(4)} to ${history.at(-1)!.loss.toFixed(4)}`,
    ...(evaluations.length > 0 ? [`evaluation ${best.toFixed(4)}`] : []),
    ...lost,
    `adapter in ${out}`,
  ].join("; ");
}
