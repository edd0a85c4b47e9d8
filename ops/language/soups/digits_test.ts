import assert from "node:assert/strict";
import digits from "../../../fixtures/reference/digits.json" with {
  type: "json",
};
import * as wf from "../../../runtime/tensor/mod.ts";
import { type NamedTensors, TENSORS } from "./soup_kind.ts";
import {
  ensembleLogits,
  mixByLearning,
  mixGreedily,
  mixUniformly,
} from "./soups.ts";

const PIXELS = Float32Array.from(
  Uint8Array.fromBase64(digits.pixels),
  (value) => value / 16,
);
const LABELS = Uint8Array.fromBase64(digits.labels);

interface Data {
  readonly x: wf.F32;
  readonly y: wf.I32;
}

type Params = Readonly<Record<"w1" | "b1" | "w2" | "b2", wf.F32>>;

function dataOf(rows: readonly number[]): Data {
  const x = rows.flatMap((
    row,
  ) => [...PIXELS.subarray(64 * row, 64 * row + 64)]);
  return {
    x: wf.tensor(Float32Array.from(x), { shape: [rows.length, 64] }),
    y: wf.tensor(Int32Array.from(rows, (row) => LABELS[row]!)),
  };
}

function logits({ b1, b2, w1, w2 }: Params, x: wf.F32): wf.F32 {
  const hidden = wf.maximum(wf.add(wf.matmul(x, w1), b1), 0);
  return wf.add(wf.matmul(hidden, w2), b2);
}

const step = wf.compile(
  (params: Params, { x, y }: Data, rate: number, decay: number) => {
    const grads = wf.grad((p: Params) =>
      wf.add(
        wf.crossEntropy(logits(p, x), y),
        wf.multiply(
          wf.add(wf.sum(wf.square(p.w1)), wf.sum(wf.square(p.w2))),
          decay,
        ),
      )
    )(params);
    const moved = (name: keyof Params) =>
      wf.subtract(params[name], wf.multiply(grads[name], rate));
    return {
      w1: moved("w1"),
      b1: moved("b1"),
      w2: moved("w2"),
      b2: moved("b2"),
    };
  },
);

const BATCH = 50;

interface Recipe {
  readonly rate: number;
  readonly epochs: number;
  readonly decay: number;
  readonly noise: number;
}

async function train(
  start: Params,
  rows: readonly number[],
  { decay, epochs, noise, rate }: Recipe,
  seed: number,
): Promise<Params> {
  const key = wf.random.key(seed);
  let params = start;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const own = wf.random.foldIn(key, epoch);
    const order = await wf.random.permutation(own, rows.length).data();
    for (let at = 0; at + BATCH <= rows.length; at += BATCH) {
      const some = dataOf(
        [...order.slice(at, at + BATCH)].map((k) => rows[k]!),
      );
      const drawn = wf.random.normal(
        wf.random.foldIn(own, 1 + at),
        some.x.shape,
      );
      const x = noise === 0
        ? some.x
        : wf.add(some.x, wf.multiply(drawn, noise));
      params = step(params, { ...some, x }, rate, decay);
    }
    await wf.realize(params);
  }
  return params;
}

const right = wf.compile((params: Params, { x, y }: Data) =>
  wf.mean(
    wf.cast(wf.equal(wf.argmax(logits(params, x), { axis: 1 }), y), "f32"),
  )
);

function accuracy(params: NamedTensors, data: Data): Promise<number> {
  return right(params as Params, data).item();
}

const RECIPES: readonly Recipe[] = [0.02, 0.06, 0.15, 0.3].flatMap((rate) =>
  [[5, 0, 0], [20, 0, 0.2], [5, 1e-3, 0.2], [20, 1e-3, 0]].map((
    [epochs, decay, noise],
  ) => ({ rate, epochs: epochs!, decay: decay!, noise: noise! }))
);

async function sweep(seed: number) {
  const order = [
    ...await wf.random.permutation(wf.random.key(seed), LABELS.length).data(),
  ];
  const [before, after] = [order.slice(0, 500), order.slice(500, 1000)];
  const held = dataOf(order.slice(1000, 1300));
  const test = dataOf(order.slice(1300));
  const [a, b] = wf.random.split(wf.random.key(100 + seed), 2);
  const fresh: Params = {
    w1: wf.multiply(wf.random.normal(a, [64, 64]), Math.sqrt(2 / 64)),
    b1: wf.zeros([64]),
    w2: wf.multiply(wf.random.normal(b, [64, 10]), Math.sqrt(2 / 64)),
    b2: wf.zeros([10]),
  };
  const start = await train(
    fresh,
    before,
    { rate: 0.1, epochs: 10, decay: 0, noise: 0 },
    seed,
  );
  const members: Params[] = [];
  for (const [k, recipe] of RECIPES.entries()) {
    members.push(await train(start, after, recipe, 1000 * seed + k));
  }
  return { members, held, test };
}

Deno.test("soups of digits: the orders of the paper", async () => {
  let [bestTotal, greedyTotal] = [0, 0];
  for (const seed of [0, 1]) {
    const { held, members, test } = await sweep(seed);
    const scores: number[] = [];
    const tested: number[] = [];
    for (const member of members) {
      scores.push(await accuracy(member, held));
      tested.push(await accuracy(member, test));
    }
    const single = tested.reduce((sum, one) => sum + one, 0) / tested.length;
    const best = tested[scores.indexOf(Math.max(...scores))]!;
    const uniform = await accuracy(mixUniformly(TENSORS, members), test);
    assert.ok(uniform > single, `${uniform} against ${single}`);
    const greedy = await mixGreedily(
      TENSORS,
      members as NamedTensors[],
      scores,
      (soup) => accuracy(soup, held),
    );
    const heldOut = await accuracy(greedy.soup, held);
    assert.ok(heldOut >= Math.max(...scores));
    const found = await accuracy(greedy.soup, test);
    assert.ok(found >= best - 0.01, `${found} against ${best}`);
    bestTotal += best;
    greedyTotal += found;

    const learned = await mixByLearning(
      TENSORS,
      members as NamedTensors[],
      (soup, factor, batch: Data) =>
        wf.crossEntropy(
          wf.multiply(logits(soup as Params, batch.x), factor),
          batch.y,
        ),
      [held],
      { epochs: 60 },
    );
    const share = Object.values(learned.shares)[0]!;
    assert.ok(Math.abs(share.reduce((a, b) => a + b) - 1) < 1e-5);
    const loss = (params: NamedTensors, factor: number) =>
      wf.crossEntropy(
        wf.multiply(logits(params as Params, held.x), factor),
        held.y,
      ).item();
    const plain = await loss(mixUniformly(TENSORS, members), 1);
    assert.ok(await loss(learned.soup, learned.temperature) < plain);
    const joined = ensembleLogits(
      members.map((member) => logits(member, test.x)),
    );
    const together = await wf.mean(
      wf.cast(wf.equal(wf.argmax(joined, { axis: 1 }), test.y), "f32"),
    ).item();
    assert.ok(together > single);
  }
  assert.ok(greedyTotal >= bestTotal - 0.01);
});
