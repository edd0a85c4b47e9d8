/**
 * TensorFlow.js; loaded as `jax.ts` is.
 *
 * @module
 */

import { setWasmPaths } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import {
  type BenchCase,
  type Contender,
  randomNumbers,
  type Repeat,
} from "../contender.ts";

/**
 * TensorFlow.js on one of its backends.
 *
 * @param backend Name of the backend.
 * @returns The contender; undefined where it has no such backend here.
 */
export async function peer(
  backend: "wasm" | "webgpu",
): Promise<Contender | undefined> {
  const folder = import.meta.resolve(
    "npm:@tensorflow/tfjs-backend-wasm@4.22.0",
  );
  setWasmPaths(new URL(".", folder).pathname);
  const isThere = await tf.setBackend(backend).catch(() => false);
  if (!isThere) return undefined;
  return {
    name: "tfjs 4.22.0",
    async prepare(work) {
      await tf.setBackend(backend);
      const step = prepared(work);
      if (step === undefined) return undefined;
      const repeat: Repeat = async (count) => {
        await tf.setBackend(backend);
        for (let k = 0; k < count; k++) {
          const made = tf.tidy(step);
          if (k === count - 1) {
            const one = tf.tidy(() => tf.slice(tf.reshape(made, [-1]), 0, 1));
            await one.data();
            one.dispose();
          }
          made.dispose();
        }
      };
      return repeat;
    },
    close() {},
  };
}

type Step = () => tf.Tensor;

function random(shape: number[]): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(randomNumbers(size), shape);
}

function prepared(work: BenchCase): Step | undefined {
  switch (work.kind) {
    case "matmul": {
      if (work.dtype !== "f32") return undefined;
      const { batch, k, m, n } = work;
      const leading = batch === 1 ? [] : [batch];
      const [a, b] = [random([...leading, m, k]), random([...leading, k, n])];
      return () => tf.matMul(a, b);
    }
    case "matvec": {
      const [a, x] = [random([work.m, work.k]), random([work.k, 1])];
      return () => tf.matMul(a, x);
    }
    case "elementwise": {
      const x = random([work.size]);
      return () => {
        let y = x;
        for (let k = 0; k < 5; k++) y = tf.add(tf.mul(y, 0.9), 0.1 * k);
        return y;
      };
    }
    case "softmax": {
      const x = random([work.rows, work.columns]);
      return () => tf.softmax(x);
    }
    case "layerNorm": {
      const x = random([work.rows, work.columns]);
      return () => {
        const { mean, variance } = tf.moments(x, -1, true);
        return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      };
    }
    case "mlpStep":
      return mlpStep(work);
    case "dispatch": {
      const x = random([4, 4]);
      return () => {
        let y = x;
        for (let k = 0; k < work.count; k++) y = tf.matMul(x, y);
        return y;
      };
    }
    case "attention":
    case "cholesky":
    case "adamWStep":
      return undefined;
  }
}

function mlpStep(work: BenchCase & { kind: "mlpStep" }): Step {
  const { batch, hidden, inputs, outputs } = work;
  const x = random([batch, inputs]);
  const y = random([batch, outputs]);
  const parameters = [
    random([inputs, hidden]),
    random([hidden]),
    random([hidden, outputs]),
    random([outputs]),
  ].map((one) => tf.variable(one));
  const optimizer = tf.train.sgd(1e-4);
  return () => {
    const [a, b, c, d] = parameters as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    return optimizer.minimize(
      () => {
        const inner = tf.relu(tf.add(tf.matMul(x, a), b));
        const made = tf.add(tf.matMul(inner, c), d);
        return tf.mean(tf.square(tf.sub(made, y)));
      },
      true,
      parameters,
    )!;
  };
}
