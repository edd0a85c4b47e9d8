/**
 * Generation, token by token.
 *
 * @module
 */

import { throwIfAborted } from "./abort.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { Decoder } from "./decoder.ts";
import { checkPrompts } from "./prompts.ts";
import { Sampler } from "./sampler.ts";
import type { Chosen } from "./sampling.ts";
import { type GenerateOptions, settingsOf } from "./settings.ts";
import type {
  FinishReason,
  GeneratedTokens,
  RatedToken,
  TokenEvent,
} from "./token_event.ts";

/** Slots that are made for an answer at once. */
const ROOM = 256;
/** Steps that are computed before any of them is read, where reading waits. */
const AHEAD = 8;

/** How tokens are generated, for those who know tokens only. */
export interface TokenOptions extends GenerateOptions {
  /**
   * Asked after each token of a sequence that goes on: whether it ends here.
   *
   * @param sequence Number of the prompt.
   * @param id The token.
   * @returns True to end the sequence with the reason "stop".
   */
  readonly isStop?: (sequence: number, id: number) => boolean;
}

/** A sequence on its way. */
interface Sequence {
  readonly ids: number[];
  readonly answer: number[];
  readonly logProbabilities: number[];
  finishReason: FinishReason | null;
}

/**
 * Continues prompts, all of them side by side.
 *
 * @param model The model.
 * @param prompts Tokens of each prompt, at least one each.
 * @param options How tokens are chosen, and when a sequence ends.
 * @yields Each token as it comes, in the order of the prompts at each step.
 * @returns The answers, in the order of the prompts.
 * @throws {CancelledError} When the signal is aborted.
 * @throws {DataError} When a prompt is empty or too long.
 * @throws {ParameterError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { generateTokens, initialModel } from "@weft/weft/ops/language";
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
 * const ids = [];
 * for await (const { id } of generateTokens(model, [[1, 2]], { maxTokens: 3 })) {
 *   ids.push(id);
 * }
 * console.log(ids.length); // 3
 * ```
 */
export async function* generateTokens(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: TokenOptions = {},
): AsyncGenerator<TokenEvent, GeneratedTokens[], undefined> {
  const settings = settingsOf(options);
  const sequences = checkPrompts(model.config, prompts, settings).map(
    (ids): Sequence => ({
      ids,
      answer: [],
      logProbabilities: [],
      finishReason: null,
    }),
  );
  const ends = new Set(options.endIds);
  const append = (at: number, sequence: Sequence, rated: Rated) => {
    const { id, logProbability } = rated;
    sequence.ids.push(id);
    sequence.answer.push(id);
    sequence.logProbabilities.push(logProbability);
    const finishReason: FinishReason | null = ends.has(id)
      ? "end"
      : options.isStop?.(at, id) === true
      ? "stop"
      : sequence.answer.length >= settings.maxTokens
      ? "length"
      : sequence.ids.length >= model.config.contextLength
      ? "context"
      : null;
    sequence.finishReason = finishReason;
    return { ...rated, finishReason };
  };
  const ids = sequences.map((one) => one.ids);
  const within = <T>(body: () => Promise<T>): Promise<T> =>
    wf.withExecution({ signal: options.signal }, body);
  throwIfAborted(options.signal);
  const decoder = new Decoder(model, ids.length, 0);
  const sampler = new Sampler(settings, ids, model.config.vocabularySize);
  let logits = await within(() =>
    decoder.read(ids, Math.min(ROOM, settings.maxTokens), options.signal)
  );
  let last: Chosen | undefined;
  let isAhead = false;
  for (let step = 0; sequences.some(isOpen);) {
    const rest = Math.min(settings.maxTokens - step, roomOf(model, sequences));
    const count = Math.min(isAhead ? AHEAD : 1, rest);
    const queue: Chosen[] = [];
    const begun = performance.now();
    for (let k = 0; k < count; k++, step++) {
      throwIfAborted(options.signal);
      last = await within(async () => {
        if (last !== undefined) logits = await decoder.next(last.ids);
        return await sampler.choose(logits, step);
      });
      queue.push(last);
    }
    const launched = performance.now();
    const rated = await within(() => readChosen(queue));
    const waited = performance.now() - launched;
    // A GPU is waited for when results are read: several steps then share a wait.
    isAhead = step > count && !sampler.needsTokens &&
      waited > launched - begun;
    if (step === count) options.onPrompt?.();
    for (const row of rated) {
      throwIfAborted(options.signal);
      for (const [at, sequence] of sequences.entries()) {
        if (!isOpen(sequence)) continue;
        yield { sequence: at, ...append(at, sequence, row[at]!) };
        if (sequence.finishReason === "context") decoder.retire(at);
      }
    }
  }
  return sequences.map(({ answer, finishReason, logProbabilities }) => ({
    ids: answer,
    logProbabilities,
    finishReason: finishReason!,
  }));
}

interface Rated extends RatedToken {
  readonly alternatives: readonly RatedToken[];
}

function isOpen(sequence: Sequence): boolean {
  return sequence.finishReason === null;
}

/** How many tokens all sequences that go on have room for. */
function roomOf(
  model: LanguageModel,
  sequences: readonly Sequence[],
): number {
  const lengths = sequences.filter(isOpen).map(({ ids }) => ids.length);
  return model.config.contextLength - Math.max(...lengths);
}

/** Reads what was chosen at some steps: a few numbers a sequence. */
async function readChosen(steps: readonly Chosen[]): Promise<Rated[][]> {
  const data = await wf.read(
    ...steps.map((one) => one.ids),
    ...steps.map((one) => one.logProbabilities),
    ...steps.flatMap(({ alternatives }) => alternatives?.ids ?? []),
    ...steps.flatMap(({ alternatives }) =>
      alternatives?.logProbabilities ?? []
    ),
  );
  return steps.map((one, k) => {
    const [ids, logs, otherIds, otherLogs] = [0, 1, 2, 3].map((part) =>
      data[part * steps.length + k]
    );
    const count = one.alternatives?.ids.shape[1] ?? 0;
    return Array.from(ids!, (id, row) => ({
      id,
      logProbability: logs![row]!,
      alternatives: Array.from({ length: count }, (_, j) => ({
        id: otherIds![row * count + j]!,
        logProbability: otherLogs![row * count + j]!,
      })),
    }));
  });
}
