import assert from "node:assert/strict";
import { renderContract } from "./mod.ts";
import { check } from "./testing_check.ts";
import { contraction, dataOf, indexOf, product } from "./testing_kernels.ts";

const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 9, 3],
  [6, 8, 4],
  [7, 9, 5],
  [13, 1, 17],
  [25, 41, 2],
  [50, 70, 33],
  [100, 12, 64],
  [5, 6, 2051],
  [60, 20, 1500],
];

for (const dtype of ["f32", "f64", "i32"] as const) {
  Deno.test(`renderContract multiplies matrices of ${dtype}`, () => {
    for (const size of SIZES) {
      for (const left of [false, true]) {
        for (const right of [false, true]) {
          check(product(dtype, size, [left, right]));
        }
      }
    }
  });
}

Deno.test("renderContract multiplies large matrices in several items", () => {
  check(product("f32", [203, 230, 150]));
  check(product("f64", [130, 300, 90], [false, true]));
  check(product("f32", [100, 26, 8200]));
});

Deno.test("renderContract multiplies a few rows or columns", () => {
  for (const dtype of ["f32", "f64", "i32"] as const) {
    for (const few of [1, 2, 3, 4, 5, 7, 9, 12]) {
      for (const [long, k] of [[300, 70], [37, 501]] as const) {
        for (const turned of [false, true]) {
          check(product(dtype, [few, long, k], [false, turned]));
          check(product(dtype, [long, few, k], [turned, true]));
        }
      }
    }
  }
});

Deno.test("renderContract adds long sums in parts", () => {
  for (
    const size of [
      [25, 20, 6001],
      [1, 1, 100_001],
      [3, 5, 40_002],
      [2, 12, 12_000],
      [8, 1, 9000],
    ] as const
  ) {
    for (const turned of [false, true]) {
      const options = product("f64", size, [false, turned]);
      const { phases } = renderContract(contraction(options));
      assert.ok(phases.length > 1, "there is a phase that adds parts");
      check({
        ...options,
        stores: ({ pool, sum, index, axes }) => [{
          output: 0,
          index,
          value: pool.make("add", "f64", [
            sum,
            pool.make("cast", "f64", [axes[0]!]),
          ]),
        }],
      });
    }
  }
});

Deno.test("renderContract multiplies batches of a few rows", () => {
  check({
    axes: [3, 2, 200, 90],
    dtype: "f32",
    left: { dtype: "f32", steps: [180, 90, 0, 1] },
    right: { dtype: "f32", steps: [18000, 0, 1, 200] },
  });
  check({
    axes: [2, 3, 1, 64, 300],
    dtype: "f64",
    left: { dtype: "f64", steps: [900, 300, 0, 0, 1] },
    right: { dtype: "f64", steps: [19200, 0, 0, 300, 1] },
  });
  check({
    axes: [3, 2, 64, 90],
    dtype: "f32",
    left: { dtype: "f32", steps: [0, 90, 0, 1] },
    right: { dtype: "f32", steps: [5760, 0, 1, 64] },
  });
});

Deno.test("renderContract wraps whole numbers as their dtype does", () => {
  for (const dtype of ["i32", "u32", "i8", "u8"] as const) {
    for (const n of [10, 16]) {
      check({
        ...product(dtype, [9, n, 21]),
        outputs: [dtype, "f64"],
        stores: ({ pool, sum, index }) => [
          { output: 0, index, value: sum },
          { output: 1, index, value: pool.make("cast", "f64", [sum]) },
        ],
      });
    }
  }
});

Deno.test("renderContract numbers products by batch axes", () => {
  const axes = [3, 2, 7, 8, 5];
  for (
    const [left, right] of [
      // Both have the batch axes.
      [[70, 35, 5, 0, 1], [80, 40, 0, 1, 8]],
      // The right factor lacks one, or both, of them.
      [[70, 35, 5, 0, 1], [40, 0, 0, 1, 8]],
      [[70, 35, 5, 0, 1], [0, 40, 0, 1, 8]],
      [[70, 35, 5, 0, 1], [0, 0, 0, 1, 8]],
      [[70, 35, 1, 0, 7], [0, 0, 0, 5, 1]],
      // The left factor lacks one, or both, of them.
      [[35, 0, 5, 0, 1], [80, 40, 0, 1, 8]],
      [[0, 0, 5, 0, 1], [80, 40, 0, 1, 8]],
      [[0, 0, 1, 0, 7], [80, 40, 0, 5, 1]],
      // Neither has them.
      [[0, 0, 5, 0, 1], [0, 0, 0, 1, 8]],
    ] as const
  ) {
    for (const dtype of ["f32", "f64"] as const) {
      check({
        axes,
        dtype,
        left: { dtype, steps: left },
        right: { dtype, steps: right },
      });
    }
  }
});

Deno.test("renderContract applies epilogues", () => {
  for (const n of [16, 13]) {
    for (const dtype of ["f32", "f64"] as const) {
      check({
        ...product(dtype, [14, n, 6]),
        more: [{ dtype, size: n }, { dtype: "f32", size: 14 * n }],
        scalars: [{ scalar: 0, dtype }],
        outputs: [dtype, "f16", "u8", "f64"],
        stores: ({ pool, axes: [row, column], sum, index }) => {
          const bias = pool.load(2, dtype, column!);
          const biased = pool.make("add", dtype, [sum, bias]);
          const scaled = pool.make("multiply", dtype, [
            biased,
            pool.make("scalar", dtype, [], 0),
          ]);
          const residual = pool.make("cast", dtype, [
            pool.load(3, "f32", index),
          ]);
          const turned = indexOf(pool, [[row!, 1], [column!, 14]]);
          const positive = pool.make("less", "bool", [
            pool.constant(0, dtype),
            sum,
          ]);
          return [
            {
              output: 0,
              index: turned,
              value: pool.make("add", dtype, [scaled, residual]),
            },
            {
              output: 1,
              index,
              value: pool.make("cast", "f16", [biased]),
            },
            {
              output: 2,
              index,
              value: pool.make("cast", "u8", [
                pool.make("where", "i32", [positive, row!, column!]),
              ]),
            },
            {
              output: 3,
              index,
              value: pool.make("cast", "f64", [sum]),
            },
          ];
        },
      }, [0.75]);
    }
  }
});

Deno.test("renderContract keeps NaN and infinity where they belong", () => {
  for (const dtype of ["f32", "f64"] as const) {
    for (const [m, n, k] of [[7, 9, 5], [13, 20, 33]] as const) {
      const left = dataOf(dtype, m * k, 1);
      const right = dataOf(dtype, k * n, 2);
      left[(m - 1) * k] = NaN;
      left[k + 2] = 0;
      right[2 * n + 3] = Infinity;
      right[(k - 1) * n + n - 1] = -Infinity;
      const [result] = check(product(dtype, [m, n, k]), [], [left, right]);
      assert.ok(Number.isNaN(result![n + 3]), "0 · ∞ is NaN");
      assert.ok(Number.isFinite(result![4]));
      assert.ok(Number.isNaN(result![(m - 1) * n]));
    }
  }
});
