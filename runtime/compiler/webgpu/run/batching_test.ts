import assert from "node:assert/strict";
import { nextTurn } from "../../../device/clock.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { Program } from "../../ir/kernel.ts";
import { WebGpuProgram } from "./prepared.ts";
import { ProgramDraft, QUIET, ramp, readAll, renderByHand } from "./testing.ts";
import { smallConnection } from "./testing_limits.ts";

const ignore = !(await probeWebGpu()).available;
const SIZE = 300;

/** `a * s`. */
function scaling(size = SIZE): Program {
  const draft = new ProgramDraft();
  const out = draft.buffer("result", size);
  draft.scale(draft.buffer("leaf", size), draft.scalar(), out);
  return draft.finish([out]);
}

/** `a + a`, in so many steps. */
function doubling(steps: number): Program {
  const draft = new ProgramDraft();
  let from = draft.buffer("leaf", SIZE);
  for (let k = 0; k < steps; k++) {
    const to = draft.buffer(k === steps - 1 ? "result" : "temporary", SIZE);
    draft.add(from, from, to);
    from = to;
  }
  return draft.finish([from]);
}

/** A device of the test's own, and what counts its submits. */
async function counted(
  name: number,
): Promise<{ connection: WebGpuConnection; submits: () => number }> {
  const connection = await smallConnection({
    maxUniformBufferBindingSize: 65536 - name,
  });
  const { queue } = connection.device;
  const submit = queue.submit.bind(queue);
  let count = 0;
  queue.submit = (buffers) => {
    count++;
    return submit(buffers);
  };
  connection.commands.patience = { dispatches: 1000, milliseconds: Infinity };
  return { connection, submits: () => count };
}

function prepare(
  connection: WebGpuConnection,
  program: Program,
): WebGpuProgram {
  return new WebGpuProgram(
    program,
    renderByHand,
    () => Promise.resolve(connection),
  );
}

async function runOnce(
  program: WebGpuProgram,
  leaf: Storage,
  scalars: readonly number[] = [],
): Promise<Storage> {
  const [out] = await program.run([leaf], scalars, QUIET);
  return out!;
}

Deno.test({
  name: "Runs with other numbers and leaves each share submits",
  ignore,
  async fn() {
    const { connection, submits } = await counted(1);
    const program = prepare(connection, scaling());
    await program.compile();
    const outs: Storage[] = [];
    for (let k = 0; k < 40; k++) {
      const leaf = ramp(SIZE).map((x) => x + k) as Float32Array<ArrayBuffer>;
      outs.push(await runOnce(program, hostStorage(leaf), [k]));
    }
    const arrays = await readAll(outs);
    // On a busy machine the event loop turns now and then.
    assert.ok(submits() < 20, `${submits()} submits`);
    const a = ramp(SIZE)[7]!;
    arrays.forEach((array, k) => assert.equal(array[7], (a + k) * k));
  },
});

Deno.test({
  name: "What is recorded is submitted when the event loop turns, or is full",
  ignore,
  async fn() {
    const { connection, submits } = await counted(2);
    const { commands } = connection;
    const program = prepare(connection, scaling());
    const host = hostStorage(ramp(SIZE));
    const early = await runOnce(program, host, [2]);
    assert.ok(commands.dispatches > 0);
    await nextTurn();
    await nextTurn();
    assert.equal(commands.dispatches, 0);
    assert.equal(submits(), 1);
    commands.patience = { dispatches: 4, milliseconds: Infinity };
    for (let k = 0; k < 11; k++) {
      await runOnce(program, early, [k]);
      assert.ok(commands.dispatches < 4);
    }
    assert.ok(submits() >= 3);
  },
});

Deno.test({
  name: "An upload waits for work that still needs the buffer",
  ignore,
  async fn() {
    const { connection } = await counted(3);
    for (const size of [3000, 100_000]) {
      const program = prepare(connection, scaling(size));
      const leafOf = (value: number) =>
        hostStorage(new Float32Array(size).fill(value));
      // Larger than what goes along with a run.
      const first = await runOnce(program, leafOf(1), [1]);
      const kept = await runOnce(program, first, [10]);
      // Its buffer is handed to the upload, although a run still reads it.
      first.dispose();
      const other = await runOnce(program, leafOf(5), [1]);
      const [a, b] = await readAll([kept, other]);
      assert.ok(a!.every((x) => x === 10), `${size}: ${a![0]}`);
      assert.ok(b!.every((x) => x === 5), `${size}: ${b![0]}`);
    }
  },
});

Deno.test({
  name: "A buffer that recorded work reads is destroyed after it",
  ignore,
  async fn() {
    const { connection } = await counted(4);
    const program = prepare(connection, scaling());
    const first = await runOnce(program, hostStorage(ramp(SIZE)), [2]);
    const second = await runOnce(program, first, [2]);
    first.dispose();
    connection.pool.trim(0);
    const array = await second.read();
    assert.equal(array[5], 4 * ramp(6)[5]!);
  },
});

Deno.test({
  name: "A trace times the kernels of its own run only",
  ignore,
  async fn() {
    const { connection } = await counted(5);
    const scale = prepare(connection, scaling());
    const chain = prepare(connection, doubling(3));
    const x = await runOnce(scale, hostStorage(ramp(SIZE)), [1]);
    const names: string[] = [];
    const [out] = await chain.run([x], [], {
      ...QUIET,
      onKernel: ({ name }) => names.push(name),
    });
    assert.deepEqual(names, ["add", "add", "add"]);
    const last = await runOnce(scale, out!, [0.5]);
    assert.equal((await last.read())[9], 4 * ramp(10)[9]!);
  },
});

Deno.test({
  name: "Wrong commands fail the reads of all that may depend on them",
  ignore,
  async fn() {
    const { connection } = await counted(6);
    const scale = prepare(connection, scaling());
    const before = await runOnce(scale, hostStorage(ramp(SIZE)), [1]);
    await before.read();
    const wrong = await runOnce(scale, before, [3]);
    const after = await runOnce(scale, wrong, [3]);
    // A copy whose length is not allowed.
    const { commands, device } = connection;
    const buffer = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.COPY_SRC,
    });
    commands.copy(buffer, 0, buffer, 0, 3);
    await assert.rejects(after.read(), /one of these is wrong: scale/);
    await assert.rejects(wrong.read(), /Cannot finish work/);
    await assert.rejects(runOnce(scale, wrong, [1]), /Cannot finish work/);
    // What was there before, and what comes later, is as good as ever.
    assert.equal((await before.read())[3], ramp(4)[3]);
    const next = await runOnce(scale, before, [2]);
    assert.equal((await next.read())[3], 2 * ramp(4)[3]!);
  },
});

Deno.test({
  name: "Work that is lost before it is submitted fails its reads",
  ignore,
  async fn() {
    const { connection } = await counted(7);
    const scale = prepare(connection, scaling());
    const out = await runOnce(scale, hostStorage(ramp(SIZE)), [1]);
    const read = out.read();
    connection.device.destroy();
    await assert.rejects(read, /was lost/);
    await assert.rejects(out.read(), /was lost/);
  },
});

Deno.test({
  name: "Runs with more numbers than uniform buffers keep theirs apart",
  ignore,
  async fn() {
    const { connection } = await counted(8);
    const scale = prepare(connection, scaling());
    const x = await runOnce(scale, hostStorage(ramp(SIZE)), [1]);
    const outs: Storage[] = [];
    for (let k = 0; k < 80; k++) outs.push(await runOnce(scale, x, [k]));
    const arrays = await readAll(outs);
    arrays.forEach((array, k) => assert.equal(array[2], k * ramp(3)[2]!));
  },
});
