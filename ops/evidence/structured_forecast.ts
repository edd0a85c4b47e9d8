/**
 * The structured scorer as ops.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, tensor } from "../../runtime/tensor/mod.ts";
import { checkSplits, SPLITS, type Splits } from "../splits.ts";
import { EVIDENCE_ANSWERS, OVERNIGHT_THRESHOLD } from "./answers.ts";
import { type EvidenceFactors, evidenceFactors } from "./factors.ts";
import { fitScorer } from "./fit_scorer.ts";
import { EVIDENCE_ITEM, type EvidenceItem, NEWS_CUTOFF } from "./sources.ts";
import {
  scoreFactors,
  STRUCTURED_SCORE,
  STRUCTURED_SCORER,
  type StructuredScore,
  type StructuredScorer,
} from "./structured_scorer.ts";

/** Params of the structured scorer; all have defaults. */
export interface StructuredParams {
  /** Weight of half the squared weights in the mean loss; 0.01 by default. */
  readonly penalty?: number | undefined;
  /** Most factors; 64 by default. */
  readonly mostFactors?: number | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
  /** The last minute of the day whose news count; "21:00" by default. */
  readonly cutoff?: string | undefined;
}

const PARAMS = {
  penalty: z.number().nonnegative().default(0.01),
  mostFactors: z.int().positive().default(64),
  threshold: z.number().nonnegative().default(OVERNIGHT_THRESHOLD),
};

const CUTOFF = z.string().regex(/^\d{2}:\d{2}$/).default(NEWS_CUTOFF);

const ITEMS = port.value(z.array(EVIDENCE_ITEM), {
  doc: "Sources, and what happened next",
});

interface Known {
  readonly factors: EvidenceFactors;
  readonly item: EvidenceItem;
}

async function fitted(
  known: readonly Known[],
  params: Parameters<typeof fitScorer>[2],
): Promise<StructuredScorer> {
  const own = known.filter(({ item }) => item.truth !== null);
  return await fitScorer(
    own.map(({ factors }) => factors),
    own.map(({ item }) => item.truth!),
    params,
  );
}

/**
 * Fits the structured scorer to items whose truth is known; others are left aside.
 *
 * Input: `items`. Params: `penalty` (0.01), `mostFactors` (64), `threshold` (0.03),
 * `cutoff` ("21:00"). Output: `scorer`, plain data that can be read.
 *
 * @throws {DataError} When fewer than two classes occur.
 *
 * @example
 * ```ts
 * import { fitStructuredScorer, simulateEvidence } from "@weft/weft/ops/evidence";
 *
 * const { items } = await simulateEvidence({ items: 200, factorStrength: 0.5 });
 * const { scorer } = await fitStructuredScorer.run({ items });
 * console.log(scorer.items); // 200
 * ```
 */
export const fitStructuredScorer: Op<
  { items: EvidenceItem[] },
  StructuredParams,
  { scorer: StructuredScorer }
> = op({
  name: "evidence/fitStructuredScorer",
  version: "1",
  doc: "Weights of numeric factors and of a list of words, from known items",
  inputs: { items: ITEMS },
  params: z.object({ ...PARAMS, cutoff: CUTOFF }),
  outputs: { scorer: port.value(STRUCTURED_SCORER) },
  run: async ({ items }, { cutoff, ...params }, { signal }) => ({
    scorer: await fitted(factored(items, cutoff), { ...params, signal }),
  }),
});

/**
 * Scores items by the structured scorer.
 *
 * Inputs: `items`; `scorer` from {@linkcode fitStructuredScorer}. Params: `cutoff`
 * ("21:00"). Outputs: `scores`, an entry an item; `logits` of down, hold and up, f64
 * `["t", "k"]`.
 *
 * @example
 * ```ts
 * import {
 *   fitStructuredScorer,
 *   scoreStructured,
 *   simulateEvidence,
 * } from "@weft/weft/ops/evidence";
 *
 * const { items } = await simulateEvidence({ items: 200, factorStrength: 0.5 });
 * const { scorer } = await fitStructuredScorer.run({ items });
 * const { logits } = await scoreStructured.run({ items, scorer });
 * console.log(logits.shape); // [200, 3]
 * ```
 */
export const scoreStructured: Op<
  { items: EvidenceItem[]; scorer: StructuredScorer },
  Pick<StructuredParams, "cutoff">,
  { scores: StructuredScore[]; logits: F64 }
> = op({
  name: "evidence/scoreStructured",
  version: "1",
  doc: "Scores for up and down, answers and logits without a language model",
  inputs: { items: ITEMS, scorer: port.value(STRUCTURED_SCORER) },
  params: z.object({ cutoff: CUTOFF }),
  outputs: {
    scores: port.value(z.array(STRUCTURED_SCORE)),
    logits: port.tensor("f64", ["t", "k"]),
  },
  run: ({ items, scorer }, { cutoff }) => {
    const scores = factored(items, cutoff).map(({ factors }) =>
      scoreFactors(factors, scorer)
    );
    const logits = Float64Array.from(scores.flatMap((one) => one.logits));
    return {
      scores,
      logits: tensor(logits, {
        shape: [items.length, EVIDENCE_ANSWERS.length],
      }),
    };
  },
});

function factored(items: readonly EvidenceItem[], cutoff: string): Known[] {
  return items.map((item) => ({
    item,
    factors: evidenceFactors(item.sources, cutoff),
  }));
}

/**
 * Scores items by the structured scorer, which is fitted anew on each training
 * window: the baseline of every model that scores evidence.
 *
 * Inputs: `items` in the order of their days; `splits` over them, with a gap of at
 * least a day between training and test. Params: `penalty` (0.01), `mostFactors` (64),
 * `threshold` (0.03), `cutoff` ("21:00"). Output: `logits` of down, hold and up, f64
 * `["t", "k"]`, NaN outside of the test windows.
 *
 * @throws {DataError} When items are not in order, a window does not fit, or fewer
 * than two classes occur in one.
 *
 * @example
 * ```ts
 * import { simulateEvidence, structuredForecast } from "@weft/weft/ops/evidence";
 *
 * const { items } = await simulateEvidence({ items: 300, factorStrength: 0.5 });
 * const { logits } = await structuredForecast.run({
 *   items,
 *   splits: [{ trainStart: 0, trainEnd: 200, testStart: 201, testEnd: 300 }],
 * });
 * console.log(Number.isNaN((await logits.data())[0])); // true
 * ```
 */
export const structuredForecast: Op<
  { items: EvidenceItem[]; splits: Splits },
  StructuredParams,
  { logits: F64 }
> = op({
  name: "evidence/structuredForecast",
  version: "1",
  doc: "Walk-forward class logits of the structured scorer: the baseline",
  inputs: { items: ITEMS, splits: port.value(SPLITS) },
  params: z.object({ ...PARAMS, cutoff: CUTOFF }),
  outputs: { logits: port.tensor("f64", ["t", "k"]) },
  run: async (
    { items, splits },
    { cutoff, ...params },
    { progress, signal },
  ) => {
    checkSplits(splits, items.length);
    checkOrder(items);
    const known = factored(items, cutoff);
    const classes = EVIDENCE_ANSWERS.length;
    const logits = new Float64Array(items.length * classes).fill(NaN);
    for (const [index, split] of splits.entries()) {
      const scorer = await fitted(
        known.slice(split.trainStart, split.trainEnd),
        { ...params, signal },
      );
      for (let row = split.testStart; row < split.testEnd; row++) {
        const made = scoreFactors(known[row]!.factors, scorer).logits;
        logits.set(made, row * classes);
      }
      progress((index + 1) / splits.length);
    }
    return { logits: tensor(logits, { shape: [items.length, classes] }) };
  },
});

function checkOrder(items: readonly EvidenceItem[]): void {
  items.forEach(({ id, sources }, index) => {
    const before = items[index - 1]?.sources.day ?? "";
    if (sources.day >= before) return;
    throw new DataError(`Cannot split as item "${id}" is not in order`, {
      expected: `a day from ${before} on`,
      actual: sources.day,
      hint: "Sort the items by their days",
    });
  });
}
