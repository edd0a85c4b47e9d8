/**
 * The models of the outlook, as people read of them.
 *
 * @module
 */

import type { Report } from "./report_schema.ts";

/** Names of the models, in the order in which they are told of. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  ewma: "EWMA",
  garch: "GARCH(1,1)",
  egarch: "EGARCH(1,1)",
  har: "HAR",
  gp: "Gaussian process",
  gpRecalibrated: "Gaussian process, recalibrated",
  censored: "censored process on corrected prices",
  prior: "class frequencies",
  technical: "technical expert",
  technicalDebiased: "technical expert, debiased",
  volatility: "volatility expert",
  volatilityDebiased: "volatility expert, debiased",
  bagOfWords: "bag of words",
  untuned: "language model, untuned",
  qlora: "QLoRA expert",
  qloraDebiased: "QLoRA expert, debiased",
  structured: "structured scorer",
  retuning: "RETuning expert",
  retuningDebiased: "RETuning expert, debiased",
  fusedNumbers: "fused experts on numbers, debiased",
  fusedRaw: "fused experts",
  fused: "fused experts, debiased",
};

/** Models that a language model has a part in. */
export const LANGUAGE_MODELS: ReadonlySet<string> = new Set([
  "untuned",
  "qlora",
  "qloraDebiased",
  "retuning",
  "retuningDebiased",
  "fusedRaw",
  "fused",
]);

/**
 * Whether figures of language models mean nothing in a report.
 *
 * @param report The report.
 * @returns Whether a stage shows mechanics only.
 */
export function hasMechanics({ card }: Pick<Report, "card">): boolean {
  return card.stages.some(({ scope }) => scope === "mechanics");
}

const ORDER = Object.keys(MODEL_NAMES);

/**
 * The name of a model for people.
 *
 * @param model The name that metrics have.
 * @returns The name that pages have.
 */
export function modelName(model: string): string {
  return MODEL_NAMES[model] ?? model;
}

/**
 * The entries of a record by model in the order of telling: the baseline of a
 * stage first, what builds on others last.
 *
 * @param byModel A record by model.
 * @returns Its entries.
 */
export function inOrder<T>(
  byModel: Readonly<Record<string, T>>,
): [model: string, value: T][] {
  const place = (model: string) =>
    ORDER.includes(model) ? ORDER.indexOf(model) : ORDER.length;
  return Object.entries(byModel).sort(([a], [b]) => place(a) - place(b));
}
