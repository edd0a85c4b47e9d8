import assert from "node:assert/strict";
import {
  DataError,
  NumericalError,
  ParameterError,
} from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { addAdapter } from "../adapter/add_adapter.ts";
import { mergeIntoBase } from "../adapter/merge_adapter.ts";
import { tinyModel } from "../adapter/testing_model.ts";
import { LETTERS } from "../generation/testing_letters.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { fineTuneModel } from "../tuning/fine_tune_model.ts";
import { ADAPTERS, MODELS, type NamedTensors, TENSORS } from "./soup_kind.ts";
import { greedySoup, learnedSoup, uniformSoup } from "./soup_ops.ts";
import {
  ensembleLogits,
  mixByLearning,
  mixGreedily,
  mixUniformly,
} from "./soups.ts";

const member = (values: number[]): NamedTensors => ({
  w: wf.tensor(values),
  count: wf.tensor([values[0]!], { dtype: "i32" }),
});

async function numbers(x: wf.Tensor): Promise<number[]> {
  return [...await wf.cast(x, "f64").data()];
}

Deno.test("the mean of tensors; whole numbers come from the first", async () => {
  const soup = mixUniformly(TENSORS, [
    member([1, 2]),
    member([3, 5]),
    member([5, 11]),
  ]);
  const near = (await numbers(soup["w"]!)).map((x) =>
    Math.round(1e5 * x) / 1e5
  );
  assert.deepEqual(near, [3, 6]);
  assert.deepEqual(await numbers(soup["count"]!), [1]);
  const same = mixUniformly(TENSORS, [member([1, 2]), member([1, 2])]);
  assert.deepEqual(await numbers(same["w"]!), [1, 2]);
});

Deno.test("greedy takes what helps: members 1 and 3", async () => {
  // The nearer the mean is to (1, 1), the better.
  const members = [[9, -9], [3, 0], [-6, 5], [-1, 2]].map(member);
  const score = async (soup: NamedTensors) => {
    const [x, y] = await numbers(soup["w"]!);
    return -Math.hypot(x! - 1, y! - 1);
  };
  const scores = await Promise.all(members.map(score));
  const made = await mixGreedily(TENSORS, members, scores, score);
  assert.deepEqual(made.members.toSorted(), [1, 3]);
  assert.deepEqual(await numbers(made.soup["w"]!), [1, 1]);
  assert.equal(made.trace.length, 4);
  assert.ok(Math.abs(made.trace[1]!.score) < 1e-6);
  // The mean of equal members is as good, not better.
  const twice = [member([3, 0]), member([3, 0])];
  const count = async (accept: "ge" | "gt") =>
    (await mixGreedily(
      TENSORS,
      twice,
      [1, 1],
      () => Promise.resolve(1),
      { accept },
    )).members.length;
  assert.deepEqual([await count("ge"), await count("gt")], [2, 1]);
});

Deno.test("learned shares find the mixture, by part where asked for", async () => {
  const members: NamedTensors[] = [
    { u: wf.tensor([4]), v: wf.tensor([0]) },
    { u: wf.tensor([0]), v: wf.tensor([4]) },
  ];
  const loss = (soup: NamedTensors, factor: wf.F32, right: wf.F32) => {
    const { u, v } = soup as Record<"u" | "v", wf.F32>;
    const both = wf.multiply(wf.concat([u, v]), wf.stopGradient(factor));
    return wf.mean(wf.square(wf.subtract(both, right)));
  };
  const options = { epochs: 400 };
  const one = await mixByLearning(
    TENSORS,
    members,
    loss,
    [wf.tensor([3, 1])],
    options,
  );
  assert.ok(Math.abs(one.shares[""]![0]! - 0.75) < 0.01);
  const each = await mixByLearning(
    TENSORS,
    members,
    loss,
    [wf.tensor([3, 3])],
    { ...options, perPart: true },
  );
  assert.ok(Math.abs(each.shares["u"]![0]! - 0.75) < 0.01);
  assert.ok(Math.abs(each.shares["v"]![1]! - 0.75) < 0.01);
  await assert.rejects(
    () => mixByLearning(TENSORS, members, loss, []),
    DataError,
  );
});

Deno.test("members that do not fit are refused", async () => {
  assert.throws(() => mixUniformly(TENSORS, []), ParameterError);
  assert.throws(
    () => mixUniformly(TENSORS, [member([1]), { w: wf.zeros([1]) }]),
    /count/,
  );
  assert.throws(
    () => mixUniformly(TENSORS, [member([1]), member([1, 2])]),
    DataError,
  );
  const two = [member([1]), member([2])];
  const score = () => Promise.resolve(NaN);
  await assert.rejects(
    () => mixGreedily(TENSORS, two, [1, NaN], score),
    NumericalError,
  );
  await assert.rejects(
    () => mixGreedily(TENSORS, two, [1, 2], score),
    NumericalError,
  );
  await assert.rejects(() => mixGreedily(TENSORS, two, [1], score), DataError);
  assert.throws(() => ensembleLogits([]), DataError);
  const model = tinyModel();
  assert.throws(
    () => mixUniformly(MODELS, [model, addAdapter(model)]),
    DataError,
  );
});

Deno.test("an ensemble is the mean of probabilities", async () => {
  const joined = ensembleLogits([
    wf.log(wf.tensor([0.2, 0.8])),
    wf.log(wf.tensor([0.6, 0.4])),
  ]);
  const found = await numbers(wf.exp(joined));
  assert.ok(
    Math.abs(found[0]! - 0.4) < 1e-6 && Math.abs(found[1]! - 0.6) < 1e-6,
  );
});

function letters(): LanguageModel {
  return { ...tinyModel(), tokenizer: LETTERS };
}

const EXAMPLES = [{ prompt: "one", completion: "two" }];
const OTHERS = [{ prompt: "three", completion: "four" }];

async function tuned(
  examples: typeof EXAMPLES,
  rank: number,
  steps = 12,
): Promise<LanguageModel> {
  const { model } = await fineTuneModel(letters(), examples, {
    sequenceLength: 16,
    steps,
    learningRate: 0.02,
    warmup: 0,
    adapter: { rank },
  });
  return model;
}

async function logits(model: LanguageModel): Promise<Float32Array> {
  const tokens = wf.tensor([[1, 5, 9, 30]], { dtype: "i32" });
  const [made] = await wf.read(
    wf.cast(logitsOf(model, forward(model, { tokens }).hidden), "f32"),
  );
  return made;
}

Deno.test("the mean of adapters is that of the merged weights", async () => {
  const models = [await tuned(EXAMPLES, 2), await tuned(OTHERS, 2)];
  const { model: mixed } = await uniformSoup.run({ models });
  assert.equal(mixed.adapter!.config.rank, 4);
  const merged = await Promise.all(models.map((one) => mergeIntoBase(one)));
  const { model: whole } = await uniformSoup.run({ models: merged });
  assert.equal(whole.adapter, undefined);
  const [a, b] = [await logits(mixed), await logits(whole)];
  a.forEach((x, k) => assert.ok(Math.abs(x - b[k]!) < 1e-4));
  const parts = mixUniformly(ADAPTERS, models.map(({ adapter }) => adapter!));
  assert.equal(Object.keys(parts.layers).length, 14);
});

Deno.test("soups of models are chosen and learnt on held-out examples", async () => {
  const models = [
    await tuned(EXAMPLES, 2),
    await tuned(OTHERS, 2),
    await tuned(EXAMPLES, 2, 2),
  ];
  const greedy = await greedySoup.run(
    { models, examples: EXAMPLES },
    { sequenceLength: 16 },
  );
  assert.equal(greedy.members[0], 0);
  assert.equal(greedy.trace.length, 3);
  const best = Math.max(
    ...greedy.trace.filter(({ accepted }) => accepted).map(({ score }) =>
      score
    ),
  );
  assert.ok(best >= greedy.trace[0]!.score);
  const learned = await learnedSoup.run(
    { models, examples: EXAMPLES },
    { sequenceLength: 16, epochs: 30 },
  );
  const [alpha] = Object.values(learned.alpha);
  assert.ok(alpha![0]! > alpha![1]!, alpha!.join());
  await assert.rejects(
    async () =>
      await greedySoup.run({ models: [tinyModel()], examples: EXAMPLES }),
    DataError,
  );
});
