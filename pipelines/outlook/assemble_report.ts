/**
 * Puts together what the report says.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Float } from "../../runtime/tensor/mod.ts";
import { nextTradingDay } from "../../ops/data/mod.ts";
import {
  CALIBRATION_BIN,
  type CalibrationBin,
  CLASS_SCORES,
  type ClassScores,
  modelCard,
  WINDOW_SCORES,
} from "../../ops/evaluate/mod.ts";
import {
  EVIDENCE_COUNTS,
  type EvidenceCounts,
} from "../../ops/evidence/mod.ts";
import { MOVEMENT_CLASSES } from "../../ops/movement/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { withNulls } from "../with_nulls.ts";
import { cardStages } from "./card_stages.ts";
import { daysOf, periodOf } from "./days.ts";
import {
  comparisonsOf,
  type ForecastScore,
  type LossSeries,
  movementMetrics,
  type ScoresByWindow,
  volatilityMetrics,
} from "./metrics.ts";
import { FUSED_EXPERTS } from "./movement_stage.ts";
import { notesOf } from "./notes.ts";
import {
  PRICE_FINDINGS,
  type PriceFinding,
  REPORT,
  type Report,
} from "./report_schema.ts";
import {
  SETTINGS,
  type SettingsInput,
  SIZES,
  SMALL_MODEL_NAME,
} from "./settings.ts";
import { BAND_LEVEL } from "./volatility_stage.ts";

const FORECAST_SCORES: z.ZodType<readonly ForecastScore[]> = z.array(z.object({
  model: z.string(),
  loss: z.string(),
  comparison: z.object({ statistic: z.number(), pValue: z.number() })
    .nullable(),
}));

function titleOf(ticker?: string): string {
  const of = ticker === undefined ? "" : ` of ${ticker}`;
  return `Outlook${of}: volatility, movement and evidence`;
}

const SERIES = port.tensor("f64", ["t"]);
const SERIES_BY_MODEL = port.record(SERIES);
const SCORES_BY_MODEL = port.record(port.value(CLASS_SCORES));
const WINDOWS_BY_MODEL = port.record(
  port.value(z.array(WINDOW_SCORES).readonly()),
);
const MATRIX_BY_MODEL = port.record(port.value(z.array(z.array(z.number()))));

/** What the report is made from. */
export type ReportInputs = {
  prices: DataFrame;
  findings: readonly PriceFinding[];
  table: DataFrame;
  splits: Splits;
  movementSplits: Splits;
  measured: F64;
  forecasts: Readonly<Record<string, F64>>;
  lower: F64;
  upper: F64;
  qlike: Readonly<Record<string, F64>>;
  mse: Readonly<Record<string, F64>>;
  volatilityTable: readonly ForecastScore[];
  shuffledQlike: Readonly<Record<string, F64>>;
  shuffledMse: Readonly<Record<string, F64>>;
  movementScores: Readonly<Record<string, ClassScores>>;
  movementWindows: Readonly<Record<string, ScoresByWindow>>;
  shuffledMovementScores: Readonly<Record<string, ClassScores>>;
  shuffledMovementWindows: Readonly<Record<string, ScoresByWindow>>;
  confusions: Readonly<Record<string, number[][]>>;
  calibration: CalibrationBin[];
  calibrationError: number;
  fusedProbabilities: F64;
  alpha: Float;
  eventRows: number[];
  eventSplits: Splits;
  eventsWithReports: number;
  evidenceCounts: EvidenceCounts[];
};

async function readSeries(
  tensors: Readonly<Record<string, F64>>,
): Promise<LossSeries> {
  const entries = Object.entries(tensors).map(async ([model, values]) =>
    [model, await values.data()] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

function coverageOf(
  realized: readonly (number | null)[],
  lower: readonly (number | null)[],
  upper: readonly (number | null)[],
): number {
  let inside = 0;
  let rows = 0;
  realized.forEach((value, row) => {
    const [low, high] = [lower[row], upper[row]];
    if (value === null || low == null || high == null) return;
    rows++;
    if (value >= low && value <= high) inside++;
  });
  return inside / rows;
}

async function latestProbabilities(probabilities: F64): Promise<number[]> {
  const rows = probabilities.shape[0]!;
  return [...await wf.slice(probabilities, rows - 1).data()];
}

function meanWeights(alpha: ArrayLike<number>): Record<string, number> {
  const width = FUSED_EXPERTS.length;
  const sums = FUSED_EXPERTS.map((_, expert) =>
    Array.from(alpha).reduce(
      (sum, value, at) => at % width === expert ? sum + value : sum,
      0,
    )
  );
  return Object.fromEntries(
    FUSED_EXPERTS.map((name, expert) => [
      name,
      sums[expert]! / (alpha.length / width),
    ]),
  );
}

function latestOf(
  forecasts: Readonly<Record<string, (number | null)[]>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(forecasts).flatMap(([model, values]) => {
      const last = values.at(-1);
      return last == null ? [] : [[model, last]];
    }),
  );
}

/** Says so where language models had nothing to read. */
function reportFindings(
  { eventRows, eventsWithReports }: ReportInputs,
  ticker?: string,
): PriceFinding[] {
  if (eventsWithReports > 0) return [];
  const count = eventRows.length;
  const whose = ticker === undefined ? "No report" : `No report of ${ticker}`;
  return [{
    code: "no-reports",
    severity: "warning",
    count,
    message:
      `${whose} is known on any of the ${count} days that language models are asked about: they read past returns only`,
  }];
}

/**
 * Puts together what the report says: plain data, ready for JSON, with each
 * metric beside its baseline and the same stage on shuffled data.
 *
 * Variances are those of daily log returns. Params: the settings of the
 * outlook, which the report quotes.
 */
export const assembleReport: Op<
  ReportInputs,
  SettingsInput,
  { report: Report }
> = op({
  name: "outlook/assembleReport",
  version: "8",
  doc: "Puts together what the report says",
  inputs: {
    prices: port.frame(),
    findings: port.value(PRICE_FINDINGS),
    table: port.frame(),
    splits: port.value(SPLITS),
    movementSplits: port.value(SPLITS),
    measured: SERIES,
    forecasts: SERIES_BY_MODEL,
    lower: SERIES,
    upper: SERIES,
    qlike: SERIES_BY_MODEL,
    mse: SERIES_BY_MODEL,
    volatilityTable: port.value(FORECAST_SCORES),
    shuffledQlike: SERIES_BY_MODEL,
    shuffledMse: SERIES_BY_MODEL,
    movementScores: SCORES_BY_MODEL,
    movementWindows: WINDOWS_BY_MODEL,
    shuffledMovementScores: SCORES_BY_MODEL,
    shuffledMovementWindows: WINDOWS_BY_MODEL,
    confusions: MATRIX_BY_MODEL,
    calibration: port.value(z.array(CALIBRATION_BIN)),
    calibrationError: port.value(z.number()),
    fusedProbabilities: port.tensor("f64", ["m", "k"]),
    alpha: port.tensor(["f32", "f64"], ["m", FUSED_EXPERTS.length]),
    eventRows: port.value(z.array(z.int())),
    eventSplits: port.value(SPLITS),
    eventsWithReports: port.value(z.int()),
    evidenceCounts: port.list(port.value(EVIDENCE_COUNTS)),
  },
  params: SETTINGS,
  outputs: { report: port.value(REPORT) },
  run: async (inputs, settings) => {
    const days = daysOf(inputs.table);
    const allDays = daysOf(inputs.prices);
    const { splits, movementSplits } = inputs;
    const nameOf = ({ testStart }: Splits[number]) => `from ${days[testStart]}`;
    const start = splits[0]!.testStart;
    const end = splits.at(-1)!.testEnd + 1;
    const coming = nextTradingDay(days.at(-1)!);

    const metrics = [
      ...volatilityMetrics({
        names: splits.map(nameOf),
        splits,
        losses: {
          qlike: await readSeries(inputs.qlike),
          mse: await readSeries(inputs.mse),
        },
        shuffled: {
          qlike: await readSeries(inputs.shuffledQlike),
          mse: await readSeries(inputs.shuffledMse),
        },
      }),
      ...movementMetrics({
        names: movementSplits.map(nameOf),
        scores: inputs.movementScores,
        byWindow: inputs.movementWindows,
        shuffled: inputs.shuffledMovementScores,
        shuffledByWindow: inputs.shuffledMovementWindows,
      }),
    ];
    const comparisons = comparisonsOf(inputs.volatilityTable);
    const { eventRows, eventSplits } = inputs;
    const title = titleOf(settings.ticker);
    const model = settings.model ?? SMALL_MODEL_NAME;
    const isMechanicsOnly = model === SMALL_MODEL_NAME;
    const data = {
      rows: allDays.length,
      from: allDays[0]!,
      to: allDays.at(-1)!,
    };
    const { card } = await modelCard.run({
      data: [{ name: "daily prices", period: data, note: null }],
      stages: cardStages({
        days,
        splits,
        movementSplits,
        eventRows,
        eventSplits,
        evidenceStep: SIZES[settings.size].language.evidence.step,
        metrics,
        comparisons,
        scores: inputs.movementScores,
        shuffled: inputs.shuffledMovementScores,
        counts: inputs.evidenceCounts,
        model,
        isMechanicsOnly,
      }),
    }, { title, size: settings.size });
    const findings = [
      ...inputs.findings,
      ...reportFindings(inputs, settings.ticker),
    ];
    const series = await readSeries(inputs.forecasts);
    const forecasts = Object.fromEntries(
      Object.entries(series).map(([model, values]) =>
        [model, withNulls(values, start, end)] as const
      ),
    );
    const realized = withNulls(await inputs.measured.data(), start, end);
    const lower = withNulls(await inputs.lower.data(), start, end);
    const upper = withNulls(await inputs.upper.data(), start, end);
    const windows = (stage: string, list: Splits, own = days) =>
      list.map(({ trainStart, trainEnd, testStart, testEnd }) => ({
        stage,
        train: periodOf(own, trainStart, trainEnd),
        test: periodOf(own, testStart, testEnd),
      }));
    const asked = eventRows.map((row) => days[row]!);
    return {
      report: {
        title,
        size: settings.size,
        data: { ...data, findings },
        windows: [
          ...windows("volatility", splits),
          ...windows("movement", movementSplits),
          ...windows("language, days asked", eventSplits, asked),
        ],
        metrics,
        comparisons,
        volatility: {
          dates: [...days, coming].slice(start, end),
          realized,
          forecasts,
          lower,
          upper,
          coverage: {
            level: BAND_LEVEL,
            observed: coverageOf(realized, lower, upper),
          },
          latest: latestOf(forecasts),
        },
        movement: {
          classes: [...MOVEMENT_CLASSES],
          horizon: settings.horizon,
          threshold: settings.threshold,
          confusion: inputs.confusions["fused"]!,
          calibration: inputs.calibration,
          calibrationError: inputs.calibrationError,
          latest: {
            day: days.at(-1)!,
            probabilities: await latestProbabilities(inputs.fusedProbabilities),
          },
          meanFusionWeights: meanWeights(await inputs.alpha.data()),
        },
        card,
        notes: notesOf(metrics, comparisons, isMechanicsOnly),
      },
    };
  },
});
