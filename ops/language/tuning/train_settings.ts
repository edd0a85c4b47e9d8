/**
 * Settings of training, with their defaults.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import type { ComputeDType } from "../model/forward.ts";
import type { Overlong } from "./rows.ts";
import type { Schedule } from "./schedule.ts";

/** Settings that decide the numbers of a training. */
export interface TrainSettings {
  /** Tokens of a row; 512 by default. */
  readonly sequenceLength: number;
  /** Whether short examples share a row; true by default. */
  readonly packing: boolean;
  /** What becomes of examples that are longer than a row; "cut" by default. */
  readonly overlong: Overlong;
  /** Rows that go through the model at once; 1 by default. */
  readonly batchSize: number;
  /** Batches whose gradients make one step; 1 by default. */
  readonly accumulation: number;
  /** How often every row is seen; 1 by default, without effect where `steps` is given. */
  readonly epochs: number;
  /** How many steps are taken; as many as the epochs have by default. */
  readonly steps: number | null;
  /** The highest learning rate; 2e-4 by default. */
  readonly learningRate: number;
  /** How it falls; "cosine" by default. */
  readonly schedule: Schedule;
  /** Steps in which it rises: a number, or below 1 a part of all steps; 0.03 by default. */
  readonly warmup: number;
  /** What part of the learning rate is left at the end; 0 by default. */
  readonly finalPart: number;
  /** Numbers that AdamW keeps: f32 (default) or 8 bits. */
  readonly optimizer: "adamW" | "adamW8bit";
  /** Memory of the mean gradient; 0.9 by default. */
  readonly beta1: number;
  /** Memory of the mean square; 0.999 by default. */
  readonly beta2: number;
  /** What AdamW adds to the root of the mean square; 1e-8 by default. */
  readonly epsilon: number;
  /** Decoupled weight decay; 0 by default. */
  readonly weightDecay: number;
  /** The largest norm of gradients; 0.3 by default. */
  readonly maxGradientNorm: number;
  /** Whether the order of rows is drawn anew in each epoch; true by default. */
  readonly shuffle: boolean;
  /** Decides order and dropout; 0 by default. */
  readonly seed: number;
  /** What is computed in; f32 by default. */
  readonly dtype: ComputeDType;
  /** Whether blocks are computed again on the way back, which takes less memory and more time; "auto", the default, does so where what is kept takes over 1 GB. */
  readonly checkpointing: boolean | "auto";
  /** Steps between evaluations; an epoch by default (0). */
  readonly evaluateEvery: number;
  /** Evaluations without a lower loss after which it ends; never by default (0). */
  readonly patience: number;
}

/** The defaults; those of QLoRA where it names one. */
const TRAIN_DEFAULTS: TrainSettings = {
  sequenceLength: 512,
  packing: true,
  overlong: "cut",
  batchSize: 1,
  accumulation: 1,
  epochs: 1,
  steps: null,
  learningRate: 2e-4,
  schedule: "cosine",
  warmup: 0.03,
  finalPart: 0,
  optimizer: "adamW",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 0.3,
  shuffle: true,
  seed: 0,
  dtype: "f32",
  checkpointing: "auto",
  evaluateEvery: 0,
  patience: 0,
};

/** Settings, any of which may be left out. */
export type TrainOptions = {
  readonly [K in keyof TrainSettings]?: TrainSettings[K] | undefined;
};

/**
 * Fills settings up with the defaults and checks them.
 *
 * @param options What was chosen; other fields are left aside.
 * @returns All settings.
 * @throws {ParameterError} When one is out of range.
 */
export function trainSettings(options: TrainOptions): TrainSettings {
  const chosen = Object.fromEntries(
    Object.keys(TRAIN_DEFAULTS)
      .map((name) => [name, options[name as keyof TrainSettings]] as const)
      .filter(([, value]) => value !== undefined),
  );
  const made: TrainSettings = { ...TRAIN_DEFAULTS, ...chosen };
  const whole = (name: keyof TrainSettings, least: number) => {
    const value = made[name];
    if (Number.isInteger(value) && Number(value) >= least) return;
    throw refused(name, value, `a whole number from ${least}`);
  };
  whole("sequenceLength", 2);
  whole("batchSize", 1);
  whole("accumulation", 1);
  whole("epochs", 1);
  if (made.steps !== null) whole("steps", 1);
  whole("seed", 0);
  whole("evaluateEvery", 0);
  whole("patience", 0);
  const inRange = (
    name: keyof TrainSettings,
    isFine: boolean,
    expected: string,
  ) => {
    if (!isFine) throw refused(name, made[name], expected);
  };
  const { epsilon, learningRate, warmup, finalPart, maxGradientNorm } = made;
  inRange(
    "learningRate",
    Number.isFinite(learningRate) && learningRate > 0,
    "a positive number",
  );
  inRange(
    "warmup",
    warmup >= 0 && (warmup < 1 || Number.isInteger(warmup)),
    "a whole number, or a part of all steps below 1",
  );
  inRange("finalPart", finalPart >= 0 && finalPart <= 1, "from 0 to 1");
  inRange("epsilon", epsilon > 0, "a positive number");
  inRange("maxGradientNorm", maxGradientNorm > 0, "a positive number");
  return made;
}

function refused(
  name: string,
  value: unknown,
  expected: string,
): ParameterError {
  return new ParameterError(
    `Cannot train with "${name}": current value is ${value}`,
    { expected, actual: String(value) },
  );
}
