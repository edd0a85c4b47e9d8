import assert from "node:assert/strict";
import { CancelledError, WeftError } from "../../../core/errors.ts";
import type { KernelRecord } from "../../../device/device.ts";
import {
  allocate,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { makeRuntime, type WasmRuntime } from "../../../device/wasm/runtime.ts";
import { WasmStorage } from "../../../device/wasm/storage.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program, RoutineStep } from "../../ir/kernel.ts";
import { prepareOn } from "../prepare.ts";
import { renderKernel } from "../backend.ts";
import { assertClose, QUIET, testData } from "./testing_data.ts";
import { ProgramDraft } from "./testing_programs.ts";

const runtime = makeRuntime(2 ** 30, 3);

const prepare = (program: Program, on: WasmRuntime = runtime) =>
  prepareOn(on, program, renderKernel);

/** `(a · b · s) · a`, and the leaf `b` itself. */
function chain(n: number): Program {
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", n * n);
  const b = draft.buffer("leaf", n * n);
  const middle = draft.buffer("temporary", n * n);
  const result = draft.buffer("result", n * n);
  const scalar = draft.scalar("f32");
  draft.product(n, [a, b], middle, scalar);
  draft.product(n, [middle, a], result);
  return draft.program([result, b, result]);
}

Deno.test("WasmProgram computes what the interpreter computes, small and large", async () => {
  for (const n of [1, 3, 17, 64, 65, 130]) {
    const program = chain(n);
    const prepared = await prepare(program);
    for (const scalar of [1, -2.5]) {
      const leaves = [testData(n * n), testData(n * n, "f32", 5)];
      const storages = leaves.map(hostStorage);
      const results = await prepared.run(storages, [scalar], QUIET);
      const expected = evaluateProgram(program, leaves, [scalar]);
      for (const k of [0, 2]) {
        assertClose(await results[k]!.read(), expected[k]!);
        assert.equal(results[k]!.device, 4 * n * n <= 16384 ? "host" : "wasm");
      }
      assert.equal(results[1], storages[1]);
    }
  }
});

Deno.test("WasmProgram reads data of its own device without a copy, and of others", async () => {
  const n = 96;
  const program = chain(n);
  const prepared = await prepare(program);
  const leaves = [testData(n * n), testData(n * n, "f32", 3)];
  const [first] = await prepared.run(leaves.map(hostStorage), [1], QUIET);
  assert.ok(first instanceof WasmStorage);
  const elsewhere: Storage = {
    device: "elsewhere",
    array: undefined,
    byteLength: leaves[1]!.byteLength,
    read: () => Promise.resolve(leaves[1]!),
    dispose: () => {},
  };
  const held = runtime.memory.heldBytes;
  const [second] = await prepared.run([first, elsewhere], [0.5], QUIET);
  const [third] = await prepared.run(
    [hostStorage(first.array!), elsewhere],
    [0.5],
    QUIET,
  );
  // Two results and one copy of what lies elsewhere.
  assert.ok(runtime.memory.heldBytes - held <= 3 * 4 * n * n + 192);
  const inputs = [first.array!, leaves[1]!];
  const [expected] = evaluateProgram(program, inputs, [0.5]);
  assertClose(await second!.read(), expected!);
  assertClose(await third!.read(), expected!);
});

Deno.test("WasmProgram runs several times at once", async () => {
  const n = 80;
  const program = chain(n);
  const prepared = await prepare(program);
  const inputs = [1, 2, 3, 4, 5].map((seed) => [
    testData(n * n, "f32", seed),
    testData(n * n, "f32", seed + 7),
  ]);
  const results = await Promise.all(
    inputs.map((leaves, k) =>
      prepared.run(leaves.map(hostStorage), [k], QUIET)
    ),
  );
  for (const [k, leaves] of inputs.entries()) {
    const [expected] = evaluateProgram(program, leaves, [k]);
    assertClose(await results[k]![0]!.read(), expected!);
  }
});

/** A program of one routine over a square matrix. */
function routine(name: string, n: number, dtype: DType): Program {
  const draft = new ProgramDraft();
  const spec = { dtype, shape: [n, n] };
  const step: RoutineStep = {
    kind: "routine",
    name,
    attributes: {},
    node: 3,
    inputs: [draft.buffer("leaf", n * n, dtype)],
    inputSpecs: [spec],
    outputs: [draft.buffer("result", n * n, dtype)],
    outputSpecs: [spec],
    flops: n ** 3 / 3,
  };
  draft.step(step);
  return draft.program(step.outputs);
}

Deno.test("WasmProgram runs routines, and says which op failed", async () => {
  for (const n of [2, 70]) {
    const program = routine("cholesky", n, "f64");
    const prepared = await prepare(program);
    const matrix = allocate("f64", n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        matrix[i * n + j] = 1 / (1 + Math.abs(i - j)) + (i === j ? n : 0);
      }
    }
    const [result] = await prepared.run([hostStorage(matrix)], [], QUIET);
    const [expected] = evaluateProgram(program, [matrix], []);
    assertClose(await result!.read(), expected!);
    matrix[0] = -1;
    const blame = (node: number) => node === 3 ? ["outlook", "fit"] : undefined;
    await assert.rejects(
      prepared.run([hostStorage(matrix.slice() as TypedArray)], [], { blame }),
      (error) =>
        error instanceof WeftError &&
        error.details.path?.join() === "outlook,fit",
    );
  }
});

Deno.test("WasmProgram tells of each kernel", async () => {
  const n = 65;
  const prepared = await prepare(chain(n));
  const records: KernelRecord[] = [];
  await prepared.run([testData(n * n), testData(n * n)].map(hostStorage), [1], {
    blame: () => ["op"],
    onKernel: (record) => records.push(record),
  });
  assert.equal(records.length, 2);
  for (const record of records) {
    assert.equal(record.name, "matmul");
    assert.equal(record.device, "wasm");
    assert.deepEqual(record.blame, ["op"]);
    assert.equal(record.bytes, 4 * n * n);
    assert.ok(record.milliseconds >= 0);
  }
});

Deno.test("WasmProgram stops when told, and can be run again", async () => {
  const n = 600;
  const program = chain(n);
  const prepared = await prepare(program);
  const leaves = [testData(n * n), testData(n * n)].map(hostStorage);
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(
    prepared.run(leaves, [1], { ...QUIET, signal: controller.signal }),
    CancelledError,
  );
  const later = new AbortController();
  setTimeout(() => later.abort(), 1);
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", n * n);
  const b = draft.buffer("result", n * n);
  for (let k = 0; k < 50; k++) draft.product(n, [a, a], b);
  const long = await prepare(draft.program([b]));
  const held = runtime.memory.heldBytes;
  await assert.rejects(
    long.run(leaves.slice(0, 1), [], { ...QUIET, signal: later.signal }),
    CancelledError,
  );
  assert.ok(runtime.memory.heldBytes <= held + 4 * n * n + 2 ** 20);
  const [result] = await prepared.run(leaves, [1], QUIET);
  assert.equal((await result!.read()).length, n * n);
});

Deno.test("WasmProgram says who holds the memory when there is too little", async () => {
  const small = makeRuntime(2 ** 24, 1);
  const n = 1024;
  const prepared = await prepare(chain(n), small);
  await assert.rejects(
    prepared.run(
      [testData(n * n), testData(n * n)].map(hostStorage),
      [1],
      QUIET,
    ),
    (error) =>
      error instanceof WeftError && /on the device "wasm"/.test(error.message),
  );
  // What was reserved has been given back.
  const tiny = await prepare(chain(100), small);
  const [result] = await tiny.run(
    [testData(10_000), testData(10_000)].map(hostStorage),
    [1],
    QUIET,
  );
  assert.equal((await result!.read()).length, 10_000);
});

Deno.test("WasmProgram whose results are dropped holds a bounded amount of memory", async () => {
  const n = 640;
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", n);
  const b = draft.buffer("leaf", n);
  const result = draft.buffer("result", n * n);
  draft.outer(n, [a, b], result);
  const prepared = await prepare(draft.program([result]));
  const leaves = [testData(n), testData(n)].map(hostStorage);
  let most = 0;
  for (let k = 0; k < 1000; k++) {
    await prepared.run(leaves, [], QUIET);
    most = Math.max(most, runtime.memory.heldBytes);
  }
  assert.ok(most < 2 ** 30 - 2 ** 27, `${most} bytes were held at once`);
});

Deno.test("WasmProgram works at addresses that are no positive i32", async () => {
  const high = makeRuntime(undefined, 2);
  // Nobody touches this block, so it takes no memory.
  const block = await high.memory.allocate(2 ** 31);
  const n = 130;
  const program = chain(n);
  const leaves = [testData(n * n), testData(n * n, "f32", 5)];
  const prepared = await prepare(program, high);
  const [result] = await prepared.run(leaves.map(hostStorage), [2], QUIET);
  assert.ok(result instanceof WasmStorage && result.address > 2 ** 31);
  assertClose(result.array!, evaluateProgram(program, leaves, [2])[0]!);

  const draft = new ProgramDraft();
  const x = draft.buffer("leaf", n);
  const outer = draft.buffer("result", n * n);
  const sum = draft.buffer("result", 1);
  draft.outer(n, [x, x], outer);
  draft.sum(n * n, outer, sum);
  const rows = draft.program([outer, sum]);
  const more = await (await prepare(rows, high)).run(
    [hostStorage(testData(n))],
    [],
    QUIET,
  );
  const expected = evaluateProgram(rows, [testData(n)], []);
  for (const [k, one] of expected.entries()) {
    assertClose(await more[k]!.read(), one);
  }
  high.memory.free(block);
});
