import assert from "node:assert/strict";
import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { groupAdvantages } from "./group_advantages.ts";
import {
  type GrpoAggregate,
  grpoLoss,
  tokenDivergence,
  tokenWeights,
} from "./grpo_loss.ts";

const f64 = (values: number[] | number[][]) =>
  wf.tensor(values, { dtype: "f64" });

function near(
  actual: readonly number[],
  expected: readonly number[],
  by = 1e-12,
) {
  assert.equal(actual.length, expected.length);
  actual.forEach((one, k) =>
    assert.ok(Math.abs(one - expected[k]!) < by, `${actual} ${expected}`)
  );
}

Deno.test("groupAdvantages are the cards' numbers", () => {
  const exact = { epsilon: 0 } as const;
  const population = { ...exact, deviation: "population" } as const;
  assert.deepEqual(groupAdvantages([1, 1, 0, 0], population), [1, 1, -1, -1]);
  const half = Math.sqrt(3) / 2;
  near(groupAdvantages([1, 1, 0, 0], exact), [half, half, -half, -half]);
  const third = 0.912870929175277;
  near(
    groupAdvantages([1, 1, 1, 0, 0, 0], exact),
    [third, third, third, -third, -third, -third],
  );
  near(
    groupAdvantages([1, 1, 1, 0, 0, 0], population),
    [1, 1, 1, -1, -1, -1],
  );
  // Rewards 1 - length / 8192 for right answers of 1000, 4000, 7000, else 0
  const rewards = [1000, 4000, 7000].map((length) => 1 - length / 8192);
  near(
    groupAdvantages([...rewards, 0, 0, 0]),
    [1.711, 0.704, -0.304, -0.704, -0.704, -0.704],
    6e-4,
  );
});

Deno.test("groupAdvantages of equal rewards are 0", () => {
  assert.deepEqual(groupAdvantages([0.1, 0.1, 0.1]), [0, 0, 0]);
  assert.deepEqual(groupAdvantages([7]), [0]);
  assert.deepEqual(groupAdvantages([]), []);
  assert.throws(() => groupAdvantages([1, NaN]), DataError);
  assert.throws(() => groupAdvantages([1], { epsilon: -1 }), ParameterError);
});

Deno.test("at the policy that answered the loss is 0, its slope -A / |o|", async () => {
  const old = f64([[-1, -2, -0.5], [-3, -1, -9]]);
  const mask = f64([[1, 1, 1], [1, 1, 0]]);
  const advantages = f64([[0.7], [-0.7]]);
  const inputs = { old, reference: old, advantages };
  for (
    const [aggregate, weights] of [
      ["sequence", [1 / 6, 1 / 4]],
      ["token", [1 / 5, 1 / 5]],
    ] as [GrpoAggregate, number[]][]
  ) {
    const [loss, slope] = wf.valueAndGrad((policy: wf.F64) =>
      grpoLoss({ ...inputs, policy }, mask, { aggregate })
    )(old);
    const [a, b] = [-0.7 * weights[0]!, 0.7 * weights[1]!];
    near([...await slope.data()], [a, a, a, b, b, 0]);
    const expected = aggregate === "sequence" ? 0 : -0.7 / 5;
    near([...await loss.data()], [expected]);
    near(tokenWeights([3, 2], aggregate), weights);
  }
});

Deno.test("held ratios have no slope, on the side that would gain", async () => {
  const slopeAt = async (ratio: number, advantage: number) => {
    const old = f64([[-2]]);
    const policy = f64([[-2 + Math.log(ratio)]]);
    const slope = wf.grad((own: wf.F64) =>
      grpoLoss(
        { policy: own, old, reference: old, advantages: f64([[advantage]]) },
        f64([[1]]),
        { divergenceWeight: 0 },
      )
    )(policy);
    return (await slope.data())[0]!;
  };
  assert.equal(await slopeAt(1.21, 1), 0);
  near([await slopeAt(1.19, 1)], [-1.19]);
  near([await slopeAt(0.5, 1)], [-0.5]);
  assert.equal(await slopeAt(0.79, -1), 0);
  near([await slopeAt(0.81, -1)], [0.81]);
  near([await slopeAt(1.5, -1)], [1.5]);
});

Deno.test("the divergence is never negative, and right on average", async () => {
  const p = [0.1, 0.2, 0.3, 0.15, 0.25];
  const q = [0.3, 0.1, 0.2, 0.25, 0.15];
  const logs = (all: number[]) => f64(all.map(Math.log));
  const k3 = await tokenDivergence(logs(p), logs(q)).data();
  assert.ok(k3.every((one) => one >= 0));
  const expected = p.reduce((sum, one, k) => sum + one * k3[k]!, 0);
  const exact = p.reduce((sum, one, k) => sum + one * Math.log(one / q[k]!), 0);
  near([expected], [exact]);
  near([...await tokenDivergence(logs(p), logs(p)).data()], [0, 0, 0, 0, 0]);
  // In f32 nearly equal policies keep their digits
  const [tiny] = await tokenDivergence(wf.tensor([0]), wf.tensor([1e-3]))
    .data();
  assert.ok(Math.abs(tiny! - 5.00166e-7) < 1e-10, String(tiny));
});

Deno.test("the slope of the loss is that of differences", async () => {
  const seed = wf.random.split(wf.random.key(2), 4);
  const draw = (k: number, shape: number[]) =>
    wf.multiply(wf.random.normal(seed[k]!, shape, { dtype: "f64" }), 0.4);
  const [policy, old, reference, advantages] = await wf.read(
    draw(0, [3, 4]),
    draw(1, [3, 4]),
    draw(2, [3, 4]),
    draw(3, [3, 1]),
  );
  const shape = [3, 4];
  const mask = f64([[1, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]);
  const loss = (own: wf.F64) =>
    grpoLoss(
      {
        policy: own,
        old: wf.tensor(old, { shape }),
        reference: wf.tensor(reference, { shape }),
        advantages: wf.tensor(advantages, { shape: [3, 1] }),
      },
      mask,
      { divergenceWeight: 0.3, clipAbove: 0.28 },
    );
  const slope = await wf.grad(loss)(wf.tensor(policy, { shape })).data();
  for (let k = 0; k < policy.length; k++) {
    const at = async (by: number) => {
      const moved = policy.map((one, i) => i === k ? one + by : one);
      return (await loss(wf.tensor(moved, { shape })).data())[0]!;
    };
    const difference = (await at(1e-6) - await at(-1e-6)) / 2e-6;
    assert.ok(Math.abs(difference - slope[k]!) < 1e-7, String(k));
  }
});

Deno.test("settings of the loss that cannot be are refused", () => {
  const one = f64([[0]]);
  const inputs = { policy: one, old: one, reference: one, advantages: one };
  for (const bad of [{ clip: -1 }, { divergenceWeight: NaN }]) {
    assert.throws(() => grpoLoss(inputs, one, bad), ParameterError);
  }
});
