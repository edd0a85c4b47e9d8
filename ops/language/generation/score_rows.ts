/**
 * Continuations of prompts that were read, side by side.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { classifierOf } from "../model/classifier.ts";
import { forward, type KeyValueCache } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { throwIfAborted } from "./abort.ts";
import type { DecoderState } from "./decoder.ts";
import { tokenClass } from "./size_classes.ts";

/** A continuation of one of the prompts. */
export interface Row {
  /** Number of the prompt. */
  readonly prompt: number;
  /** Number of the continuation among those of the prompt. */
  readonly k: number;
  /** Its tokens. */
  readonly tokens: readonly number[];
}

/** Tokens that go through the model at once at most. */
const MAX_TOKENS = 1024;
/** Marks places that no token is expected at. */
const IGNORED = -100;

interface Look {
  readonly tokens: wf.I32;
  /** The tokens behind them, or {@linkcode IGNORED}. */
  readonly targets: wf.I32;
  readonly start: wf.I32;
  readonly padding: wf.I32 | undefined;
  readonly cache: KeyValueCache;
  /** Which prompt each row continues. */
  readonly prompts: wf.I32;
}

type LookAhead = (look: Look) => wf.F32;

const programs = new WeakMap<LanguageModel, LookAhead>();

function programOf(model: LanguageModel): LookAhead {
  let lookAhead = programs.get(model);
  if (lookAhead === undefined) {
    lookAhead = wf.compile((look: Look) => {
      const own = <D extends wf.DType>(one: wf.Tensor<D>) =>
        wf.take(one, look.prompts);
      const { hidden } = forward(model, {
        tokens: look.tokens,
        start: look.start,
        ...(look.padding === undefined ? {} : { padding: own(look.padding) }),
        cache: {
          keys: look.cache.keys.map(own),
          values: look.cache.values.map(own),
        },
      });
      const losses = wf.cutCrossEntropy(
        wf.cast(hidden, "f32"),
        wf.cast(classifierOf(model), "f32"),
        look.targets,
        { reduction: "none", ignoreIndex: IGNORED },
      );
      return wf.negative(losses);
    });
    programs.set(model, lookAhead);
  }
  return lookAhead;
}

/**
 * Scores all tokens but the first of continuations.
 *
 * @param model The model.
 * @param state The prompts.
 * @param rows The continuations, of at least two tokens each.
 * @param batch How many of them at once at most.
 * @param signal Stops between two batches.
 * @returns Log-probabilities of the tokens behind the first, by `"prompt k"`.
 */
export async function scoreRows(
  model: LanguageModel,
  { cache, padding, position }: DecoderState,
  rows: readonly Row[],
  batch: number,
  signal: AbortSignal | undefined,
): Promise<Map<string, number[]>> {
  const lookAhead = programOf(model);
  const scores = new Map<string, number[]>();
  const sorted = [...rows].sort((a, b) => a.tokens.length - b.tokens.length);
  while (sorted.length > 0) {
    throwIfAborted(signal);
    const width = tokenClass(sorted.at(-1)!.tokens.length - 1);
    const count = Math.max(1, Math.min(batch, Math.floor(MAX_TOKENS / width)));
    const some = sorted.splice(-count);
    const tokens = new Int32Array(some.length * width);
    const targets = new Int32Array(some.length * width).fill(IGNORED);
    some.forEach((row, at) => {
      tokens.set(row.tokens.slice(0, -1), at * width);
      targets.set(row.tokens.slice(1), at * width);
    });
    const shape = [some.length, width];
    const made = await lookAhead({
      tokens: wf.tensor(tokens, { shape }),
      targets: wf.tensor(targets, { shape }),
      start: wf.tensor(position, { dtype: "i32" }),
      padding,
      cache,
      prompts: wf.tensor(some.map((row) => row.prompt), { dtype: "i32" }),
    }).data();
    some.forEach(({ k, prompt, tokens: own }, at) => {
      const first = at * width;
      scores.set(
        `${prompt} ${k}`,
        Array.from(made.subarray(first, first + own.length - 1)),
      );
    });
  }
  return scores;
}
