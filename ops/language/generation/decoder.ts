/**
 * A model in the middle of a batch of sequences: their keys and values so far.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward, type KeyValueCache } from "../model/forward.ts";
import { emptyCache } from "../model/key_value_cache.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { throwIfAborted } from "./abort.ts";
import { capacityClass, LARGEST_PART, tokenClass } from "./size_classes.ts";

/** What one call of a program takes. */
interface Turn {
  /** `[batch, n]`. */
  readonly tokens: wf.I32;
  /** Which of the `n` tokens to give logits for, a scalar. */
  readonly last: wf.I32;
  /** Slot of the first token; absent where the cache is empty. */
  readonly start?: wf.I32;
  /** Slots from the first on that hold nothing, `[batch]`. */
  readonly padding?: wf.I32;
}

/** A batch of sequences that were read. */
export interface DecoderState {
  /** Keys and values. */
  readonly cache: KeyValueCache;
  /** Slots in use: the length of the longest sequence. */
  readonly position: number;
  /** How many slots from the first on hold nothing, `[batch]`; undefined for none. */
  readonly padding: wf.I32 | undefined;
}

/** The logits of one token a sequence, and the new cache. */
interface TurnResult {
  readonly logits: wf.F32;
  readonly cache: KeyValueCache;
}

type Advance = (cache: KeyValueCache, turn: Turn) => TurnResult;

/** One function a model; it is traced once for each class of sizes. */
const programs = new WeakMap<LanguageModel, Advance>();

function programOf(model: LanguageModel): Advance {
  let advance = programs.get(model);
  if (advance === undefined) {
    // The cache is written where it lies: a step touches one slot of it.
    advance = wf.compile((before: KeyValueCache, turn: Turn): TurnResult => {
      const { last, ...input } = turn;
      const { hidden, cache } = forward(model, { ...input, cache: before });
      const row = input.tokens.shape[1] === 1
        ? wf.squeeze(hidden, 1)
        : wf.take(hidden, last, { axis: 1 });
      const logits = wf.cast(logitsOf(model, row), "f32");
      return { logits, cache: cache! };
    }, { donate: [0] });
    programs.set(model, advance);
  }
  return advance;
}

function scalar(value: number): wf.I32 {
  return wf.tensor(value, { dtype: "i32" });
}

/**
 * The next tokens of a batch of sequences, which share slots of a cache: shorter
 * prompts are filled up on the left. Behind the prompts the cache holds what is
 * overwritten before anybody attends to it, so that prompts of many lengths run
 * one program.
 */
export class Decoder {
  readonly #model: LanguageModel;
  readonly #advance: Advance;
  #batch: number;
  readonly #padId: number;
  #padding: number[] = [];
  #paddingTensor: wf.I32 | undefined;
  readonly #retired = new Set<number>();
  #cache: KeyValueCache | undefined;
  #position = 0;
  #capacity = 0;

  /**
   * @param model The model.
   * @param batch How many sequences.
   * @param padId The token that fills up, any of the vocabulary.
   */
  constructor(model: LanguageModel, batch: number, padId: number) {
    this.#model = model;
    this.#advance = programOf(model);
    this.#batch = batch;
    this.#padId = padId;
  }

  /**
   * Where the sequences stand, for those who look ahead.
   *
   * @returns The cache, how many slots of it are in use, and which of those hold
   * nothing.
   */
  get state(): DecoderState {
    return {
      cache: this.#cache!,
      position: this.#position,
      padding: this.#paddingTensor,
    };
  }

  /**
   * Reads the prompts; equal ones once.
   *
   * @param prompts Tokens of each sequence, at least one each.
   * @param room How many tokens more are expected.
   * @param signal Stops between parts of long prompts.
   * @returns Logits of the next token of each, `[batch, vocabulary]`, computed.
   */
  async read(
    prompts: readonly ArrayLike<number>[],
    room: number,
    signal?: AbortSignal,
  ): Promise<wf.F32> {
    const { different, places } = differentOnes(prompts);
    this.#batch = different.length;
    const logits = await this.#readAll(different, room, signal);
    if (different.length === prompts.length) return logits;
    this.#batch = prompts.length;
    return await this.#copyRows(logits, places);
  }

  async #readAll(
    prompts: readonly ArrayLike<number>[],
    room: number,
    signal: AbortSignal | undefined,
  ): Promise<wf.F32> {
    const length = Math.max(...prompts.map((one) => one.length));
    const padding = prompts.map((one) => length - one.length);
    this.#pad(padding);
    await this.#grow(length + room);
    let logits: wf.F32 | undefined;
    for (let start = 0; start < length; start += LARGEST_PART) {
      throwIfAborted(signal);
      const count = Math.min(LARGEST_PART, length - start);
      // What fills up on the right must find slots too.
      const width = Math.min(tokenClass(count), this.#capacity - start);
      const tokens = new Int32Array(this.#batch * width).fill(this.#padId);
      prompts.forEach((prompt, row) => {
        for (let at = 0; at < count; at++) {
          const from = start + at - padding[row]!;
          if (from >= 0) tokens[row * width + at] = prompt[from]!;
        }
      });
      logits = await this.#run(
        wf.tensor(tokens, { shape: [this.#batch, width] }),
        count,
      );
    }
    return logits!;
  }

  #pad(padding: number[]): void {
    this.#padding = padding;
    this.#paddingTensor = padding.some((count) => count > 0)
      ? wf.tensor(padding, { dtype: "i32" })
      : undefined;
  }

  /** Makes rows of the batch out of those that were read. */
  async #copyRows(logits: wf.F32, places: readonly number[]): Promise<wf.F32> {
    const rows = wf.tensor(places, { dtype: "i32" });
    const own = <D extends wf.DType>(one: wf.Tensor<D>) => wf.take(one, rows);
    const { keys, values } = this.#cache!;
    const cache = { keys: keys.map(own), values: values.map(own) };
    const copied = own(logits);
    await wf.realize(cache, copied);
    this.#cache = cache;
    const before = this.#padding;
    this.#pad(places.map((place) => before[place]!));
    return copied;
  }

  /**
   * Adds a token to each sequence.
   *
   * @param ids The tokens, `[batch]`.
   * @returns Logits of the tokens behind them, `[batch, vocabulary]`, computed.
   */
  async next(ids: wf.I32): Promise<wf.F32> {
    if (this.#position === this.#capacity) await this.#grow(this.#position + 1);
    return await this.#run(wf.expandDims(ids, 1), 1);
  }

  /**
   * Takes a sequence out whose context is full: what is computed for it from now on
   * means nothing, but its positions stay where the model has some.
   *
   * @param row Number of the sequence.
   */
  retire(row: number): void {
    this.#retired.add(row);
  }

  #paddingAt(start: number): wf.I32 | undefined {
    // Without padding all sequences are of one length, and end together.
    if (this.#paddingTensor === undefined || this.#retired.size === 0) {
      return this.#paddingTensor;
    }
    return wf.tensor(
      this.#padding.map((count, row) => this.#retired.has(row) ? start : count),
      { dtype: "i32" },
    );
  }

  async #run(tokens: wf.I32, count: number): Promise<wf.F32> {
    const start = this.#position;
    const padding = this.#paddingAt(start);
    const { logits, cache } = this.#advance(this.#cache!, {
      tokens,
      last: scalar(count - 1),
      ...(start === 0 ? {} : { start: scalar(start) }),
      ...(padding === undefined ? {} : { padding }),
    });
    await wf.realize(logits, cache);
    this.#cache = cache;
    this.#position = start + count;
    return logits;
  }

  /** Makes room for so many slots. */
  async #grow(slots: number): Promise<void> {
    const capacity = capacityClass(slots);
    if (capacity <= this.#capacity) return;
    const more = capacity - this.#capacity;
    const widen = (one: wf.Tensor<wf.FloatDType>) =>
      wf.pad(one, [[0, 0], [0, 0], [0, more], [0, 0]]);
    const before = this.#cache;
    const cache = before === undefined
      ? emptyCache(this.#model.config, { batch: this.#batch, capacity })
      : { keys: before.keys.map(widen), values: before.values.map(widen) };
    await wf.realize(cache);
    this.#cache = cache;
    this.#capacity = capacity;
  }
}

/** The prompts without those that were there before, and where each one is among them. */
function differentOnes(
  prompts: readonly ArrayLike<number>[],
): {
  readonly different: readonly ArrayLike<number>[];
  readonly places: readonly number[];
} {
  const seen = new Map<string, number>();
  const different: ArrayLike<number>[] = [];
  const places = prompts.map((prompt) => {
    const key = Array.from(prompt).join();
    const place = seen.get(key) ?? different.length;
    if (place === different.length) {
      seen.set(key, place);
      different.push(prompt);
    }
    return place;
  });
  return { different, places };
}
