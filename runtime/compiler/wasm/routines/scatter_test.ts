import assert from "node:assert/strict";
import { NumericalError } from "../../../core/errors.ts";
import type { DType, TypedArray } from "../../../device/dtypes.ts";
import { hostStorage } from "../../../device/graph.ts";
import { type Shape, sizeOf } from "../../../device/shapes.ts";
import { makeRuntime } from "../../../device/wasm/runtime.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program } from "../../ir/kernel.ts";
import { prepareOn } from "../prepare.ts";
import { assertClose, QUIET, testData } from "../run/testing_data.ts";
import { ProgramDraft } from "../run/testing_programs.ts";

const runtime = makeRuntime(2 ** 28, 2);

interface Call {
  readonly name: "scatterAdd" | "scatterAddAlongAxis";
  readonly dtype: DType;
  readonly shape: Shape;
  readonly axis: number;
  readonly indices: Shape;
}

function programOf({ axis, dtype, indices, name, shape }: Call): Program {
  const updates = name === "scatterAddAlongAxis"
    ? indices
    : shape.toSpliced(axis, 1, ...indices);
  const draft = new ProgramDraft();
  const inputSpecs = [
    { dtype, shape },
    { dtype: "i32", shape: indices },
    { dtype, shape: updates },
  ] as const;
  const inputs = inputSpecs.map((spec) =>
    draft.buffer("leaf", sizeOf(spec.shape), spec.dtype)
  );
  const outputs = [draft.buffer("result", sizeOf(shape), dtype)];
  draft.step({
    kind: "routine",
    name,
    attributes: { axis },
    node: 0,
    inputs,
    inputSpecs,
    outputs,
    outputSpecs: [{ dtype, shape }],
    flops: 0,
  });
  return draft.program(outputs);
}

async function run(program: Program, leaves: readonly TypedArray[]) {
  const prepared = await prepareOn(runtime, program, () => {
    throw new Error("there is no kernel");
  });
  const [result] = await prepared.run(leaves.map(hostStorage), [], QUIET);
  return result!.read();
}

function leavesOf(program: Program, length: number): TypedArray[] {
  const [x, indices, updates] = program.buffers;
  return [
    testData(x!.size, x!.dtype, 1),
    Int32Array.from(
      { length: indices!.size },
      (_, k) => (k * 7919) % (2 * length) - length,
    ),
    testData(updates!.size, updates!.dtype, 2),
  ];
}

Deno.test("scatterAdd on WASM gives what the interpreter gives", async () => {
  const shapes: [Shape, number, Shape][] = [
    [[7], 0, [20]],
    [[5, 1], 0, [3, 4]],
    [[50, 67], 0, [300]],
    [[3, 9, 130], 1, [40]],
    [[2, 1000], 1, [7]],
    [[4, 4, 4], 2, [5]],
    [[3, 9, 2], 1, [0]],
    [[0, 9, 2], 1, [4]],
  ];
  for (const dtype of ["f32", "f64", "i32", "u32", "f16", "u8"] as const) {
    for (const [shape, axis, indices] of shapes) {
      const call = { name: "scatterAdd", dtype, shape, axis, indices } as const;
      const program = programOf(call);
      const leaves = leavesOf(program, shape[axis]!);
      const [expected] = evaluateProgram(program, leaves, []);
      assertClose(await run(program, leaves), expected!);
    }
  }
});

Deno.test("scatterAddAlongAxis on WASM gives what the interpreter gives", async () => {
  const shapes: [Shape, number, number][] = [
    [[7], 0, 20],
    [[50, 67], 0, 30],
    [[40, 1000], 1, 1],
    [[3, 9, 130], 1, 4],
    [[4, 4, 5], 2, 11],
  ];
  for (const dtype of ["f32", "f64", "i32", "i8"] as const) {
    for (const [shape, axis, count] of shapes) {
      const indices = shape.toSpliced(axis, 1, count);
      const name = "scatterAddAlongAxis" as const;
      const program = programOf({ name, dtype, shape, axis, indices });
      const leaves = leavesOf(program, shape[axis]!);
      const [expected] = evaluateProgram(program, leaves, []);
      assertClose(await run(program, leaves), expected!);
    }
  }
});

Deno.test("scatterAdd on WASM keeps NaN and infinity, and refuses wrong indices", async () => {
  for (const name of ["scatterAdd", "scatterAddAlongAxis"] as const) {
    const shape = [4];
    const program = programOf({
      name,
      dtype: "f32",
      shape,
      axis: 0,
      indices: [3],
    });
    const x = Float32Array.of(1, 2, Infinity, 4);
    const updates = Float32Array.of(NaN, Infinity, -Infinity);
    const indices = Int32Array.of(0, -1, 2);
    const result = await run(program, [x, indices, updates]);
    assert.deepEqual([...result], [NaN, 2, NaN, Infinity]);
    for (const wrong of [4, -5]) {
      indices[1] = wrong;
      await assert.rejects(
        run(program, [x, indices.slice(), updates]),
        (error) =>
          error instanceof NumericalError &&
          error.message.includes(`index ${wrong} in "${name}"`),
      );
    }
  }
});
