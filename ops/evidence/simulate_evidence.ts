/**
 * Items of which it is known how well anybody can forecast them.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import {
  answerOfChange,
  EVIDENCE_ANSWERS,
  OVERNIGHT_THRESHOLD,
} from "./answers.ts";
import { type EvidenceItem, makeSources, type SourcePrice } from "./sources.ts";

/** What is simulated. */
export interface SimulateEvidenceOptions {
  /** Items; 600 by default. */
  readonly items?: number | undefined;
  /** Part of the variance of the next change that a figure tells; 0 by default. */
  readonly factorStrength?: number | undefined;
  /** Part of the variance that the news tell; 0 by default. */
  readonly textStrength?: number | undefined;
  /** Sentences of the news that speak for one side; 9 by default. */
  readonly sentences?: number | undefined;
  /** Whether truths are dealt anew among the items, so that nothing can be told. */
  readonly shuffled?: boolean | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
  /** Decides everything; 0 by default. */
  readonly seed?: number | undefined;
}

/** What was simulated. */
export interface SimulatedEvidence {
  /** The items, a trading day after another. */
  readonly items: EvidenceItem[];
  /** Accuracy of the best rule that there is, in expectation on these items. */
  readonly bayesRate: number;
  /** Answers of that rule. */
  readonly bayesAnswers: ("down" | "hold" | "up")[];
}

const RISING = [
  "Orders improved in the main market.",
  "Margins were strong in the quarter.",
  "The company raised its outlook.",
  "Customers were pleased with the launch.",
  "Cash flow exceeded the plan.",
];
const FALLING = [
  "Orders declined in the main market.",
  "Margins were weak in the quarter.",
  "The company lowered its outlook.",
  "Customers delayed the launch.",
  "Cash flow missed the plan.",
];
const NEITHER = [
  "The annual meeting takes place in May.",
  "The company has offices in four cities.",
];

/** Rows of prices before each item. */
const HISTORY = 25;
const FIRST_DAY = Date.UTC(2010, 0, 4);
const MILLISECONDS_PER_DAY = 86_400_000;

/** The 2/3 quantile of the normal distribution: a third of changes lies within it. */
const THIRD = 0.430727299295457;

/** The `n`-th weekday. */
function weekday(n: number): string {
  const days = Math.floor(n / 5) * 7 + n % 5;
  return new Date(FIRST_DAY + days * MILLISECONDS_PER_DAY).toISOString()
    .slice(0, 10);
}

/**
 * Simulates items. The next change is normal, so wide that each answer is true for a
 * third of the items: `change = σ (√a f + √b s + √(1 - a - b) ε)`, where `f` is a
 * figure of the company, `s` what the news say (sentences for either side, counted and
 * scaled to unit variance), `a` and `b` their strengths.
 *
 * @param options Items, strengths, sentences, whether truths are shuffled, threshold,
 * seed.
 * @returns The items and the Bayes rate, which is 1/3 (or a class's part) of shuffled
 * ones.
 * @throws {ParameterError} When strengths are out of range.
 *
 * @example
 * ```ts
 * import { simulateEvidence } from "@weft/weft/ops/evidence";
 *
 * const { bayesRate, items } = await simulateEvidence({ items: 300, textStrength: 0.5 });
 * console.log(items.length, bayesRate > 0.5); // 300 true
 * ```
 */
export async function simulateEvidence(
  options: SimulateEvidenceOptions = {},
): Promise<SimulatedEvidence> {
  const { factorStrength = 0, items: count = 600, textStrength = 0 } = options;
  const { seed = 0, sentences = 9, shuffled = false } = options;
  const { threshold = OVERNIGHT_THRESHOLD } = options;
  const spread = threshold / THIRD;
  const left = 1 - factorStrength - textStrength;
  if (!(factorStrength >= 0 && textStrength >= 0 && left >= 0)) {
    throw new ParameterError("Cannot simulate with these strengths", {
      expected: "parts of the variance, 1 together at most",
      actual: `${factorStrength} and ${textStrength}`,
    });
  }
  if (!(threshold > 0 && threshold < Infinity)) {
    throw new ParameterError("Cannot simulate with this threshold", {
      expected: "a number above 0",
      actual: String(threshold),
    });
  }
  const keys = wf.random.split(wf.random.key(seed), 5);
  const [figures, noise, walks, sides, order] = await wf.read(
    wf.random.normal(keys[0]!, [count]),
    wf.random.normal(keys[1]!, [count]),
    wf.random.normal(keys[2]!, [count, HISTORY]),
    wf.random.uniform(keys[3]!, [count, sentences]),
    wf.random.uniform(keys[4]!, [count]),
  );
  const signals: number[] = [];
  const made = Array.from({ length: count }, (_, item) => {
    const own = sides.subarray(item * sentences, (item + 1) * sentences);
    const rising = own.reduce((sum, one) => sum + Number(one < 0.5), 0);
    const said = (2 * rising - sentences) / Math.sqrt(sentences);
    const signal = Math.sqrt(factorStrength) * figures[item]! +
      Math.sqrt(textStrength) * said;
    signals.push(spread * signal);
    const change = spread * (signal + Math.sqrt(left) * noise[item]!);
    const truth = { answer: answerOfChange(change, threshold), change };
    const day = weekday(item + HISTORY);
    const walk = walks.subarray(item * HISTORY, (item + 1) * HISTORY);
    const sources = makeSources({
      name: `Company ${item + 1}`,
      day,
      nextDay: weekday(item + HISTORY + 1),
      background: ["A simulated company"],
      news: [{
        time: `${day} 16:30`,
        title: "What was written today",
        text: textOf(own),
      }],
      prices: pricesOf(item, walk),
      fundamentals: [{
        name: "surprise in earnings",
        value: Number(figures[item]!.toFixed(3)),
      }],
    });
    return { id: `simulated-${item}`, sources, truth };
  });
  const dealt = [...made.keys()].sort((a, b) => order[a]! - order[b]!);
  const items = shuffled
    ? made.map((one, item) => ({ ...one, truth: made[dealt[item]!]!.truth }))
    : made;
  const bayes = await bayesOf(
    shuffled ? signals.map(() => 0) : signals,
    shuffled ? spread : spread * Math.sqrt(left),
    threshold,
  );
  return { items, ...bayes };
}

function textOf(sides: Float32Array): string {
  const sentences = [...sides].map((side, k) =>
    side < 0.5 ? RISING[k % RISING.length]! : FALLING[k % FALLING.length]!
  );
  return [NEITHER[0], ...sentences, NEITHER[1]].join(" ");
}

/** A walk of prices that tells nothing. */
function pricesOf(item: number, walk: Float32Array): SourcePrice[] {
  let close = 100;
  return Array.from(walk, (step, k) => {
    const open = close;
    close = Math.round(100 * open * Math.exp(0.01 * step)) / 100;
    return {
      day: weekday(item + k + 1),
      open,
      high: Math.max(open, close),
      low: Math.min(open, close),
      close,
      volume: 100_000,
    };
  });
}

/** What the best rule knows: the change is normal around the signal. */
async function bayesOf(
  signals: readonly number[],
  deviation: number,
  threshold: number,
): Promise<Pick<SimulatedEvidence, "bayesRate" | "bayesAnswers">> {
  if (deviation === 0) {
    return {
      bayesRate: 1,
      bayesAnswers: signals.map((one) => answerOfChange(one, threshold)),
    };
  }
  const below = async (bound: number) => {
    const distance = signals.map((one) =>
      (bound - one) / (deviation * Math.SQRT2)
    );
    const halves = wf.erf(wf.tensor(distance, { dtype: "f64" }));
    return (await halves.data()).map((one) => (1 + one) / 2);
  };
  const [lower, upper] = [
    await below(-threshold),
    await below(threshold),
  ];
  const rows = signals.map((_, k) =>
    [lower[k]!, upper[k]! - lower[k]!, 1 - upper[k]!] as const
  );
  const best = rows.map((row) => Math.max(...row));
  return {
    bayesRate: best.reduce((sum, one) => sum + one, 0) / rows.length,
    bayesAnswers: rows.map((row, k) =>
      EVIDENCE_ANSWERS[row.indexOf(best[k]!)]!
    ),
  };
}
