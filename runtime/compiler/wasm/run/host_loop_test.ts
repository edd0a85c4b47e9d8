import assert from "node:assert/strict";
import { CancelledError, WeftError } from "../../../core/errors.ts";
import type { KernelRecord } from "../../../device/device.ts";
import { hostStorage } from "../../../device/graph.ts";
import { makeRuntime } from "../../../device/wasm/runtime.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { HostLoopStep, Program } from "../../ir/kernel.ts";
import { renderKernel } from "../backend.ts";
import { prepareOn } from "../prepare.ts";
import { assertClose, QUIET, testData } from "./testing_data.ts";
import { ProgramDraft } from "./testing_programs.ts";

const runtime = makeRuntime(2 ** 30, 2);

const prepare = (program: Program) => prepareOn(runtime, program, renderKernel);

/**
 * One step: carries `c` and `d`, slice `x`, captured `w` and a scalar. The next
 * carries are `c · x · s` and the old `c`; results are `c · x · s` once more,
 * its product with `w`, and the slice itself.
 */
function stepBody(n: number): Program {
  const size = n * n;
  const draft = new ProgramDraft();
  const c = draft.buffer("leaf", size);
  draft.buffer("leaf", size);
  const x = draft.buffer("leaf", size);
  const w = draft.buffer("leaf", size);
  const next = draft.buffer("result", size);
  const product = draft.buffer("result", size);
  draft.product(n, [c, x], next, draft.scalar("f32"));
  draft.product(n, [next, w], product);
  return draft.program([next, c, next, product, x]);
}

interface Shape {
  readonly n: number;
  readonly length: number;
  readonly reverse?: boolean;
  /** Which of all outputs are asked for: finals, stacked results, history. */
  readonly wanted: readonly boolean[];
}

function loop({ n, length, reverse = false, wanted }: Shape): Program {
  const size = n * n;
  const draft = new ProgramDraft();
  const carries = [draft.buffer("leaf", size), draft.buffer("leaf", size)];
  const sequences = [draft.buffer("leaf", size * length)];
  const captured = [draft.buffer("leaf", size)];
  draft.scalar("f32");
  const scalar = draft.scalar("f32");
  const lengths = [1, 1, length, length, length, length, length];
  const outputs = lengths.map((steps, k) =>
    wanted[k] === true ? draft.buffer("result", size * steps) : undefined
  );
  const step: HostLoopStep = {
    kind: "hostLoop",
    body: stepBody(n),
    node: 5,
    length,
    reverse,
    carries,
    sequences,
    captured,
    scalars: [scalar],
    finals: outputs.slice(0, 2),
    stacked: outputs.slice(2, 5),
    history: outputs.slice(5),
  };
  draft.step(step);
  return draft.program(outputs.filter((buffer) => buffer !== undefined));
}

function leavesOf({ n, length }: Shape) {
  const size = n * n;
  return [size, size, size * length, size].map((size, k) =>
    testData(size, "f32", k)
  );
}

const ALL = new Array<boolean>(7).fill(true);

Deno.test("a host loop computes what the interpreter computes", async () => {
  const patterns = [
    ALL,
    [true, true, false, false, false, false, false],
    [false, true, false, true, false, false, false],
    [true, false, true, false, false, true, false],
    [false, false, false, true, true, false, true],
  ];
  for (const n of [2, 70]) {
    for (const length of [1, 2, 5]) {
      for (const [k, wanted] of patterns.entries()) {
        const shape = { n, length, wanted, reverse: k % 2 === 1 };
        const program = loop(shape);
        const leaves = leavesOf(shape);
        const prepared = await prepare(program);
        const scalars = [7, 2];
        const results = await prepared.run(
          leaves.map(hostStorage),
          scalars,
          QUIET,
        );
        const expected = evaluateProgram(program, leaves, scalars);
        for (const [k, one] of expected.entries()) {
          assertClose(await results[k]!.read(), one);
        }
      }
    }
  }
});

Deno.test("a host loop without steps hands its carries on", async () => {
  const shape = { n: 3, length: 0, wanted: ALL };
  const leaves = leavesOf(shape);
  const prepared = await prepare(loop(shape));
  const results = await prepared.run(leaves.map(hostStorage), [0, 1], QUIET);
  const read = await Promise.all(results.map((result) => result.read()));
  assert.deepEqual(read.slice(0, 2), leaves.slice(0, 2));
  assert.ok(read.slice(2).every((array) => array.length === 0));
});

Deno.test("a host loop is one step of the trace, and gives its memory back", async () => {
  const shape = { n: 70, length: 6, wanted: [false, false, true] };
  const prepared = await prepare(loop(shape));
  const leaves = leavesOf(shape).map(hostStorage);
  const run = async () => {
    const records: KernelRecord[] = [];
    const [result] = await prepared.run(leaves, [0, 1], {
      blame: (node) => [`node ${node}`],
      onKernel: (record) => records.push(record),
    });
    result!.dispose();
    return records;
  };
  const [first, ...more] = await run();
  assert.equal(more.length, 0);
  assert.deepEqual(first!.blame, ["node 5"]);
  assert.equal(first!.bytes, 4 * 70 * 70 * 6);
  const held = runtime.memory.heldBytes;
  await run();
  assert.equal(runtime.memory.heldBytes, held);
});

Deno.test("a host loop lets timers run, and stops when told", async () => {
  const shape = { n: 4, length: 300_000, wanted: [true] };
  const prepared = await prepare(loop(shape));
  const leaves = leavesOf(shape).map(hostStorage);
  const controller = new AbortController();
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks === 3) controller.abort();
  }, 5);
  await assert.rejects(
    prepared.run(leaves, [0, 1], { ...QUIET, signal: controller.signal }),
    (error) => error instanceof CancelledError && ticks === 3,
  );
  clearInterval(timer);
});

Deno.test("a host loop blames errors of its body on its own op", async () => {
  const draft = new ProgramDraft();
  const spec = { dtype: "f64", shape: [2, 2] } as const;
  const inner = draft.buffer("leaf", 4, "f64");
  const factor = draft.buffer("result", 4, "f64");
  draft.step({
    kind: "routine",
    name: "cholesky",
    attributes: {},
    node: 1,
    inputs: [inner],
    inputSpecs: [spec],
    outputs: [factor],
    outputSpecs: [spec],
    flops: 1,
  });
  const body = draft.program([factor]);
  const outer = new ProgramDraft();
  const first = outer.buffer("leaf", 4, "f64");
  const last = outer.buffer("result", 4, "f64");
  outer.step({
    kind: "hostLoop",
    body,
    node: 8,
    length: 3,
    reverse: false,
    carries: [first],
    sequences: [],
    captured: [],
    scalars: [],
    finals: [last],
    stacked: [],
    history: [undefined],
  });
  const prepared = await prepare(outer.program([last]));
  const bad = hostStorage(new Float64Array([1, 0, 0, -1]));
  await assert.rejects(
    prepared.run([bad], [], { blame: (node) => [`node ${node}`] }),
    (error) =>
      error instanceof WeftError && error.details.path?.[0] === "node 8",
  );
});
