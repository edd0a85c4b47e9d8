import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import type { ReductionOp, RowKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { ROW_CHOICES, type RowChoices } from "./choices.ts";
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
  choices: Partial<RowChoices> = {},
): KernelCase {
  const noise = new Noise(name.length);
  const operands = kernel.operands.map(({ dtype, size }) =>
    noise.data(dtype, size)
  );
  const large = { ...limits, isHardware: true };
  const rendered = renderRows(kernel, large, { ...ROW_CHOICES, ...choices });
  return kernelCase(name, kernel, rendered, operands);
}

function softmax(
  axes: readonly number[],
  layout: readonly number[],
  dtype: DType = "f32",
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = axes[0]! * axes[1]!;
  const index = builder.rowMajor(layout);
  const x = builder.operand(dtype, size, index);
  const max = builder.make("reduced", [], dtype, 0);
  const exp = builder.make("exp", [builder.make("subtract", [x, max])]);
  const sum = builder.make("reduced", [], dtype, 1);
  const value = builder.make("divide", [exp, sum]);
  return builder.rows(1, [
    [[["max", x]], []],
    [[["sum", exp]], []],
    [[], [builder.store(size, index, value)]],
  ]);
}

/** A row of numbers, plus a weight of each position, less the largest. */
function centred(
  rows: number,
  columns: number,
  stride: number,
  offset: number,
): RowKernel {
  const builder = new KernelBuilder([rows, columns]);
  const index = builder.index([stride, 1], offset);
  const x = builder.operand("f32", offset + rows * stride, index);
  const weight = builder.operand("f32", columns, builder.index([0, 1]));
  const value = builder.make("add", [x, weight]);
  const most = builder.make("reduced", [], "f32", 0);
  const out = builder.make("subtract", [value, most]);
  return builder.rows(1, [
    [[["max", value]], []],
    [[], [builder.store(rows * columns, builder.rowMajor(), out)]],
  ]);
}

function reduction(
  op: ReductionOp,
  dtype: DType,
  axes: readonly number[],
): RowKernel {
  const builder = new KernelBuilder(axes);
  const x = builder.operand(dtype, axes[0]! * axes[1]!, builder.rowMajor());
  const kind = op.startsWith("arg") ? "i32" : dtype;
  const result = builder.make("reduced", [], kind, 0);
  return builder.rows(1, [[[[op, x]], []]], [
    builder.store(axes[0]!, builder.rowMajor([0]), result),
  ]);
}

const ODD = [17, 18, 19, 63, 65, 257, 1023, 1025, 4099, 9001];

Deno.test("renderRows reads rows of odd lengths in vectors", () =>
  checkCases((limits) => [
    ...ODD.flatMap((length) => [
      caseOf(`softmax of ${length}`, softmax([7, length], [0, 1]), limits),
      caseOf(
        `halves of ${length}`,
        softmax([5, length], [0, 1], "f16"),
        limits,
      ),
      ...(["sum", "argmax", "min"] as const).flatMap((op) =>
        (["f32", "i32", "u8"] as const).map((dtype) =>
          caseOf(
            `${op} of ${dtype} ${length}`,
            reduction(op, dtype, [6, length]),
            limits,
          )
        )
      ),
      // Here the rows that are read begin elsewhere than those that are written.
      caseOf(`part of ${length}`, centred(5, length, length, 1), limits),
      caseOf(`weights of ${length}`, centred(5, length, length, 4), limits),
      caseOf(`gaps of ${length}`, centred(5, length, length + 3, 0), limits),
    ]),
    caseOf("parts of long rows", softmax([3, 70_001], [0, 1]), limits),
    caseOf("parts of halves", softmax([2, 90_003], [0, 1], "f16"), limits),
  ]));

Deno.test("renderRows overwrites rows of odd lengths in their place", () =>
  checkCases((limits) =>
    [33, 1023, 9001].map((length) => {
      const kernel = { ...softmax([6, length], [0, 1]), inPlace: [0] };
      const made = caseOf(`rows of ${length}`, kernel, limits);
      return { ...made, run: { ...made.run, over: [0] } };
    })
  ));

Deno.test("renderRows reads odd rows by one where that is chosen", () => {
  const limits = {
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
    hasF16: false,
    isHardware: true,
  };
  const textOf = (kernel: RowKernel, shifts: boolean) =>
    renderRows(kernel, limits, { ...ROW_CHOICES, shifts }).phases[0]!.text;
  const kernel = softmax([5, 1023], [0, 1]);
  assert.match(textOf(kernel, true), /array<vec4<f32>>/);
  assert.doesNotMatch(textOf(kernel, false), /array<vec4<f32>>/);
});

Deno.test("renderRows computes the same whatever is chosen", () =>
  checkCases((limits) =>
    [
      { steps: 8 },
      { steps: 16 },
      { alone: 1 },
      { workgroup: 512 },
      { atOnce: 8, joinedAtOnce: 4 },
      { joinedAtOnce: 2 },
      { mergesKept: true },
      { mergesKept: true, steps: 8, alone: 1 },
      { keptColumns: 2 },
      { keptColumns: 4, mergesKept: true },
      { shifts: false },
    ].flatMap((choices) => {
      const name = JSON.stringify(choices);
      return [
        ...[8, 16, 100, 1023, 4096].map((length) =>
          caseOf(
            `rows of ${length}, ${name}`,
            softmax([3, length], [0, 1]),
            limits,
            choices,
          )
        ),
        // Many enough that a workgroup may keep them.
        caseOf(
          `columns, ${name}`,
          softmax([8192, "keptColumns" in choices ? 130 : 5], [1, 0]),
          limits,
          choices,
        ),
        caseOf(
          `places, ${name}`,
          reduction("argmin", "f32", [9, 1000]),
          limits,
          choices,
        ),
      ];
    })
  ));
