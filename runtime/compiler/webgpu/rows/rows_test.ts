import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import type { ReductionOp, RowKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { renderRows } from "./mod.ts";
import { checkCases } from "./testing.ts";
import {
  KernelBuilder,
  type KernelCase,
  kernelCase,
  Noise,
} from "./testing_kernels.ts";

function caseOf(
  name: string,
  kernel: RowKernel,
  limits: WebGpuLimits,
  seed = 1,
  special: readonly number[] = [],
): KernelCase {
  const noise = new Noise(seed);
  const operands = kernel.operands.map(({ dtype, size }) =>
    noise.data(dtype, size, special)
  );
  return kernelCase(name, kernel, renderRows(kernel, limits), operands);
}

/** Softmax over the axes from `outer` on, which lie in memory as told. */
function softmax(
  axes: readonly number[],
  outer: number,
  layout: readonly number[],
  dtype: DType = "f32",
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = axes.reduce((n, length) => n * length, 1);
  const index = builder.rowMajor(layout);
  const x = builder.operand(dtype, size, index);
  const max = builder.make("reduced", [], dtype, 0);
  const exp = builder.make("exp", [builder.make("subtract", [x, max])]);
  const sum = builder.make("reduced", [], dtype, 1);
  const value = builder.make("divide", [exp, sum]);
  return builder.rows(outer, [
    [[["max", x]], []],
    [[["sum", exp]], []],
    [[], [builder.store(size, index, value)]],
  ]);
}

const LENGTHS = [1, 2, 3, 4, 7, 8, 16, 33, 64, 100, 260, 1023, 1024, 2500];

Deno.test("renderRows computes softmax of rows of any length", () =>
  checkCases((limits) => [
    ...LENGTHS.flatMap((length) =>
      [1, 3].map((rows) =>
        caseOf(
          `rows ${rows} × ${length}`,
          softmax([rows, length], 1, [0, 1]),
          limits,
          length,
        )
      )
    ),
    caseOf("long rows", softmax([2, 9001], 1, [0, 1]), limits),
    caseOf("long rows of fours", softmax([2, 12000], 1, [0, 1]), limits),
    caseOf("many rows", softmax([700, 12], 1, [0, 1]), limits),
    caseOf("halves", softmax([5, 72], 1, [0, 1], "f16"), limits),
  ]));

Deno.test("renderRows computes softmax of columns and of split axes", () =>
  checkCases((limits) => [
    ...[1, 3, 4, 12, 33, 64, 200].flatMap((columns) =>
      [1, 2, 5, 40, 130].map((length) =>
        caseOf(
          `columns ${columns} × ${length}`,
          softmax([columns, length], 1, [1, 0]),
          limits,
          columns,
        )
      )
    ),
    caseOf("middle", softmax([3, 8, 5], 2, [0, 2, 1]), limits),
    caseOf("outside", softmax([8, 3, 5], 1, [1, 0, 2]), limits),
    caseOf("outside of fours", softmax([8, 3, 4], 1, [1, 0, 2]), limits),
    caseOf("all", softmax([8, 3, 4], 0, [0, 1, 2]), limits),
    caseOf("all, turned", softmax([8, 3, 4], 0, [1, 0, 2]), limits),
  ]));

/** A softmax rendered for a large GPU, so that rows are cut into parts. */
function partCase(
  name: string,
  kernel: RowKernel,
  limits: WebGpuLimits,
): KernelCase {
  const made = caseOf(name, kernel, { ...limits, isHardware: true });
  assert.ok(made.run.kernel.phases.length >= 2, name);
  return made;
}

Deno.test("renderRows cuts few long rows into parts", () =>
  checkCases((limits) => [
    partCase("a row", softmax([1, 100_000], 1, [0, 1]), limits),
    partCase("an odd row", softmax([1, 70_001], 1, [0, 1]), limits),
    partCase("odd rows", softmax([3, 70_001], 1, [0, 1]), limits),
    partCase("columns", softmax([8, 6000], 1, [1, 0]), limits),
    partCase("odd columns", softmax([7, 6000], 1, [1, 0]), limits),
    partCase("a sum", reduction("sum", "i32", [3, 80_000], [0, 1]), limits),
    partCase(
      "a place",
      reduction("argmin", "f32", [12, 9_000], [1, 0]),
      limits,
    ),
    partCase("a place", reduction("argmax", "u8", [3, 90_001], [0, 1]), limits),
  ]));

Deno.test("renderRows finds maxima and sums of long rows in one pass", () =>
  checkCases((limits) =>
    [true, false].flatMap((isHardware) =>
      [
        [[2, 20_000], [0, 1]],
        [[2, 20_001], [0, 1]],
        [[1, 90_001], [0, 1]],
        [[5, 3000], [1, 0]],
        [[8, 3000], [1, 0]],
      ].flatMap(([axes, layout]) =>
        [[-Infinity], [NaN], [Infinity], [100, -100]].map((special) =>
          caseOf(
            `rows of ${axes} with ${special}`,
            softmax(axes!, 1, layout!),
            { ...limits, isHardware },
            7,
            special,
          )
        )
      )
    )
  ));

/** The logarithm of the sum of the exponentials of each row. */
function logSumExp(axes: readonly number[], layout: readonly number[]) {
  const builder = new KernelBuilder(axes);
  const size = axes.reduce((n, length) => n * length, 1);
  const x = builder.operand("f32", size, builder.rowMajor(layout));
  const max = builder.make("reduced", [], "f32", 0);
  const exp = builder.make("exp", [builder.make("subtract", [x, max])]);
  const sum = builder.make("reduced", [], "f32", 1);
  const value = builder.make("add", [builder.make("log", [sum]), max]);
  return builder.rows(1, [[[["max", x]], []], [[["sum", exp]], []]], [
    builder.store(axes[0]!, builder.rowMajor([0]), value),
  ]);
}

Deno.test("renderRows sums exponentials of long rows up in one pass", () =>
  checkCases((limits) => {
    const large = { ...limits, isHardware: true };
    return [[2, 20_000], [3, 20_001], [1, 90_001]].flatMap((axes) =>
      [[], [-Infinity, 40]].flatMap((special, k) => [
        caseOf(`rows ${axes}`, logSumExp(axes, [0, 1]), large, k, special),
        caseOf(`columns ${axes}`, logSumExp(axes, [1, 0]), large, k, special),
        caseOf(`fours ${axes}`, logSumExp([8, 3001], [1, 0]), large, k),
      ])
    );
  }));

Deno.test("renderRows leaves other stages after a maximum alone", () => {
  const limits = {
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
    hasF16: false,
    isHardware: true,
  };
  const phases = (kernel: RowKernel) =>
    renderRows(kernel, limits).phases.length;
  assert.equal(phases(logSumExp([1, 500_000], [0, 1])), 2);
  const kernel = logSumExp([1, 500_000], [0, 1]);
  const { pool } = kernel;
  const doubled = kernel.stages.map(({ reductions, stores }, k) => ({
    stores,
    reductions: reductions.map((one) => ({
      ...one,
      value: k === 0
        ? pool.make("add", "f32", [one.value, one.value])
        : one.value,
    })),
  }));
  assert.equal(phases({ ...kernel, stages: doubled }), 3);
});

Deno.test("renderRows finds no sum below a maximum of -Infinity", () =>
  checkCases((limits) => {
    const large = { ...limits, isHardware: true };
    return [20_000, 20_001].map((length) => {
      const kernel = softmax([1, length], 1, [0, 1]);
      const data = new Float32Array(length).fill(-Infinity);
      const rendered = renderRows(kernel, large);
      return kernelCase(`${length} times`, kernel, rendered, [data]);
    });
  }));

Deno.test("renderRows keeps rows in the registers of a large GPU", () =>
  checkCases((limits) => {
    const large = { ...limits, isHardware: true };
    return LENGTHS.flatMap((length) => [
      caseOf(`rows of ${length}`, softmax([3, length], 1, [0, 1]), large),
      caseOf(`columns of ${length}`, softmax([3, length], 1, [1, 0]), large),
      caseOf(`fours of ${length}`, softmax([8, length], 1, [1, 0]), large),
    ]);
  }));

Deno.test("renderRows overwrites what it read in its place", () =>
  checkCases((limits) =>
    [true, false].flatMap((isHardware) =>
      [[5, 36], [3, 700], [2, 9003], [1, 40_000]].map((axes) => {
        const kernel = { ...softmax(axes, 1, [0, 1]), inPlace: [0] };
        const made = caseOf(`rows of ${axes}`, kernel, {
          ...limits,
          isHardware,
        });
        return { ...made, run: { ...made.run, over: [0] } };
      })
    )
  ));

Deno.test("renderRows lays many workgroups out over two axes", () =>
  checkCases((limits) => {
    const narrow = { ...limits, maxComputeWorkgroupsPerDimension: 5 };
    return [
      caseOf("rows", softmax([17, 900], 1, [0, 1]), narrow),
      caseOf("columns", softmax([700, 5], 1, [1, 0]), narrow),
      caseOf("parts", softmax([3, 70_001], 1, [0, 1]), {
        ...narrow,
        isHardware: true,
        maxComputeWorkgroupsPerDimension: 20,
      }),
    ];
  }));

/** One reduction over the inner axes. */
function reduction(
  op: ReductionOp,
  dtype: DType,
  axes: readonly number[],
  layout: readonly number[],
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = axes.reduce((n, length) => n * length, 1);
  const x = builder.operand(dtype, size, builder.rowMajor(layout));
  const kind = op.startsWith("arg") ? "i32" : dtype;
  const result = builder.make("reduced", [], kind, 0);
  return builder.rows(axes.length - 1, [[[[op, x]], []]], [
    builder.store(
      size / axes[axes.length - 1]!,
      builder.rowMajor(axes.map((_, k) => k).slice(0, -1)),
      result,
    ),
  ]);
}

const OPS: readonly ReductionOp[] = [
  "sum",
  "prod",
  "max",
  "min",
  "argmax",
  "argmin",
];
const DTYPES: readonly DType[] = ["f32", "f16", "i32", "u32", "i8", "u8"];

Deno.test("renderRows reduces each dtype in each way, along and across", () =>
  checkCases((limits) =>
    OPS.flatMap((op) =>
      [...DTYPES, "bool" as const].flatMap((dtype) => {
        if (dtype === "bool" && (op === "sum" || op === "prod")) return [];
        const special = dtype === "f32" ? [NaN, Infinity, -Infinity, -0] : [];
        const length = op === "prod" ? 9 : 52;
        return [
          ["along", [5, length], [0, 1]],
          ["across", [8, length], [1, 0]],
          ["odd", [7, length + 1], [1, 0]],
        ].map(([name, axes, layout]) =>
          caseOf(
            `${op} of ${dtype} ${name}`,
            reduction(op, dtype, axes as number[], layout as number[]),
            limits,
            7,
            op === "prod" || op === "sum" ? [] : special,
          )
        );
      })
    )
  ));
