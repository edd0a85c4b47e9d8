/**
 * How probable given continuations of prompts are.
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { throwIfAborted } from "./abort.ts";
import { Decoder } from "./decoder.ts";
import { checkPrompts } from "./prompts.ts";
import { type Row, scoreRows } from "./score_rows.ts";
import { tokenClass } from "./size_classes.ts";

/** How probable one continuation is. */
export interface ContinuationScore {
  /** Natural logarithm of its probability under the model: the sum over its tokens. */
  readonly logProbability: number;
  /** The same for each token. */
  readonly tokenLogProbabilities: readonly number[];
  /** Logit of its first token: where all continuations are one token, what their softmax is taken of. */
  readonly firstLogit: number;
}

/** How continuations are scored. */
export interface ScoreOptions {
  /** Sequences that are computed at once at most; 16 by default. */
  readonly batch?: number | undefined;
  /** Stops between two batches, and inside of the device. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told the share of prompts that are done.
   *
   * @param share From 0 to 1.
   */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * Scores continuations of prompts. A prompt is read once, however many
 * continuations it has; prompts of similar lengths are read together.
 *
 * @param model The model.
 * @param prompts Tokens of each prompt, at least one each.
 * @param continuations For each prompt tokens of its continuations, at least one
 * token each.
 * @param options Size of batches, signal, progress.
 * @returns For each prompt a score for each of its continuations.
 * @throws {CancelledError} When the signal is aborted.
 * @throws {DataError} When a prompt or a continuation is empty or too long.
 * @throws {ParameterError} When there is not one list of continuations a prompt.
 *
 * @example
 * ```ts
 * import { initialModel, scoreContinuations } from "@weft/weft/ops/language";
 *
 * const model = initialModel({
 *   family: "gpt2",
 *   vocabularySize: 50,
 *   hiddenSize: 16,
 *   intermediateSize: 32,
 *   layers: 1,
 *   heads: 2,
 *   contextLength: 32,
 *   normEpsilon: 1e-5,
 *   tiedEmbeddings: true,
 * });
 * const [scores] = await scoreContinuations(model, [[1, 2]], [[[3], [4, 5]]]);
 * console.log(scores?.map((one) => one.tokenLogProbabilities.length)); // [1, 2]
 * ```
 */
export async function scoreContinuations(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  continuations: readonly (readonly ArrayLike<number>[])[],
  options: ScoreOptions = {},
): Promise<ContinuationScore[][]> {
  const { batch = 16, onProgress, signal } = options;
  const checked = checkPairs(model, prompts, continuations);
  if (!Number.isInteger(batch) || batch < 1) {
    throw new ParameterError(
      `Cannot score in batches: current size is ${batch}`,
      { expected: "a whole number from 1", actual: String(batch) },
    );
  }
  const scores = checked.map((): ContinuationScore[] => []);
  // Similar lengths stand together, so that little is filled up.
  const order = [...checked.keys()].sort((a, b) =>
    checked[a]!.length - checked[b]!.length
  );
  let done = 0;
  for (const bucket of bucketsOf(order, checked, batch)) {
    throwIfAborted(signal);
    await wf.withExecution({ signal }, async () => {
      const made = await scoreBucket(
        model,
        bucket.map((at) => checked[at]!),
        bucket.map((at) => continuations[at]!.map((one) => Array.from(one))),
        batch,
        signal,
      );
      bucket.forEach((at, k) => scores[at] = made[k]!);
    });
    done += bucket.length;
    onProgress?.(done / checked.length);
  }
  return scores;
}

function checkPairs(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  continuations: readonly (readonly ArrayLike<number>[])[],
): number[][] {
  if (prompts.length !== continuations.length) {
    throw new ParameterError(
      `Cannot score ${continuations.length} lists of continuations of ${prompts.length} prompts`,
      { expected: "one list for each prompt" },
    );
  }
  const { config } = model;
  const refuse = { maxTokens: 1, truncate: "refuse" } as const;
  const checked = checkPrompts(config, prompts, refuse);
  continuations.forEach((list, at) =>
    list.forEach((tokens, k) => {
      const what = `continuation ${k} of prompt ${at}`;
      if (tokens.length === 0) {
        throw new DataError(`Cannot score ${what} as it is empty`, {
          expected: "at least one token",
        });
      }
      const wrong = Array.from(tokens).find((id) =>
        !Number.isInteger(id) || id < 0 || id >= config.vocabularySize
      );
      if (wrong !== undefined) {
        throw new DataError(`Cannot score ${what}`, {
          expected: `tokens from 0 to ${config.vocabularySize - 1}`,
          actual: String(wrong),
        });
      }
      const length = checked[at]!.length + tokens.length;
      if (length > config.contextLength) {
        throw new DataError(`Cannot score ${what} as it is too long`, {
          expected:
            `at most ${config.contextLength} tokens with its prompt, the context of the model`,
          actual: `${length} tokens`,
        });
      }
    })
  );
  return checked;
}

/** Runs of prompts whose lengths are of one class. */
function bucketsOf(
  order: readonly number[],
  prompts: readonly (readonly number[])[],
  batch: number,
): number[][] {
  const buckets: number[][] = [];
  const classOf = (at: number) => tokenClass(prompts[at]!.length);
  for (const at of order) {
    const last = buckets.at(-1);
    if (
      last !== undefined && last.length < batch &&
      classOf(last[0]!) === classOf(at)
    ) last.push(at);
    else buckets.push([at]);
  }
  return buckets;
}

async function scoreBucket(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  continuations: readonly (readonly number[][])[],
  batch: number,
  signal: AbortSignal | undefined,
): Promise<ContinuationScore[][]> {
  const longest = Math.max(1, ...continuations.flat().map((one) => one.length));
  const decoder = new Decoder(model, prompts.length, 0);
  const room = longest === 1 ? 1 : tokenClass(longest - 1);
  const logits = await decoder.read(prompts, room, signal);
  const firsts = await firstScores(logits, continuations);
  const rows = continuations.flatMap((list, prompt) =>
    list.map((tokens, k): Row => ({ prompt, k, tokens }))
  );
  const rest = await scoreRows(
    model,
    decoder.state,
    rows.filter(({ tokens }) => tokens.length > 1),
    batch,
    signal,
  );
  return continuations.map((list, prompt) =>
    list.map((_, k) => {
      const { logit, logProbability } = firsts[prompt]![k]!;
      const all = [logProbability, ...rest.get(`${prompt} ${k}`) ?? []];
      return {
        logProbability: all.reduce((sum, one) => sum + one, 0),
        tokenLogProbabilities: all,
        firstLogit: logit,
      };
    })
  );
}

interface FirstScore {
  readonly logit: number;
  readonly logProbability: number;
}

const gather = wf.compile((logits: wf.F32, ids: wf.I32) => ({
  logits: wf.takeAlongAxis(logits, ids, { axis: 1 }),
  sums: wf.logSumExp(logits, { axis: 1 }),
}));

/** The first token of each continuation. */
async function firstScores(
  logits: wf.F32,
  continuations: readonly (readonly number[][])[],
): Promise<FirstScore[][]> {
  const width = Math.max(1, ...continuations.map((list) => list.length));
  const ids = new Int32Array(continuations.length * width);
  continuations.forEach((list, row) =>
    list.forEach((tokens, k) => ids[row * width + k] = tokens[0]!)
  );
  const made = gather(
    logits,
    wf.tensor(ids, { shape: [continuations.length, width] }),
  );
  const [values, sums] = await wf.read(made.logits, made.sums);
  return continuations.map((list, row) =>
    list.map((_, k) => {
      const logit = values[row * width + k]!;
      return { logit, logProbability: logit - sums[row]! };
    })
  );
}
