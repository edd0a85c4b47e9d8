import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { bootstrapMean, bootstrapRows, intervalOf } from "./bootstrap.ts";

async function draws(
  rows: number,
  options: { resamples: number; blockLength: number; seed: number },
): Promise<number[][]> {
  const samples: number[][] = [];
  for await (const picks of bootstrapRows(rows, options)) {
    samples.push([...picks]);
  }
  return samples;
}

Deno.test("bootstrapRows draws as many rows as there are, all in range", async () => {
  for (const blockLength of [1, 3, 50]) {
    for (
      const sample of await draws(20, { resamples: 30, blockLength, seed: 1 })
    ) {
      assert.equal(sample.length, 20);
      assert.ok(sample.every((row) => row >= 0 && row < 20));
    }
  }
});

Deno.test("bootstrapRows keeps the rows of a block together and wraps around", async () => {
  for (
    const sample of await draws(10, { resamples: 20, blockLength: 5, seed: 2 })
  ) {
    sample.forEach((row, index) => {
      if (index % 5 !== 0) assert.equal(row, (sample[index - 1]! + 1) % 10);
    });
  }
});

Deno.test("bootstrapRows depends on the seed alone", async () => {
  const options = { resamples: 3, blockLength: 1, seed: 5 };
  assert.deepEqual(await draws(50, options), await draws(50, options));
  assert.notDeepEqual(
    await draws(50, options),
    await draws(50, { ...options, seed: 6 }),
  );
});

Deno.test("intervalOf interpolates between order statistics", () => {
  const samples = Array.from({ length: 101 }, (_, index) => 100 - index);
  const { value, lower, upper } = intervalOf(3, samples, 0.905);
  assert.equal(value, 3);
  assert.ok(Math.abs(lower - 4.75) < 1e-9);
  assert.ok(Math.abs(upper - 95.25) < 1e-9);
});

Deno.test("bootstrapMean's interval is as wide as theory says", async () => {
  const x = wf.random.normal(wf.random.key(11), [400], { dtype: "f64" });
  const values = await x.data();
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 400;
  const result = await bootstrapMean.run({ x }, { resamples: 2000 });
  const width = result.mean.upper - result.mean.lower;
  const expected = 2 * 1.96 * Math.sqrt(variance / 400);
  assert.ok(Math.abs(result.mean.value - mean) < 1e-12);
  assert.ok(Math.abs(width / expected - 1) < 0.1, `${width} for ${expected}`);
});

Deno.test("bootstrapMean with blocks is wider where neighbours are alike", async () => {
  const steps = Float64Array.from(
    { length: 300 },
    (_, i) => Math.floor(i / 30) % 2,
  );
  const widthOf = async (blockLength: number) => {
    const { mean } = await bootstrapMean.run(
      { x: wf.tensor(steps) },
      { blockLength },
    );
    return mean.upper - mean.lower;
  };
  assert.ok(await widthOf(30) > 2 * await widthOf(1));
});

Deno.test("bootstrapMean refuses series that are empty or not finite", async () => {
  for (const x of [[], [1, NaN]]) {
    await assert.rejects(
      bootstrapMean.run({ x: wf.tensor(Float64Array.from(x)) }),
      /empty or not finite/,
    );
  }
});
