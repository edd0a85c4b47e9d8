import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import fixture from "../../../fixtures/reference/grpo.json" with {
  type: "json",
};
import {
  CancelledError,
  DataError,
  ParameterError,
} from "../../../runtime/core/errors.ts";
import { recordedNoise } from "../../../runtime/tensor/network/testing_quantization.ts";
import { openStore } from "../../../runtime/flow/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { addAdapter } from "../adapter/add_adapter.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { tinyModel as recordedModel } from "../adapter/testing_model.ts";
import { LETTERS } from "../generation/testing_letters.ts";
import {
  plainLogProbabilities,
  tinyModel,
} from "../generation/testing_model.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { copyFactors } from "../tuning/copy_factors.ts";
import type { Factors } from "../tuning/step_program.ts";
import { defineGrpo } from "./define_grpo.ts";
import { groupAdvantages } from "./group_advantages.ts";
import { tokenWeights } from "./grpo_loss.ts";
import { makePolicyProgram } from "./policy_program.ts";
import { policyBatch } from "./policy_rows.ts";
import { trainGrpo, type TrainGrpoOptions } from "./train_grpo.ts";

/** The adapter of noise that `record_grpo.py` has. */
function recordedStart() {
  const model = addAdapter(recordedModel(), { rank: 4, alpha: 8 });
  const names = Object.keys(model.adapter.layers).sort();
  const layers = names.map((name, index) => {
    const { a, b, scale } = model.adapter.layers[name]!;
    const noise = (seed: number, one: wf.Tensor) =>
      wf.tensor(recordedNoise(one.size, seed).map((x) => x / 8), {
        shape: one.shape,
      });
    return [name, {
      a: noise(3000 + 2 * index, a),
      b: noise(3001 + 2 * index, b),
      scale,
    }] as const;
  });
  return {
    ...model,
    adapter: { ...model.adapter, layers: Object.fromEntries(layers) },
  };
}

for (const deviation of ["sample", "population"] as const) {
  Deno.test(`three steps are those of PyTorch, ${deviation} deviation`, async () => {
    const expected = fixture[deviation];
    const model = recordedStart();
    const { prompts: lengths, rewards } = fixture;
    const advantages = [rewards.slice(0, 2), rewards.slice(2)].flatMap(
      (group) => groupAdvantages(group, { deviation }),
    );
    advantages.forEach((one, k) =>
      assert.ok(Math.abs(one - expected.advantages[k]!) < 1e-9)
    );
    const answers = fixture.answers.map((ids, k) => ids.slice(lengths[k]!));
    const weights = tokenWeights(answers.map((ids) => ids.length), "sequence");
    const rows = answers.map((answer, k) => ({
      prompt: fixture.answers[k]!.slice(0, lengths[k]!),
      answer,
      advantage: advantages[k]!,
      weight: weights[k]!,
    }));
    const program = makePolicyProgram(
      model,
      {
        init: (own) => wf.optim.adamW({ learningRate: 0 }).init(own),
        update: (
          grads,
          state: wf.optim.AdamState<Factors>,
          own,
          learningRate,
        ) => wf.optim.adamW({ learningRate }).update(grads, state, own),
      },
      {
        dtype: "f32",
        checkpointing: true,
        temperature: 0.6,
        maxGradientNorm: 1,
        divergenceWeight: 0.05,
      },
    );
    let params = await copyFactors(model.adapter);
    const base = Object.fromEntries(
      Object.entries(params).map(([name, { a, b }]) =>
        [name, { a, b: wf.zeros(b.shape) }] as const
      ),
    );
    let state = wf.optim.adamW({ learningRate: 0.02 }).init(params);
    await wf.realize(params, state, base);
    // Two batches of three, one row of filling among them
    const batches = [rows.slice(0, 3), rows.slice(3)].map((some) => {
      const batch = policyBatch(some, 3, 12, 64);
      return {
        ...batch,
        old: program.score(params, batch),
        reference: program.score(base, batch),
      };
    });
    await wf.realize(batches);
    const width = batches[0]!.tokens.shape[1]!;
    for (const name of ["old", "reference"] as const) {
      for (const [k, logs] of expected[name].entries()) {
        const all = await batches[k < 3 ? 0 : 1]![name].data();
        const from = (k % 3) * width + lengths[k]! - 1;
        logs.forEach((log, at) =>
          assert.ok(Math.abs(all[from + at]! - log) < 1e-4, `${name} ${k}`)
        );
      }
    }
    const none = wf.mapTree(params, ({ shape }) => wf.zeros(shape));
    for (const [step, loss] of expected.losses.entries()) {
      const first = program.accumulate(
        wf.mapTree(none, (one) => wf.add(one, 0)),
        params,
        batches[0]!,
        1,
        0,
      );
      await wf.realize(first);
      const made = program.finish(
        params,
        state,
        first.sums,
        batches[1]!,
        1,
        0,
        0.02,
      );
      await wf.realize(made.params, made.state, made.loss, made.norm);
      ({ params, state } = made);
      const [a, b, norm] = await wf.read(first.loss, made.loss, made.norm);
      assert.ok(Math.abs(a[0]! + b[0]! - loss) < 1e-3, `step ${step}`);
      const expectedNorm = expected.norms[step]!;
      assert.ok(Math.abs(norm[0]! - expectedNorm) < 5e-3 * expectedNorm);
    }
    assert.ok(expected.held.at(-1)! > 0);
  });
}

const QUICK = {
  adapter: { rank: 4, alpha: 8 },
  groupSize: 8,
  promptsPerStep: 2,
  maxTokens: 4,
  temperature: 1,
  learningRate: 0.02,
  steps: 8,
} as const;

async function letters(): Promise<LanguageModel> {
  return { ...await tinyModel(), tokenizer: LETTERS };
}

const PROMPTS = ["ab", "cde"];

/** The part of the letters that are an "l". */
function likesL(text: string): number {
  return text.length === 0
    ? 0
    : [...text].filter((one) => one === "l").length / text.length;
}

async function probabilityOfL(model: LanguageModel): Promise<number> {
  const tokens = LETTERS.pieces;
  const prompt = [1, tokens.indexOf("a"), tokens.indexOf("b")];
  const logs = await plainLogProbabilities(model, prompt);
  return Math.exp(logs.at(-1)![tokens.indexOf("l")]!);
}

async function numbersOf({ layers }: LoraAdapter): Promise<Float32Array[]> {
  return await wf.read(
    ...Object.keys(layers).sort().flatMap((name) =>
      [layers[name]!.a, layers[name]!.b].map((one) => wf.cast(one, "f32"))
    ),
  );
}

Deno.test("what is rewarded becomes more probable", async () => {
  const model = await letters();
  const before = await probabilityOfL(model);
  const { history, model: tuned } = await trainGrpo(model, PROMPTS, likesL, {
    ...QUICK,
    steps: 25,
  });
  const after = await probabilityOfL(tuned);
  assert.ok(after > Math.max(0.5, 3 * before), `${before} ${after}`);
  assert.equal(history.length, 25);
  assert.ok(history.at(-1)!.reward > history[0]!.reward + 0.3);
  assert.ok(Math.abs(history[0]!.divergence) < 1e-9);
  assert.ok(history.at(-1)!.divergence > 0.01);
});

Deno.test("equal rewards teach nothing", async () => {
  const model = await letters();
  const { adapter, history } = await trainGrpo(model, PROMPTS, () => 3, {
    ...QUICK,
    steps: 2,
  });
  const fresh = addAdapter(model, QUICK.adapter).adapter;
  assert.deepEqual(await numbersOf(adapter), await numbersOf(fresh));
  assert.deepEqual(history.map((one) => one.informative), [0, 0]);
});

Deno.test("a strong bond to the reference keeps the policy there", async () => {
  const model = await letters();
  const run = async (divergenceWeight: number) => {
    const options = { ...QUICK, steps: 12, divergenceWeight };
    const { history } = await trainGrpo(model, PROMPTS, likesL, options);
    return history.at(-1)!.divergence;
  };
  const [free, bound] = [await run(0), await run(10)];
  assert.ok(bound < free / 2, `${bound} ${free}`);
});

Deno.test("the same seed gives the same adapter, stopped or not", async () => {
  const model = await letters();
  const options = { ...QUICK, steps: 4, shuffle: true, iterations: 2 };
  const whole = await trainGrpo(model, PROMPTS, likesL, options);
  const folder = await mkdtemp(join(tmpdir(), "weft-grpo-"));
  try {
    const stop = new AbortController();
    const run: TrainGrpoOptions = { ...options, folder, rewardName: "a" };
    await assert.rejects(
      () =>
        trainGrpo(model, PROMPTS, likesL, {
          ...run,
          signal: stop.signal,
          onProgress({ step }, answers, steps) {
            assert.equal(answers.length, 16);
            assert.equal(steps, 4);
            if (step === 2) stop.abort();
          },
        }),
      CancelledError,
    );
    const resumed = await trainGrpo(model, PROMPTS, likesL, {
      ...run,
      resume: true,
    });
    assert.deepEqual(resumed.history, whole.history);
    assert.deepEqual(
      await numbersOf(resumed.adapter),
      await numbersOf(whole.adapter),
    );
    // Another reward is another training
    const other = { ...run, rewardName: "b", resume: true };
    await trainGrpo(model, PROMPTS, likesL, {
      ...run,
      checkpointEvery: 4,
    });
    await assert.rejects(
      () => trainGrpo(model, PROMPTS, likesL, other),
      DataError,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
  const other = await trainGrpo(model, PROMPTS, likesL, {
    ...options,
    seed: 1,
  });
  assert.notDeepEqual(other.history, whole.history);
});

Deno.test("small batches are one large batch", async () => {
  const model = await letters();
  const run = async (batchSize: number) => {
    const options = { ...QUICK, steps: 1, batchSize };
    return await trainGrpo(model, PROMPTS, likesL, options);
  };
  const [large, small] = [await run(16), await run(5)];
  const [a, b] = [large.history[0]!, small.history[0]!];
  assert.equal(a.reward, b.reward);
  assert.ok(Math.abs(a.gradientNorm - b.gradientNorm) < 1e-4 * a.gradientNorm);
});

Deno.test("trainGrpo refuses what cannot be learnt from", async () => {
  const model = await letters();
  const run = (
    prompts: string[],
    reward: () => number,
    options: TrainGrpoOptions = {},
  ) => trainGrpo(model, prompts, reward, { ...QUICK, ...options });
  await assert.rejects(() => run([], () => 0), DataError);
  await assert.rejects(() => run(["a"], () => NaN), DataError);
  await assert.rejects(
    () => run(["a"], () => 0, { groupSize: 1 }),
    ParameterError,
  );
  const bare = { ...model, tokenizer: null };
  await assert.rejects(() => trainGrpo(bare, ["a"], () => 0), DataError);
});

Deno.test("an op learns by its own reward, and is reused", async () => {
  const model = await letters();
  const grow = defineGrpo({
    name: "test/grow",
    version: "1",
    doc: "Learns to write a letter",
    truth: z.string().length(1),
    reward: (text, truth) => Number(text.includes(truth)),
  });
  const inputs = { model, prompts: PROMPTS, truths: ["l", "e"] };
  const params = {
    rank: 4,
    groupSize: 4,
    maxTokens: 3,
    steps: 2,
    temperature: 1,
  };
  const store = openStore("memory");
  const { history } = await grow(inputs, params).value({ store });
  assert.equal(history.length, 2);
  const plan = await grow(inputs, params).plan({ store });
  assert.deepEqual(plan.nodes.map((node) => node.state), ["reused"]);
  await assert.rejects(
    async () => await grow.run({ ...inputs, truths: ["l"] }, params),
    DataError,
  );
});
