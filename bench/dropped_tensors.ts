/**
 * Memory of 5,000 tensors of 10 MB that are made, read and dropped in a loop,
 * by somebody who disposes of nothing.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the memory goes to the terminal

import * as wf from "../runtime/tensor/mod.ts";
import type { BenchResult } from "./bench.ts";

const TENSORS = 5_000;
const ELEMENTS = 1_250_000;

/**
 * Measures the loop; prints the largest resident memory that was seen.
 *
 * @returns Milliseconds for one tensor; no peer.
 */
export async function run(): Promise<BenchResult[]> {
  let peak = 0;
  const began = performance.now();
  for (let count = 0; count < TENSORS; count++) {
    const tensor = wf.full([ELEMENTS], count, { dtype: "f64" });
    await wf.realize(tensor);
    if (count % 50 === 0) peak = Math.max(peak, Deno.memoryUsage().rss);
  }
  console.error(
    `${TENSORS} dropped tensors of 10 MB: at most ${
      (peak / 2 ** 20).toFixed(0)
    } MiB resident`,
  );
  return [{
    name: "tensor of 10 MB, made and dropped",
    device: "reference",
    oursMs: (performance.now() - began) / TENSORS,
    peer: null,
    peerMs: null,
    ratio: null,
  }];
}
