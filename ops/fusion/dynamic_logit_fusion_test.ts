import assert from "node:assert/strict";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { dynamicLogitFusion } from "./dynamic_logit_fusion.ts";

const f64 = (rows: number[][]) => wf.tensor(rows, { dtype: "f64" });

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

// An independent twin in plain numbers, straight from the definition.
function logSoftmax(row: number[]): number[] {
  const top = Math.max(...row);
  const total = row.reduce((sum, value) => sum + Math.exp(value - top), 0);
  return row.map((value) => value - top - Math.log(total));
}

function kl(logA: number[], logB: number[]): number {
  return logA.reduce((sum, a, index) => {
    const weight = Math.exp(a);
    return weight === 0 ? sum : sum + weight * (a - (logB[index] ?? NaN));
  }, 0);
}

function objective(
  large: number[],
  base: number[],
  experts: number[][],
  alphas: number[],
): number {
  const moved = large.map((value, token) =>
    experts.reduce(
      (sum, expert, index) =>
        sum + (alphas[index] ?? NaN) *
          ((expert[token] ?? NaN) - (base[token] ?? NaN)),
      value,
    )
  );
  const p = logSoftmax(large);
  const fused = logSoftmax(moved);
  const q = logSoftmax(base);
  return experts.reduce((sum, expert) => {
    const own = logSoftmax(expert);
    return sum + (kl(fused, p) - kl(own, q)) ** 2 +
      (kl(p, fused) - kl(q, own)) ** 2;
  }, 0);
}

async function randomLogits(
  seed: number,
  rows: number,
  vocabulary: number,
  scale: number,
): Promise<number[][]> {
  const drawn = wf.random.normal(wf.random.key(seed), [rows, vocabulary], {
    dtype: "f64",
  });
  return await wf.multiply(drawn, scale).toArray() as number[][];
}

const add = (a: number[][], b: number[][], weight = 1) =>
  a.map((row, i) => row.map((value, j) => value + weight * (b[i]?.[j] ?? NaN)));

const REGRESSION = {
  large: [2, 1, 0, -1],
  base: [1, 1, 0, 0],
  expert: [0, 3, 0, 0],
};

Deno.test("dynamicLogitFusion meets the regression example of its card", async () => {
  const { logits, alpha, objective } = await dynamicLogitFusion.run({
    large: f64([REGRESSION.large]),
    smallBase: f64([REGRESSION.base]),
    experts: [f64([REGRESSION.expert])],
  }, { mode: "single" });
  close(await alpha.item(), 0.867637, 5e-6);
  close(await objective.item(), 0.0140938, 5e-8);
  const probabilities = await wf.softmax(logits, { axis: -1 }).data();
  [0.156048, 0.775162, 0.050290, 0.018501].forEach((expected, token) =>
    close(probabilities[token] ?? NaN, expected, 2e-6)
  );
});

Deno.test("dynamicLogitFusion finds weight 1 when the large model is the small base", async () => {
  const base = await randomLogits(1, 16, 50, 2);
  const expert = add(base, await randomLogits(2, 16, 50, 1));
  for (const dtype of ["f64", "f32"] as const) {
    const model = (rows: number[][]) => wf.tensor(rows, { dtype });
    const { alpha, objective } = await dynamicLogitFusion.run({
      large: model(base),
      smallBase: model(base),
      experts: [model(expert)],
    });
    assert.equal(alpha.dtype, dtype);
    for (const value of await alpha.data()) {
      close(value, 1, dtype === "f64" ? 1e-5 : 1e-3);
    }
    for (const value of await objective.data()) close(value, 0, 1e-6);
  }
});

Deno.test("dynamicLogitFusion is within 7e-5 of a fine grid on random rows", async () => {
  const rows = 100;
  const large = await randomLogits(3, rows, 200, 3);
  const base = add(
    await randomLogits(4, rows, 200, 2),
    large,
    0.7,
  );
  const expert = add(base, await randomLogits(5, rows, 200, 1.5));
  const found = await dynamicLogitFusion.run({
    large: f64(large),
    smallBase: f64(base),
    experts: [f64(expert)],
  });
  const alphas = await found.alpha.data();
  const objectives = await found.objective.data();
  for (let row = 0; row < rows; row += 1) {
    const at = (alpha: number) =>
      objective(large[row] ?? [], base[row] ?? [], [expert[row] ?? []], [
        alpha,
      ]);
    const grid = Array.from({ length: 401 }, (_, index) => at(index / 200));
    close(objectives[row] ?? NaN, at(alphas[row] ?? NaN), 1e-10);
    assert.ok((objectives[row] ?? NaN) <= Math.min(...grid) + 7e-5);
  }
});

Deno.test("dynamicLogitFusion with fixed weights is proxy tuning, and weight 0 gives the large model back", async () => {
  const large = f64([[2, 1, 0, -1], [0.5, -Infinity, 3, 1]]);
  const smallBase = f64([[1, 1, 0, 0], [1, -Infinity, 2, 0]]);
  const experts = [
    f64([[0, 3, 0, 0], [2, -Infinity, 1, -Infinity]]),
    f64([[1, 1, 1, 0], [1, -Infinity, 2, 0]]),
  ];
  const proxy = await dynamicLogitFusion.run(
    { large, smallBase, experts },
    { weights: [1, 0] },
  );
  assert.deepEqual([...await proxy.logits.data()], [
    ...[1, 3, 0, -1],
    ...[1.5, -Infinity, 2, -Infinity],
  ]);
  assert.deepEqual([...await proxy.alpha.data()], [1, 0, 1, 0]);
  const untouched = await dynamicLogitFusion.run(
    { large, smallBase, experts },
    { weights: 0 },
  );
  assert.deepEqual(
    [...await untouched.logits.data()],
    [...await large.data()],
  );
});

Deno.test("dynamicLogitFusion with one expert a row keeps the better expert", async () => {
  const rows = 12;
  const large = await randomLogits(6, rows, 30, 2);
  const base = await randomLogits(7, rows, 30, 2);
  const experts = [
    add(base, await randomLogits(8, rows, 30, 1)),
    add(base, await randomLogits(9, rows, 30, 1)),
  ];
  const found = await dynamicLogitFusion.run({
    large: f64(large),
    smallBase: f64(base),
    experts: experts.map(f64),
  });
  const alphas = await found.alpha.toArray() as number[][];
  const objectives = await found.objective.data();
  const winners = new Set<number>();
  for (let row = 0; row < rows; row += 1) {
    const at = (weights: number[]) =>
      objective(
        large[row] ?? [],
        base[row] ?? [],
        experts.map((expert) => expert[row] ?? []),
        weights,
      );
    const used = alphas[row] ?? [];
    close(objectives[row] ?? NaN, at(used), 1e-10);
    assert.equal(used.filter((weight) => weight !== 0).length, 1);
    winners.add(used.findIndex((weight) => weight !== 0));
    let best = Infinity;
    for (let step = 0; step <= 200; step += 1) {
      best = Math.min(best, at([step / 100, 0]), at([0, step / 100]));
    }
    assert.ok(at(used) <= best + 1e-4);
  }
  assert.equal(winners.size, 2);
});

Deno.test("dynamicLogitFusion in joint mode is at least as good as one expert and as a fine grid", async () => {
  const rows = 6;
  const large = await randomLogits(10, rows, 25, 2);
  const base = await randomLogits(11, rows, 25, 2);
  const experts = [
    add(base, await randomLogits(12, rows, 25, 0.8)),
    add(base, await randomLogits(13, rows, 25, 1.2)),
  ];
  const inputs = {
    large: f64(large),
    smallBase: f64(base),
    experts: experts.map(f64),
  };
  const alone = await (await dynamicLogitFusion.run(inputs)).objective.data();
  for (const jointSearch of ["grid", "coordinate"] as const) {
    const found = await dynamicLogitFusion.run(inputs, {
      mode: "joint",
      jointSearch,
    });
    const alphas = await found.alpha.toArray() as number[][];
    const objectives = await found.objective.data();
    for (let row = 0; row < rows; row += 1) {
      const at = (weights: number[]) =>
        objective(
          large[row] ?? [],
          base[row] ?? [],
          experts.map((expert) => expert[row] ?? []),
          weights,
        );
      close(objectives[row] ?? NaN, at(alphas[row] ?? []), 1e-10);
      assert.ok((objectives[row] ?? NaN) <= (alone[row] ?? NaN) + 1e-6);
      if (jointSearch === "coordinate") continue;
      let best = Infinity;
      for (let i = 0; i <= 60; i += 1) {
        for (let j = 0; j <= 60; j += 1) {
          best = Math.min(best, at([i / 30, j / 30]));
        }
      }
      assert.ok((objectives[row] ?? NaN) <= best + 1e-3);
    }
  }
});

Deno.test("dynamicLogitFusion leaves out a direction that an expert's mask makes infinite", async () => {
  const { logits, alpha } = await dynamicLogitFusion.run({
    large: f64([[1, 0.5, 0]]),
    smallBase: f64([[1, 0.5, 0]]),
    experts: [f64([[0, 2, -Infinity]])],
  });
  // What is left is KL(P_a‖P) = KL(Q_1‖Q), and P equals Q.
  close(await alpha.item(), 1, 1e-4);
  assert.equal((await logits.data())[2], -Infinity);
});

Deno.test("dynamicLogitFusion refuses NaN, infinity and impossible masks", async () => {
  const good = [[1, 0, 0], [0, 1, 0]];
  const at = (row: number, token: number, value: number) =>
    good.map((values, i) =>
      values.map((old, j) => i === row && j === token ? value : old)
    );
  const fuse = (large: number[][], base: number[][], expert: number[][]) =>
    dynamicLogitFusion.run({
      large: f64(large),
      smallBase: f64(base),
      experts: [f64(expert)],
    });
  await assert.rejects(
    fuse(at(1, 2, NaN), good, good),
    /row 1 of "large" holds NaN/,
  );
  await assert.rejects(
    fuse(good, good, at(0, 1, Infinity)),
    /row 0 of "experts\[0\]" holds Infinity/,
  );
  await assert.rejects(fuse(good, at(1, 0, -Infinity), good), DataError);
  await assert.rejects(
    fuse([[1, 0, 0], [-Infinity, -Infinity, -Infinity]], good, good),
    /masks every token/,
  );
});

Deno.test("dynamicLogitFusion with fixed weights turns an unusable row into NaN and leaves the others", async () => {
  const { logits } = await dynamicLogitFusion.run({
    large: f64([[1, Infinity], [1, 2]]),
    smallBase: f64([[0, 0], [0, 0]]),
    experts: [f64([[1, 1], [1, 0]])],
  }, { weights: 1 });
  assert.deepEqual([...await logits.data()], [NaN, NaN, 2, 2]);
});

Deno.test("dynamicLogitFusion refuses no expert, a wrong mode, a bad range and too large a grid", async () => {
  const large = f64([[1, 0]]);
  const many = (count: number) => Array.from({ length: count }, () => large);
  const fuse = (
    count: number,
    params: Parameters<typeof dynamicLogitFusion.run>[1],
  ) =>
    dynamicLogitFusion.run(
      { large, smallBase: large, experts: many(count) },
      params,
    );
  await assert.rejects(fuse(0, {}), /no expert/);
  await assert.rejects(fuse(2, { mode: "single" }), /takes one expert/);
  await assert.rejects(fuse(2, { weights: [1] }), ParameterError);
  await assert.rejects(fuse(1, { range: [-1, 2] }), /range/);
  await assert.rejects(fuse(1, { range: [1, 1] }), /range/);
  await assert.rejects(fuse(4, { mode: "joint" }), /too large/);
  await assert.rejects(
    dynamicLogitFusion.run({
      large,
      smallBase: large,
      experts: [f64([[1, 0, 0]])],
    }),
    /v/,
  );
});
