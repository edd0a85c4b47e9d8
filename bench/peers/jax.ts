/**
 * jax-js, with `jit` where it has it. Peers are loaded by `bench/` only, and
 * stand neither in the import map nor in the lock file: nobody who uses Weft
 * should have to fetch them.
 *
 * @module
 */

import {
  type Array as JaxArray,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
} from "npm:@jax-js/jax@0.1.25";
import {
  type BenchCase,
  type Contender,
  positiveDefinite,
  randomNumbers,
  type Repeat,
} from "../contender.ts";

/**
 * jax-js on one of its devices.
 *
 * @param device Name of the device.
 * @returns The contender; undefined where it has no such device here.
 */
export async function peer(
  device: "wasm" | "webgpu",
): Promise<Contender | undefined> {
  const devices = await init(device);
  if (!devices.includes(device)) return undefined;
  return {
    name: "jax-js 0.1.25",
    prepare(work) {
      defaultDevice(device);
      const step = prepared(work);
      if (step === undefined) return Promise.resolve(undefined);
      const repeat: Repeat = async (count) => {
        defaultDevice(device);
        const pending: Promise<void>[] = [];
        for (let k = 0; k < count; k++) {
          const made = step();
          // Asking for readiness starts the work; what is disposed of before is
          // never done.
          pending.push(finished(made));
          if (pending.length > IN_FLIGHT) await pending.shift();
        }
        await Promise.all(pending);
      };
      return Promise.resolve(repeat);
    },
    close() {},
  };
}

type Step = () => JaxArray[];

/** Results that are waited for at once, so that devices never run dry. */
const IN_FLIGHT = 4;

async function finished(made: readonly JaxArray[]): Promise<void> {
  for (const one of made) await one.blockUntilReady();
  for (const one of made) one.dispose();
}

function random(shape: number[], dtype = np.float32): JaxArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return np.array(randomNumbers(size), { shape }).astype(dtype);
}

function prepared(work: BenchCase): Step | undefined {
  switch (work.kind) {
    case "matmul": {
      const { batch, k, m, n } = work;
      const dtype = {
        f16: np.float16,
        f32: np.float32,
        f64: np.float64,
      }[work.dtype];
      const leading = batch === 1 ? [] : [batch];
      const a = random([...leading, m, k], dtype);
      const b = random([...leading, k, n], dtype);
      const run = jit((x: JaxArray, y: JaxArray) => np.matmul(x, y));
      return () => [run(a.ref, b.ref)];
    }
    case "matvec": {
      const a = random([work.m, work.k]);
      const x = random([work.k]);
      const run = jit((p: JaxArray, q: JaxArray) => np.matmul(p, q));
      return () => [run(a.ref, x.ref)];
    }
    case "elementwise": {
      const x = random([work.size]);
      const run = jit((start: JaxArray) => {
        let y = start;
        for (let k = 0; k < 5; k++) y = y.mul(0.9).add(0.1 * k);
        return y;
      });
      return () => [run(x.ref)];
    }
    case "softmax": {
      const x = random([work.rows, work.columns]);
      const run = jit((one: JaxArray) => nn.softmax(one));
      return () => [run(x.ref)];
    }
    case "layerNorm": {
      const x = random([work.rows, work.columns]);
      const run = jit((one: JaxArray) => nn.standardize(one));
      return () => [run(x.ref)];
    }
    case "attention": {
      const { backward, headSize, heads, length } = work;
      const shape = [length, heads, headSize];
      const [q, k, v] = [random(shape), random(shape), random(shape)];
      const forward = (a: JaxArray, b: JaxArray, c: JaxArray) =>
        nn.dotProductAttention(a, b, c, { isCausal: true });
      if (!backward) {
        const run = jit(forward);
        return () => [run(q.ref, k.ref, v.ref)];
      }
      const gradient = valueAndGrad(
        (a: JaxArray, b: JaxArray, c: JaxArray) => forward(a, b, c).sum(),
        { argnums: [0, 1, 2] },
      );
      const run = jit((a: JaxArray, b: JaxArray, c: JaxArray) =>
        gradient(a, b, c)[1]
      );
      return () => run(q.ref, k.ref, v.ref) as JaxArray[];
    }
    case "cholesky": {
      const { dtype, n } = work;
      const a = np.array(positiveDefinite(n), { shape: [n, n] }).astype(
        dtype === "f64" ? np.float64 : np.float32,
      );
      return () => [lax.linalg.cholesky(a.ref)];
    }
    case "mlpStep":
      return mlpStep(work);
    case "adamWStep":
      return adamWStep(work.size);
    case "dispatch": {
      const x = random([4, 4]);
      const run = jit((start: JaxArray) => {
        let y = start.ref;
        for (let k = 0; k < work.count; k++) y = np.matmul(start.ref, y);
        start.dispose();
        return y;
      });
      return () => [run(x.ref)];
    }
  }
}

function mlpStep(work: BenchCase & { kind: "mlpStep" }): Step {
  const { batch, hidden, inputs, outputs } = work;
  const x = random([batch, inputs]);
  const y = random([batch, outputs]);
  type Parameters = { a: JaxArray; b: JaxArray; c: JaxArray; d: JaxArray };
  let parameters: Parameters = {
    a: random([inputs, hidden]),
    b: random([hidden]),
    c: random([hidden, outputs]),
    d: random([outputs]),
  };
  const gradient = valueAndGrad(
    ({ a, b, c, d }: Parameters, from: JaxArray, to: JaxArray) => {
      const inner = nn.relu(np.matmul(from, a).add(b));
      return np.square(np.matmul(inner, c).add(d).sub(to)).mean();
    },
  );
  const step = jit((p: Parameters, from: JaxArray, to: JaxArray) => {
    const held = { a: p.a.ref, b: p.b.ref, c: p.c.ref, d: p.d.ref };
    const [loss, g] = gradient(held, from, to);
    loss.dispose();
    return {
      a: p.a.sub(g.a.mul(1e-4)),
      b: p.b.sub(g.b.mul(1e-4)),
      c: p.c.sub(g.c.mul(1e-4)),
      d: p.d.sub(g.d.mul(1e-4)),
    };
  });
  return () => {
    parameters = step(parameters, x.ref, y.ref) as Parameters;
    return Object.values(parameters).map((one) => one.ref);
  };
}

function adamWStep(size: number): Step {
  const gradient = random([size]);
  let state = {
    p: random([size]),
    m: np.zeros([size]),
    v: np.zeros([size]),
  };
  const step = jit((g: JaxArray, { m, p, v }: typeof state) => {
    const mean = m.mul(0.9).add(g.ref.mul(0.1));
    const square = v.mul(0.999).add(np.square(g).mul(0.001));
    const update = mean.ref.mul(10).div(
      np.sqrt(square.ref.mul(1000)).add(1e-8),
    );
    return {
      p: p.mul(1 - 1e-5).sub(update.mul(1e-3)),
      m: mean,
      v: square,
    };
  });
  return () => {
    state = step(gradient.ref, state) as typeof state;
    return [state.p.ref, state.m.ref, state.v.ref];
  };
}
