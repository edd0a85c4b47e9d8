/**
 * What the benchmarks of kernels measure.
 *
 * @module
 */

import type { BenchCase } from "./contender.ts";

/** A piece of work with its name in the table. */
export interface NamedCase {
  /** The name. */
  readonly name: string;
  /** The work. */
  readonly work: BenchCase;
  /** Whether only a real GPU or many cores do it in reasonable time. */
  readonly isLarge?: boolean;
}

function square(n: number, dtype: "f32" | "f16" | "f64"): NamedCase {
  return {
    name: `matmul ${n}³ ${dtype}`,
    work: { kind: "matmul", batch: 1, m: n, k: n, n, dtype },
    isLarge: n >= 2048,
  };
}

/** The benchmarks, by name. */
export const SUITES: Readonly<Record<string, readonly NamedCase[]>> = {
  matmul: [
    square(512, "f32"),
    square(1024, "f32"),
    square(2048, "f32"),
    square(4096, "f32"),
    square(1024, "f16"),
    square(4096, "f16"),
    square(1024, "f64"),
    {
      name: "matmul 4096×256×64 f32",
      work: { kind: "matmul", batch: 1, m: 4096, k: 256, n: 64, dtype: "f32" },
    },
    {
      name: "matmul 64×(128×64×128) f32",
      work: {
        kind: "matmul",
        batch: 64,
        m: 128,
        k: 64,
        n: 128,
        dtype: "f32",
      },
    },
  ],
  matvec: [
    { name: "matvec 4096×4096", work: { kind: "matvec", m: 4096, k: 4096 } },
  ],
  elementwise: [
    {
      name: "10 ops over 16 M",
      work: { kind: "elementwise", size: 16 * 2 ** 20 },
    },
  ],
  softmax: [
    {
      name: "softmax 4096×1024",
      work: { kind: "softmax", rows: 4096, columns: 1024 },
    },
  ],
  layer_norm: [
    {
      name: "layer norm 4096×1024",
      work: { kind: "layerNorm", rows: 4096, columns: 1024 },
    },
  ],
  attention: [
    {
      name: "attention 8×1024×64, causal",
      work: {
        kind: "attention",
        heads: 8,
        length: 1024,
        headSize: 64,
        backward: false,
      },
    },
    {
      name: "attention 8×1024×64, causal, gradient",
      work: {
        kind: "attention",
        heads: 8,
        length: 1024,
        headSize: 64,
        backward: true,
      },
    },
  ],
  cholesky: [
    {
      name: "Cholesky 1000 f64",
      work: { kind: "cholesky", n: 1000, dtype: "f64" },
    },
    {
      name: "Cholesky 1000 f32",
      work: { kind: "cholesky", n: 1000, dtype: "f32" },
    },
  ],
  mlp_step: [
    {
      name: "step of a perceptron 256×(784, 512, 10)",
      work: {
        kind: "mlpStep",
        batch: 256,
        inputs: 784,
        hidden: 512,
        outputs: 10,
      },
    },
  ],
  adamw_step: [
    {
      name: "AdamW over 4 M",
      work: { kind: "adamWStep", size: 4 * 2 ** 20 },
    },
  ],
  dispatch: [
    {
      name: "200 products of 4×4, one after another",
      work: { kind: "dispatch", count: 200 },
    },
  ],
};
