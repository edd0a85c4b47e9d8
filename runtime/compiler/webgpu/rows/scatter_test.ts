import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import { type Shape, sizeOf } from "../../../device/shapes.ts";
import { hostRoutine } from "../../host_routine.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { renderScatter } from "./mod.ts";
import { checkCases } from "./testing.ts";
import { type KernelCase, Noise } from "./testing_kernels.ts";

function stepOf(
  name: "scatterAdd" | "scatterAddAlongAxis",
  dtype: DType,
  shape: Shape,
  axis: number,
  indices: Shape,
): RoutineStep {
  const updates = name === "scatterAdd"
    ? shape.toSpliced(axis, 1, ...indices)
    : indices;
  return {
    kind: "routine",
    name,
    attributes: { axis },
    node: 0,
    inputs: [0, 1, 2],
    inputSpecs: [
      { dtype, shape },
      { dtype: "i32", shape: indices },
      { dtype, shape: updates },
    ],
    outputs: [3],
    outputSpecs: [{ dtype, shape }],
    flops: 0,
  };
}

function caseOf(step: RoutineStep, limits: WebGpuLimits): KernelCase {
  const noise = new Noise(5);
  const [base, indices, updates] = step.inputSpecs;
  const along = base!.shape[Number(step.attributes["axis"])]!;
  const at = Int32Array.from(
    { length: sizeOf(indices!.shape) },
    () => noise.below(2 * along) - along,
  );
  const operands = [
    noise.data(base!.dtype, sizeOf(base!.shape)),
    at,
    noise.data(base!.dtype, sizeOf(updates!.shape)),
  ];
  const kernel = renderScatter(step, limits);
  assert.ok(kernel !== undefined);
  const work = hostRoutine(step, operands);
  let next = work.next();
  while (next.done !== true) next = work.next();
  const outputs = [{ dtype: base!.dtype, size: sizeOf(base!.shape) }];
  return {
    name: `${step.name} of ${base!.dtype} into ${base!.shape}`,
    run: { kernel, operands, outputs },
    expected: next.value,
  };
}

Deno.test("renderScatter adds slices and elements at repeated indices", () =>
  checkCases((limits) =>
    (["f32", "i32", "u8", "f16"] as const).flatMap((dtype) => [
      stepOf("scatterAdd", dtype, [5, 3], 0, [7]),
      stepOf("scatterAdd", dtype, [2, 4, 3], 1, [2, 5]),
      stepOf("scatterAdd", dtype, [6], 0, [300]),
      stepOf("scatterAdd", dtype, [3, 5], 1, [1]),
      stepOf("scatterAdd", dtype, [3, 2], 0, [0]),
      stepOf("scatterAddAlongAxis", dtype, [5, 3], 0, [7, 3]),
      stepOf("scatterAddAlongAxis", dtype, [4, 9], 1, [4, 1]),
      stepOf("scatterAddAlongAxis", dtype, [2, 9, 3], 1, [2, 130, 3]),
    ]).map((step) => caseOf(step, limits))
  ));

Deno.test("renderScatter lays many workgroups out over two axes", () =>
  checkCases((limits) =>
    [
      stepOf("scatterAdd", "f32", [2, 40, 30], 1, [9]),
      stepOf("scatterAddAlongAxis", "i32", [30, 40], 1, [30, 5]),
      stepOf("scatterAddAlongAxis", "i32", [3, 40], 1, [3, 200]),
    ].map((step) =>
      caseOf(step, { ...limits, maxComputeWorkgroupsPerDimension: 7 })
    )
  ));

Deno.test("renderScatter leaves to others what it would be slow at", async () => {
  const step = stepOf("scatterAdd", "f32", [10], 0, [1_000_000]);
  await checkCases((limits) => {
    assert.equal(renderScatter(step, limits), undefined);
    assert.equal(renderScatter({ ...step, name: "sort" }, limits), undefined);
    return [];
  });
});
