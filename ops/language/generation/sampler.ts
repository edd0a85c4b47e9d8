/**
 * From the logits of a batch to its next tokens.
 *
 * @module
 */

import { ShapeError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import {
  type CompiledProcessor,
  isCompiled,
  type LogitsProcessor,
} from "./logits_processor.ts";
import { repetitionPenalty } from "./penalties.ts";
import {
  type Chosen,
  countTokens,
  type Draws,
  sampleRows,
  withLogProbabilities,
} from "./sampling.ts";
import type { Settings } from "./settings.ts";
import { minP, temperature, topK, topP } from "./truncation.ts";

type Numbers = Readonly<
  Partial<
    Record<
      "repetitionPenalty" | "temperature" | "topP" | "minP",
      wf.Operand<"f32">
    >
  >
>;

/** What one call of the compiled choice takes. */
interface Choice {
  /** The logits of the model, `[batch, vocabulary]`. */
  readonly logits: wf.F32;
  /** The logits to choose by, where they differ. */
  readonly changed?: wf.F32;
  /** Numbers of the processors that are asked for. */
  readonly numbers: Numbers;
  /** Absent where the most probable token is taken. */
  readonly draws?: Draws;
  /** How often each token occurred, where a processor asks. */
  readonly counts?: wf.I32;
}

interface Choosing {
  readonly chosen: Chosen;
  readonly counts?: wf.I32;
}

type Choose = (choice: Choice) => Choosing;

/** Functions of the built-in processors, by what cannot be traced. */
const shared = new Map<string, Choose>();

function chooserOf(
  settings: Settings,
  own: readonly CompiledProcessor[],
): Choose {
  const { alternatives, topK: count } = settings;
  const make = () =>
    wf.compile((choice: Choice) => choose(choice, own, count, alternatives));
  if (own.length > 0) return make();
  const key = `${count ?? "all"} ${alternatives}`;
  const known = shared.get(key) ?? make();
  shared.set(key, known);
  return known;
}

function choose(
  { changed, counts, draws, logits, numbers }: Choice,
  own: readonly CompiledProcessor[],
  count: number | undefined,
  alternatives: number,
): Choosing {
  const list = [
    ...own,
    ...numbered(numbers.repetitionPenalty, repetitionPenalty),
    ...numbered(numbers.temperature, temperature),
    ...(draws === undefined ? [] : numbered(count, topK)),
    ...numbered(numbers.topP, topP),
    ...numbered(numbers.minP, minP),
  ];
  // Only who asks for counts has them made.
  const context = {
    counts: counts ?? wf.zeros(logits.shape, { dtype: "i32" }),
  };
  const final = list.reduce(
    (before, process) => sameShape(logits, process(before, context)),
    changed ?? logits,
  );
  const ids = draws === undefined
    ? wf.argmax(final, { axis: 1 })
    : sampleRows(final, draws);
  const size = Math.min(alternatives, logits.shape[1]!);
  const chosen = withLogProbabilities(logits, ids, size);
  return counts === undefined
    ? { chosen }
    : { chosen, counts: countTokens(counts, ids) };
}

function numbered<N>(
  value: N | undefined,
  make: (value: N) => CompiledProcessor,
): CompiledProcessor[] {
  return value === undefined ? [] : [make(value)];
}

function sameShape(logits: wf.F32, changed: wf.F32): wf.F32 {
  if (`${changed.shape}` !== `${logits.shape}`) {
    throw new ShapeError("Cannot use the result of a logits processor", {
      expected: `[${logits.shape.join(", ")}], as the logits`,
      actual: `[${changed.shape.join(", ")}]`,
    });
  }
  return changed;
}

/** Chooses the tokens of one batch. */
export class Sampler {
  readonly #settings: Settings;
  readonly #host: readonly LogitsProcessor[];
  readonly #numbers: Numbers;
  readonly #choose: Choose;
  readonly #draws: Omit<Draws, "step"> | undefined;
  readonly #ids: readonly (readonly number[])[];
  readonly #vocabulary: number;
  /** Kept where a compiled processor may ask for them. */
  #counts: wf.I32 | undefined;

  /**
   * @param settings How to choose.
   * @param ids The tokens of each sequence; they grow while tokens are chosen.
   * @param vocabulary Number of tokens there are.
   */
  constructor(
    settings: Settings,
    ids: readonly (readonly number[])[],
    vocabulary: number,
  ) {
    const { processors, repetitionPenalty: penalty, temperature: heat } =
      settings;
    const compiled = processors.filter(isCompiled);
    const isAll = compiled.length === processors.length;
    this.#settings = settings;
    this.#ids = ids;
    this.#vocabulary = vocabulary;
    this.#host = isAll ? [] : processors;
    this.#choose = chooserOf(settings, isAll ? compiled : []);
    this.#numbers = {
      ...(penalty === 1 ? {} : { repetitionPenalty: penalty }),
      ...(heat === 0 || heat === 1 ? {} : { temperature: heat }),
      ...(heat === 0 || settings.topP === 1 ? {} : { topP: settings.topP }),
      ...(heat === 0 || settings.minP === 0 ? {} : { minP: settings.minP }),
    };
    this.#draws = heat === 0 ? undefined : drawsOf(ids, settings);
    if (penalty !== 1 || compiled.length > 0) {
      this.#counts = this.#countAll();
    }
  }

  /** Whether the tokens so far must be known before the next ones are chosen. */
  get needsTokens(): boolean {
    return this.#host.length > 0;
  }

  /**
   * Chooses a token for each sequence.
   *
   * @param logits The logits of the model, `[batch, vocabulary]`, computed.
   * @param step How many tokens were chosen before.
   * @returns The tokens, lazy.
   */
  async choose(logits: wf.F32, step: number): Promise<Chosen> {
    const changed = await this.#changed(logits, step);
    const { chosen, counts } = this.#choose({
      logits,
      numbers: this.#numbers,
      ...(changed === undefined ? {} : { changed }),
      ...(this.#draws === undefined ? {} : {
        draws: { ...this.#draws, step: wf.tensor(step, { dtype: "i32" }) },
      }),
      ...(this.#counts === undefined ? {} : { counts: this.#counts }),
    });
    this.#counts = counts;
    return chosen;
  }

  /** The logits after the processors that are called for each token. */
  async #changed(logits: wf.F32, step: number): Promise<wf.F32 | undefined> {
    if (this.#host.length === 0) return undefined;
    const countAll = () => this.#countAll();
    let counts: wf.I32 | undefined;
    const context = {
      ids: this.#ids,
      step,
      get counts(): wf.I32 {
        return counts ??= countAll();
      },
    };
    let changed = logits;
    for (const process of this.#host) {
      changed = sameShape(logits, await process(changed, context));
    }
    await wf.realize(changed);
    return changed;
  }

  #countAll(): wf.I32 {
    const size = this.#vocabulary;
    const counts = new Int32Array(this.#ids.length * size);
    this.#ids.forEach((ids, row) => {
      for (const id of ids) counts[row * size + id]! += 1;
    });
    return wf.tensor(counts, { shape: [this.#ids.length, size] });
  }
}

/** Streams that a prompt has of its own; the second of two equal ones has another. */
function drawsOf(
  ids: readonly (readonly number[])[],
  { copies = copiesOf(ids.map((one) => one.join())), seed }: Settings,
): Omit<Draws, "step"> {
  return {
    key: wf.random.key(seed),
    streams: [
      wf.tensor(Uint32Array.from(ids, hashOf)),
      wf.tensor(Uint32Array.from(copies)),
    ],
  };
}

/**
 * Counts equal prompts.
 *
 * @param prompts The prompts.
 * @returns For each prompt how many before it are equal to it.
 */
export function copiesOf(prompts: readonly string[]): number[] {
  const seen = new Map<string, number>();
  return prompts.map((prompt) => {
    const copy = seen.get(prompt) ?? 0;
    seen.set(prompt, copy + 1);
    return copy;
  });
}

/** FNV-1a over tokens. */
function hashOf(ids: readonly number[]): number {
  return ids.reduce(
    (hash, id) => Math.imul(hash ^ id, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}
