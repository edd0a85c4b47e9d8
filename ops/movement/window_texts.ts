/**
 * Prompts of walk-forward windows: what is learnt from, what is asked, and where
 * the answers belong.
 *
 * @module
 */

import { z } from "zod";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";
import { checkSplits, type Split, SPLITS, type Splits } from "../splits.ts";
import { evenlySpread } from "../spread.ts";
import { labelledRows } from "./labelled_rows.ts";

/** A prompt with the answer that is learnt. */
export interface PromptAnswer {
  /** The prompt. */
  readonly prompt: string;
  /** The answer, as it stands behind the prompt. */
  readonly completion: string;
}

/** Params of {@linkcode windowExamples}. */
export interface WindowExamplesParams {
  /** Which window. */
  readonly window: number;
  /** The answer of each class, as it stands behind the prompt, with its space. */
  readonly answers: readonly string[];
  /** Examples at most, evenly spread over the training window; default: all. */
  readonly most?: number | undefined;
}

function windowOf(splits: Splits, window: number, rows: number): Split {
  checkSplits(splits, rows);
  const split = splits[window];
  if (split !== undefined) return split;
  throw new ParameterError(`Cannot find walk-forward window ${window}`, {
    expected: `a window from 0 to ${splits.length - 1}`,
    actual: String(window),
  });
}

/**
 * The texts of reports, for classifiers that count words.
 *
 * Input: `events`. Output: `texts`, one an event.
 *
 * @example
 * ```ts
 * import { reportTexts, simulateReports } from "@weft/weft/ops/movement";
 *
 * const { events } = simulateReports({}, { rows: 2 });
 * console.log((await reportTexts({ events }).value()).texts.length); // 2
 * ```
 */
export const reportTexts: Op<
  { events: ReportEvent[] },
  Record<never, never>,
  { texts: string[] }
> = op({
  name: "movement/reportTexts",
  version: "1",
  doc: "The texts of reports",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: z.object({}),
  outputs: { texts: port.value(z.array(z.string())) },
  run: ({ events }) => ({ texts: events.map(({ report }) => report.text) }),
});

/**
 * The prompts of a training window with their answers, for fine-tuning. Rows
 * without a label are left out.
 *
 * Inputs: `prompts`, one a row; `labels`, i32 `["t"]`, -1 where not known;
 * `splits`. Params: see {@linkcode WindowExamplesParams}. Output: `examples`.
 *
 * @throws {DataError} Where nothing is left, or a label has no answer.
 * @throws {ParameterError} Where there is no such window.
 *
 * @example
 * ```ts
 * import { windowExamples } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { examples } = await windowExamples.run({
 *   prompts: ["a:", "b:", "c:"],
 *   labels: wf.tensor([1, -1, 0], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 3 }],
 * }, { window: 0, answers: [" Short", " Long"] });
 * console.log(examples); // [{ prompt: "a:", completion: " Long" }]
 * ```
 */
export const windowExamples: Op<
  { prompts: string[]; labels: Tensor<"i32">; splits: Splits },
  WindowExamplesParams,
  { examples: PromptAnswer[] }
> = op({
  name: "movement/windowExamples",
  version: "1",
  doc: "The prompts of a training window with their answers",
  inputs: {
    prompts: port.value(z.array(z.string())),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    window: z.int().nonnegative(),
    answers: z.array(z.string().min(1)).min(2).readonly(),
    most: z.int().positive().optional(),
  }),
  outputs: {
    examples: port.value(
      z.array(z.object({ prompt: z.string(), completion: z.string() })),
    ),
  },
  run: async (inputs, { answers, most = Infinity, window }) => {
    const { prompts, splits } = inputs;
    const labels = await inputs.labels.data();
    const rows = labelledRows(labels, windowOf(splits, window, labels.length));
    const examples = evenlySpread(rows, most).map((row): PromptAnswer => {
      const [prompt, completion] = [prompts[row], answers[labels[row]!]];
      if (prompt !== undefined && completion !== undefined) {
        return { prompt, completion };
      }
      throw new DataError(`Cannot learn from row ${row}`, {
        expected: "a prompt, and an answer for its class",
        actual: `${prompts.length} prompts, label ${labels[row]}`,
      });
    });
    if (examples.length > 0) return { examples };
    throw new DataError(
      `Cannot learn in window ${window} as no row is labelled`,
    );
  },
});

/**
 * The prompts of a test window.
 *
 * Inputs: `prompts`, one a row; `splits`. Param: `window`. Output: `tests`.
 *
 * @throws {ParameterError} Where there is no such window.
 *
 * @example
 * ```ts
 * import { windowPrompts } from "@weft/weft/ops/movement";
 *
 * const { tests } = await windowPrompts.run({
 *   prompts: ["a:", "b:", "c:"],
 *   splits: [{ trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 3 }],
 * }, { window: 0 });
 * console.log(tests); // ["c:"]
 * ```
 */
export const windowPrompts: Op<
  { prompts: string[]; splits: Splits },
  { window: number },
  { tests: string[] }
> = op({
  name: "movement/windowPrompts",
  version: "1",
  doc: "The prompts of a test window",
  inputs: {
    prompts: port.value(z.array(z.string())),
    splits: port.value(SPLITS),
  },
  params: z.object({ window: z.int().nonnegative() }),
  outputs: { tests: port.value(z.array(z.string())) },
  run: ({ prompts, splits }, { window }) => {
    const { testEnd, testStart } = windowOf(splits, window, prompts.length);
    return { tests: prompts.slice(testStart, testEnd) };
  },
});

/**
 * Puts the logits of test windows where they belong in the whole series.
 *
 * Inputs: `windows`, f64 `[rows of the test, "k"]` for each window; `labels`, i32
 * `["t"]`, of which only the length counts; `splits`. Output: `logits`, f64
 * `["t", "k"]`, NaN outside the test windows. Stays lazy.
 *
 * @throws {DataError} Where windows and logits do not fit.
 *
 * @example
 * ```ts
 * import { placeWindows } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await placeWindows.run({
 *   windows: [wf.tensor([[1, 2]], { dtype: "f64" })],
 *   labels: wf.tensor([0, 1, 0], { dtype: "i32" }),
 *   splits: [{ trainStart: 0, trainEnd: 1, testStart: 1, testEnd: 2 }],
 * });
 * console.log(await logits.toArray()); // [[NaN, NaN], [1, 2], [NaN, NaN]]
 * ```
 */
export const placeWindows: Op<
  { windows: F64[]; labels: Tensor<"i32">; splits: Splits },
  Record<never, never>,
  { logits: F64 }
> = op({
  name: "movement/placeWindows",
  version: "1",
  doc: "Logits of test windows in their places in the whole series",
  inputs: {
    windows: port.list(port.tensor("f64", ["...", "k"])),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({}),
  outputs: { logits: port.tensor("f64", ["t", "k"]) },
  run: ({ windows, labels, splits }) => {
    const rows = labels.shape[0]!;
    checkSplits(splits, rows);
    const fits = windows.length === splits.length &&
      splits.every(({ testEnd, testStart }, at) =>
        windows[at]!.shape[0] === testEnd - testStart
      );
    if (!fits) {
      throw new DataError("Cannot place logits that do not fit the windows", {
        expected: `tests of ${
          splits.map(({ testEnd, testStart }) => testEnd - testStart)
        } rows`,
        actual: `logits of ${windows.map(({ shape }) => shape[0])} rows`,
      });
    }
    const classes = windows[0]!.shape[1]!;
    const gap = (from: number, to: number) =>
      from < to ? [wf.full([to - from, classes], NaN, { dtype: "f64" })] : [];
    let end = 0;
    const parts = splits.flatMap(({ testEnd, testStart }, at) => {
      const part = [...gap(end, testStart), windows[at]!];
      end = testEnd;
      return part;
    });
    return { logits: wf.concat([...parts, ...gap(end, rows)], { axis: 0 }) };
  },
});
