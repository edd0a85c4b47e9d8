import assert from "node:assert/strict";
import type { DType } from "../../../device/dtypes.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import type { HostLoopStep, Program, RoutineStep } from "../../ir/kernel.ts";
import { ProgramDraft, ramp, runBoth } from "./testing.ts";

const ignore = !(await probeWebGpu()).available;

/** Next carry `(carry + slice) * s + captured`; the result is the next carry. */
function body(row: number): Program {
  const draft = new ProgramDraft();
  const carry = draft.buffer("leaf", row);
  const slice = draft.buffer("leaf", row);
  const captured = draft.buffer("leaf", row);
  const s = draft.scalar();
  const sum = draft.buffer("temporary", row);
  const scaled = draft.buffer("temporary", row);
  const next = draft.buffer("result", row);
  const result = draft.buffer("result", row);
  draft.add(carry, slice, sum);
  draft.scale(sum, s, scaled);
  draft.add(scaled, captured, next);
  draft.increment(next, result);
  // The second result is the next carry once more, the third one a slice.
  return draft.finish([next, result, next, slice]);
}

function loop(
  row: number,
  length: number,
  reverse: boolean,
  inner: Program = body(row),
): Program {
  const draft = new ProgramDraft();
  const carry = draft.buffer("leaf", row);
  const sequence = draft.buffer("leaf", row * length);
  const captured = draft.buffer("leaf", row);
  const s = draft.scalar();
  const start = draft.buffer("temporary", row);
  draft.scale(carry, s, start);
  const final = draft.buffer("result", row);
  const stacked = [0, 1, 2].map(() => draft.buffer("result", row * length));
  const history = draft.buffer("result", row * length);
  draft.step(
    {
      kind: "hostLoop",
      node: 3,
      body: inner,
      length,
      reverse,
      carries: [start],
      sequences: [sequence],
      captured: [captured],
      scalars: [s],
      finals: [final],
      stacked,
      history: [history],
    } satisfies HostLoopStep,
  );
  return draft.finish([final, ...stacked, history]);
}

Deno.test({
  name: "Loops agree with the interpreter for slices of any alignment",
  ignore,
  async fn() {
    for (const row of [1, 3, 8, 64, 100]) {
      for (const length of [1, 2, 7, 40]) {
        for (const reverse of [false, true]) {
          const { actual, expected } = await runBoth(
            loop(row, length, reverse),
            [ramp(row), ramp(row * length), ramp(row)],
            [0.5],
          );
          assert.deepEqual(
            actual,
            expected,
            `row ${row}, length ${length}, reverse ${reverse}`,
          );
        }
      }
    }
  },
});

Deno.test({
  name: "Loops cut bytes where words are shared",
  ignore,
  async fn() {
    const dtype: DType = "u8";
    for (const row of [1, 3, 5, 32, 63]) {
      const inner = new ProgramDraft();
      const carry = inner.buffer("leaf", row, dtype);
      const slice = inner.buffer("leaf", row, dtype);
      const next = inner.buffer("result", row, dtype);
      const out = inner.buffer("result", row, dtype);
      inner.bytes(slice, next);
      inner.bytes(carry, out);
      const draft = new ProgramDraft();
      const first = draft.buffer("leaf", row, dtype);
      const sequence = draft.buffer("leaf", row * 9, dtype);
      const final = draft.buffer("result", row, dtype);
      const stacked = draft.buffer("result", row * 9, dtype);
      const history = draft.buffer("result", row * 9, dtype);
      draft.step({
        kind: "hostLoop",
        node: 0,
        body: inner.finish([next, out]),
        length: 9,
        reverse: true,
        carries: [first],
        sequences: [sequence],
        captured: [],
        scalars: [],
        finals: [final],
        stacked: [stacked],
        history: [history],
      });
      const { actual, expected } = await runBoth(
        draft.finish([final, stacked, history]),
        [ramp(row, dtype), ramp(row * 9, dtype)],
      );
      assert.deepEqual(actual, expected, `row ${row}`);
    }
  },
});

Deno.test({
  name: "Loops swap carries and run inside of loops",
  ignore,
  async fn() {
    const row = 20;
    // Carries (x, y) become (y, x); nothing is computed.
    const swap = new ProgramDraft();
    const [x, y] = [swap.buffer("leaf", row), swap.buffer("leaf", row)];
    const swapped = swap.finish([y, x]);
    // Outer step: swap three times, then add the carries.
    const middle = new ProgramDraft();
    const [a, b] = [middle.buffer("leaf", row), middle.buffer("leaf", row)];
    const [c, d] = [0, 1].map(() => middle.buffer("temporary", row));
    const sum = middle.buffer("result", row);
    const kept = middle.buffer("result", row);
    const empty = {
      kind: "hostLoop" as const,
      node: 1,
      reverse: false,
      sequences: [],
      captured: [],
      scalars: [],
      stacked: [],
    };
    middle.step({
      ...empty,
      body: swapped,
      length: 3,
      carries: [a, b],
      finals: [c, d],
      history: [undefined, undefined],
    });
    middle.add(c!, d!, sum);
    middle.increment(c!, kept);
    const outer = new ProgramDraft();
    const [p, q] = [outer.buffer("leaf", row), outer.buffer("leaf", row)];
    const finals = [outer.buffer("result", row), outer.buffer("result", row)];
    const history = outer.buffer("result", row * 4);
    outer.step({
      ...empty,
      body: middle.finish([sum, kept]),
      length: 4,
      carries: [p, q],
      finals,
      history: [undefined, history],
    });
    const { actual, expected } = await runBoth(
      outer.finish([...finals, history]),
      [
        ramp(row),
        ramp(row).map((one) => one + 0.5) as Float32Array<ArrayBuffer>,
      ],
    );
    assert.deepEqual(actual, expected);
  },
});

Deno.test({
  name: "Routines without kernels run on the host between submits",
  ignore,
  async fn() {
    const draft = new ProgramDraft();
    const a = draft.buffer("leaf", 21);
    const at = draft.buffer("leaf", 2, "i32");
    const updates = draft.buffer("leaf", 14);
    const doubled = draft.buffer("temporary", 21);
    const total = draft.buffer("result", 21);
    const out = draft.buffer("result", 21);
    const spec = { dtype: "f32" as const, shape: [3, 7] };
    draft.add(a, a, doubled);
    draft.step(
      {
        kind: "routine",
        name: "scatterAdd",
        attributes: { axis: 0 },
        node: 0,
        inputs: [doubled, at, updates],
        inputSpecs: [
          spec,
          { dtype: "i32", shape: [2] },
          { dtype: "f32", shape: [2, 7] },
        ],
        outputs: [total],
        outputSpecs: [spec],
        flops: 14,
      } satisfies RoutineStep,
    );
    draft.add(total, total, out);
    const leaves = [ramp(21), Int32Array.of(2, 2), ramp(14)];
    const program = draft.finish([total, out]);
    const { actual, expected } = await runBoth(program, leaves);
    assert.deepEqual(actual, expected);
  },
});
