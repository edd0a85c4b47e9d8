import assert from "node:assert/strict";
import { z } from "zod";
import {
  EVIDENCE_ANSWERS,
  simulatedItems,
  simulateEvidence,
} from "../../ops/evidence/mod.ts";
import { loadModel, modelFiles, SMALL_MODEL } from "../../ops/language/mod.ts";
import { op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { retuning } from "./retuning.ts";
import { RETUNING_SETTINGS, type RetuningInput } from "./settings.ts";

/** What one sentence of the news tells, in 60 % of the variance of the change. */
const SIMULATION = { items: 900, textStrength: 0.6, sentences: 1 };
const TEST = { start: 800, end: 900 };

const numbers = op({
  name: "test/numbers",
  inputs: { values: port.tensor("i32", ["t"]) },
  outputs: { list: port.value(z.array(z.number())) },
  run: async ({ values }) => ({ list: [...await values.data()] }),
});

/** Answers of the tuned small model to the items of the test. */
async function answersTo(
  shuffled: boolean,
  own: RetuningInput,
): Promise<(string | undefined)[]> {
  const { answers } = retuning(
    {
      items: simulatedItems({}, { ...SIMULATION, shuffled }).items,
      splits: [{
        trainStart: 0,
        trainEnd: TEST.start - 2,
        testStart: TEST.start,
        testEnd: TEST.end,
      }],
      model: loadModel({ files: await modelFiles(SMALL_MODEL) }).model,
    },
    RETUNING_SETTINGS.parse({
      balance: false,
      promptTokens: 170,
      coldItems: 300,
      policyItems: 6,
      testItems: TEST.end - TEST.start,
      coldBatch: 2,
      coldRate: 3e-3,
      policySteps: 1,
      ...own,
    }),
    { model: "small", scope: "mechanics", notes: [] },
  );
  const { list } = await numbers({ values: answers }).value({ store: "none" });
  return list.slice(TEST.start, TEST.end).map((answer) =>
    EVIDENCE_ANSWERS[answer]
  );
}

const rate = (hits: readonly boolean[]) =>
  hits.filter((hit) => hit).length / hits.length;

Deno.test("retuning recovers a signal in the text within 3 points of the best rule", async () => {
  const { bayesAnswers, items } = await simulateEvidence(SIMULATION);
  const truths = items.slice(TEST.start).map(({ truth }) => truth!.answer);
  const best = bayesAnswers.slice(TEST.start);
  const answers = await answersTo(false, { coldSteps: 300, samples: 3 });
  const accuracy = rate(answers.map((one, k) => one === truths[k]));
  const bayes = rate(best.map((one, k) => one === truths[k]));
  assert.ok(bayes > 0.65, `the best rule reaches ${bayes}`);
  assert.ok(accuracy >= bayes - 0.03, `${accuracy} against ${bayes}`);
});

Deno.test("retuning on shuffled truths gives chance", async () => {
  const { items } = await simulateEvidence({ ...SIMULATION, shuffled: true });
  const truths = items.slice(TEST.start).map(({ truth }) => truth!.answer);
  const answers = await answersTo(true, { coldSteps: 60, samples: 1 });
  assert.ok(rate(answers.map((one) => one !== undefined)) > 0.9);
  const accuracy = rate(answers.map((one, k) => one === truths[k]));
  const shares = EVIDENCE_ANSWERS.map((answer) =>
    rate(truths.map((truth) => truth === answer))
  );
  const chance = Math.max(...shares);
  const deviation = Math.sqrt(chance * (1 - chance) / truths.length);
  assert.ok(
    accuracy < chance + 2.5 * deviation,
    `${accuracy} where ${chance} is chance`,
  );
});
