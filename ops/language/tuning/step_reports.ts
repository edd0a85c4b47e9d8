/**
 * What steps of a training measured, read several at once, as a wait for the
 * device costs more than a step of a small model.
 *
 * @module
 */

import { NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { Evaluation, StepReport, TrainRecord } from "./checkpoint.ts";

/** What is told while training goes on. */
export interface TrainProgress extends StepReport {
  /** All steps. */
  readonly steps: number;
  /** Tokens that are not filling, a second, since the last report. */
  readonly tokensPerSecond: number;
  /** Bytes that tensors hold. */
  readonly memoryBytes: number;
  /** Seconds until the last step, at the pace since the last report. */
  readonly secondsLeft: number;
  /** The last evaluation, if there was one. */
  readonly evaluation: Evaluation | undefined;
}

/** A step whose numbers have not been read. */
export interface MeasuredStep {
  /** The step, from 1. */
  readonly step: number;
  /** How far it went. */
  readonly learningRate: number;
  /** Parts of its loss. */
  readonly losses: readonly wf.F32[];
  /** Norm of its gradients. */
  readonly norm: wf.F32;
  /** Tokens that are not filling. */
  readonly tokens: number;
}

/** After so much time losses are read although there are few of them. */
const LONGEST_SILENCE_MS = 2000;

/** Steps whose numbers have not been read. */
export class StepReports {
  readonly #steps: number;
  readonly #readEvery: number;
  readonly #onProgress: ((progress: TrainProgress) => void) | undefined;
  readonly #pending: MeasuredStep[] = [];
  #since = performance.now();

  /**
   * Begins to measure time.
   *
   * @param steps All steps.
   * @param readEvery Steps that are read at once.
   * @param onProgress Is told each step.
   */
  constructor(
    steps: number,
    readEvery: number,
    onProgress: ((progress: TrainProgress) => void) | undefined,
  ) {
    this.#steps = steps;
    this.#readEvery = readEvery;
    this.#onProgress = onProgress;
  }

  /** Whether it is time to read. */
  get isDue(): boolean {
    return this.#pending.length >= this.#readEvery ||
      performance.now() - this.#since > LONGEST_SILENCE_MS;
  }

  /**
   * Takes a step.
   *
   * @param step What it measured.
   */
  add(step: MeasuredStep): void {
    this.#pending.push(step);
  }

  /** Leaves out of the pace what was no step. */
  restart(): void {
    this.#since = performance.now();
  }

  /**
   * Reads what was taken, and tells it.
   *
   * @param record What happened before.
   * @returns It, with the steps.
   * @throws {NumericalError} When a loss is not finite.
   */
  async read(record: TrainRecord): Promise<TrainRecord> {
    if (this.#pending.length === 0) return record;
    const reports = await readReports(this.#pending);
    const seconds = (performance.now() - this.#since) / 1000;
    this.restart();
    const tokens = this.#pending.reduce((sum, one) => sum + one.tokens, 0);
    this.#pending.length = 0;
    const pace = reports.length / seconds;
    for (const report of reports) {
      this.#onProgress?.({
        ...report,
        steps: this.#steps,
        tokensPerSecond: tokens / seconds,
        memoryBytes: wf.memoryAccount().heldBytes,
        secondsLeft: (this.#steps - report.step) / pace,
        evaluation: record.evaluations.at(-1),
      });
    }
    return { ...record, history: [...record.history, ...reports] };
  }
}

async function readReports(
  pending: readonly MeasuredStep[],
): Promise<StepReport[]> {
  const scalars = pending.flatMap(({ losses, norm }) => [norm, ...losses]);
  const values = (await wf.read(...scalars)).map(([value]) => value!);
  let at = 0;
  return pending.map(({ step, learningRate, losses }) => {
    const gradientNorm = values[at++]!;
    const own = values.slice(at, at += losses.length);
    const loss = own.reduce((sum, one) => sum + one, 0);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new NumericalError(
        `Cannot go on training as the loss of step ${step} is not finite`,
        {
          actual: `loss ${loss}, norm of gradients ${gradientNorm}`,
          hint: 'Lower "learningRate", or compute in "f32"',
        },
      );
    }
    return { step, loss, learningRate, gradientNorm };
  });
}
