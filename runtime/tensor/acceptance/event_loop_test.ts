import assert from "node:assert/strict";
import { CancelledError } from "../../core/errors.ts";
import { probeWebGpu } from "../../device/webgpu/adapter.ts";
import * as wf from "../mod.ts";
import { numbers } from "./testing.ts";

/** Longest that timers may have to wait, on a machine that others use, too. */
const LONGEST_GAP = 500;

interface Work {
  /** About how long one round takes does not matter: rounds are repeated. */
  readonly name: string;
  /** Makes the data. */
  readonly prepare: () => Promise<(round: number) => wf.Tensor>;
}

async function realized<T extends wf.Tensor>(tensor: T): Promise<T> {
  await wf.realize(tensor);
  return tensor;
}

const WORKS: readonly Work[] = [
  {
    name: "products of large matrices",
    async prepare() {
      const a = await realized(numbers(1536, 1536));
      return (round) => wf.matmul(a, wf.multiply(a, round + 1));
    },
  },
  {
    name: "a long loop",
    async prepare() {
      const x = await realized(numbers(200_000, 8));
      const run = wf.compile((rate: wf.Operand<"f32">, xs: wf.F32) =>
        wf.scan(
          (carry: wf.F32, one: wf.F32): [wf.F32, wf.F32] => {
            const next = wf.add(wf.multiply(carry, rate), wf.exp(one));
            return [next, wf.sin(next)];
          },
          wf.zeros([8]),
          xs,
        )[1]
      );
      return (round) => run(0.5 + round / 1000, x);
    },
  },
  {
    name: "factors of a large matrix",
    async prepare() {
      const n = 1200;
      const a = wf.cast(numbers(n, n), "f64");
      const spread = await realized(
        wf.add(
          wf.matmul(a, wf.transpose(a)),
          wf.multiply(wf.eye(n, n, { dtype: "f64" }), n),
        ),
      );
      return (round) => wf.cholesky(wf.multiply(spread, round + 1));
    },
  },
  {
    name: "sums over a large tensor",
    async prepare() {
      const x = await realized(numbers(3000, 3000));
      return (round) => wf.softmax(wf.multiply(x, round), { axis: 0 });
    },
  },
];

/** Calls back every 10 milliseconds; tells the longest gap in between. */
function watchTimers(): { stop: () => { ticks: number; gap: number } } {
  let [last, gap, ticks] = [performance.now(), 0, 0];
  const note = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
  };
  const timer = setInterval(() => {
    ticks++;
    note();
  }, 10);
  return {
    stop: () => {
      clearInterval(timer);
      note();
      return { ticks, gap };
    },
  };
}

for (const { name, prepare } of WORKS) {
  Deno.test(`timers are served during ${name}, and a signal stops them`, () =>
    wf.withExecution({ device: "wasm" }, async () => {
      const make = await prepare();
      const timers = watchTimers();
      const began = performance.now();
      let rounds = 0;
      while (performance.now() - began < 600) await wf.realize(make(rounds++));
      const { gap, ticks } = timers.stop();
      assert.ok(gap < LONGEST_GAP, `a timer waited for ${gap} ms`);
      assert.ok(ticks >= 3, `only ${ticks} ticks in ${rounds} rounds`);

      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 30);
      const endless = wf.withExecution(
        { signal: controller.signal },
        async () => {
          for (let round = 1;; round++) await wf.realize(make(round + 5));
        },
      );
      await assert.rejects(
        endless,
        (error) =>
          error instanceof CancelledError && error.cause instanceof Error &&
          error.cause.message === "enough",
      );
      // The device goes on with other work.
      const after = await make(1).data();
      assert.ok(after.some((value) => value !== 0));
      assert.ok(after.every((value) => Number.isFinite(value)));
    }));
}

Deno.test("a signal stops a single long kernel before it is done", () =>
  wf.withExecution({ device: "wasm" }, async () => {
    const n = 4096;
    const a = await realized(wf.full([n, n], 0.5));
    const controller = new AbortController();
    let kernels = 0;
    const settings = {
      signal: controller.signal,
      onKernel: () => void kernels++,
    };
    setTimeout(() => controller.abort(), 20);
    const product = wf.matmul(a, a);
    await assert.rejects(
      wf.withExecution(settings, () => wf.realize(product)),
      CancelledError,
    );
    assert.equal(kernels, 0);
    // What was stopped can be asked for again, here for a part of it.
    const corner = wf.matmul(wf.slice(a, [0, 3]), wf.slice(a, null, [0, 2]));
    assert.deepEqual(await corner.toArray(), [[1024, 1024], [1024, 1024], [
      1024,
      1024,
    ]]);
  }));

const { available, isHardware } = await probeWebGpu();

Deno.test({
  name: "timers are served between the submits of a long program on webgpu",
  // On hardware it would not be long.
  ignore: !available || isHardware,
  fn: () =>
    wf.withExecution({ device: "webgpu" }, async () => {
      const a = await realized(numbers(384, 384));
      const make = (factor: number): wf.Tensor => {
        let y = wf.multiply(a, factor);
        for (let k = 0; k < 96; k++) {
          y = wf.multiply(wf.matmul(a, y), 0.01);
        }
        return y;
      };
      // Compiles, and learns how fast the adapter is.
      await make(1).data();
      const timers = watchTimers();
      await make(2).data();
      const { gap, ticks } = timers.stop();
      assert.ok(ticks >= 3, `${ticks} ticks, the longest gap is ${gap} ms`);

      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      await assert.rejects(
        wf.withExecution(
          { signal: controller.signal },
          () => make(3).data(),
        ),
        CancelledError,
      );
      assert.ok((await make(4).data()).every(Number.isFinite));
    }),
});
