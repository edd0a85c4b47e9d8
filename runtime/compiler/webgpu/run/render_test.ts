import assert from "node:assert/strict";
import { hostStorage } from "../../../device/graph.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program, RoutineStep } from "../../ir/kernel.ts";
import { WebGpuProgram } from "./prepared.ts";
import { renderStep } from "./render.ts";
import { QUIET, ramp, readAll } from "./testing.ts";

const ignore = !(await probeWebGpu()).available;

/** A program that sorts rows, or takes the first of each. */
function sorting(
  name: "argsort" | "argTopK",
  rows: number,
  length: number,
  taken: number,
): Program {
  const step: RoutineStep = {
    kind: "routine",
    name,
    attributes: name === "argsort" ? { descending: true } : { largest: false },
    node: 1,
    inputs: [0],
    inputSpecs: [{ dtype: "f32", shape: [rows, length] }],
    outputs: [1],
    outputSpecs: [{ dtype: "i32", shape: [rows, taken] }],
    flops: 0,
  };
  return {
    buffers: [
      { role: "leaf", dtype: "f32", size: rows * length },
      { role: "result", dtype: "i32", size: rows * taken },
    ],
    leaves: [{ buffer: 0, leaf: 0 }],
    scalars: [],
    steps: [step],
    results: [1],
  };
}

Deno.test({
  name: "renderStep sorts on the GPU, in one phase and in many",
  ignore,
  async fn() {
    const programs = [
      sorting("argsort", 3, 50, 50),
      sorting("argsort", 2, 5000, 5000),
      sorting("argTopK", 4, 33, 5),
      sorting("argTopK", 1, 3000, 7),
    ];
    for (const program of programs) {
      const leaf = ramp(program.buffers[0]!.size);
      const routines: string[] = [];
      const prepared = new WebGpuProgram(program, (step, limits) => {
        const kernel = renderStep(step, limits);
        if (kernel === undefined) routines.push(step.kind);
        return kernel;
      });
      const results = await prepared.run([hostStorage(leaf)], [], QUIET);
      const actual = await readAll(results);
      for (const storage of results) storage.dispose();
      assert.deepEqual(actual, evaluateProgram(program, [leaf], []));
      assert.deepEqual(routines, []);
    }
  },
});
