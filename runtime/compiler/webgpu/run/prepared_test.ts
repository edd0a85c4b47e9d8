import assert from "node:assert/strict";
import { CancelledError } from "../../../core/errors.ts";
import type { KernelRecord } from "../../../device/device.ts";
import { hostStorage } from "../../../device/graph.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import { connectWebGpu } from "../../../device/webgpu/connection.ts";
import { WebGpuProgram } from "./prepared.ts";
import {
  ProgramDraft,
  QUIET,
  ramp,
  readAll,
  renderByHand,
  runBoth,
} from "./testing.ts";

const ignore = !(await probeWebGpu()).available;

/** `((a + b) * s + 1) + a`, with three temporaries. */
function chain(size: number) {
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", size);
  const b = draft.buffer("leaf", size);
  const s = draft.scalar();
  const [t, u, v] = [0, 1, 2].map(() => draft.buffer("temporary", size));
  const out = draft.buffer("result", size);
  draft.add(a, b, t!);
  draft.scale(t!, s, u!);
  draft.increment(u!, v!);
  draft.add(v!, a, out);
  return draft.finish([out, a]);
}

Deno.test({
  name: "WebGpuProgram agrees with the interpreter on sizes of all kinds",
  ignore,
  async fn() {
    for (const size of [1, 3, 64, 1023, 5000, 100_001]) {
      const leaves = [ramp(size), ramp(size)];
      const { actual, expected } = await runBoth(chain(size), leaves, [0.5]);
      assert.deepEqual(actual, expected, `size ${size}`);
    }
  },
});

Deno.test({
  name: "WebGpuProgram lays outputs over operands",
  ignore,
  async fn() {
    for (const size of [5, 4000]) {
      const plain = chain(size);
      const program = {
        ...plain,
        steps: plain.steps.map((step) =>
          step.kind === "row" ? { ...step, inPlace: [0] } : step
        ),
      };
      const leaves = [ramp(size), ramp(size)];
      const { actual, expected } = await runBoth(program, leaves, [2]);
      assert.deepEqual(actual, expected);
    }
  },
});

Deno.test({
  name: "WebGpuProgram replays with other leaves and scalars",
  ignore,
  async fn() {
    const prepared = new WebGpuProgram(chain(100), renderByHand);
    for (let k = 0; k < 20; k++) {
      const leaves = [ramp(100).map((x) => x + k), ramp(100)];
      const [out] = await prepared.run(
        leaves.map((one) => hostStorage(one as Float32Array<ArrayBuffer>)),
        [k],
        QUIET,
      );
      const array = await out!.read();
      const [a, b] = [leaves[0]![5]!, leaves[1]![5]!];
      assert.equal(array[5], (a + b) * k + 1 + a);
    }
  },
});

Deno.test({
  name: "WebGpuProgram takes results of other programs, and gives leaves back",
  ignore,
  async fn() {
    const program = new WebGpuProgram(chain(1000), renderByHand);
    const host = hostStorage(ramp(1000));
    let [x, same] = await program.run([host, host], [1], QUIET);
    assert.equal(same, host);
    let expected = ramp(1000)[9]!;
    expected = 3 * expected + 1;
    for (let k = 0; k < 3; k++) {
      [x] = await program.run([x!, x!], [1], QUIET);
      expected = 3 * expected + 1;
    }
    assert.equal(x!.array, undefined);
    assert.equal((await x!.read())[9], expected);
  },
});

Deno.test({
  name: "WebGpuProgram keeps NaN, infinities and the sign of zero",
  ignore,
  async fn() {
    const values = Float32Array.of(NaN, Infinity, -Infinity, -0, 0, 1e-40);
    const draft = new ProgramDraft();
    const a = draft.buffer("leaf", 6);
    const out = draft.buffer("result", 6);
    draft.scale(a, draft.scalar(), out);
    const program = draft.finish([out]);
    const { actual } = await runBoth(program, [values], [1]);
    assert.deepEqual([...actual[0]!].slice(0, 5), [...values].slice(0, 5));
    const nan = await runBoth(program, [Float32Array.of(0, 1, 2, 3, 4, 5)], [
      NaN,
    ]);
    assert.ok(nan.actual[0]!.every(Number.isNaN));
  },
});

Deno.test({
  name: "WebGpuProgram moves bytes of any number",
  ignore,
  async fn() {
    for (const size of [1, 2, 3, 5, 17, 4099]) {
      const draft = new ProgramDraft();
      const a = draft.buffer("leaf", size, "u8");
      const out = draft.buffer("result", size, "u8");
      draft.bytes(a, out);
      const { actual, expected } = await runBoth(draft.finish([out]), [
        ramp(size, "u8"),
      ]);
      assert.deepEqual(actual, expected, `size ${size}`);
    }
  },
});

Deno.test({
  name: "Reads that are asked for together share one wait",
  ignore,
  async fn() {
    const { reader } = await connectWebGpu();
    const program = new WebGpuProgram(chain(10), renderByHand);
    const host = hostStorage(ramp(10));
    const results = [];
    for (let k = 0; k < 50; k++) {
      const [out] = await program.run([host, host], [k], QUIET);
      results.push(out!);
    }
    const before = reader.maps;
    const arrays = await readAll(results);
    assert.equal(reader.maps - before, 1);
    arrays.forEach((array, k) => assert.equal(array[0], 6 * k + 1 + 3));
  },
});

Deno.test({
  name: "Large data come back in pieces",
  ignore,
  async fn() {
    const size = 5_000_003;
    const draft = new ProgramDraft();
    const a = draft.buffer("leaf", size);
    const out = draft.buffer("result", size);
    draft.add(a, a, out);
    const { actual } = await runBoth(draft.finish([out]), [ramp(size)]);
    const data = ramp(size);
    for (const k of [0, 1, 4_194_303, 4_194_304, size - 1]) {
      assert.equal(actual[0]![k], 2 * data[k]!, String(k));
    }
  },
});

Deno.test({
  name: "Many runs hold no more memory than one",
  ignore,
  async fn() {
    const { pool, hostLeaves } = await connectWebGpu();
    const program = new WebGpuProgram(chain(50_000), renderByHand);
    const run = async () => {
      const host = hostStorage(ramp(50_000));
      const [out] = await program.run([host, host], [1], QUIET);
      await out!.read();
      out!.dispose();
    };
    await run();
    const { heldBytes } = pool;
    for (let k = 0; k < 100; k++) await run();
    // Copies of leaves go when their storages are found by the collector.
    const copies = hostLeaves.copies * 200_000 * 1.2;
    assert.ok(pool.heldBytes <= heldBytes + copies);
    assert.ok(pool.idleBytes < 100e6);
  },
});

Deno.test({
  name: "Dropped results are given back without being disposed of",
  ignore,
  async fn() {
    const { pool } = await connectWebGpu();
    const size = 2 ** 20;
    const draft = new ProgramDraft();
    const out = draft.buffer("result", size);
    draft.add(draft.buffer("leaf", size), draft.buffer("leaf", size), out);
    const program = new WebGpuProgram(draft.finish([out]), renderByHand);
    const host = hostStorage(ramp(size));
    // Results of 1.3 GB in all; the budget of a software adapter is 4 GB.
    for (let k = 0; k < 300; k++) await program.run([host, host], [], QUIET);
    assert.ok(pool.heldBytes < 0.6e9, `${pool.heldBytes} bytes are held`);
  },
});

Deno.test({
  name: "A budget that is used up is told with who holds it",
  ignore,
  async fn() {
    const { pool } = await connectWebGpu();
    const { budgetBytes } = pool;
    pool.budgetBytes = 1;
    try {
      const prepared = new WebGpuProgram(chain(5000), renderByHand);
      const host = hostStorage(ramp(5000));
      await assert.rejects(
        prepared.run([host, host], [1], {
          blame: () => ["outlook", "fit"],
        }),
        /Cannot allocate .*path +outlook › fit/s,
      );
    } finally {
      pool.budgetBytes = budgetBytes;
    }
  },
});

Deno.test({
  name: "A program of much work lets the event loop turn and can be stopped",
  ignore,
  async fn() {
    const size = 20_000;
    const draft = new ProgramDraft();
    const a = draft.buffer("leaf", size);
    let from = a;
    for (let k = 0; k < 400; k++) {
      const to = draft.buffer(k === 399 ? "result" : "temporary", size);
      draft.add(from, from, to);
      from = to;
    }
    const plain = draft.finish([from]);
    const slow = {
      ...plain,
      steps: plain.steps.map((step) =>
        step.kind === "row"
          ? {
            ...step,
            name: "slow",
            flops: 60_000 * size,
            operands: step.operands.slice(0, 1),
          }
          : step
      ),
    };
    const program = new WebGpuProgram(slow, renderByHand);
    const controller = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 5) controller.abort(new Error("enough"));
    }, 10);
    try {
      await assert.rejects(
        program.run([hostStorage(ramp(size))], [], {
          ...QUIET,
          signal: controller.signal,
        }),
        CancelledError,
      );
    } finally {
      clearInterval(timer);
    }
    assert.equal(ticks >= 5, true);
    // What was submitted ends by itself; the device goes on.
    const { actual, expected } = await runBoth(chain(10), [
      ramp(10),
      ramp(10),
    ], [2]);
    assert.deepEqual(actual, expected);
  },
});

Deno.test({
  name: "A trace tells each kernel once with its op",
  ignore,
  async fn() {
    const program = new WebGpuProgram(chain(1000), renderByHand);
    const records: KernelRecord[] = [];
    const host = hostStorage(ramp(1000));
    await program.run([host, host], [1], {
      onKernel: (record) => records.push(record),
      blame: (node) => [`node ${node}`],
    });
    assert.deepEqual(
      records.map(({ blame, bytes, device, name }) => [
        name,
        device,
        blame,
        bytes,
      ]),
      ["add", "scale", "increment", "add"].map((name) => [
        name,
        "webgpu",
        ["node 7"],
        4000,
      ]),
    );
    assert.ok(records.every((one) => one.milliseconds >= 0));
    assert.ok(records.some((one) => one.milliseconds > 0));
  },
});

Deno.test({
  name: "A kernel that does not compile is shown with its line and its op",
  ignore,
  async fn() {
    const plain = chain(10);
    const program = new WebGpuProgram({
      ...plain,
      steps: plain.steps.map((step) =>
        step.kind === "row" && step.name === "scale"
          ? { ...step, name: "broken" }
          : step
      ),
    }, renderByHand);
    await program.compile();
    const host = hostStorage(ramp(10));
    await assert.rejects(
      program.run([host, host], [1], { blame: () => ["demo", "scale"] }),
      (error: Error) => {
        assert.match(error.message, /Cannot compile the kernel "broken"/);
        assert.match(error.message, /demo › scale/);
        assert.match(error.message, /b1\[i\] = b0\[i\] \+ 1u;/);
        assert.match(error.message, /\^/);
        return true;
      },
    );
  },
});

Deno.test({
  name: "Runs at the same time do not disturb each other",
  ignore,
  async fn() {
    const program = new WebGpuProgram(chain(3000), renderByHand);
    const host = hostStorage(ramp(3000));
    const runs = Array.from({ length: 20 }, async (_, k) => {
      const [out] = await program.run([host, host], [k], QUIET);
      return (await out!.read())[2]!;
    });
    const a = ramp(3)[2]!;
    (await Promise.all(runs)).forEach((value, k) =>
      assert.equal(value, 2 * a * k + 1 + a)
    );
  },
});
