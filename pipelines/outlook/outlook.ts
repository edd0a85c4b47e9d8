/**
 * The outlook: from daily prices to forecasts of volatility and movement, and
 * to a report that says how good they were.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import type { Node, Output } from "../../runtime/flow/mod.ts";
import {
  asofJoin,
  columnToTensor,
  features,
  frameToTensor,
  returns,
  sampleReports,
  walkForwardSplits,
  withColumns,
} from "../../ops/data/mod.ts";
import {
  calibrationCurve,
  shuffleLabels,
  shuffleRows,
} from "../../ops/evaluate/mod.ts";
import type { LanguageModel } from "../../ops/language/mod.ts";
import { labelMovement } from "../../ops/movement/mod.ts";
import type { CompanyReport } from "../../ops/reports.ts";
import { realizedVariance } from "../../ops/volatility/mod.ts";
import { assembleReport } from "./assemble_report.ts";
import { changeAhead } from "./change_ahead.ts";
import { classProbabilities } from "./class_probabilities.ts";
import { languageStage, quantizedBase } from "./language_stage.ts";
import { lastRows } from "./last_rows.ts";
import { movementStage } from "./movement_stage.ts";
import { nestedSplits } from "./nested_splits.ts";
import type { PriceFinding, Report } from "./report_schema.ts";
import { type Settings, SIZES, SMALL_MODEL_NAME } from "./settings.ts";
import { smallModel } from "./small_model.ts";
import { volatilityFeatures } from "./volatility_features.ts";
import { correctedMoves, volatilityStage } from "./volatility_stage.ts";
import { wholeDays } from "./whole_days.ts";

/** Columns that the technical expert reads, the last one only with volume. */
export const TECHNICAL_COLUMNS: readonly string[] = [
  "momentum1",
  "momentum5",
  "momentum21",
  "momentum63",
  "momentum252",
  "drawdown252",
  "movingAverageRatio50",
  "relativeStrength14",
  "volumeZScore21",
];

/** Daily prices and what was found odd in them. */
export interface OutlookInputs {
  /** Columns date, open, high, low, close, volume. */
  readonly prices: Output<DataFrame>;
  /** Findings of the reader. */
  readonly findings: Output<readonly PriceFinding[]>;
  /** Reports that language models read; the sample of `sampleReports` by default. */
  readonly reports?: Output<CompanyReport[]> | undefined;
  /** The language model, with its tokenizer; the small one of Weft by default. */
  readonly model?: Output<LanguageModel> | undefined;
}

/**
 * Wires the outlook. Nothing runs until the node's value is asked for.
 *
 * @param inputs Prices, for example the outputs of `samplePrices()`.
 * @param settings See `SETTINGS`; the size changes how much is computed, not what.
 * @returns The node of the report; all stages hang on it.
 *
 * @example
 * ```ts
 * import { outlook, SETTINGS } from "@weft/weft/pipelines";
 * import { samplePrices } from "@weft/weft/ops/data";
 *
 * const report = outlook(samplePrices(), SETTINGS.parse({ horizon: 10 }));
 * console.log((await report.explain()).includes("gpForecast")); // true
 * ```
 */
export function outlook(
  inputs: OutlookInputs,
  settings: Settings,
): Node<{ report: Report }> {
  const size = SIZES[settings.size];
  const { prices, findings } = wholeDays({
    prices: inputs.prices,
    findings: inputs.findings,
  }, { volume: settings.volume });

  const measured = withColumns({
    frame: prices,
    values: realizedVariance({
      open: column(prices, "open"),
      high: column(prices, "high"),
      low: column(prices, "low"),
      close: column(prices, "close"),
    }).variance,
  }, { names: ["variance"] }).frame;
  const known = features({ prices }, {
    incomplete: "drop",
    ...(settings.volume ? {} : { volumeZScore: [], volumeChange: [] }),
  }).features;
  const joined = asofJoin({
    left: asofJoin({ left: known, right: measured }, {
      rightTime: "date",
      suffix: "OfPrices",
    }).joined,
    right: returns({ prices }).returns,
  }, { rightTime: "date", suffix: "OfReturns" }).joined;
  const table = lastRows(
    { frame: joined },
    size.lastRows === undefined ? {} : { count: size.lastRows },
  ).frame;

  const { splits } = walkForwardSplits({ frame: table }, {
    by: "years",
    window: "rolling",
    trainYears: settings.trainYears ?? size.trainYears,
  });
  const movementSplits = nestedSplits({ splits }, {
    skip: settings.movementYears ?? size.movementYears,
    purge: settings.horizon,
  }).splits;
  const variance = column(table, "variance");
  const daily = column(table, "return");
  const close = column(table, "close");
  const { labels } = labelMovement({ close }, {
    threshold: settings.threshold,
    horizon: settings.horizon,
  });
  const technical = frameToTensor({ frame: table }, {
    columns: settings.volume
      ? TECHNICAL_COLUMNS
      : TECHNICAL_COLUMNS.slice(0, -1),
    nulls: "error",
  }).values;

  const moves = correctedMoves(
    close,
    { variance, returns: daily, splits },
    settings,
  );
  const volatility = volatilityStage(
    { variance, returns: daily, splits, moves },
    settings,
  );
  const { changes } = changeAhead({ close }, { horizon: settings.horizon });
  const languageInputs = {
    table,
    reports: inputs.reports ?? sampleReports().reports,
    model: quantizedBase(inputs.model ?? smallModel().model),
    splits: movementSplits,
  };
  const language = languageStage({ ...languageInputs, changes }, settings);
  const movementInputs = {
    technical,
    volatility:
      volatilityFeatures({ forecasts: volatility.forecasts }).features,
    splits: movementSplits,
  };
  const movement = movementStage(
    { ...movementInputs, language: language.logits, labels },
    settings,
  );

  // What is shuffled with one seed stays joined row by row
  const { seed } = settings;
  const shuffledVolatility = volatilityStage({
    variance: shuffleRows({ x: variance }, { seed }).y,
    returns: shuffleRows({ x: daily }, { seed }).y,
    splits,
    moves,
  }, settings);
  const shuffledLanguage = languageStage(
    { ...languageInputs, changes: shuffleRows({ x: changes }, { seed }).y },
    settings,
    language.logits.untuned,
  );
  const shuffledMovement = movementStage({
    ...movementInputs,
    language: shuffledLanguage.logits,
    labels: shuffleLabels({ labels }, { seed }).y,
  }, settings);

  const fused = classProbabilities({ logits: movement.logits.fused });
  const calibration = calibrationCurve({
    labels: movement.labels,
    probabilities: fused.probabilities,
  });
  return assembleReport({
    prices,
    findings,
    table,
    splits,
    movementSplits,
    measured: volatility.measured,
    forecasts: volatility.forecasts,
    lower: volatility.band.lower,
    upper: volatility.band.upper,
    qlike: volatility.losses.qlike.losses,
    mse: volatility.losses.mse.losses,
    volatilityTable: volatility.table,
    shuffledQlike: shuffledVolatility.losses.qlike.losses,
    shuffledMse: shuffledVolatility.losses.mse.losses,
    movementScores: movement.scores.scores,
    movementWindows: movement.scores.byWindow,
    shuffledMovementScores: shuffledMovement.scores.scores,
    shuffledMovementWindows: shuffledMovement.scores.byWindow,
    confusions: movement.scores.confusion,
    calibration: calibration.bins,
    calibrationError: calibration.expectedError,
    fusedProbabilities: fused.probabilities,
    alpha: movement.alpha,
    eventRows: language.rows,
    eventSplits: language.splits,
    eventsWithReports: language.known,
    evidenceCounts: language.counts,
  }, {
    ...settings,
    model: settings.model ??
      (inputs.model === undefined ? SMALL_MODEL_NAME : "a language model"),
  });
}

function column(frame: Output<DataFrame>, name: string) {
  return columnToTensor({ frame }, { column: name, nulls: "error" }).values;
}
