/**
 * What replaying a compiled program costs beside its kernels: a program of
 * 1,000 kernels that have next to nothing to do.
 *
 * @module
 */

import * as wf from "../runtime/tensor/mod.ts";
import { type BenchResult, medianOf } from "./bench.ts";
import { type BenchDevice, benchDevices } from "./kernels.ts";

const KERNELS = 1_000;
const ROUNDS = 30;

/**
 * Measures the program on each device: milliseconds of the main thread for one
 * kernel, from asking for the result until all kernels are done (WASM) or
 * handed over (WebGPU).
 *
 * @returns A row a device; no peers.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const device of await benchDevices()) {
    results.push(await measure(device));
  }
  return results;
}

/** Products of matrices cannot share a kernel with the next one. */
function chain(start: wf.F32): wf.F32 {
  let y = start;
  for (let k = 0; k < KERNELS; k++) y = wf.matmul(start, y);
  return y;
}

async function measure(device: BenchDevice): Promise<BenchResult> {
  const compiled = wf.compile(chain);
  const x = wf.full([2, 2], 0.5);
  let kernels = 0;
  const onKernel = () => void kernels++;
  await wf.withExecution({ device, onKernel }, async () => {
    await wf.realize(x);
    kernels = 0;
    await compiled(x).data();
  });
  const samples: number[] = [];
  await wf.withExecution({ device }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const made = compiled(x);
      const began = performance.now();
      await wf.realize(made);
      samples.push((performance.now() - began) / kernels);
      // The device is idle when the next round begins.
      await made.data();
    }
  });
  return {
    name: `replay of a program of ${kernels} kernels, for each`,
    device,
    oursMs: medianOf(samples),
    peer: null,
    peerMs: null,
    ratio: null,
  };
}
