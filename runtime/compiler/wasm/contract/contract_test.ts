import assert from "node:assert/strict";
import {
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { evaluateKernel } from "../../ir/evaluate.ts";
import { renderContract } from "./mod.ts";
import { loadKernel } from "./testing.ts";
import {
  contraction,
  type ContractionOptions,
  dataOf,
  indexOf,
  product,
} from "./testing_kernels.ts";

const TOLERANCE: Partial<Record<DType, number>> = {
  f64: 1e-12,
  f32: 2e-5,
  f16: 2e-3,
};

/** Compares a rendered contraction with the interpreter. */
function check(
  options: ContractionOptions,
  scalars: readonly number[] = [],
  data?: readonly TypedArray[],
): TypedArray[] {
  const kernel = contraction(options);
  const operands = data ??
    kernel.operands.map(({ dtype, size }, k) => dataOf(dtype, size, k + 1));
  const loaded = loadKernel(kernel, renderContract(kernel), operands, scalars);
  loaded.run();
  const actual = loaded.read();
  const wanted = evaluateKernel(kernel, operands, scalars);
  const depth = options.axes.at(-1)!;
  actual.forEach((array, k) => {
    const { dtype } = kernel.outputs[k]!;
    const allowed = isFloatDType(dtype)
      ? Math.max(TOLERANCE[dtype]!, TOLERANCE[options.dtype] ?? 0)
      : 0;
    for (let at = 0; at < array.length; at++) {
      const [a, b] = [array[at]!, wanted[k]![at]!];
      const close = Object.is(a, b) || a === b ||
        Math.abs(a - b) <= allowed * Math.max(Math.sqrt(depth), Math.abs(b));
      assert.ok(close, `element ${at} of ${array.length}: ${a} is not ${b}`);
    }
  });
  return actual;
}

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

Deno.test("renderContract reads f16 as f32", () => {
  const half = { dtype: "f16", steps: [19, 0, 1] } as const;
  check({
    ...product("f32", [11, 13, 19]),
    left: half,
    right: { dtype: "f16", steps: [0, 1, 13] },
    outputs: ["f16"],
  });
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

Deno.test("renderContract reads views with gaps, backwards and from within", () => {
  check({
    axes: [7, 9, 11],
    dtype: "f32",
    left: { dtype: "f32", steps: [-40, 0, 2], start: 263 },
    right: { dtype: "f32", steps: [0, -1, 17], start: 12 },
  });
  check({
    axes: [12, 16, 10],
    dtype: "f64",
    left: { dtype: "f64", steps: [2, 0, 31], start: 1 },
    right: { dtype: "f64", steps: [0, 3, 0] },
  });
});

Deno.test("renderContract reads padded factors", () => {
  check({
    ...product("f32", [10, 11, 12]),
    factor: (pool, loaded, side) => {
      const axis = pool.axis(side);
      const inside = pool.make("less", "bool", [axis, pool.size(7)]);
      return pool.load(side, "f32", loaded.args[0]!, inside);
    },
  });
});

Deno.test("renderContract takes factors apart that are packed codes", () => {
  const [m, n, k] = [9, 24, 70];
  check({
    ...product("f32", [m, n, k]),
    more: [
      { dtype: "f32", size: 16 },
      { dtype: "f32", size: n * Math.ceil(k / 10) },
    ],
    right: { dtype: "u8", steps: [0, k / 2, 1] },
    factor: (pool, loaded, side) => {
      if (side === 0) return loaded;
      const [column, step] = [pool.axis(1), pool.axis(2)];
      const two = pool.size(2);
      const byte = pool.load(
        1,
        "u8",
        pool.make("add", "i32", [
          pool.make("multiply", "i32", [column, pool.size(k / 2)]),
          pool.make("quotient", "i32", [step, two]),
        ]),
      );
      const code = pool.make("and", "i32", [
        pool.make("shiftRight", "i32", [
          pool.make("cast", "i32", [byte]),
          pool.make("multiply", "i32", [
            pool.make("modulo", "i32", [step, two]),
            pool.size(4),
          ]),
        ]),
        pool.constant(15),
      ]);
      const scale = pool.load(
        3,
        "f32",
        pool.make("add", "i32", [
          pool.make("multiply", "i32", [column, pool.size(7)]),
          pool.make("quotient", "i32", [step, pool.size(10)]),
        ]),
      );
      return pool.make("multiply", "f32", [pool.load(2, "f32", code), scale]);
    },
  });
});

for (const along of [true, false]) {
  const way = along ? "steps" : "columns";
  Deno.test(`renderContract reads 4-bit codes along ${way}`, () => {
    const [n, k] = [64, 192];
    for (const dtype of ["u8", "i8"] as const) {
      for (const m of [1, 3, 7, 20]) {
        check({
          ...product("f32", [m, n, k]),
          more: [
            { dtype: "f32", size: 16 },
            { dtype: "f32", size: n * k / 32 },
          ],
          right: { dtype, steps: [0, along ? k / 2 : 1, along ? 1 : n / 2] },
          factor: (pool, loaded, side) => {
            if (side === 0) return loaded;
            const [column, step] = [pool.axis(1), pool.axis(2)];
            const [fast, slow, length] = along
              ? [step, column, k]
              : [column, step, n];
            const part = (by: number) =>
              pool.make("add", "i32", [
                pool.make("multiply", "i32", [slow, pool.size(length / by)]),
                pool.make("quotient", "i32", [fast, pool.size(by)]),
              ]);
            const odd = pool.make("modulo", "i32", [fast, pool.size(2)]);
            const shift = pool.make("multiply", "i32", [odd, pool.constant(4)]);
            const byte = pool.load(1, dtype, part(2));
            const code = pool.make("and", "i32", [
              pool.make("shiftRight", "i32", [
                pool.make("cast", "i32", [byte]),
                shift,
              ]),
              pool.constant(15),
            ]);
            const safe = pool.make("cast", "i32", [
              pool.make("cast", "u8", [code]),
            ]);
            const value = pool.load(
              2,
              "f32",
              pool.make("minimum", "i32", [safe, pool.constant(15)]),
            );
            const scale = pool.load(3, "f32", part(32));
            return pool.make("multiply", "f32", [value, scale]);
          },
        });
      }
    }
  });
}

Deno.test("renderContract casts factors of another dtype", () => {
  check({
    axes: [8, 9, 10],
    dtype: "f32",
    left: { dtype: "i8", steps: [10, 0, 1] },
    right: { dtype: "f64", steps: [0, 1, 9] },
    factor: (pool, loaded) => pool.make("cast", "f32", [loaded]),
  });
  check({
    axes: [8, 9, 10],
    dtype: "f64",
    left: { dtype: "f32", steps: [10, 0, 1] },
    right: { dtype: "bool", steps: [0, 1, 9] },
    factor: (pool, loaded) => pool.make("cast", "f64", [loaded]),
  });
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

Deno.test("renderContract applies functions to factors and sums", () => {
  check({
    ...product("f32", [10, 20, 9]),
    factor: (pool, loaded, side) =>
      side === 0 ? pool.make("exp", "f32", [loaded]) : loaded,
    stores: ({ pool, sum, index }) => [{
      output: 0,
      index,
      value: pool.make("multiply", "f32", [
        sum,
        pool.make("sigmoid", "f32", [sum]),
      ]),
    }],
  });
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
