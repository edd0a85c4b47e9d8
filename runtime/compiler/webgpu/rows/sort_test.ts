import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import { hostRoutine } from "../../host_routine.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { renderSort } from "./mod.ts";
import { checkCases } from "./testing.ts";
import { type KernelCase, Noise } from "./testing_kernels.ts";

function caseOf(
  name: "argsort" | "argTopK",
  dtype: DType,
  rows: number,
  length: number,
  flag: boolean,
  limits: WebGpuLimits,
  taken = length,
): KernelCase {
  const step: RoutineStep = {
    kind: "routine",
    name,
    attributes: name === "argsort" ? { descending: flag } : { largest: flag },
    node: 0,
    inputs: [0],
    inputSpecs: [{ dtype, shape: [rows, length] }],
    outputs: [1],
    outputSpecs: [{ dtype: "i32", shape: [rows, taken] }],
    flops: 0,
  };
  const special = dtype === "f32" ? [NaN, Infinity, -Infinity, 0, -0] : [];
  const operands = [new Noise(length).data(dtype, rows * length, special)];
  const kernel = renderSort(step, limits);
  assert.ok(kernel !== undefined);
  const work = hostRoutine(step, operands);
  let next = work.next();
  while (next.done !== true) next = work.next();
  return {
    name: `${name} of ${dtype}, ${rows} × ${length}, ${flag}`,
    run: {
      kernel,
      operands,
      outputs: [{ dtype: "i32", size: rows * taken }],
    },
    expected: next.value,
  };
}

Deno.test("renderSort sorts rows stably, NaN last in both directions", () =>
  checkCases((limits) =>
    [false, true].flatMap((descending) => [
      ...[1, 2, 3, 8, 100, 2048].map((length) =>
        caseOf("argsort", "f32", 5, length, descending, limits)
      ),
      caseOf("argsort", "f32", 700, 7, descending, limits),
      caseOf("argsort", "f32", 1, 5000, descending, limits),
      caseOf("argsort", "f32", 3, 9000, descending, limits),
      ...(["f16", "i32", "u32", "i8", "u8", "bool"] as const).map((dtype) =>
        caseOf("argsort", dtype, 3, 40, descending, limits)
      ),
    ])
  ));

Deno.test("renderSort lays many workgroups out over two axes", () =>
  checkCases((limits) => {
    const narrow = { ...limits, maxComputeWorkgroupsPerDimension: 7 };
    return [
      caseOf("argsort", "f32", 5, 5000, false, {
        ...narrow,
        maxComputeWorkgroupsPerDimension: 17,
      }),
      caseOf("argsort", "f32", 3, 2048 * 3, true, {
        ...narrow,
        maxComputeWorkgroupsPerDimension: 11,
      }),
      caseOf("argsort", "i32", 3000, 8, true, narrow),
    ];
  }));

Deno.test("renderSort takes the largest and the smallest", () =>
  checkCases((limits) =>
    [false, true].flatMap((largest) => [
      caseOf("argTopK", "f32", 4, 50, largest, limits, 3),
      caseOf("argTopK", "f32", 2, 4100, largest, limits, 10),
      caseOf("argTopK", "u32", 4, 50, largest, limits, 50),
    ])
  ));
