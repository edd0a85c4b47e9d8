/**
 * Us.
 *
 * @module
 */

import * as wf from "../runtime/tensor/mod.ts";
import {
  type BenchCase,
  type Contender,
  positiveDefinite,
  randomNumbers,
  type Repeat,
} from "./contender.ts";

/**
 * Weft on one of its devices.
 *
 * @param device Name of the device.
 * @returns The contender.
 */
export function weft(device: string): Contender {
  return {
    name: "weft",
    prepare: (work) =>
      wf.withExecution({ device }, async () => {
        const step = await prepared(work);
        if (step === undefined) return undefined;
        const again: Repeat = (count) =>
          wf.withExecution({ device }, () => repeat(step, count));
        return again;
      }),
    close() {},
  };
}

/** The work. */
interface Step {
  /** Does it once and gives what has to be computed for it. */
  readonly next: () => wf.Tensor[];
  /** Whether that is what the next step begins with. */
  readonly isState?: boolean;
}

/** The last of the results is waited for: devices work in order. */
async function repeat(step: Step, count: number): Promise<void> {
  for (let k = 0; k < count; k++) {
    const made = step.next();
    await wf.realize(...made);
    if (k === count - 1) {
      const flat = wf.reshape(made[0]!, [made[0]!.size]);
      await wf.slice(flat, [0, 1]).data();
    }
    // As the peers do.
    if (step.isState !== true) { for (const one of made) one.dispose(); }
  }
}

async function random(
  shape: readonly number[],
  dtype: wf.DType = "f32",
): Promise<wf.Tensor> {
  const size = shape.reduce((a, b) => a * b, 1);
  const x = wf.cast(
    wf.tensor(randomNumbers(size), { shape, dtype: "f32" }),
    dtype,
  );
  await wf.realize(x);
  return x;
}

async function prepared(work: BenchCase): Promise<Step | undefined> {
  switch (work.kind) {
    case "matmul": {
      const { batch, dtype, k, m, n } = work;
      const leading = batch === 1 ? [] : [batch];
      const a = await random([...leading, m, k], dtype);
      const b = await random([...leading, k, n], dtype);
      const product = wf.compile((x: wf.Tensor, y: wf.Tensor) =>
        wf.matmul(x, y)
      );
      return { next: () => [product(a, b)] };
    }
    case "matvec": {
      const a = await random([work.m, work.k]);
      const x = await random([work.k]);
      const product = wf.compile((p: wf.Tensor, q: wf.Tensor) =>
        wf.matmul(p, q)
      );
      return { next: () => [product(a, x)] };
    }
    case "elementwise": {
      const x = await random([work.size]) as wf.F32;
      const chain = wf.compile((start: wf.F32) => {
        let y = start;
        for (let k = 0; k < 5; k++) y = wf.add(wf.multiply(y, 0.9), 0.1 * k);
        return y;
      });
      return { next: () => [chain(x)] };
    }
    case "softmax": {
      const x = await random([work.rows, work.columns]) as wf.F32;
      const softmax = wf.compile((one: wf.F32) => wf.softmax(one));
      return { next: () => [softmax(x)] };
    }
    case "layerNorm": {
      const x = await random([work.rows, work.columns]) as wf.F32;
      const norm = wf.compile((one: wf.F32) => wf.layerNorm(one));
      return { next: () => [norm(x)] };
    }
    case "attention":
      return await attention(work);
    case "cholesky": {
      const a = wf.cast(
        wf.tensor(positiveDefinite(work.n), {
          shape: [work.n, work.n],
          dtype: "f32",
        }),
        work.dtype,
      ) as wf.Float;
      await wf.realize(a);
      return { next: () => [wf.linalg.cholesky(a)] };
    }
    case "mlpStep":
      return await mlpStep(work);
    case "adamWStep":
      return await adamWStep(work.size);
    case "dispatch": {
      const x = await random([4, 4]) as wf.F32;
      // Products of matrices cannot share a kernel with the next one.
      const chain = wf.compile((start: wf.F32) => {
        let y = start;
        for (let k = 0; k < work.count; k++) y = wf.matmul(start, y);
        return y;
      });
      return { next: () => [chain(x)] };
    }
  }
}

async function attention(
  work: BenchCase & { kind: "attention" },
): Promise<Step> {
  const shape = [work.heads, work.length, work.headSize];
  const inputs = await Promise.all([0, 1, 2].map(() => random(shape)));
  const forward = (q: wf.F32, k: wf.F32, v: wf.F32): wf.F32 =>
    wf.scaledDotProductAttention(q, k, v, { isCausal: true });
  const [q, k, v] = inputs as [wf.F32, wf.F32, wf.F32];
  if (!work.backward) {
    const run = wf.compile(forward);
    return { next: () => [run(q, k, v)] };
  }
  const run = wf.compile(
    wf.grad((...args: [wf.F32, wf.F32, wf.F32]) => wf.sum(forward(...args)), {
      argnums: [0, 1, 2],
    }),
  );
  return { next: () => [...run(q, k, v)] };
}

async function mlpStep(work: BenchCase & { kind: "mlpStep" }): Promise<Step> {
  const { batch, hidden, inputs, outputs } = work;
  const x = await random([batch, inputs]) as wf.F32;
  const y = await random([batch, outputs]) as wf.F32;
  type Parameters = { a: wf.F32; b: wf.F32; c: wf.F32; d: wf.F32 };
  let parameters: Parameters = {
    a: await random([inputs, hidden]) as wf.F32,
    b: await random([hidden]) as wf.F32,
    c: await random([hidden, outputs]) as wf.F32,
    d: await random([outputs]) as wf.F32,
  };
  const loss = (p: Parameters, from: wf.F32, to: wf.F32): wf.F32 => {
    const inner = wf.relu(wf.add(wf.matmul(from, p.a), p.b));
    const made = wf.add(wf.matmul(inner, p.c), p.d);
    return wf.mean(wf.square(wf.subtract(made, to)));
  };
  const step = wf.compile((p: Parameters, from: wf.F32, to: wf.F32) => {
    const g = wf.grad(loss)(p, from, to);
    const next = (value: wf.F32, slope: wf.F32) =>
      wf.subtract(value, wf.multiply(slope, 1e-4));
    return {
      a: next(p.a, g.a),
      b: next(p.b, g.b),
      c: next(p.c, g.c),
      d: next(p.d, g.d),
    };
  });
  return {
    isState: true,
    next: () => {
      parameters = step(parameters, x, y);
      return Object.values(parameters);
    },
  };
}

async function adamWStep(size: number): Promise<Step> {
  let parameter = await random([size]) as wf.F32;
  const gradient = await random([size]) as wf.F32;
  const optimizer = wf.optim.adamW();
  let state = optimizer.init(parameter);
  const step = wf.compile(
    (p: wf.F32, g: wf.F32, s: typeof state) => optimizer.update(g, s, p),
    { donate: [0, 2] },
  );
  return {
    isState: true,
    next: () => {
      const updated = step(parameter, gradient, state);
      parameter = updated.params;
      state = updated.state;
      return [parameter, state.mean, state.meanSquare, state.step];
    },
  };
}
