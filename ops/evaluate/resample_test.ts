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
