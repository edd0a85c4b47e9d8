import assert from "node:assert/strict";
import { hostStorage } from "../../../device/graph.ts";
import { collectGarbage } from "../../../device/wasm/collect.ts";
import { makeRuntime, type WasmRuntime } from "../../../device/wasm/runtime.ts";
import type { PreparedProgram } from "../../backend.ts";
import { planMemory } from "../../memory_plan.ts";
import { renderKernel } from "../backend.ts";
import { prepareOn } from "../prepare.ts";
import { QUIET, testData } from "./testing_data.ts";
import { ProgramDraft } from "./testing_programs.ts";

/** A program with a temporary of `4 * n * n` bytes. */
function program(runtime: WasmRuntime, n: number): Promise<PreparedProgram> {
  const draft = new ProgramDraft();
  const x = draft.buffer("leaf", n);
  const middle = draft.buffer("temporary", n * n);
  const result = draft.buffer("result", 1);
  draft.outer(n, [x, x], middle);
  draft.sum(n * n, middle, result);
  return prepareOn(runtime, draft.program([result]), renderKernel);
}

async function run(prepared: PreparedProgram, n: number): Promise<void> {
  const leaf = hostStorage(testData(n));
  const [result] = await prepared.run([leaf], [], QUIET);
  let sum = 0;
  for (const value of leaf.array!) sum += value;
  const error = (await result!.read())[0]! - sum ** 2;
  assert.ok(Math.abs(error) < 1e-3 * n, `off by ${error}`);
}

Deno.test("frames are kept for the next run, one for each run at once", async () => {
  const runtime = makeRuntime(2 ** 28, 1);
  const { memory } = runtime;
  const n = 1024;
  const prepared = await program(runtime, n);
  await run(prepared, n);
  const one = memory.heldBytes;
  assert.ok(one >= 4 * n * n);
  await run(prepared, n);
  assert.equal(memory.heldBytes, one);
  await Promise.all([run(prepared, n), run(prepared, n)]);
  const two = memory.heldBytes;
  assert.ok(two >= 8 * n * n && two < 12 * n * n);
  await Promise.all([run(prepared, n), run(prepared, n)]);
  assert.equal(memory.heldBytes, two);
});

Deno.test("frames are given up when memory is short, and with their program", async () => {
  const runtime = makeRuntime(32 * 2 ** 20, 1);
  const { memory } = runtime;
  const n = 1400;
  // In a function of its own, so that no variable holds a program at the end.
  await (async () => {
    const prepared = await program(runtime, n);
    for (let k = 0; k < 3; k++) {
      const other = await program(runtime, n + 1 + k);
      // Three frames do not fit.
      await run(prepared, n);
      await run(other, n + 1 + k);
    }
    await run(prepared, n);
    assert.ok(memory.heldBytes >= 4 * n * n);
  })();
  for (let k = 0; k < 10 && memory.heldBytes > 2 ** 20; k++) {
    await collectGarbage();
  }
  assert.ok(memory.heldBytes < 2 ** 20, `${memory.heldBytes} bytes are held`);
});

Deno.test("frames that are kept take a bounded amount of memory", async () => {
  const runtime = makeRuntime(2 ** 31, 1);
  const n = 4096;
  const programs = [];
  for (let k = 0; k < 12; k++) programs.push(await program(runtime, n + k));
  for (const [k, prepared] of programs.entries()) await run(prepared, n + k);
  assert.ok(runtime.memory.heldBytes < 2 ** 29 + 2 ** 20);
  assert.ok(runtime.memory.heldBytes > 2 ** 28);
  await run(programs[0]!, n);
});

Deno.test("temporaries share the memory of those that are done with", async () => {
  const runtime = makeRuntime(2 ** 28, 1);
  const n = 256;
  const draft = new ProgramDraft();
  const x = draft.buffer("leaf", n);
  const total = draft.buffer("result", 1);
  for (let k = 0; k < 30; k++) {
    const square = draft.buffer("temporary", n * n);
    draft.outer(n, [x, x], square);
    draft.sum(n * n, square, k === 29 ? total : draft.buffer("temporary", 1));
  }
  const program = draft.program([total]);
  const prepared = await prepareOn(runtime, program, renderKernel);
  await run(prepared, n);
  const { peakLiveBytes } = planMemory(program);
  assert.ok(peakLiveBytes >= 4 * n * n && peakLiveBytes < 8 * n * n);
  // Beside temporaries: parameter blocks and scratch memory.
  assert.ok(runtime.memory.heldBytes <= 1.2 * peakLiveBytes + 2 ** 17);
});

Deno.test("runs at once take turns where memory is short, and fail where it never suffices", async () => {
  const runtime = makeRuntime(32 * 2 ** 20, 1);
  const n = 2048;
  // Two frames of 16 MB do not fit.
  const prepared = await program(runtime, n);
  const other = await program(runtime, n + 1);
  await Promise.all([
    run(prepared, n),
    run(other, n + 1),
    run(prepared, n),
    run(other, n + 1),
  ]);
  const large = await program(runtime, 4096);
  const results = await Promise.allSettled([
    run(large, 4096),
    run(prepared, n),
    run(large, 4096),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled", "rejected"],
  );
});
