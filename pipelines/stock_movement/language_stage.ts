/**
 * The language stage: a model that is tuned on each training window's prompts and
 * asked for the test window behind it.
 *
 * @module
 */

import type { Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import {
  adaptModel,
  fineTune,
  type FineTuneParams,
  type FineTuneReport,
  type LanguageModel,
  scoreChoices,
} from "../../ops/language/mod.ts";
import {
  answerForms,
  classLogits,
  placeWindows,
  windowExamples,
  windowPrompts,
} from "../../ops/movement/mod.ts";
import type { Splits } from "../../ops/splits.ts";

/** What the stage reads. */
export interface LanguageInputs {
  /** The base, packed or not, with its tokenizer. */
  readonly model: Output<LanguageModel>;
  /** A prompt for each row, known at the row's time, without its answer. */
  readonly prompts: Output<string[]>;
  /** Classes from 0, -1 where not known: i32 `["t"]`. */
  readonly labels: Output<Tensor<"i32">>;
  /** Walk-forward windows, purged by the horizon of the labels. */
  readonly splits: Output<Splits>;
}

/** How the stage is run. */
export interface LanguageSettings {
  /** How many windows the splits have. */
  readonly windows: number;
  /** The word that answers for each class. */
  readonly words: readonly string[];
  /** Settings of fine-tuning; null leaves the model as it is. */
  readonly tuning: FineTuneParams | null;
  /** Examples of a training window at most; all by default. */
  readonly mostExamples?: number | undefined;
  /** Prompts that are scored at once; 16 by default. */
  readonly batch?: number | undefined;
  /**
   * A prompt that says nothing: what the model answers to it is taken off, so that
   * a word that it prefers has no advantage. None by default.
   */
  readonly neutral?: string | undefined;
}

/** What the stage gives. */
export interface LanguageStage {
  /** Class logits, f64 `["t", "k"]`, NaN outside the test windows. */
  readonly logits: Output<F64>;
  /** What is told of the fine-tuning of each window; none where nothing is tuned. */
  readonly reports: readonly Output<FineTuneReport>[];
}

/**
 * Wires the stage: for each window the base is tuned by QLoRA on the prompts of the
 * training window, answers only, and the answers are scored behind the prompts of the
 * test window. Every step is a node: reused, resumed and blamed on its own.
 *
 * @param inputs Model, prompts, labels and windows.
 * @param settings How it is run.
 * @returns Logits, and what is told of the tuning.
 *
 * @example
 * ```ts
 * import { languageStage } from "@weft/weft/pipelines";
 * import { eventSplits } from "@weft/weft/ops/data";
 * import { loadModel, modelFiles, quantizeNf4, SMALL_MODEL } from "@weft/weft/ops/language";
 * import { earningsPrompts, labelReports, LONG_SHORT, simulateReports } from "@weft/weft/ops/movement";
 *
 * const { events } = simulateReports({}, { rows: 90 });
 * const { model } = loadModel({ files: await modelFiles(SMALL_MODEL) });
 * const { logits } = languageStage({
 *   model: quantizeNf4({ model }).model,
 *   prompts: earningsPrompts({ events }).prompts,
 *   labels: labelReports({ events }).labels,
 *   splits: eventSplits({ events }).splits,
 * }, { windows: 1, words: LONG_SHORT, tuning: { rank: 8, steps: 20 } });
 * console.log(logits.name); // logits
 * ```
 */
export function languageStage(
  inputs: LanguageInputs,
  settings: LanguageSettings,
): LanguageStage {
  const { labels, model, prompts, splits } = inputs;
  const { batch, mostExamples, neutral, tuning, words } = settings;
  const { classes, forms } = answerForms(words);
  const scoring = batch === undefined ? {} : { batch };
  const score = (
    own: Output<LanguageModel>,
    texts: Output<string[]> | string[],
  ) =>
    scoreChoices({ model: own, prompts: texts, choices: [...forms] }, scoring)
      .logProbabilities;
  const windows = Array.from({ length: settings.windows }, (_, window) => {
    const tuned = tuning === null ? undefined : fineTune({
      model,
      examples: windowExamples({ prompts, labels, splits }, {
        window,
        answers: words.map((word) => ` ${word}`),
        most: mostExamples,
      }).examples,
    }, tuning);
    const own = tuned === undefined
      ? model
      : adaptModel({ model, adapter: tuned.adapter }).model;
    const { tests } = windowPrompts({ prompts, splits }, { window });
    const logProbabilities = score(own, tests);
    const { logits } = neutral === undefined
      ? classLogits({ logProbabilities }, { columns: classes })
      : classLogits({
        logProbabilities,
        neutral: score(own, [neutral]),
      }, { columns: classes });
    return { logits, report: tuned?.report };
  });
  return {
    logits: placeWindows({
      windows: windows.map(({ logits }) => logits),
      labels,
      splits,
    }).logits,
    reports: windows.flatMap(({ report }) =>
      report === undefined ? [] : [report]
    ),
  };
}
