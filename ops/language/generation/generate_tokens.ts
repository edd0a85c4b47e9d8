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
  const ids = sequences.map((one) => one.ids);
  const within = <T>(body: () => Promise<T>): Promise<T> =>
    wf.withExecution({ signal: options.signal }, body);
  throwIfAborted(options.signal);
  const decoder = new Decoder(model, ids.length, 0);
  const sampler = new Sampler(settings, ids, model.config.vocabularySize);
  let logits = await within(() =>
    decoder.read(ids, Math.min(ROOM, settings.maxTokens), options.signal)
  );
  for (let step = 0;; step++) {
    const { chosen, rated } = await within(async () => {
      const made = await sampler.choose(logits, step);
      return { chosen: made, rated: await readChosen(made) };
    });
    if (step === 0) options.onPrompt?.();
    for (const [at, sequence] of sequences.entries()) {
      if (sequence.finishReason !== null) continue;
      const { alternatives, id, logProbability } = rated[at]!;
      sequence.ids.push(id);
      sequence.answer.push(id);
      sequence.logProbabilities.push(logProbability);
      sequence.finishReason = ends.has(id)
        ? "end"
        : options.isStop?.(at, id) === true
        ? "stop"
        : sequence.answer.length >= settings.maxTokens
        ? "length"
        : sequence.ids.length >= model.config.contextLength
        ? "context"
        : null;
      const { finishReason } = sequence;
      yield { sequence: at, id, logProbability, alternatives, finishReason };
    }
    if (sequences.every((one) => one.finishReason !== null)) break;
    throwIfAborted(options.signal);
    logits = await within(() => decoder.next(chosen.ids));
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

/** Reads what was chosen: a few numbers a sequence. */
async function readChosen(chosen: Chosen): Promise<Rated[]> {
  const { alternatives } = chosen;
  if (alternatives === undefined) {
    const [ids, logs] = await wf.read(chosen.ids, chosen.logProbabilities);
    return Array.from(ids, (id, row) => ({
      id,
      logProbability: logs[row]!,
      alternatives: [],
    }));
  }
  const [ids, logs, otherIds, otherLogs] = await wf.read(
    chosen.ids,
    chosen.logProbabilities,
    alternatives.ids,
    alternatives.logProbabilities,
  );
  const count = alternatives.ids.shape[1]!;
  return Array.from(ids, (id, row) => ({
    id,
    logProbability: logs[row]!,
    alternatives: Array.from({ length: count }, (_, k) => ({
      id: otherIds[row * count + k]!,
      logProbability: otherLogs[row * count + k]!,
    })),
  }));
}
