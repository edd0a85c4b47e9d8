/**
 * Scores of the same models at several tickers, put together.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { ALL_SPLITS } from "./metrics.ts";
import { hasMechanics, LANGUAGE_MODELS, modelName } from "./models.ts";
import { type Metric, REPORT, type Report } from "./report_schema.ts";

/** One score of one model at all tickers, beside its baseline. */
export interface TickersMetric {
  /** The stage that the model belongs to. */
  readonly stage: Metric["stage"];
  /** The model. */
  readonly model: string;
  /** The score, for example `qlike` or `accuracy`. */
  readonly metric: string;
  /** Whether less is better. */
  readonly lowerIsBetter: boolean;
  /** How many tickers were scored. */
  readonly tickers: number;
  /** At how many of them it is better than its baseline. */
  readonly better: number;
  /** The mean of the score over tickers, each counting as one. */
  readonly value: number;
  /** The same of the baseline. */
  readonly baseline: { readonly model: string; readonly value: number };
  /**
   * Geometric mean over tickers of score over baseline: unlike the mean it
   * does not hang on the tickers of largest scores. Null where one is not positive.
   */
  readonly ratio: number | null;
  /** The mean on shuffled data; null where a ticker has none. */
  readonly shuffled: number | null;
}

/** The outlook of several tickers. */
export interface OutlookStudy {
  /** What it is about. */
  readonly title: string;
  /** The size that was asked for. */
  readonly size: string;
  /** The report of each ticker. */
  readonly reports: Readonly<Record<string, Report>>;
  /** Scores on all test rows of each ticker, put together. */
  readonly metrics: readonly TickersMetric[];
  /** What the numbers say, in words. */
  readonly notes: readonly string[];
}

const STUDY: z.ZodType<OutlookStudy> = z.object({
  title: z.string(),
  size: z.string(),
  reports: z.record(z.string(), REPORT),
  metrics: z.array(z.object({
    stage: z.enum(["volatility", "movement"]),
    model: z.string(),
    metric: z.string(),
    lowerIsBetter: z.boolean(),
    tickers: z.int(),
    better: z.int(),
    value: z.number(),
    baseline: z.object({ model: z.string(), value: z.number() }),
    ratio: z.number().nullable(),
    shuffled: z.number().nullable(),
  })),
  notes: z.array(z.string()),
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function geometricMean(values: readonly number[]): number | null {
  return values.every((value) => value > 0 && Number.isFinite(value))
    ? Math.exp(meanOf(values.map(Math.log)))
    : null;
}

function isBetter({ value, baseline, lowerIsBetter }: Metric): boolean {
  return lowerIsBetter ? value < baseline.value : value > baseline.value;
}

/**
 * Puts scores of several reports together, each ticker counting as one.
 *
 * @param reports The reports; a score counts where its ticker has it.
 * @returns One entry for each score of each model, in the order of the reports.
 */
export function tickersMetrics(reports: readonly Report[]): TickersMetric[] {
  const groups = new Map<string, Metric[]>();
  for (const metric of reports.flatMap(({ metrics }) => metrics)) {
    if (metric.split !== ALL_SPLITS) continue;
    const key = `${metric.stage} ${metric.metric} ${metric.model}`;
    groups.set(key, [...groups.get(key) ?? [], metric]);
  }
  return [...groups.values()].map((group): TickersMetric => {
    const { baseline, lowerIsBetter, metric, model, stage } = group[0]!;
    const shuffled = group.flatMap(({ shuffled }) => shuffled ?? []);
    return {
      stage,
      model,
      metric,
      lowerIsBetter,
      tickers: group.length,
      better: group.filter(isBetter).length,
      value: meanOf(group.map(({ value }) => value)),
      baseline: {
        model: baseline.model,
        value: meanOf(group.map(({ baseline }) => baseline.value)),
      },
      ratio: geometricMean(
        group.map(({ value, baseline }) => value / baseline.value),
      ),
      shuffled: shuffled.length < group.length ? null : meanOf(shuffled),
    };
  });
}

/** Sentences on how often each model beats its baseline. */
function notesOf(
  metrics: readonly TickersMetric[],
  isMechanicsOnly: boolean,
): string[] {
  return metrics.filter(({ baseline, metric, model }) =>
    model !== baseline.model && (metric === "qlike" || metric === "logLoss")
  ).map(({ baseline, better, metric, model, ratio, tickers, value }) => {
    const amount = metric === "qlike"
      ? `QLIKE ${percentOf(ratio)} ${modelName(baseline.model)}`
      : `mean log loss ${value.toFixed(4)} against ${
        baseline.value.toFixed(4)
      } of ${modelName(baseline.model)}`;
    const scope = isMechanicsOnly && LANGUAGE_MODELS.has(model)
      ? " (mechanics only)"
      : "";
    return `${
      modelName(model)
    }${scope}: ${amount}, better at ${better} of ${tickers} tickers.`;
  });
}

function percentOf(ratio: number | null): string {
  if (ratio === null) return "cannot be compared with that of";
  const change = 100 * (ratio - 1);
  return `${Math.abs(change).toFixed(1)} % ${
    change < 0 ? "better" : "worse"
  } on average than`;
}

/**
 * Puts the reports of several tickers together: for each score the mean, at how
 * many tickers it beats its baseline, and the same on shuffled data. Tickers of
 * one market move together, so that they are fewer trials than they seem.
 *
 * Input `reports`: one a ticker, see {@linkcode Report}. Output `study`: the
 * reports and {@linkcode TickersMetric} of each score.
 */
export const acrossTickers: Op<
  { reports: Record<string, Report> },
  Record<never, never>,
  { study: OutlookStudy }
> = op({
  name: "outlook/acrossTickers",
  version: "2",
  doc: "Scores of the same models at several tickers, put together",
  inputs: { reports: port.record(port.value(REPORT)) },
  params: z.object({}),
  outputs: { study: port.value(STUDY) },
  run: ({ reports }) => {
    const list = Object.values(reports);
    const metrics = tickersMetrics(list);
    return {
      study: {
        title: `Outlook of ${Object.keys(reports).join(", ")}`,
        size: list[0]?.size ?? "",
        reports,
        metrics,
        notes: notesOf(metrics, list.some(hasMechanics)),
      },
    };
  },
});
