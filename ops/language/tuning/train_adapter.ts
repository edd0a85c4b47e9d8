/**
 * The loop of training.
 *
 * @module
 */

import {
  CancelledError,
  NumericalError,
} from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { batchOf, StepOrder } from "./batches.ts";
import {
  clearUnfinished,
  type Evaluation,
  fingerprintOf,
  loadCheckpoint,
  saveCheckpoint,
  type StepReport,
  TRAIN_RECORD,
  type TrainRecord,
} from "./checkpoint.ts";
import type { Row } from "./rows.ts";
import { keptBytes } from "./kept_bytes.ts";
import { learningRateAt } from "./schedule.ts";
import { copyFactors } from "./copy_factors.ts";
import type { Factors, StepOptimizer } from "./step_program.ts";
import { StepReports, type TrainProgress } from "./step_reports.ts";
import {
  makeTrainProgram,
  type TrainProgram,
  withFactors,
} from "./train_program.ts";
import type { TrainSettings } from "./train_settings.ts";

/** How a training is run; nothing of it changes numbers. */
export interface TrainRun {
  /** Where checkpoints are written; none are without it. */
  readonly folder?: string | undefined;
  /** Steps between checkpoints; only when it is stopped by default (0). */
  readonly checkpointEvery?: number | undefined;
  /** Whether the last checkpoint of the folder is taken up, if there is one. */
  readonly resume?: boolean | undefined;
  /** Steps whose losses are read at once, fewer where steps take long; 10 by default. */
  readonly readEvery?: number | undefined;
  /** Stops after the step that is being taken, and writes a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Is told each step, several at once. */
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
}

/** What came of a training. */
export interface TrainResult {
  /** The adapter: of the best evaluation where there were any, else of the last step. */
  readonly adapter: LoraAdapter;
  /** Steps taken. */
  readonly steps: number;
  /** Each step. */
  readonly history: StepReport[];
  /** Each evaluation. */
  readonly evaluations: Evaluation[];
  /** Whether it ended as evaluations did not get better. */
  readonly stoppedEarly: boolean;
}

/** A training. */
export interface TrainJob {
  /** The base with the adapter to begin with. */
  readonly model: LanguageModel & { readonly adapter: LoraAdapter };
  /** The rows to learn from. */
  readonly rows: readonly Row[];
  /** Rows for evaluation; may be none. */
  readonly evaluation: readonly Row[];
  /** All settings. */
  readonly settings: TrainSettings;
  /** How it is run. */
  readonly run: TrainRun;
}

/** What may be kept for the way back before blocks are computed again instead. */
const MOST_KEPT_BYTES = 1e9;

/** Sets the draws of training apart from those of fresh adapters. */
const STREAM = 0x7472;

/**
 * Trains the adapter of a model. The base stays as it is.
 *
 * @param job Model, rows, settings.
 * @returns The adapter and what was measured.
 * @throws {NumericalError} When a loss is not finite.
 * @throws {CancelledError} When the signal is aborted; the checkpoint is written.
 * @throws {DataError} When a checkpoint cannot be resumed.
 */
export function trainAdapter(job: TrainJob): Promise<TrainResult> {
  const { optimizer, beta1, beta2, epsilon, weightDecay } = job.settings;
  const shared = { beta1, beta2, epsilon, weightDecay };
  if (optimizer === "adamW") {
    const at = (learningRate: wf.optim.LearningRate) =>
      wf.optim.adamW({ ...shared, learningRate });
    return train(job, {
      init: (params) => at(0).init(params),
      update: (grads, state: wf.optim.AdamState<Factors>, params, rate) =>
        at(rate).update(grads, state, params),
    });
  }
  const at = (learningRate: wf.optim.LearningRate) =>
    wf.optim.adamW8bit({ ...shared, learningRate });
  return train(job, {
    init: (params) => at(0).init(params),
    update: (grads, state: wf.optim.Adam8bitState, params, rate) =>
      at(rate).update(grads, state, params),
  });
}

async function train<S extends object>(
  job: TrainJob,
  optimizer: StepOptimizer<S>,
): Promise<TrainResult> {
  const { model, rows, evaluation, settings, run } = job;
  const [orderKey, dropKey] = wf.random.split(
    wf.random.foldIn(wf.random.key(settings.seed), STREAM),
    2,
  );
  const order = new StepOrder(rows.length, { ...settings, key: orderKey });
  const steps = settings.steps ?? settings.epochs * order.stepsPerEpoch;
  const schedule = {
    ...settings,
    steps,
    warmupSteps: settings.warmup < 1
      ? Math.ceil(settings.warmup * steps)
      : settings.warmup,
  };
  const evaluateEvery = settings.evaluateEvery || order.stepsPerEpoch;
  const program = makeTrainProgram(model, optimizer, {
    dtype: settings.dtype,
    checkpoint: settings.checkpointing === "auto"
      ? keptBytes(model.config, settings) > MOST_KEPT_BYTES
      : settings.checkpointing,
    maxGradientNorm: settings.maxGradientNorm,
    key: dropKey,
  });

  const fingerprint = fingerprintOf(settings, model.adapter, rows, evaluation);
  // Steps give up what they are given: the caller's own tensors stay with him.
  let params = await copyFactors(model.adapter);
  let state = optimizer.init(params);
  let record: TrainRecord = {
    fingerprint,
    step: 0,
    history: [],
    evaluations: [],
  };
  let best: Factors | undefined;
  if (run.folder !== undefined) await clearUnfinished(run.folder);
  if (run.resume === true && run.folder !== undefined) {
    const found = await loadCheckpoint(
      run.folder,
      state,
      fingerprint,
      TRAIN_RECORD,
    );
    if (found !== undefined) {
      ({ record, state } = found);
      params = await copyFactors(found.adapter);
      best = found.best === undefined
        ? undefined
        : await copyFactors(found.best);
    }
  }

  // Zeros that are still to be made would make a program of their own.
  await wf.realize(params, state);

  const adapterOf = (factors: Factors) => withFactors(model, factors).adapter;
  const save = async (folder: string) =>
    await saveCheckpoint(folder, {
      record,
      adapter: adapterOf(params),
      state,
      best: best === undefined ? undefined : adapterOf(best),
    });
  const reports = new StepReports(steps, run.readEvery ?? 10, run.onProgress);
  const flush = async () => {
    record = await reports.read(record);
  };

  while (record.step < steps && !isOver(record, settings.patience)) {
    if (run.signal?.aborted === true) {
      await flush();
      if (run.folder !== undefined) await save(run.folder);
      throw cancelled(record.step, run);
    }
    const step = record.step;
    const learningRate = learningRateAt(step, schedule);
    const batches = (await order.rowsOf(step)).map((own) =>
      own.map((row) => rows[row]!)
    );
    const made = await takeStep(program, params, state, {
      batches,
      settings,
      step,
      learningRate,
    });
    ({ params, state } = made);
    const seen = batches.flat();
    reports.add({
      step: step + 1,
      learningRate,
      losses: made.losses,
      norm: made.norm,
      tokens: seen.reduce((sum, { used }) => sum + used, 0),
    });
    record = { ...record, step: step + 1 };
    if (reports.isDue) await flush();

    const isLast = record.step === steps;
    if (
      evaluation.length > 0 && (isLast || record.step % evaluateEvery === 0)
    ) {
      await flush();
      const loss = await evaluate(program, params, evaluation, settings);
      if (loss < bestLoss(record.evaluations)) {
        best = await copyFactors(adapterOf(params));
      }
      const now = { step: record.step, loss };
      record = { ...record, evaluations: [...record.evaluations, now] };
      reports.restart();
    }
    const every = run.checkpointEvery ?? 0;
    if (run.folder !== undefined && every > 0 && record.step % every === 0) {
      await flush();
      await save(run.folder);
    }
  }
  await flush();
  return {
    adapter: adapterOf(best ?? params),
    steps: record.step,
    history: record.history,
    evaluations: record.evaluations,
    stoppedEarly: record.step < steps,
  };
}

interface StepInputs {
  readonly batches: readonly (readonly Row[])[];
  readonly settings: TrainSettings;
  readonly step: number;
  readonly learningRate: number;
}

async function takeStep<S extends object>(
  program: TrainProgram<S>,
  params: Factors,
  state: S,
  { batches, settings, step, learningRate }: StepInputs,
): Promise<
  { params: Factors; state: S; losses: wf.F32[]; norm: wf.F32 }
> {
  const { batchSize, accumulation, packing } = settings;
  const learnt = batches.flat().reduce((sum, row) => sum + row.learnt, 0);
  const weight = 1 / Math.max(1, learnt);
  const losses: wf.F32[] = [];
  let sums: Factors | undefined;
  for (const [index, rows] of batches.slice(0, -1).entries()) {
    const made = program.accumulate(
      sums ?? zeros(params),
      params,
      batchOf(rows, batchSize, packing),
      weight,
      step * accumulation + index,
    );
    await wf.realize(made);
    losses.push(made.loss);
    sums = made.sums;
  }
  const last = batchOf(batches.at(-1)!, batchSize, packing);
  const draw = step * accumulation + batches.length - 1;
  const made = sums === undefined
    ? program.step(params, state, last, weight, draw, learningRate)
    : program.finish(params, state, sums, last, weight, draw, learningRate);
  await wf.realize(made.params, made.state, made.loss, made.norm);
  return { ...made, losses: [...losses, made.loss] };
}

function zeros(params: Factors): Factors {
  return wf.mapTree(params, ({ shape }) => wf.zeros(shape));
}

async function evaluate<S>(
  program: TrainProgram<S>,
  params: Factors,
  rows: readonly Row[],
  { batchSize, packing }: TrainSettings,
): Promise<number> {
  const losses: wf.F32[] = [];
  for (let at = 0; at < rows.length; at += batchSize) {
    const own = rows.slice(at, at + batchSize);
    const loss = program.evaluate(params, batchOf(own, batchSize, packing));
    await wf.realize(loss);
    losses.push(loss);
  }
  const values = await wf.read(...losses);
  const total = values.reduce((sum, [value]) => sum + value!, 0);
  const mean = total / rows.reduce((sum, { learnt }) => sum + learnt, 0);
  if (Number.isFinite(mean)) return mean;
  throw new NumericalError("Cannot evaluate as the loss is not finite", {
    hint: 'Lower "learningRate", or compute in "f32"',
  });
}

function bestLoss(evaluations: readonly Evaluation[]): number {
  return Math.min(Infinity, ...evaluations.map(({ loss }) => loss));
}

/** Whether the last evaluations were all worse than one before them. */
function isOver({ evaluations }: TrainRecord, patience: number): boolean {
  if (patience === 0 || evaluations.length <= patience) return false;
  const before = bestLoss(evaluations.slice(0, -patience));
  return bestLoss(evaluations.slice(-patience)) >= before;
}

function cancelled(step: number, { folder, signal }: TrainRun): CancelledError {
  return new CancelledError(`Cannot go on training after step ${step}`, {
    actual: "it was stopped",
    cause: signal?.reason,
    ...(folder === undefined
      ? {}
      : { hint: `Resume from the checkpoint in "${folder}"` }),
  });
}
