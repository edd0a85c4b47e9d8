/**
 * Rules of random numbers that hold on every device. Statistics are of fixed seeds:
 * they do not vary from run to run.
 *
 * @module
 */

import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/random.json" with {
  type: "json",
};
import { ParameterError, ShapeError } from "../../core/errors.ts";
import type { ConformanceCase } from "../conformance/case.ts";
import { arange, tensor, zeros } from "../creation.ts";
import { log } from "../elementwise.ts";
import {
  assertEqualOn,
  floats,
  type TestFloat,
} from "../linear_algebra/testing.ts";
import { expandTo } from "../node.ts";
import { read } from "../realize.ts";
import { scan } from "../scan.ts";
import type { I32 } from "../tensor.ts";
import { bernoulli, uniform } from "./uniform.ts";
import { categorical, gumbel } from "./categorical.ts";
import { permutation, randint } from "./integers.ts";
import { foldIn, key, split } from "./key.ts";
import { normal, normalTailQuantile } from "./normal.ts";

/** Critical value of the Kolmogorov-Smirnov test at the 0.1 % level, times √n. */
const CRITICAL_DISTANCE = 1.95;

/** Asserts that sorted numbers have a distribution function, at the 0.1 % level. */
function assertDistributed(
  sample: ArrayLike<number>,
  distribution: (x: number) => number,
): void {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let distance = 0;
  sorted.forEach((x, i) => {
    const below = distribution(x);
    distance = Math.max(distance, below - i / n, (i + 1) / n - below);
  });
  assert.ok(
    distance * Math.sqrt(n) < CRITICAL_DISTANCE,
    `distance ${distance}`,
  );
}

/** Asserts that counts fit probabilities: chi square below its mean plus 4.5 sd. */
function assertCounts(
  drawn: ArrayLike<number>,
  probabilities: readonly number[],
): void {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (let i = 0; i < drawn.length; i++) counts[drawn[i]!]!++;
  let chiSquare = 0;
  probabilities.forEach((p, k) => {
    const expected = p * drawn.length;
    chiSquare += (counts[k]! - expected) ** 2 / expected;
  });
  const freedom = probabilities.length - 1;
  assert.ok(
    chiSquare < freedom + 4.5 * Math.sqrt(2 * freedom),
    `chi square ${chiSquare} of ${freedom}: ${counts}`,
  );
}

function moments(
  sample: ArrayLike<number>,
): { mean: number; variance: number } {
  const numbers = Array.from(sample);
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, variance: squares / numbers.length };
}

/** The normal distribution function, by its series around 0 and Mills' ratio. */
function normalCdf(z: number): number {
  if (z < 0) return 1 - normalCdf(-z);
  const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 3; term > 1e-17 * sum; k += 2) sum += term *= z * z / k;
    return 0.5 + density * sum;
  }
  let ratio = z;
  for (let k = 60; k > 0; k--) ratio = z + k / ratio;
  return 1 - density / ratio;
}

const close = (a: number, b: number, by: number) =>
  assert.ok(Math.abs(a - b) < by, `${a}, not ${b}`);

const SEEDS = [0, 7, 123456789] as const;

/** The rules. */
export const RANDOM_CASES: readonly ConformanceCase[] = [
  {
    name: "key, split and foldIn give the keys that JAX gives",
    run: async () => {
      for (const recorded of fixture.keyed) {
        const parent = key(recorded.seed);
        const [a, b, c] = split(parent, 3);
        const words = await read(parent, a, b, c, foldIn(parent, 7));
        assert.deepEqual([...words[0]], recorded.key);
        assert.deepEqual(
          words.slice(1, 4).flatMap((pair) => [...pair]),
          recorded.split,
        );
        assert.deepEqual([...words[4]], recorded.fold);
      }
    },
  },
  {
    name: "foldIn takes a number that is a tensor",
    run: (at) =>
      assertEqualOn(
        at,
        foldIn(key(1), tensor(7, { dtype: "i32" })),
        foldIn(key(1), 7),
        0,
      ),
  },
  {
    name: "uniform numbers are the top bits of what JAX draws, bit for bit",
    run: async (at) => {
      for (const { seed, bits32, high, low } of fixture.keyed) {
        const [u] = await read(uniform(key(seed), [5], { dtype: at.dtype }));
        const expected = at.dtype === "f32"
          ? bits32.map((word) => Math.floor(word / 2 ** 8) / 2 ** 24)
          : high.map((word, i) =>
            (Math.floor(word / 2 ** 5) * 2 ** 26 +
              Math.floor(low[i]! / 2 ** 6)) /
            2 ** 53
          );
        assert.deepEqual([...u], expected);
      }
    },
  },
  {
    name: "uniform numbers are uniform, in any range",
    run: async (at) => {
      for (const seed of SEEDS) {
        const shape = [100, 200];
        const { dtype } = at;
        const [unit, wide] = await read(
          uniform(key(seed), shape, { dtype }),
          uniform(key(seed), shape, { dtype, low: -3, high: 5 }),
        );
        assertDistributed(unit, (x) => x);
        assertDistributed(wide, (x) => (x + 3) / 8);
        assert.ok(unit.every((x) => x >= 0 && x < 1));
        assert.ok(wide.every((x) => x >= -3 && x <= 5));
      }
    },
  },
  {
    name: "uniform draws f16 in [0, 1) by steps of 2^-11",
    run: async () => {
      const [u] = await read(uniform(key(1), [4096], { dtype: "f16" }));
      assert.ok(u.every((x) => x >= 0 && x < 1 && Number.isInteger(x * 2048)));
      assertDistributed(u, (x) => x + 2 ** -12);
    },
  },
  {
    name: "numbers of different keys are not correlated, of one key equal",
    run: async (at) => {
      const n = 20_000;
      const { dtype } = at;
      const [left, right] = split(key(5));
      const next = foldIn(key(5), 1);
      const after = foldIn(key(5), 2);
      const draws = await read(
        uniform(left, [n], { dtype }),
        uniform(right, [n], { dtype }),
        uniform(next, [n], { dtype }),
        uniform(after, [n], { dtype }),
        uniform(left, [n], { dtype }),
      );
      assert.deepEqual(draws[4], draws[0]);
      for (const [i, j] of [[0, 1], [0, 2], [1, 3], [2, 3]] as const) {
        let sum = 0;
        draws[i].forEach((x, t) => sum += (x - 0.5) * (draws[j][t]! - 0.5));
        close(12 * sum / n, 0, 4 / Math.sqrt(n));
      }
      // Nor are neighbours within one key.
      let serial = 0;
      draws[0].forEach((x, t) =>
        serial += (x - 0.5) * (draws[0][(t + 1) % n]! - 0.5)
      );
      close(12 * serial / n, 0, 4 / Math.sqrt(n));
    },
  },
  {
    name: "normal numbers are normal, with the mean and deviation asked for",
    run: async (at) => {
      for (const seed of SEEDS) {
        const { dtype } = at;
        const [z, scaled] = await read(
          normal(key(seed), [20_000], { dtype }),
          normal(key(seed), [20_000], { dtype, mean: 3, deviation: 0.5 }),
        );
        assertDistributed(z, normalCdf);
        assertDistributed(scaled, (x) => normalCdf((x - 3) / 0.5));
        const { mean, variance } = moments(z);
        close(mean, 0, 0.03);
        close(variance, 1, 0.04);
      }
    },
  },
  {
    name: "normal numbers come from the inverse that SciPy computes",
    run: async (at) => {
      const { p, z } = fixture.quantiles;
      const usable = p.map((_, i) => i).filter((i) =>
        at.dtype === "f64" || p[i]! > 2 ** -26
      );
      // The probability is rounded to the dtype before it is inverted.
      const [q, found] = await read(
        floats(at, usable.map((i) => p[i]!)),
        normalTailQuantile(floats(at, usable.map((i) => p[i]!))),
      );
      usable.forEach((i, k) => {
        const expected = -z[i]!;
        const density = Math.exp(-expected * expected / 2) /
          Math.sqrt(2 * Math.PI);
        const shift = density > 1e-30 ? (p[i]! - q[k]!) / density : 0;
        const ulps = at.dtype === "f64" ? 2e-15 : 8 * 2 ** -24;
        const error = Math.abs(found[k]! - (expected + shift));
        assert.ok(
          error <= ulps * Math.max(expected, 1e-3),
          `${found[k]} instead of ${expected} at ${p[i]}`,
        );
      });
    },
  },
  {
    name: "normal draws f16 and any shape, also an empty one",
    run: async () => {
      const z = normal(key(2), [3, 5], { dtype: "f16" });
      assert.deepEqual([z.dtype, z.shape], ["f16", [3, 5]]);
      const [data] = await read(z);
      assert.ok(data.every((x) => Number.isFinite(x)));
      assert.equal((await read(normal(key(2), [0, 4])))[0].length, 0);
    },
  },
  {
    name: "randint multiplies 64 random bits by the length of the range",
    run: async () => {
      for (const { seed, high, low } of fixture.keyed) {
        for (const span of [1, 6, 1000, 2 ** 31 - 1]) {
          const [drawn] = await read(
            randint(key(seed), [5], { low: -1, high: span - 1 }),
          );
          const expected = high.map((word, i) =>
            Number(
              (((BigInt(word) << 32n) + BigInt(low[i]!)) * BigInt(span)) >> 64n,
            ) - 1
          );
          assert.deepEqual([...drawn], expected);
        }
        const [words] = await read(
          randint(key(seed), [5], { high: 2 ** 32 - 1, dtype: "u32" }),
        );
        assert.deepEqual(
          [...words],
          high.map((word, i) =>
            Number(
              (((BigInt(word) << 32n) + BigInt(low[i]!)) * 0xFFFFFFFFn) >> 64n,
            )
          ),
        );
      }
    },
  },
  {
    name: "randint carries where the lower words overflow",
    run: async () => {
      const span = 0x9E3779B1;
      const [high, low, drawn] = await read(
        randint(key(4), [2000], { high: 2 ** 32 - 1, dtype: "u32" }),
        randint(key(4), [2000], { high: 2 ** 31, dtype: "u32" }),
        randint(key(4), [2000], { high: span, dtype: "u32" }),
      );
      // The first word is known to within one from the widest range.
      drawn.forEach((x, i) => {
        const fraction = (high[i]! + 0.5) / (2 ** 32 - 1);
        assert.ok(Math.abs(x - fraction * span) < 2);
        assert.ok(Math.abs(low[i]! - fraction * 2 ** 31) < 2);
      });
    },
  },
  {
    name: "randint draws all integers of its range equally often",
    run: async () => {
      for (const seed of SEEDS) {
        const [dice] = await read(
          randint(key(seed), [30_000], { low: 1, high: 8 }),
        );
        assertCounts(dice.map((x) => x - 1), new Array(7).fill(1 / 7));
      }
    },
  },
  {
    name:
      "permutation holds each number once, and all orders are equally likely",
    run: async () => {
      const [long] = await read(permutation(key(3), 1000));
      assert.deepEqual([...long].sort((a, b) => a - b), [
        ...Array(1000).keys(),
      ]);
      assert.notDeepEqual([...long], [...Array(1000).keys()]);
      const keys = split(key(11), 1200 as number);
      const orders = await read(...keys.map((one) => permutation(one, 3)));
      const rank = ([a, b, c]: Int32Array) => 2 * a! + (b! > c! ? 1 : 0);
      assertCounts(
        orders.map((order) => rank(order)),
        new Array(6).fill(1 / 6),
      );
      assert.equal((await read(permutation(key(3), 0)))[0].length, 0);
    },
  },
  {
    name: "bernoulli shows true with the probabilities given",
    run: async (at) => {
      const n = 20_000;
      const [fair, never, always] = await read(
        bernoulli(key(1), 0.3, [n]),
        bernoulli(key(1), 0, [n]),
        bernoulli(key(1), 1, [n]),
      );
      assertCounts(fair, [0.7, 0.3]);
      assert.ok(never.every((x) => x === 0) && always.every((x) => x === 1));
      const each = expandTo(floats(at, [0, 1, 0.25]), [n, 3]);
      const [coins] = await read(bernoulli(key(2), each));
      const column = (k: number) => coins.filter((_, i) => i % 3 === k);
      assert.ok(column(0).every((x) => x === 0));
      assert.ok(column(1).every((x) => x === 1));
      assertCounts(column(2), [0.75, 0.25]);
    },
  },
  {
    name: "gumbel numbers have the Gumbel distribution",
    run: async (at) => {
      const [g] = await read(gumbel(key(9), [20_000], { dtype: at.dtype }));
      assertDistributed(g, (x) => Math.exp(-Math.exp(-x)));
    },
  },
  {
    name: "categorical draws classes with their softmax, along any axis",
    run: async (at) => {
      const probabilities = [0.1, 0.2, 0.65, 0.05];
      const logits = log(floats(at, probabilities));
      const n = 20_000;
      const [rows] = await read(categorical(key(3), expandTo(logits, [n, 4])));
      assertCounts(rows, probabilities);
      const upright = floats(at, [[0, -Infinity], [-Infinity, 0]]);
      const [columns] = await read(categorical(key(3), upright, { axis: 0 }));
      assert.deepEqual([...columns], [0, 1]);
    },
  },
  {
    name:
      "a loop that folds its step into the key draws what a host loop draws",
    run: async (at) => {
      const { dtype } = at;
      const parent = key(8);
      const draw = (step: number | I32): TestFloat =>
        normal<"f64" | "f32">(foldIn(parent, step), [2], { dtype });
      const [, looped] = scan(
        (carry: TestFloat, step: I32): [TestFloat, TestFloat] => [
          carry,
          draw(step),
        ],
        zeros([], { dtype }) as TestFloat,
        arange(0, 4, 1, { dtype: "i32" }),
      );
      const one = await Promise.all(
        [0, 1, 2, 3].map((step) => read(draw(step))),
      );
      const [all] = await read(looped);
      assert.deepEqual([...all], one.flatMap(([pair]) => [...pair]));
    },
  },
  {
    name: "random numbers refuse what is no key, no range and no shape",
    run: () => {
      assert.throws(() => key(-1), ParameterError);
      assert.throws(() => key(0.5), ParameterError);
      assert.throws(() => split(key(0), 0), ParameterError);
      assert.throws(() => foldIn(key(0), 2 ** 32), ParameterError);
      assert.throws(() => foldIn(key(0), -1), ParameterError);
      const wrong = zeros([3], { dtype: "u32" });
      assert.throws(() => uniform(wrong, [2]), ShapeError);
      assert.throws(() => normal(key(0), [-1]), ShapeError);
      assert.throws(
        () => uniform(key(0), [2], { low: 1, high: 1 }),
        ParameterError,
      );
      assert.throws(
        () => normal(key(0), [2], { deviation: -1 }),
        ParameterError,
      );
      assert.throws(() => randint(key(0), [2], { high: 0 }), ParameterError);
      assert.throws(
        () => randint(key(0), [2], { high: 2 ** 31 }),
        ParameterError,
      );
      assert.throws(() => bernoulli(key(0), 1.1), ParameterError);
      assert.throws(() => permutation(key(0), -1), ParameterError);
      return Promise.resolve();
    },
  },
];
