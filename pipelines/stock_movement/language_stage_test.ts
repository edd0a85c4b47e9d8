import assert from "node:assert/strict";
import { memoryStore, type Output, run } from "../../runtime/flow/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import { eventSplits } from "../../ops/data/mod.ts";
import { shuffleLabels, walkForwardScores } from "../../ops/evaluate/mod.ts";
import {
  loadModel,
  modelFiles,
  quantizeNf4,
  SMALL_MODEL,
} from "../../ops/language/mod.ts";
import {
  earningsPrompts,
  labelReports,
  LONG_SHORT,
  neutralPrompt,
  simulateReports,
  type SimulateReportsParams,
} from "../../ops/movement/mod.ts";
import type { ReportEvent } from "../../ops/reports.ts";
import { languageStage } from "./language_stage.ts";
import { readLogits } from "./read_logits.ts";

const TUNING = {
  rank: 8,
  alpha: 16,
  batchSize: 2,
  sequenceLength: 128,
  maxGradientNorm: 1,
};
const store = memoryStore();
const base = quantizeNf4({
  model: loadModel({ files: await modelFiles(SMALL_MODEL) }).model,
}).model;

interface Trial extends SimulateReportsParams {
  readonly external: boolean;
  /** Tokens of the report in the prompt; 0 by default. */
  readonly reportTokens?: number;
  readonly isShuffled?: boolean;
  readonly tuning:
    | { readonly epochs: number; readonly learningRate: number }
    | null;
}

/** Where the signal of a simulated event points; the market's is not asked for. */
function signOf(
  { report: { surprise, text } }: ReportEvent,
  signal: SimulateReportsParams["signal"],
): number {
  return signal === "tone"
    ? /strong|improved|record/.test(text) ? 1 : -1
    : Math.sign(surprise!.actual - surprise!.expected);
}

/** Accuracy of the stage out of sample, and that of the rule that made the moves. */
async function accuraciesOf(
  { external, isShuffled, reportTokens = 0, tuning, ...params }: Trial,
): Promise<{ rows: number; stage: number; rule: number }> {
  const { events } = simulateReports({}, params);
  const { splits } = eventSplits({ events });
  const known = labelReports({ events }).labels;
  const labels: Output<Tensor<"i32">> = isShuffled
    ? shuffleLabels({ labels: known }, { seed: 1 }).y
    : known;
  const { logits } = languageStage({
    model: base,
    prompts: earningsPrompts({ events }, { external, reportTokens }).prompts,
    labels,
    splits,
  }, {
    windows: 1,
    words: LONG_SHORT,
    tuning: tuning === null ? null : { ...TUNING, ...tuning },
    neutral: tuning === null ? neutralPrompt() : undefined,
  });
  const [{ scores }] = await run([
    walkForwardScores({
      labels,
      answers: readLogits({ logits }).answers,
      splits,
    }, { classes: 2, resamples: 10 }),
  ], { store });
  const made = await simulateReports.run({}, params);
  const tests = made.events.slice(-scores.rows);
  const hits = tests.filter((event) =>
    signOf(event, params.signal) === Math.sign(event.change!)
  );
  return {
    rows: scores.rows,
    stage: scores.accuracy.value,
    rule: hits.length / tests.length,
  };
}

const MARKET = { rows: 240, signal: "market", strength: 1 } as const;
const CAREFUL = { epochs: 2, learningRate: 3e-3 };

Deno.test("the stage learns what the market decides, and only from prompts that tell of it", async () => {
  const untuned = await accuraciesOf({
    ...MARKET,
    external: true,
    tuning: null,
  });
  assert.ok(untuned.stage < 0.75, `untuned ${untuned.stage}`);
  const tuned = await accuraciesOf({
    ...MARKET,
    external: true,
    tuning: CAREFUL,
  });
  assert.ok(tuned.stage >= 0.95, `with external factors ${tuned.stage}`);
  const blind = await accuraciesOf({
    ...MARKET,
    external: false,
    tuning: { ...CAREFUL, epochs: 1 },
  });
  // 80 rows: three standard errors around a half
  assert.ok(Math.abs(blind.stage - 0.5) < 0.17, `without ${blind.stage}`);
});

Deno.test("the stage comes within three points of the best rule where the surprise decides by chance", async () => {
  const { rule, stage } = await accuraciesOf({
    rows: 300,
    signal: "surprise",
    strength: 0.8,
    external: false,
    tuning: { epochs: 1, learningRate: 2e-3 },
  });
  assert.ok(rule > 0.7 && rule < 0.9, `rule ${rule}`);
  assert.ok(Math.abs(stage - rule) <= 0.03, `${stage}, the rule ${rule}`);
});

Deno.test("the stage comes within three points of the best rule where the words of the report decide", async () => {
  // Earnings and the market are told, too, and mean nothing
  const { rows, rule, stage } = await accuraciesOf({
    rows: 450,
    signal: "tone",
    strength: 0.8,
    external: true,
    reportTokens: 64,
    tuning: { epochs: 1, learningRate: 2e-3 },
  });
  assert.equal(rows, 150);
  assert.ok(rule > 0.7 && rule < 0.9, `rule ${rule}`);
  assert.ok(Math.abs(stage - rule) <= 0.03, `${stage}, the rule ${rule}`);
});

Deno.test("the stage is no better than chance on shuffled labels", async () => {
  const { stage } = await accuraciesOf({
    rows: 240,
    signal: "surprise",
    strength: 1,
    external: false,
    isShuffled: true,
    tuning: { epochs: 1, learningRate: 2e-3 },
  });
  assert.ok(Math.abs(stage - 0.5) < 0.17, `${stage}`);
});
