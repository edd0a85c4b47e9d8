/**
 * Votes, answers and tuning as tables and figures, for page and terminal.
 *
 * @module
 */

import { EVIDENCE_ANSWERS } from "../../ops/evidence/mod.ts";
import {
  bandFigure,
  Figure,
  heatmapFigure,
  lineFigure,
  type LineSeries,
  type ReportBlock,
  type ResultTable,
  resultTable,
} from "../../runtime/display/mod.ts";
import type { RetuningReport } from "./report_schema.ts";

const NO_ANSWER = "no answer";

/**
 * Accuracy against the number of votes.
 *
 * @param report The report.
 * @returns A table for page and terminal.
 */
export function voteTable({ guesses, votes }: RetuningReport): ResultTable {
  return resultTable(
    [
      "responses that vote",
      "votes on each item",
      { label: "accuracy", digits: 4 },
      { label: "macro F1", digits: 4 },
    ],
    [
      ...votes.map(({ accuracy, macroF1, samples, votes }) => [
        samples,
        votes,
        accuracy,
        macroF1,
      ]),
      {
        cells: ["guesses", null, guesses.accuracy, guesses.macroF1],
        tone: "baseline" as const,
      },
    ],
    {
      caption:
        "The model, tuned: with fewer responses than there are, all are used, in several votes",
    },
  );
}

function accuracyOf(
  { stage }: RetuningReport,
  model: string,
): number | undefined {
  return stage.metrics.find(({ metric }) => metric === "accuracy")?.baselines
    .find((baseline) => baseline.model === model)?.value;
}

/**
 * The votes: a picture where there are several sizes, and the table.
 *
 * @param report The report.
 * @returns Blocks of a section.
 */
export function voteBlocks(report: RetuningReport): ReportBlock[] {
  const { guesses, votes } = report;
  const level = (value: number) => votes.map(() => value);
  const scorer = accuracyOf(report, "structured scorer");
  const spread = guesses.accuracyDeviation;
  const picture = bandFigure(votes.map(({ samples }) => String(samples)), [{
    name: "guesses, two deviations",
    lower: level(guesses.accuracy - 2 * spread),
    upper: level(guesses.accuracy + 2 * spread),
  }], [
    { name: "the model, tuned", y: votes.map(({ accuracy }) => accuracy) },
    ...(scorer === undefined ? [] : [{
      name: "structured scorer",
      y: level(scorer),
      dash: "dash" as const,
    }]),
  ], {
    title: "Accuracy against the number of responses that vote",
    xLabel: "responses that vote",
    yLabel: "accuracy",
  });
  return [...(votes.length > 1 ? [picture] : []), voteTable(report)];
}

/** Names of series: the window is told where there are several. */
function inWindow(
  { tunings }: RetuningReport,
  window: number,
  name: string,
): string {
  return tunings.length === 1 ? name : `${name}, window ${window + 1}`;
}

function stepLines(
  report: RetuningReport,
  of: (tuning: RetuningReport["tunings"][number]) => Record<string, number[]>,
): { readonly x: number[]; readonly series: LineSeries[] } {
  const series = report.tunings.flatMap((tuning, window) =>
    Object.entries(of(tuning)).map(([name, y]) => ({
      name: inWindow(report, window, name),
      x: y.map((_, step) => step + 1),
      y,
    }))
  );
  const longest = Math.max(...series.map(({ y }) => y.length));
  return { x: Array.from({ length: longest }, (_, k) => k + 1), series };
}

/**
 * The tuning: what became of the items, losses on examples, rewards.
 *
 * @param report The report.
 * @returns Blocks of a section.
 */
export function tuningBlocks(report: RetuningReport): ReportBlock[] {
  const { tunings } = report;
  const losses = stepLines(report, (own) => ({ "loss": own.losses }));
  const rewards = stepLines(report, ({ policy }) => ({
    "mean reward": policy.map(({ reward }) => reward),
    "mean of the best of each group": policy.map(({ bestReward }) =>
      bestReward
    ),
  }));
  return [
    resultTable(
      [
        "window",
        "items",
        "passed",
        "no right response",
        "right, not in form",
        "left out for balance",
      ],
      tunings.map(({ examples }, window) => [
        window + 1,
        examples.items,
        examples.passed,
        examples.wrong,
        examples.filtered,
        examples.unbalanced,
      ]),
      { caption: "What became of the items for examples" },
    ),
    ...(losses.x.length > 1
      ? [lineFigure(losses.x, losses.series, {
        title: "Loss on the examples",
        xLabel: "step",
        yLabel: "nats a token",
      })]
      : []),
    resultTable(
      ["window", "easy", "medium", "hard", "rewarded", "of them not medium"],
      tunings.map(({ curriculum }, window) => [
        window + 1,
        curriculum.easy,
        curriculum.medium,
        curriculum.hard,
        curriculum.chosen,
        curriculum.added,
      ]),
      { caption: "How hard the items for rewards were, before they taught" },
    ),
    ...(rewards.x.length > 1
      ? [lineFigure(rewards.x, rewards.series, {
        title: "Rewards",
        xLabel: "step",
        yLabel: "reward, 6 at most",
      })]
      : []),
    policyTable(report),
  ];
}

/**
 * The steps on rewards.
 *
 * @param report The report.
 * @returns A table for page and terminal.
 */
export function policyTable({ tunings }: RetuningReport): ResultTable {
  return resultTable(
    [
      "window",
      "step",
      "mean reward",
      "best of a group",
      "groups that differ",
      "tokens",
      "ended by themselves",
      "divergence",
      "norm of gradients",
    ],
    tunings.flatMap(({ policy }, window) =>
      policy.map((step) => [
        window + 1,
        step.step,
        step.reward,
        step.bestReward,
        step.informative,
        step.length,
        step.ended,
        step.divergence,
        step.gradientNorm,
      ])
    ),
    {
      caption:
        "Steps on rewards; only groups whose responses are worth different rewards teach",
    },
  );
}

/**
 * Which classes were taken for which, with a column for no answer.
 *
 * @param title What is drawn.
 * @param counts `[truth][answer]`, the last column is no answer.
 * @returns The figure, coloured by the share of the true class.
 */
export function answerFigure(
  title: string,
  counts: readonly (readonly number[])[],
): Figure {
  const shares = counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => total > 0 ? count / total : 0);
  });
  const drawn = heatmapFigure(
    EVIDENCE_ANSWERS,
    [...EVIDENCE_ANSWERS, NO_ANSWER],
    shares,
    {
      title,
      xLabel: "answer",
      yLabel: "truth",
      labels: counts.map((row) => row.map(String)),
    },
  );
  return new Figure(
    drawn.data.map((trace) => ({ ...trace, zmin: 0, zmax: 1 })),
    drawn.layout,
  );
}
