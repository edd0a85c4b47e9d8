/**
 * Term weights by frequency and inverse document frequency: a vocabulary is
 * learnt from some texts and then describes any text as a row of numbers.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, tensor } from "../../runtime/tensor/mod.ts";
import { countTexts, type TermCounts } from "./text_terms.ts";

/** How a vocabulary is learnt, defaults filled in. */
export interface VocabularySettings {
  /** Most words of a term; 1. */
  readonly longest: number;
  /** Fewest texts that a term must occur in; 2. */
  readonly minDocuments: number;
  /** Largest share of the texts that a term may occur in; 1. */
  readonly maxShare: number;
  /** Most terms, the most frequent ones; 2000. */
  readonly maxTerms: number;
  /** Whether a term that occurs n times counts as 1 + log n rather than n; false. */
  readonly sublinear: boolean;
}

/** Params of {@linkcode fitVocabulary}; all have defaults. */
export type VocabularyParams = {
  readonly [K in keyof VocabularySettings]?:
    | VocabularySettings[K]
    | undefined;
};

/** Schema of {@linkcode VocabularyParams}. */
export const VOCABULARY_PARAMS: z.ZodType<
  VocabularySettings,
  VocabularyParams
> = z.object({
  longest: z.int().min(1).max(5).default(1),
  minDocuments: z.int().positive().default(2),
  maxShare: z.number().gt(0).max(1).default(1),
  maxTerms: z.int().positive().max(100_000).default(2000),
  sublinear: z.boolean().default(false),
});

/** What was learnt from texts. */
export interface Vocabulary {
  /** The terms in order of their code units; each is a column. */
  readonly terms: readonly string[];
  /** Inverse document frequency of each term. */
  readonly inverse: readonly number[];
  /** Most words of a term. */
  readonly longest: number;
  /** Whether a term that occurs n times counts as 1 + log n. */
  readonly sublinear: boolean;
}

/** Schema of {@linkcode Vocabulary}. */
export const VOCABULARY: z.ZodType<Vocabulary> = z.object({
  terms: z.array(z.string()).readonly(),
  inverse: z.array(z.number()).readonly(),
  longest: z.int().positive(),
  sublinear: z.boolean(),
});

const TEXTS: z.ZodType<readonly string[]> = z.array(z.string()).readonly();

/** Most numbers of one table of term weights: 1 GiB. */
const MOST_NUMBERS = 2 ** 27;

interface Occurrence {
  count: number;
  documents: number;
}

function occurrencesOf(
  texts: readonly TermCounts[],
): Map<string, Occurrence> {
  const found = new Map<string, Occurrence>();
  for (const counts of texts) {
    for (const [term, count] of counts) {
      const before = found.get(term);
      if (before === undefined) found.set(term, { count, documents: 1 });
      else {
        before.count += count;
        before.documents += 1;
      }
    }
  }
  return found;
}

const byCodeUnits = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/**
 * Learns a vocabulary from texts.
 *
 * @param texts The terms of each text, counted with the same `longest`.
 * @param settings How it is learnt.
 * @returns The vocabulary.
 * @throws {DataError} If no term is left.
 */
export function vocabularyOf(
  texts: readonly TermCounts[],
  settings: VocabularySettings,
): Vocabulary {
  const { longest, minDocuments, maxShare, maxTerms, sublinear } = settings;
  const found = occurrencesOf(texts);
  const allowed = [...found].filter(([, { documents }]) =>
    documents >= minDocuments && documents <= maxShare * texts.length
  );
  const kept = allowed
    .sort(([a, one], [b, two]) => two.count - one.count || byCodeUnits(a, b))
    .slice(0, maxTerms)
    .sort(([a], [b]) => byCodeUnits(a, b));
  if (kept.length === 0) {
    throw new DataError(
      "Cannot learn a vocabulary as no term occurs often enough",
      {
        expected: `a term in at least ${minDocuments} texts`,
        actual: `${texts.length} texts with ${found.size} terms`,
        hint: 'Lower "minDocuments", or pass more texts',
      },
    );
  }
  return {
    terms: kept.map(([term]) => term),
    // Counted as if one more text held every term, so that none is divided by 0
    inverse: kept.map(([, { documents }]) =>
      Math.log((1 + texts.length) / (1 + documents)) + 1
    ),
    longest,
    sublinear,
  };
}

/**
 * Term weights of texts: frequency times inverse document frequency, each
 * row scaled to length 1; terms outside of the vocabulary do not count.
 *
 * @param texts The terms of each text, counted with the same `longest`.
 * @param vocabulary The vocabulary.
 * @returns Row-major `[texts, terms]`.
 * @throws {DataError} If the table would not fit into memory.
 */
export function termWeightsOf(
  texts: readonly TermCounts[],
  { terms, inverse, sublinear }: Vocabulary,
): Float64Array {
  const width = terms.length;
  if (texts.length * width > MOST_NUMBERS) {
    throw new DataError(
      "Cannot weigh terms as their table would not fit into memory",
      {
        expected: `at most ${MOST_NUMBERS} numbers`,
        actual: `${texts.length} texts of ${width} terms`,
        hint: 'Lower "maxTerms"',
      },
    );
  }
  const columns = new Map(terms.map((term, column) => [term, column]));
  const weights = new Float64Array(texts.length * width);
  for (const [row, counts] of texts.entries()) {
    const own = weights.subarray(row * width, (row + 1) * width);
    for (const [term, count] of counts) {
      const column = columns.get(term);
      if (column === undefined) continue;
      own[column] = (sublinear ? 1 + Math.log(count) : count) *
        inverse[column]!;
    }
    const length = Math.sqrt(own.reduce((sum, w) => sum + w * w, 0));
    if (length > 0) own.forEach((w, column) => own[column] = w / length);
  }
  return weights;
}

/**
 * Learns the vocabulary of a bag of words: the most frequent terms and how
 * rare each is, `log((1 + n) / (1 + texts with the term)) + 1`. Learn it on
 * training texts only.
 *
 * Input: `texts`. Params: see {@linkcode VocabularySettings}. Output:
 * `vocabulary`.
 *
 * @throws {DataError} If no term is left.
 *
 * @example
 * ```ts
 * import { fitVocabulary } from "@weft/weft/ops/movement";
 *
 * const texts = ["Revenue grew", "Revenue fell", "Margins fell"];
 * const { vocabulary } = await fitVocabulary.run({ texts });
 * console.log(vocabulary.terms); // ["fell", "revenue"]
 * ```
 */
export const fitVocabulary: Op<
  { texts: readonly string[] },
  VocabularyParams,
  { vocabulary: Vocabulary }
> = op({
  name: "movement/fitVocabulary",
  version: "1",
  doc: "The most frequent terms of texts and how rare each is",
  inputs: { texts: port.value(TEXTS) },
  params: VOCABULARY_PARAMS,
  outputs: { vocabulary: port.value(VOCABULARY) },
  run: async ({ texts }, settings, { signal }) => ({
    vocabulary: vocabularyOf(
      await countTexts(texts, settings.longest, signal),
      settings,
    ),
  }),
});

/**
 * Term weights of texts (TF-IDF): frequency times inverse document frequency,
 * each row scaled to length 1; a text without a known term is a row of zeros.
 *
 * Inputs: `texts`; `vocabulary` from `fitVocabulary`. Output: `features`, f64
 * `["n", "terms"]`.
 *
 * @throws {DataError} If the table would not fit into memory.
 *
 * @example
 * ```ts
 * import { fitVocabulary, termWeights } from "@weft/weft/ops/movement";
 *
 * const texts = ["Revenue grew", "Revenue fell", "Margins fell"];
 * const { vocabulary } = await fitVocabulary.run({ texts });
 * const { features } = await termWeights.run({ texts: ["Fell and fell"], vocabulary });
 * console.log(await features.toArray()); // [[1, 0]]
 * ```
 */
export const termWeights: Op<
  { texts: readonly string[]; vocabulary: Vocabulary },
  Record<never, never>,
  { features: F64 }
> = op({
  name: "movement/termWeights",
  version: "1",
  doc: "Term weights of texts by frequency and inverse document frequency",
  inputs: { texts: port.value(TEXTS), vocabulary: port.value(VOCABULARY) },
  params: z.object({}),
  outputs: { features: port.tensor("f64", ["n", "terms"]) },
  run: async ({ texts, vocabulary }, _params, { signal }) => {
    const counts = await countTexts(texts, vocabulary.longest, signal);
    return {
      features: tensor(termWeightsOf(counts, vocabulary), {
        shape: [texts.length, vocabulary.terms.length],
      }),
    };
  },
});
