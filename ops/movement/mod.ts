/**
 * Stock movement: labels and the models that predict them.
 *
 * @example
 * ```ts
 * import { labelMovement } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const close = wf.tensor([100, 103, 99], { dtype: "f64" });
 * const { labels } = await labelMovement.run({ close }, { threshold: 0.02 });
 * console.log(await labels.toArray()); // [2, 0, -1]
 * ```
 *
 * @module
 */

export * from "./bag_of_words_forecast.ts";
export * from "./class_logits.ts";
export * from "./earnings_prompt.ts";
export * from "./label_movement.ts";
export * from "./label_reports.ts";
export * from "./logistic_forecast.ts";
export * from "./logistic_regression.ts";
export * from "./movement_factors.ts";
export * from "./movement_words.ts";
export * from "./parse_answer.ts";
export * from "./simulate_reports.ts";
export * from "./window_texts.ts";
export type {
  AnalystGrade,
  CompanyReport,
  PastReturn,
  ReportEvent,
  ReportFigure,
  ReportSurprise,
} from "../reports.ts";
export {
  fitVocabulary,
  termWeights,
  VOCABULARY,
  type Vocabulary,
  VOCABULARY_PARAMS,
  type VocabularyParams,
  type VocabularySettings,
} from "./term_weights.ts";
export { termsOf } from "./text_terms.ts";
