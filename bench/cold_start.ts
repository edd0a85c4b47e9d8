/**
 * From nothing to the first result: a fresh process imports `mod.ts` and runs a
 * small tensor op on WASM.
 *
 * @module
 */

import { type BenchResult, medianOf } from "./bench.ts";

const RUNS = 9;

const SCRIPTS: Readonly<Record<string, string>> = {
  ours: `
    const began = performance.now();
    await import("@weft/weft");
    const wf = await import("@weft/weft/tensor");
    await wf.withExecution({ device: "wasm" }, () =>
      wf.sum(wf.multiply(wf.tensor([1, 2, 3]), 2)).item());
    console.log(performance.now() - began);`,
  peer: `
    const began = performance.now();
    const jax = await import("npm:@jax-js/jax@0.1.25");
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    jax.numpy.array([1, 2, 3]).mul(2).sum().item();
    console.log(performance.now() - began);
    Deno.exit(0);`,
};

async function milliseconds(script: string): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "--no-check",
      "--quiet",
      "--allow-read",
      "--allow-env",
      "-",
    ],
    cwd: new URL("..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout } = await child.output();
  const text = new TextDecoder().decode(stdout).trim();
  if (text === "") throw new Error("The process ended without a result");
  return Number(text);
}

/**
 * Measures both in turn; what the process itself takes to start is not counted.
 *
 * @returns One row.
 */
export async function run(): Promise<BenchResult[]> {
  const samples: Record<string, number[]> = { ours: [], peer: [] };
  for (let k = 0; k < RUNS; k++) {
    for (const [who, script] of Object.entries(SCRIPTS)) {
      samples[who]!.push(await milliseconds(script));
    }
  }
  const oursMs = medianOf(samples["ours"]!);
  const peerMs = medianOf(samples["peer"]!);
  return [{
    name: "import and first small op",
    device: "wasm",
    oursMs,
    peer: "jax-js 0.1.25",
    peerMs,
    ratio: peerMs / oursMs,
  }];
}
