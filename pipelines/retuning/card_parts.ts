/**
 * What a model card tells of RETuning: periods, what was tuned on what, and notes.
 *
 * @module
 */

import type {
  CardPeriod,
  CardSplit,
  CardTuning,
} from "../../ops/evaluate/mod.ts";
import type { EvidenceCounts, EvidenceItem } from "../../ops/evidence/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import type { WindowTuning } from "./report_schema.ts";

/** The items of all windows, an entry a window. */
export interface WindowItems {
  /** All that may be learnt from. */
  readonly train: readonly EvidenceItem[][];
  /** Items for examples. */
  readonly cold: readonly EvidenceItem[][];
  /** Items for rewards. */
  readonly pool: readonly EvidenceItem[][];
  /** Items of the tests. */
  readonly test: readonly EvidenceItem[][];
}

/**
 * From when to when items are, each counted once.
 *
 * @param lists Items by day, in lists that may overlap.
 * @returns The period.
 */
export function periodOf(lists: readonly EvidenceItem[][]): CardPeriod {
  const items = lists.flat();
  const days = items.map(({ sources }) => sources.day);
  return {
    from: days.reduce((first, day) => day < first ? day : first),
    to: days.reduce((last, day) => day > last ? day : last),
    rows: new Set(items.map(({ id }) => id)).size,
  };
}

/**
 * The windows.
 *
 * @param items The items of all windows.
 * @param splits The windows.
 * @returns Their periods.
 */
export function cardSplits(
  { test, train }: WindowItems,
  splits: Splits,
): CardSplit[] {
  return splits.map(({ testStart, trainEnd }, window) => ({
    train: periodOf([train[window]!]),
    validation: null,
    test: periodOf([test[window]!]),
    purge: 0,
    embargo: testStart - trainEnd,
  }));
}

/**
 * What was tuned on what.
 *
 * @param items The items of all windows.
 * @param balance Whether of each class as many items were taken.
 * @returns The tunings.
 */
export function cardTuning(
  { cold, pool, train }: WindowItems,
  balance: boolean,
): CardTuning[] {
  const byWindow = train.length > 1;
  const equally = balance ? "equally many of each class" : "evenly spread";
  return [
    {
      what: "weights of the structured scorer",
      on: balance
        ? "training items, of each class as many as the rarest has"
        : "all training items",
      period: periodOf(train),
      by: "penalised likelihood",
      byWindow,
    },
    {
      what: "adapter, on examples by rule",
      on: `items of the first half of the training, ${equally}`,
      period: periodOf(cold),
      by: "likelihood of the examples",
      byWindow,
    },
    {
      what: "adapter, on rewards",
      on: `items of the second half of the training, ${equally}`,
      period: periodOf(pool),
      by: "form, accuracy, agreement",
      byWindow,
    },
    {
      what: "sizes, rates, temperature",
      on: "nothing: fixed beforehand",
      period: null,
      by: null,
      byWindow: false,
    },
  ];
}

/** What notes are written about. */
export interface NoteInputs {
  /** What was wrong with the responses of the tuned model. */
  readonly responses: EvidenceCounts;
  /** Tunings, one a window. */
  readonly tunings: readonly WindowTuning[];
  /** Accuracy of the best rule, where items are simulated. */
  readonly bayesRate?: number | undefined;
}

/**
 * What a reader must know of the responses and of the stages.
 *
 * @param inputs What has happened.
 * @returns Sentences.
 */
export function cardNotes(
  { bayesRate, responses, tunings }: NoteInputs,
): string[] {
  const notes = [
    `${responses.strict} of ${responses.responses} responses have the form to the letter, ${responses.repaired} were repaired by rule, ${responses.unanswered} have no answer and do not vote.`,
  ];
  const [chosen, added, medium] = (["chosen", "added", "medium"] as const).map(
    (of) => tunings.reduce((sum, { curriculum }) => sum + curriculum[of], 0),
  ) as [number, number, number];
  if (added > 0) {
    notes.push(
      `Of the ${chosen} items that were rewarded only ${medium} are of medium difficulty: too few items, or a model that is always right or wrong.`,
    );
  }
  const steps = tunings.flatMap(({ policy }) => policy);
  if (steps.every(({ informative }) => informative === 0)) {
    notes.push(
      "All answers to an item were worth the same in every step, so nothing was learnt from rewards.",
    );
  }
  if (bayesRate !== undefined) {
    notes.push(
      `Items are simulated: the best rule that there is would be right about ${
        (100 * bayesRate).toFixed(1)
      } % of them.`,
    );
  }
  return notes;
}
