import assert from "node:assert/strict";
import { NumericalError } from "../../../core/errors.ts";
import type { TypedArray } from "../../../device/dtypes.ts";
import { hostStorage } from "../../../device/graph.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program } from "../../ir/kernel.ts";
import { readChecked } from "../../pending_checks.ts";
import { wasmBackend } from "../../wasm/backend.ts";
import {
  dominant,
  kernelBackend,
  renderWithKernels,
  routineStep,
} from "../triangles/testing.ts";
import type { Renderer } from "./plan.ts";
import { WebGpuProgram } from "./prepared.ts";
import { ProgramDraft, QUIET, renderByHand } from "./testing.ts";

const ignore = !(await probeWebGpu()).available;
const N = 40;
const SIZE = N * N;

/** Renders sums by hand and routines by kernels. */
const render: Renderer = (step, limits) =>
  step.kind === "routine"
    ? renderWithKernels(step, limits)
    : renderByHand(step, limits);

/** A matrix; not positive definite where a pivot is named. */
function matrix(bad?: number): TypedArray {
  const data = dominant("f32", N, 1, (row, column) => column <= row);
  if (bad !== undefined) data[bad * (N + 1)] = -1;
  return data;
}

function run(
  program: Program,
  leaves: readonly TypedArray[],
): Promise<TypedArray[]> {
  const prepared = new WebGpuProgram(program, render);
  return prepared.run(leaves.map(hostStorage), [], {
    blame: (node) => [`op ${node}`],
  }).then((results) => Promise.all(results.map(readChecked)));
}

/** Factors matrices on the GPU, and adds the factors up. */
function sumOfFactors(): Program {
  const draft = new ProgramDraft();
  const [a, b] = [draft.buffer("leaf", SIZE), draft.buffer("leaf", SIZE)];
  const factors = [a, b].map((input, k) => {
    const output = draft.buffer("temporary", SIZE);
    const step = routineStep("cholesky", "f32", [[N, N]]);
    draft.step({ ...step, node: k, inputs: [input], outputs: [output] });
    return output;
  });
  const sum = draft.buffer("result", SIZE);
  draft.add(factors[0]!, factors[1]!, sum);
  return draft.finish([sum]);
}

/** Factors each matrix of a sequence in a loop. */
function factorsInLoop(length: number): Program {
  const inner = new ProgramDraft();
  const [carry, slice] = [
    inner.buffer("leaf", SIZE),
    inner.buffer("leaf", SIZE),
  ];
  const next = inner.buffer("result", SIZE);
  const factor = inner.buffer("result", SIZE);
  const step = routineStep("cholesky", "f32", [[N, N]]);
  inner.step({ ...step, inputs: [slice], outputs: [factor] });
  inner.add(carry, factor, next);
  const draft = new ProgramDraft();
  const first = draft.buffer("leaf", SIZE);
  const sequence = draft.buffer("leaf", SIZE * length);
  const final = draft.buffer("result", SIZE);
  const stacked = draft.buffer("result", SIZE * length);
  draft.step({
    kind: "hostLoop",
    node: 5,
    body: inner.finish([next, factor]),
    length,
    reverse: false,
    carries: [first],
    sequences: [sequence],
    captured: [],
    scalars: [],
    finals: [final],
    stacked: [stacked],
    history: [undefined],
  });
  return draft.finish([final, stacked]);
}

function assertNear(actual: TypedArray, expected: TypedArray): void {
  expected.forEach((value, k) =>
    assert.ok(Math.abs(actual[k]! - Number(value)) < 1e-4, `element ${k}`)
  );
}

Deno.test({
  name: "A factorisation that fails on the GPU is told by whoever reads",
  ignore,
  async fn() {
    const program = sumOfFactors();
    const good = [matrix(), matrix()];
    const [sum] = await run(program, good);
    assertNear(sum!, evaluateProgram(program, good, [])[0]!);
    for (
      const [leaves, op, pivot] of [
        [[matrix(3), matrix()], 0, 3],
        [[matrix(), matrix(35)], 1, 35],
        [[matrix(35), matrix(3)], 0, 35],
      ] as const
    ) {
      await assert.rejects(run(program, leaves), (error) => {
        assert.ok(error instanceof NumericalError);
        assert.match(error.message, new RegExp(`pivot ${pivot} is -`));
        assert.deepEqual(error.details.path, [`op ${op}`]);
        return true;
      });
    }
    // What one run has noted is not there in the next.
    const prepared = new WebGpuProgram(program, render);
    for (const bad of [undefined, 3, undefined]) {
      const leaves = [matrix(bad), matrix()].map(hostStorage);
      const results = await prepared.run(leaves, [], QUIET);
      const read = readChecked(results[0]!);
      if (bad === undefined) await read;
      else await assert.rejects(read, NumericalError);
      results[0]!.dispose();
    }
  },
});

Deno.test({
  name: "A factorisation that fails in a step of a loop is told",
  ignore,
  async fn() {
    const program = factorsInLoop(3);
    const joined = (bad?: number) => {
      const all = new Float32Array(3 * SIZE);
      [undefined, bad, undefined].forEach((one, k) =>
        all.set(matrix(one) as Float32Array, k * SIZE)
      );
      return all;
    };
    const start = new Float32Array(SIZE);
    const results = await run(program, [start, joined()]);
    evaluateProgram(program, [start, joined()], []).forEach((one, k) =>
      assertNear(results[k]!, one)
    );
    await assert.rejects(run(program, [start, joined(36)]), (error) => {
      assert.ok(error instanceof NumericalError);
      assert.match(error.message, /pivot 36 is -/);
      assert.deepEqual(error.details.path, ["op 5"]);
      return true;
    });
  },
});

Deno.test({
  name: "What failed first is told, not what the host finds behind it",
  ignore,
  async fn() {
    const draft = new ProgramDraft();
    const a = draft.buffer("leaf", SIZE);
    const factor = draft.buffer("temporary", SIZE);
    const out = draft.buffer("result", SIZE);
    const step = routineStep("cholesky", "f32", [[N, N]]);
    draft.step({ ...step, inputs: [a], outputs: [factor] });
    const solve = routineStep("solve", "f32", [[N, N], [N, N]]);
    draft.step({ ...solve, inputs: [factor, a], outputs: [out] });
    const program = draft.finish([out]);
    const bad = matrix(0);
    await assert.rejects(run(program, [bad]), /Cholesky.*pivot 0 is -1/);

    // The same where the rest is another device's.
    const first = new ProgramDraft();
    const [input, made] = [
      first.buffer("leaf", SIZE),
      first.buffer("result", SIZE),
    ];
    first.step({ ...step, inputs: [input], outputs: [made] });
    const onGpu = await kernelBackend.prepare(first.finish([made]));
    const second = new ProgramDraft();
    const [read, result] = [
      second.buffer("leaf", SIZE),
      second.buffer("result", SIZE),
    ];
    second.step({ ...solve, inputs: [read, read], outputs: [result] });
    const onHost = await wasmBackend.prepare(second.finish([result]));
    const [handed] = await onGpu.run([hostStorage(bad)], [], QUIET);
    await assert.rejects(
      onHost.run([handed!], [], QUIET),
      /Cholesky.*pivot 0 is -1/,
    );
  },
});
