/**
 * The baseline of every model that reads: a bag of words and a logistic
 * regression, walk-forward.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { checkSplits, SPLITS, type Splits } from "../splits.ts";
import { labelledRows } from "./labelled_rows.ts";
import {
  LOGISTIC_PARAMS,
  type LogisticFit,
  logisticFit,
} from "./logistic_regression.ts";
import {
  termWeightsOf,
  VOCABULARY_PARAMS,
  vocabularyOf,
  type VocabularyParams,
} from "./term_weights.ts";
import { countTexts } from "./text_terms.ts";

/** What is told of the fit on one training window. */
export interface BagOfWordsFit {
  /** Labelled texts that it learnt from. */
  readonly trainRows: number;
  /** Terms of the vocabulary. */
  readonly terms: number;
  /** Penalised mean loss at the end. */
  readonly loss: number;
  /** Whether the gradient fell under the tolerance. */
  readonly converged: boolean;
}

const FIT: z.ZodType<BagOfWordsFit> = z.object({
  trainRows: z.number(),
  terms: z.number(),
  loss: z.number(),
  converged: z.boolean(),
});

/** Params of {@linkcode bagOfWordsForecast}. */
export type BagOfWordsParams = {
  /** How many classes there are; 3. */
  classes?: number | undefined;
  /** Weight of half the squared weights in the mean loss; 0.001. */
  penalty?: number | undefined;
  /** How vocabularies are learnt. */
  vocabulary?: VocabularyParams | undefined;
};

/** Logits of rows of term weights, most of which are zero. */
function affineLogits(
  features: Float64Array,
  { weights, bias }: LogisticFit,
): Float64Array {
  const classes = bias.length;
  const width = weights.length / classes;
  const logits = new Float64Array(features.length / width * classes);
  for (let start = 0; start < logits.length; start += classes) {
    logits.set(bias, start);
  }
  features.forEach((feature, at) => {
    if (feature === 0) return;
    const row = Math.floor(at / width);
    for (let k = 0; k < classes; k++) {
      logits[row * classes + k]! += feature *
        weights[(at % width) * classes + k]!;
    }
  });
  return logits;
}

/**
 * Class logits of texts by a multinomial logistic regression on term weights
 * (TF-IDF). Vocabulary, rarity of terms and weights are learnt anew on the
 * labelled texts of each training window, and asked for each text of the test
 * window behind it.
 *
 * Inputs: `texts`, t of them in time order; `labels`, i32 `["t"]`, -1 where not
 * known (such rows do not train); `splits`. Params:
 * {@linkcode BagOfWordsParams}. Outputs: `logits`, f64 `["t", "k"]`, NaN
 * outside the test windows; `fits`, one report for each window.
 *
 * @throws {DataError} Where there are not as many texts as labels, a window
 * does not fit, no term is left, or fewer than two classes occur in a training
 * window.
 *
 * @example
 * ```ts
 * import { bagOfWordsForecast } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await bagOfWordsForecast.run({
 *   texts: ["sales grew", "sales fell", "profits grew", "profits fell", "margins grew"],
 *   labels: wf.tensor([1, 0, 1, 0, -1], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 4, testStart: 4, testEnd: 5 }],
 * }, { classes: 2 });
 * console.log(await wf.argmax(wf.slice(logits, [4, 5]), { axis: 1 }).toArray()); // [1]
 * ```
 */
export const bagOfWordsForecast: Op<
  { texts: readonly string[]; labels: Tensor<"i32">; splits: Splits },
  BagOfWordsParams,
  { logits: F64; fits: BagOfWordsFit[] }
> = op({
  name: "movement/bagOfWordsForecast",
  version: "1",
  doc: "Walk-forward class logits of texts by a bag of words",
  inputs: {
    texts: port.value(z.array(z.string()).readonly()),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    classes: z.int().min(2).default(3),
    penalty: z.number().nonnegative().default(0.001),
    vocabulary: VOCABULARY_PARAMS.prefault({}),
  }),
  outputs: {
    logits: port.tensor("f64", ["t", "k"]),
    fits: port.value(z.array(FIT)),
  },
  run: async (inputs, params, { signal, progress }) => {
    const { texts, splits } = inputs;
    const { classes, penalty } = params;
    const labels = await inputs.labels.data();
    if (texts.length !== labels.length) {
      throw new DataError(
        `Cannot forecast as there are ${texts.length} texts and ${labels.length} labels`,
        { expected: "one label for each text" },
      );
    }
    checkSplits(splits, labels.length);

    const counts = await countTexts(texts, params.vocabulary.longest, signal);
    const fits: BagOfWordsFit[] = [];
    const logits = new Float64Array(labels.length * classes).fill(NaN);
    for (const [index, split] of splits.entries()) {
      const rows = labelledRows(labels, split);
      const countsAt = (own: readonly number[]) =>
        own.map((row) => counts[row]!);
      const tests = Array.from(
        { length: split.testEnd - split.testStart },
        (_, row) => split.testStart + row,
      );
      const vocabulary = vocabularyOf(countsAt(rows), params.vocabulary);
      const width = vocabulary.terms.length;
      const fit = await logisticFit(
        {
          features: termWeightsOf(countsAt(rows), vocabulary),
          labels: Int32Array.from(rows, (row) => labels[row]!),
          width,
        },
        LOGISTIC_PARAMS.parse({ classes, penalty, standardize: false }),
        signal,
      );
      const { loss, converged } = fit;
      fits.push({ trainRows: rows.length, terms: width, loss, converged });
      logits.set(
        affineLogits(termWeightsOf(countsAt(tests), vocabulary), fit),
        split.testStart * classes,
      );
      progress((index + 1) / splits.length);
    }
    return {
      logits: tensor(logits, { shape: [labels.length, classes] }),
      fits,
    };
  },
});
