import assert from "node:assert/strict";
import { CancelledError, NumericalError } from "../core/errors.ts";
import type { KernelRecord } from "../device/device.ts";
import { deviceNames } from "../compiler/devices.ts";
import { withBlame } from "./digest.ts";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;

/** A product that takes hundreds of milliseconds. */
function heavy(): wf.F64 {
  const x = wf.full([700, 700], 1e-3, f64);
  return wf.matmul(wf.matmul(wf.matmul(x, x), x), x);
}

Deno.test("an execution lets the event loop turn", async () => {
  let turns = 0;
  let going = true;
  const turn = () => {
    turns++;
    if (going) setTimeout(turn, 0);
  };
  setTimeout(turn, 0);
  await heavy().data();
  going = false;
  // Blocked for all of its time, it would let none but the first one pass.
  assert.ok(turns > 5, `${turns} turns`);
});

Deno.test("a loop of short executions lets the event loop turn and heeds its signal", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const controller = new AbortController();
  const step = () =>
    wf.sum(wf.exp(wf.arange(20_000, undefined, 1, f64))).item();
  for (let k = 0; k < 3_000; k++) await step();
  clearInterval(timer);
  assert.ok(turns > 2, `${turns} turns`);
  setTimeout(() => controller.abort(), 1);
  await assert.rejects(
    wf.withExecution({ signal: controller.signal }, async () => {
      for (let k = 0; k < 100_000; k++) await step();
    }),
    CancelledError,
  );
});

Deno.test("an error of a routine names the op that called it", async () => {
  const factor = withBlame(
    ["gp", "factor"],
    () => wf.cholesky(wf.tensor([[1, 2], [2, 1]], f64)),
  );
  await assert.rejects(() => factor.data(), /positive definite[^]*gp › factor/);
});

Deno.test("an aborted signal stops an execution amid a kernel", async () => {
  const controller = new AbortController();
  const running = wf.withExecution(
    { signal: controller.signal },
    () => heavy().data(),
  );
  setTimeout(() => controller.abort("enough"), 10);
  await assert.rejects(running, (error: Error) => {
    assert.ok(error instanceof CancelledError);
    assert.match(error.message, /aborted[^]*enough/);
    return true;
  });
});

Deno.test("an execution under an aborted signal does not begin", async () => {
  const kernels: KernelRecord[] = [];
  const options = {
    signal: AbortSignal.abort(),
    onKernel: (one: KernelRecord) => kernels.push(one),
  };
  await assert.rejects(
    wf.withExecution(options, () => wf.exp(wf.ones([3], f64)).data()),
    CancelledError,
  );
  assert.deepEqual(kernels, []);
});

Deno.test("a tensor can be read after an execution of it was aborted", async () => {
  const x = wf.exp(wf.zeros([2], f64));
  await assert.rejects(
    wf.withExecution({ signal: AbortSignal.abort() }, () => x.data()),
  );
  assert.deepEqual(await x.toArray(), [1, 1]);
});

Deno.test("kernels are charged to the op that made them, also after an await and for gradients", async () => {
  const records: KernelRecord[] = [];
  await wf.withExecution({ onKernel: (one) => records.push(one) }, async () => {
    const x = wf.tensor([1, 2], f64);
    const loss = (y: wf.F64) =>
      withBlame(["flow", "loss"], () => wf.sum(wf.cumulativeSum(wf.exp(y))));
    const slope = wf.grad(loss)(x);
    await withBlame(["flow", "late"], async () => {
      await Promise.resolve();
      await wf.cumulativeSum(slope).data();
    });
  });
  assert.deepEqual(
    new Set(records.map((one) => one.blame?.join("/"))),
    new Set(["flow/loss", "flow/late"]),
  );
  assert.ok(
    records.every((one) => deviceNames().includes(one.device) && one.bytes > 0),
  );
});

Deno.test("withExecution merges inner settings into outer ones", async () => {
  const records: KernelRecord[] = [];
  await wf.withExecution(
    { onKernel: (one) => records.push(one) },
    () =>
      wf.withExecution(
        { device: "reference" },
        () => wf.exp(wf.zeros([2], f64)).data(),
      ),
  );
  assert.equal(records.length, 1);
});

Deno.test("withExecution refuses devices that do not exist here", () => {
  assert.throws(
    () => wf.withExecution({ device: "abacus" }, () => 1),
    /Cannot use unknown device "abacus"[^]*"reference"/,
  );
});

Deno.test("checkFinite blames the first primitive that gives NaN or infinity", async () => {
  const checked = (make: () => wf.Tensor) =>
    wf.withExecution({ checkFinite: true }, () => make().data());
  const x = wf.tensor([3, 2, 1], f64);
  await assert.rejects(
    () =>
      checked(() =>
        wf.square(
          withBlame(["outlook", "har"], () => wf.log(wf.subtract(x, 2))),
        )
      ),
    (error: Error) => {
      assert.ok(error instanceof NumericalError);
      assert.match(
        error.message,
        /after "log": current value at \[1\] is -Inf/,
      );
      assert.match(error.message, /outlook › har/);
      assert.match(error.message, /from 0/);
      return true;
    },
  );
});

Deno.test("checkFinite looks into programs that were traced once", async () => {
  const root = wf.compile((x: wf.F64) => wf.add(wf.sqrt(wf.negative(x)), 1));
  await assert.rejects(
    () =>
      wf.withExecution(
        { checkFinite: true },
        () => root(wf.tensor([0, 4], f64)).data(),
      ),
    /after "sqrt": current value at \[1\] is NaN[^]*from -4/,
  );
});

Deno.test("checkFinite lets pass what is masked and what came in with the data", async () => {
  await wf.withExecution({ checkFinite: true }, async () => {
    const x = wf.tensor([1, 0], f64);
    const masked = wf.where(wf.greater(x, 0), wf.log(x), 0);
    assert.deepEqual(await masked.toArray(), [0, 0]);
    const gaps = wf.add(wf.tensor([NaN, 1], f64), 1);
    assert.deepEqual(await gaps.toArray(), [NaN, 2]);
  });
});

Deno.test("memory that cannot be had is an error that names the op and the biggest holders", async () => {
  const held = withBlame(["flow", "holder"], () => wf.ones([200_000], f64));
  await wf.realize(held);
  const huge = withBlame(
    ["flow", "huge"],
    () => wf.exp(wf.zeros([1.9e9], f64)),
  );
  await assert.rejects(
    () => huge.data(),
    /Cannot allocate [^]*flow › huge[^]*2 MB by flow › holder/,
  );
  assert.equal(held.size, 200_000); // held until here
});

Deno.test("memoryAccount counts what is held, by op", async () => {
  const before = wf.memoryAccount();
  const x = withBlame(["flow", "big"], () => wf.ones([100_000], f64));
  await wf.realize(x);
  const after = wf.memoryAccount();
  assert.equal(
    after.holders.find(({ path }) => path.join() === "flow,big")?.bytes,
    800_000,
  );
  assert.ok(after.heldBytes >= 800_000);
  assert.ok(after.peakBytes >= before.peakBytes);
  assert.equal(x.size, 100_000); // held until here
});
