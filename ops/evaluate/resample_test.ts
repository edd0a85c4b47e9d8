import assert from "node:assert/strict";
import { bootstrapRows } from "./bootstrap.ts";
import {
  type BlockMethod,
  resampledRows,
  type ResampleOptions,
} from "./resample.ts";

async function draws(
  rows: number,
  options: ResampleOptions,
  clusters?: ArrayLike<number>,
): Promise<number[][]> {
  const samples: number[][] = [];
  for await (const picks of resampledRows(rows, options, clusters)) {
    samples.push([...picks]);
  }
  return samples;
}

function options(method: BlockMethod, blockLength: number): ResampleOptions {
  return { resamples: 60, method, blockLength, seed: 4 };
}

Deno.test("resampledRows by circular blocks is bootstrapRows", async () => {
  const circular = options("circular", 4);
  const samples: number[][] = [];
  for await (const picks of bootstrapRows(30, circular)) {
    samples.push([...picks]);
  }
  assert.deepEqual(await draws(30, circular), samples);
});

Deno.test("moving blocks never wrap around, and reach both ends", async () => {
  const samples = await draws(12, options("moving", 4));
  const seen = new Set<number>();
  for (const sample of samples) {
    assert.equal(sample.length, 12);
    sample.forEach((row, index) => {
      seen.add(row);
      if (index % 4 !== 0) assert.equal(row, sample[index - 1]! + 1);
    });
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), [...Array(12).keys()]);
});

Deno.test("stationary blocks have the mean length that was asked for", async () => {
  const samples = await draws(500, options("stationary", 5));
  let begun = 0;
  for (const sample of samples) {
    sample.forEach((row, index) => {
      if (index > 0 && row !== (sample[index - 1]! + 1) % 500) begun++;
    });
  }
  // A new block begins with probability 1/5, and 1 in 500 of these goes on by chance
  const rate = begun / (samples.length * 499);
  assert.ok(Math.abs(rate - 0.2) < 0.01, `${rate}`);
});

Deno.test("clusters stay whole, whatever their size and order", async () => {
  const clusters = [7, 7, 3, 7, 9, 9];
  const whole: Record<number, string> = { 7: "0,1,3", 3: "2", 9: "4,5" };
  for (const sample of await draws(6, options("circular", 1), clusters)) {
    let rest = [...sample];
    let drawn = 0;
    while (rest.length > 0) {
      const text = whole[clusters[rest[0]!]!]!;
      const size = text.split(",").length;
      assert.equal(rest.slice(0, size).join(","), text);
      rest = rest.slice(size);
      drawn++;
    }
    assert.equal(drawn, 3);
  }
});

Deno.test("resampledRows depends on the seed alone", async () => {
  for (const method of ["circular", "moving", "stationary"] as const) {
    const one = options(method, 3);
    assert.deepEqual(await draws(20, one), await draws(20, one));
    assert.notDeepEqual(
      await draws(20, one),
      await draws(20, { ...one, seed: 5 }),
    );
  }
});

Deno.test("moving blocks longer than the data are refused", async () => {
  await assert.rejects(
    draws(3, options("moving", 4)),
    /moving blocks of 4 as there are only 3/,
  );
});

/** A series of 120 rows in which neighbours are alike. */
function alike(): number[] {
  let level = 0;
  return Array.from({ length: 120 }, (_, row) => {
    level = 0.7 * level + Math.sin(row * row);
    return level;
  });
}

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const varianceOf = (values: readonly number[]) => {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
};

/** The variance of the mean that a method gives over many samples. */
async function varianceOfMeans(method: BlockMethod, blockLength: number) {
  const values = alike();
  const samples = await draws(values.length, {
    resamples: 1500,
    method,
    blockLength,
    seed: 9,
  });
  return varianceOf(
    samples.map((rows) => meanOf(rows.map((row) => values[row]!))),
  );
}

function assertNear(actual: number, expected: number): void {
  // The standard error of a variance from 1500 samples is 3.7 %
  assert.ok(Math.abs(actual / expected - 1) < 0.15, `${actual}, ${expected}`);
}

Deno.test("circular and moving blocks give the variance of their block means", async () => {
  const values = alike();
  const blockMean = (start: number) =>
    meanOf(Array.from({ length: 8 }, (_, at) => values[(start + at) % 120]!));
  const starts = [...values.keys()];
  const blocks = 120 / 8;
  const circular = varianceOf(starts.map(blockMean)) / blocks;
  const moving = varianceOf(starts.slice(0, 113).map(blockMean)) / blocks;
  assertNear(await varianceOfMeans("circular", 8), circular);
  assertNear(await varianceOfMeans("moving", 8), moving);
  assert.ok(circular > 2 * varianceOf(values) / 120, "blocks tell more");
});

Deno.test("stationary blocks give the variance of Politis and Romano's formula", async () => {
  const values = alike();
  const rows = values.length;
  const mean = meanOf(values);
  const covariance = (lag: number) =>
    values.slice(lag).reduce(
      (sum, value, row) => sum + (value - mean) * (values[row]! - mean),
      0,
    ) / rows;
  const rest = 1 - 1 / 8;
  let total = covariance(0);
  for (let lag = 1; lag < rows; lag++) {
    // (1 − lag/n) counts pairs inside of the series, lag/n those that wrap around
    const weight = (1 - lag / rows) * rest ** lag +
      lag / rows * rest ** (rows - lag);
    total += 2 * weight * covariance(lag);
  }
  assertNear(await varianceOfMeans("stationary", 8), total / rows);
});
