/**
 * Learning from rewards: group relative policy optimisation.
 *
 * After "DeepSeekMath" (Shao and others, 2024, arXiv 2402.03300) and, for defaults,
 * "RETuning" (Lin and others, 2025, arXiv 2510.21604): each prompt is answered several
 * times, an answer learns from how much better than its group it is, and the policy
 * stays near a reference. Only the adapter learns.
 *
 * @module
 */

import { DataError, NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { addAdapter, type AddAdapterOptions } from "../adapter/add_adapter.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { throwIfAborted } from "../generation/abort.ts";
import {
  encodePrompt,
  modelTokenizer,
  type Prompt,
} from "../generation/prompt_text.ts";
import { checkPrompts } from "../generation/prompts.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { StepOrder } from "../tuning/batches.ts";
import {
  clearUnfinished,
  loadCheckpoint,
  saveCheckpoint,
} from "../tuning/checkpoint.ts";
import { copyFactors } from "../tuning/copy_factors.ts";
import { learningRateAt } from "../tuning/schedule.ts";
import type { Factors, StepOptimizer } from "../tuning/step_program.ts";
import { withFactors } from "../tuning/train_program.ts";
import {
  drawAnswers,
  type DrawnAnswers,
  type GradedAnswer,
  type Reward,
} from "./draw_answers.ts";
import {
  GRPO_RECORD,
  grpoFingerprint,
  type GrpoRecord,
  type GrpoStep,
} from "./grpo_record.ts";
import {
  type GrpoSettings,
  grpoSettings,
  type GrpoSettingsInput,
} from "./grpo_settings.ts";
import {
  makePolicyProgram,
  type PolicyProgram,
  type ScoredBatch,
} from "./policy_program.ts";
import { type PolicyAnswer, policyBatch } from "./policy_rows.ts";

/** How {@linkcode trainGrpo} trains. */
export interface TrainGrpoOptions extends GrpoSettingsInput {
  /** The adapter to begin with, unless the model has one. */
  readonly adapter?: AddAdapterOptions | undefined;
  /** What the reward is called, for checkpoints. */
  readonly rewardName?: string | undefined;
  /** Where checkpoints are written; none are without it. */
  readonly folder?: string | undefined;
  /** Steps between checkpoints; only when it is stopped by default (0). */
  readonly checkpointEvery?: number | undefined;
  /** Whether the last checkpoint of the folder is taken up, if there is one. */
  readonly resume?: boolean | undefined;
  /** Stops between two tokens; a checkpoint is written. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Is told each step.
   *
   * @param step What was measured.
   * @param answers The answers of the step.
   * @param steps All steps.
   */
  readonly onProgress?:
    | ((
      step: GrpoStep,
      answers: readonly GradedAnswer[],
      steps: number,
    ) => void)
    | undefined;
}

/** What came of it. */
export interface TrainGrpoResult {
  /** The model with the adapter that has learnt. */
  readonly model: LanguageModel & { readonly adapter: LoraAdapter };
  /** The adapter. */
  readonly adapter: LoraAdapter;
  /** Each step. */
  readonly history: GrpoStep[];
}

/** Sets these draws apart from those of other trainings. */
const STREAM = 0x6772;

type Adapted = LanguageModel & { readonly adapter: LoraAdapter };

/**
 * Trains the adapter of a model on rewards of its own answers.
 *
 * The same seed gives the same adapter on the same device. Probabilities are those of
 * the policy that draws: logits over the temperature. Where the answers of a step are
 * all worth what their groups are, nothing is changed.
 *
 * @param model The model, with its tokenizer. The adapter that it has is trained
 * further; else it gets one.
 * @param prompts Texts to continue, or chats to answer.
 * @param reward What an answer is worth.
 * @param options Settings, and how it is run.
 * @returns The adapter, and what was measured.
 * @throws {DataError} When the model has no tokenizer, a prompt is too long or a reward
 * is not finite.
 * @throws {ParameterError} When a setting is out of range.
 * @throws {NumericalError} When a loss is not finite.
 * @throws {CancelledError} When the signal is aborted; a checkpoint is written first
 * where there is a folder for it.
 */
export async function trainGrpo(
  model: LanguageModel,
  prompts: readonly Prompt[],
  reward: Reward,
  options: TrainGrpoOptions = {},
): Promise<TrainGrpoResult> {
  const settings = grpoSettings(options);
  if (prompts.length === 0) {
    throw new DataError("Cannot learn from rewards without prompts", {
      expected: "at least one prompt",
    });
  }
  const { adapter } = model;
  const start = adapter === undefined
    ? addAdapter(model, { seed: settings.seed, ...options.adapter })
    : { ...model, adapter };
  const training = new GrpoTraining(start, prompts, reward, settings);
  return await training.run(options);
}

class GrpoTraining {
  readonly #model: Adapted;
  readonly #prompts: readonly Prompt[];
  readonly #tokens: readonly (readonly number[])[];
  readonly #reward: Reward;
  readonly #settings: GrpoSettings;
  readonly #order: StepOrder;
  readonly #optimizer: StepOptimizer<wf.optim.AdamState<Factors>>;
  readonly #program: PolicyProgram<wf.optim.AdamState<Factors>>;

  constructor(
    model: Adapted,
    prompts: readonly Prompt[],
    reward: Reward,
    settings: GrpoSettings,
  ) {
    const { beta1, beta2, epsilon, seed, weightDecay } = settings;
    this.#model = model;
    this.#prompts = prompts;
    this.#reward = reward;
    this.#settings = settings;
    const tokenizer = modelTokenizer(model);
    this.#tokens = checkPrompts(
      model.config,
      prompts.map((prompt) => encodePrompt(tokenizer, prompt)),
      settings,
    );
    this.#order = new StepOrder(prompts.length, {
      batchSize: settings.promptsPerStep,
      accumulation: 1,
      shuffle: settings.shuffle,
      key: wf.random.foldIn(wf.random.key(seed), STREAM),
    });
    const at = (learningRate: wf.optim.LearningRate) =>
      wf.optim.adamW({ beta1, beta2, epsilon, weightDecay, learningRate });
    this.#optimizer = {
      init: (params) => at(0).init(params),
      update: (grads, state, params, rate) =>
        at(rate).update(grads, state, params),
    };
    this.#program = makePolicyProgram(model, this.#optimizer, settings);
  }

  async run(options: TrainGrpoOptions): Promise<TrainGrpoResult> {
    const { folder, signal } = options;
    const { adapter } = this.#model;
    const settings = this.#settings;
    const steps = settings.steps ??
      settings.epochs * this.#order.stepsPerEpoch;
    const schedule = {
      ...settings,
      finalPart: 0,
      warmupSteps: settings.warmup,
      steps,
    };
    let params = await copyFactors(adapter);
    let state = this.#optimizer.init(params);
    const reference = await this.#referenceFactors();
    let record: GrpoRecord = {
      fingerprint: grpoFingerprint(
        settings,
        adapter,
        this.#prompts,
        options.rewardName ?? "",
      ),
      step: 0,
      history: [],
    };
    if (folder !== undefined) await clearUnfinished(folder);
    if (options.resume === true && folder !== undefined) {
      const { fingerprint } = record;
      const found = await loadCheckpoint(
        folder,
        state,
        fingerprint,
        GRPO_RECORD,
      );
      if (found !== undefined) {
        ({ record, state } = found);
        params = await copyFactors(found.adapter);
      }
    }
    await wf.realize(params, state, reference);
    const save = async () => {
      if (folder === undefined) return;
      const own = withFactors(this.#model, params).adapter;
      await saveCheckpoint(folder, {
        record,
        adapter: own,
        state,
        best: undefined,
      });
    };
    while (record.step < steps) {
      const { step } = record;
      let answers: DrawnAnswers;
      try {
        throwIfAborted(signal);
        answers = await this.#answer(params, step, signal);
      } catch (error) {
        if (signal?.aborted === true) await save();
        throw error;
      }
      const batches = await this.#scored(params, reference, answers.rows);
      const learningRate = learningRateAt(step, schedule);
      const divergences = batches.map((one) => this.#program.divergence(one));
      await wf.realize(divergences);
      let losses: wf.F32[] = [];
      let norm: wf.F32 = wf.zeros([1]);
      // AdamW would make whole steps out of what rounding leaves of nothing
      const isTaught = answers.rows.some(({ advantage }) => advantage !== 0);
      for (let k = 0; isTaught && k < settings.iterations; k++) {
        const made = await this.#step(params, state, batches, learningRate);
        ({ losses, norm, params, state } = made);
      }
      const measured = await measure(step + 1, losses, divergences, norm);
      const report = { ...measured, ...answers.summary, learningRate };
      record = {
        ...record,
        step: step + 1,
        history: [...record.history, report],
      };
      options.onProgress?.(report, answers.graded, steps);
      const every = options.checkpointEvery ?? 0;
      if (every > 0 && record.step % every === 0) await save();
    }
    const tuned = withFactors(this.#model, params);
    return { model: tuned, adapter: tuned.adapter, history: record.history };
  }

  async #referenceFactors(): Promise<Factors> {
    const start = await copyFactors(this.#model.adapter);
    if (this.#settings.reference === "start") return start;
    return Object.fromEntries(
      Object.entries(start).map(([name, { a, b }]) =>
        [name, { a, b: wf.zeros(b.shape) }] as const
      ),
    );
  }

  async #answer(
    params: Factors,
    step: number,
    signal: AbortSignal | undefined,
  ): Promise<DrawnAnswers> {
    const [asked] = await this.#order.rowsOf(step);
    return await drawAnswers(
      withFactors(this.#model, params),
      { prompts: this.#prompts, tokens: this.#tokens, asked: asked!, step },
      this.#reward,
      this.#settings,
      signal,
    );
  }

  /** Batches of answers with what policy and reference say of them. */
  async #scored(
    params: Factors,
    reference: Factors,
    rows: readonly PolicyAnswer[],
  ): Promise<ScoredBatch[]> {
    const { batchSize } = this.#settings;
    const { contextLength } = this.#model.config;
    const longest = rows.reduce(
      (most, { answer, prompt }) =>
        Math.max(most, prompt.length + answer.length),
      0,
    );
    const batches: ScoredBatch[] = [];
    for (let at = 0; at < rows.length; at += batchSize) {
      const some = rows.slice(at, at + batchSize);
      const batch = policyBatch(some, batchSize, longest, contextLength);
      const scored = {
        ...batch,
        old: this.#program.score(params, batch),
        reference: this.#program.score(reference, batch),
      };
      await wf.realize(scored);
      batches.push(scored);
    }
    return batches;
  }

  async #step(
    before: Factors,
    state: wf.optim.AdamState<Factors>,
    batches: readonly ScoredBatch[],
    learningRate: number,
  ): Promise<
    {
      params: Factors;
      state: wf.optim.AdamState<Factors>;
      losses: wf.F32[];
      norm: wf.F32;
    }
  > {
    const program = this.#program;
    const losses: wf.F32[] = [];
    let sums: Factors | undefined;
    for (const batch of batches.slice(0, -1)) {
      const none = wf.mapTree(before, ({ shape }) => wf.zeros(shape));
      const made = program.accumulate(sums ?? none, before, batch, 1, 0);
      await wf.realize(made);
      losses.push(made.loss);
      sums = made.sums;
    }
    const last = batches.at(-1)!;
    const made = sums === undefined
      ? program.step(before, state, last, 1, 0, learningRate)
      : program.finish(before, state, sums, last, 1, 0, learningRate);
    await wf.realize(made.params, made.state, made.loss, made.norm);
    return { ...made, losses: [...losses, made.loss] };
  }
}

async function measure(
  step: number,
  losses: readonly wf.F32[],
  divergences: readonly wf.F32[],
  norm: wf.F32,
): Promise<Pick<GrpoStep, "step" | "loss" | "divergence" | "gradientNorm">> {
  const values = (await wf.read(norm, ...losses, ...divergences)).map(
    ([value]) => value!,
  );
  const sum = (some: readonly number[]) =>
    some.reduce((total, one) => total + one, 0);
  const gradientNorm = values[0]!;
  const loss = sum(values.slice(1, 1 + losses.length));
  const divergence = sum(values.slice(1 + losses.length));
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) {
    return { step, loss, divergence, gradientNorm };
  }
  throw new NumericalError(
    `Cannot go on learning as the loss of step ${step} is not finite`,
    {
      actual: `loss ${loss}, norm of gradients ${gradientNorm}`,
      hint: 'Lower "learningRate", or compute in "f32"',
    },
  );
}
