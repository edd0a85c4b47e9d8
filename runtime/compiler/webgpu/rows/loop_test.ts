import type { DType } from "../../../device/dtypes.ts";
import type { LoopKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { renderLoop } from "./mod.ts";
import { checkCases } from "./testing.ts";
import {
  KernelBuilder,
  type KernelCase,
  kernelCase,
  Noise,
} from "./testing_kernels.ts";

function loopCase(
  name: string,
  kernel: LoopKernel,
  limits: WebGpuLimits,
): KernelCase {
  const noise = new Noise(name.length);
  // Sums of whole numbers are the same in any order.
  const operands = kernel.operands.map(({ dtype, size }) => {
    const data = noise.data(dtype, size);
    return kernel.runningSum ? data.map(Math.round) : data;
  });
  return kernelCase(name, kernel, renderLoop(kernel, limits), operands);
}

/** A running sum, with or without the own step. */
function runningSum(
  dtype: DType,
  axes: readonly number[],
  layout: readonly number[],
  reverse: boolean,
  isBefore = false,
): LoopKernel {
  const builder = new KernelBuilder(axes);
  const size = axes.reduce((n, length) => n * length, 1);
  const index = builder.rowMajor(layout);
  const x = builder.operand(dtype, size, index);
  const carry = builder.make("carry", [], dtype, 0);
  const next = builder.make("add", [carry, x]);
  return builder.loop(
    [[builder.pool.constant(0, dtype), next]],
    [builder.store(size, index, isBefore ? carry : next)],
    [],
    { reverse, runningSum: true },
  );
}

Deno.test("renderLoop sums up lanes of any length, along and across", () =>
  checkCases((limits) =>
    (["i32", "u8", "f32"] as const).flatMap((dtype) =>
      [
        ["short", [3, 7], [0, 1]],
        ["one block", [3, 300], [0, 1]],
        ["blocks", [2, 5000], [0, 1]],
        ["one lane", [4097], [0]],
        ["across", [5, 1000], [1, 0]],
        ["one axis", [1, 300], [0, 1]],
        ["three axes", [3, 33, 290], [0, 2, 1]],
        ["many blocks", [2, 300_000], [0, 1]],
      ].flatMap(([name, axes, layout], k) => {
        const long = name === "many blocks";
        if (long && dtype !== "i32") return [];
        return [
          loopCase(
            `${name} of ${dtype}`,
            runningSum(
              dtype,
              axes as number[],
              layout as number[],
              k % 2 === 1,
              k % 3 === 1,
            ),
            limits,
          ),
        ];
      })
    )
  ));

Deno.test("renderLoop sums up lanes as on a large GPU", () =>
  checkCases((limits) =>
    (["i32", "u8", "f32"] as const).flatMap((dtype, turn) =>
      [
        ["fours", [5, 64], [0, 1]],
        ["a few fours", [9, 100], [0, 1]],
        ["odd", [9, 101], [0, 1]],
        ["a block of fours", [2, 4096], [0, 1]],
        ["blocks of fours", [3, 20_000], [0, 1]],
        ["odd blocks", [3, 20_001], [0, 1]],
        ["across", [40, 1000], [1, 0]],
        ["middle", [3, 36, 300], [0, 2, 1]],
        ["lanes", [700, 64], [0, 1]],
      ].map(([name, axes, layout], k) =>
        loopCase(
          `${name} of ${dtype}`,
          runningSum(
            dtype,
            axes as number[],
            layout as number[],
            (k + turn) % 3 === 1,
            (k + turn) % 3 === 2,
          ),
          { ...limits, isHardware: true },
        )
      )
    )
  ));

Deno.test("renderLoop lays many workgroups out over two axes", () =>
  checkCases((limits) => {
    const narrow = { ...limits, maxComputeWorkgroupsPerDimension: 5 };
    const layout = [0, 1];
    return [
      loopCase("blocks", runningSum("i32", [7, 3000], layout, true), narrow),
      loopCase("lanes", runningSum("i32", [500, 3], layout, false), narrow),
    ];
  }));

/** Two carries that depend on each other, as in a GARCH likelihood. */
function twoCarries(
  lanes: number,
  steps: number,
  reverse: boolean,
  dtype: DType,
): LoopKernel {
  const builder = new KernelBuilder([lanes, steps]);
  const size = lanes * steps;
  const x = builder.operand(dtype, size, builder.rowMajor());
  const start = builder.operand(dtype, lanes, builder.index([1, 0]));
  const a = builder.make("carry", [], dtype, 0);
  const b = builder.make("carry", [], dtype, 1);
  const half = builder.pool.constant(0.5, dtype);
  const next = builder.make("multiply", [builder.make("add", [a, x]), half]);
  return builder.loop(
    [[start, next], [builder.pool.constant(1, dtype), a]],
    [
      builder.store(size, builder.rowMajor(), builder.make("add", [a, b])),
      builder.store(
        size,
        builder.rowMajor(),
        builder.make("less", [a, b], "bool"),
      ),
    ],
    [
      builder.store(lanes, builder.index([1, 0]), a),
      builder.store(lanes, builder.index([1, 0]), b),
    ],
    { reverse },
  );
}

Deno.test("renderLoop carries values from step to step", () =>
  checkCases((limits) => [
    loopCase("some", twoCarries(5, 17, false, "f32"), limits),
    loopCase("backwards", twoCarries(70, 9, true, "f32"), limits),
    loopCase("one step", twoCarries(3, 1, false, "f32"), limits),
    loopCase("one lane", twoCarries(1, 30, true, "f32"), limits),
    loopCase("halves", twoCarries(4, 8, false, "f16"), limits),
  ]));
