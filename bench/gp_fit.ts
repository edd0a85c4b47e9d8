/**
 * Gaussian-process regression of 2,000 rows: one evaluation of the likelihood
 * with its gradient, and a whole fit from the same start, beside scikit-learn.
 * `WEFT_BENCH_PYTHON` names a Python that has it; "python3" where absent.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { gpFit, gpLogMarginalLikelihood } from "../ops/volatility/mod.ts";
import type { Kernel } from "../ops/volatility/mod.ts";
import * as wf from "../runtime/tensor/mod.ts";
import { type BenchResult, medianOf } from "./bench.ts";

const ROWS = 2000;
const COLUMNS = 3;
const ROUNDS = 2;
const MAX_ITERATIONS = 10;
const SCRIPT = fileURLToPath(new URL("./peers/sklearn_gp.py", import.meta.url));

const KERNEL: Kernel = {
  kind: "product",
  kernels: [
    { kind: "constant", variance: 1 },
    { kind: "rbf", lengthScale: Array.from({ length: COLUMNS }, () => 1) },
  ],
};

interface PeerTimes {
  readonly name: string;
  readonly fitMs: readonly number[];
  readonly evaluations: readonly number[];
  readonly evaluationMs: readonly number[];
  readonly likelihood: number;
}

/**
 * Measures us, then scikit-learn.
 *
 * @returns A row for an evaluation and a row for a fit.
 */
export async function run(): Promise<BenchResult[]> {
  const numbers = await wf.random.normal(
    wf.random.key(0),
    [ROWS, COLUMNS + 1],
    { dtype: "f64" },
  ).data();
  const stride = COLUMNS + 1;
  const rows = Array.from(
    { length: ROWS },
    (_, row) => [...numbers.slice(row * stride, row * stride + COLUMNS)],
  );
  const raw = rows.map(([a = 0, b = 0], row) =>
    Math.sin(a) + 0.5 * b + 0.3 * (numbers[row * stride + COLUMNS] ?? NaN)
  );
  const mean = raw.reduce((sum, value) => sum + value) / ROWS;
  const scale = Math.sqrt(
    raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS,
  );
  const targets = raw.map((value) => (value - mean) / scale);
  const data = {
    x: wf.tensor(Float64Array.from(rows.flat()), { shape: [ROWS, COLUMNS] }),
    y: wf.tensor(Float64Array.from(targets)),
  };
  const evaluationMs: number[] = [];
  for (let round = -1; round < 2 * ROUNDS + 1; round += 1) {
    const began = performance.now();
    const { likelihood, gradient } = await gpLogMarginalLikelihood.run(data, {
      kernel: KERNEL,
      noiseVariance: 0.1,
    });
    await wf.read(likelihood, gradient);
    if (round >= 0) evaluationMs.push(performance.now() - began);
  }
  const fitMs: number[] = [];
  let evaluations = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    const { model } = await gpFit.run(data, {
      kernel: KERNEL,
      standardise: false,
      starts: 1,
      maxIterations: MAX_ITERATIONS,
      tolerance: 1e-2,
    });
    fitMs.push(performance.now() - began);
    evaluations = model.search?.evaluations ?? 0;
  }
  const peer = await scikitLearn({ x: rows, y: targets });
  const row = (
    name: string,
    own: readonly number[],
    theirs: readonly number[] | undefined,
  ) => {
    const oursMs = medianOf(own);
    const peerMs = theirs === undefined ? null : medianOf(theirs);
    return {
      name,
      device: "wasm",
      oursMs,
      peer: peer?.name ?? null,
      peerMs,
      ratio: peerMs === null ? null : peerMs / oursMs,
    };
  };
  const counts = peer === undefined
    ? `${evaluations} evaluations`
    : `${evaluations} evaluations, theirs ${medianOf(peer.evaluations)}`;
  return [
    row(
      `likelihood of ${ROWS} rows with gradient, f64`,
      evaluationMs,
      peer?.evaluationMs,
    ),
    row(
      `fit of ${ROWS} rows, at most ${MAX_ITERATIONS} iterations (${counts})`,
      fitMs,
      peer?.fitMs,
    ),
  ];
}

async function scikitLearn(
  data: { x: number[][]; y: number[] },
): Promise<PeerTimes | undefined> {
  const child = new Deno.Command(
    Deno.env.get("WEFT_BENCH_PYTHON") ?? "python3",
    { args: [SCRIPT], stdin: "piped", stdout: "piped", stderr: "null" },
  ).spawn();
  const writer = child.stdin.getWriter();
  const order = { ...data, rounds: ROUNDS, maxIterations: MAX_ITERATIONS };
  try {
    await writer.write(new TextEncoder().encode(JSON.stringify(order)));
    await writer.close();
  } catch {
    // It ended before it read: there is no scikit-learn.
  }
  const { stdout, success } = await child.output();
  if (!success) return undefined;
  return JSON.parse(new TextDecoder().decode(stdout));
}
