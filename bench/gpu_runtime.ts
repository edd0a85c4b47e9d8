/**
 * Times what the WebGPU runtime adds to the kernels: replaying a program, reading
 * and uploading data, memory: `deno run bench/gpu_runtime.ts [kernels]`.
 *
 * @module
 */

import { hostStorage, type Storage } from "../runtime/device/graph.ts";
import { connectWebGpu } from "../runtime/device/webgpu/connection.ts";
import type { Program } from "../runtime/compiler/ir/kernel.ts";
import { webgpuBackend } from "../runtime/compiler/webgpu/backend.ts";
import {
  ProgramDraft,
  QUIET,
  ramp,
} from "../runtime/compiler/webgpu/run/testing.ts";
import { say } from "./gpu_device.ts";

const KERNELS = Number(Deno.args[0] ?? 1000);
const REPEATS = 15;

const connection = await connectWebGpu();
const { capabilities, commands, pacer, pool, reader } = connection;
say(JSON.stringify(capabilities));

/** A chain of additions; every tenth result is asked for. */
function chain(kernels: number, size: number): Program {
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", size);
  const scalar = draft.scalar();
  const results: number[] = [];
  let from = a;
  for (let k = 0; k < kernels; k++) {
    const isResult = k % 10 === 9 || k === kernels - 1;
    const to = draft.buffer(isResult ? "result" : "temporary", size);
    if (k % 2 === 0) draft.add(from, a, to);
    else draft.scale(from, scalar, to);
    if (isResult) results.push(to);
    from = to;
  }
  return draft.finish(results);
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}

async function time(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

async function medianTime(body: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let k = 0; k < REPEATS; k++) times.push(await time(body));
  return median(times);
}

function disposeAll(storages: readonly Storage[]): void {
  for (const storage of storages) storage.dispose();
}

async function replay(): Promise<void> {
  const program = chain(KERNELS, 256);
  const start = performance.now();
  const prepared = await webgpuBackend.prepare(program);
  say(
    `prepare ${KERNELS} kernels: ${(performance.now() - start).toFixed(1)} ms`,
  );
  const host = hostStorage(ramp(256));
  const script: number[] = [];
  const whole: number[] = [];
  for (let k = 0; k < REPEATS; k++) {
    const begin = performance.now();
    const out = await prepared.run([host], [k], QUIET);
    script.push(performance.now() - begin);
    await out.at(-1)!.read();
    whole.push(performance.now() - begin);
    disposeAll(out);
  }
  const micro = (ms: number) => (1000 * ms / KERNELS).toFixed(2);
  say(`replay: ${micro(median(script))} us a kernel of script`);
  say(`replay: ${micro(median(whole))} us a kernel with the GPU's work`);
}

async function smallStep(): Promise<void> {
  const prepared = await webgpuBackend.prepare(chain(1, 256));
  const host = hostStorage(ramp(256));
  let [x] = await prepared.run([host], [1], QUIET);
  const alone = await medianTime(async () => {
    const [next] = await prepared.run([x!], [1], QUIET);
    x!.dispose();
    x = next;
  });
  const read = await medianTime(() => x!.read());
  const both = await medianTime(async () => {
    const [next] = await prepared.run([x!], [1], QUIET);
    await next!.read();
    x!.dispose();
    x = next;
  });
  say(
    `one kernel: ${alone.toFixed(3)} ms, a read ${read.toFixed(3)} ms, ` +
      `both ${both.toFixed(3)} ms`,
  );
}

/** Calls of one kernel each, by how many of them share a submit. */
async function batches(): Promise<void> {
  const usual = commands.patience;
  const sizes = capabilities.isHardware ? [256, 2 ** 20, 2 ** 22] : [256];
  for (const size of sizes) {
    const prepared = await webgpuBackend.prepare(chain(1, size));
    const host = hostStorage(ramp(size));
    const [x] = await prepared.run([host], [1], QUIET);
    const times: string[] = [];
    for (const dispatches of [1, 4, 8, 16, 32, 64, 128]) {
      commands.patience = { dispatches, milliseconds: Infinity };
      const calls = 200;
      const took = await medianTime(async () => {
        let out: Storage | undefined;
        for (let k = 0; k < calls; k++) {
          out?.dispose();
          [out] = await prepared.run([x!], [1], QUIET);
        }
        await pacer.finish(undefined);
        out!.dispose();
      });
      times.push(`${dispatches}: ${(1000 * took / calls).toFixed(1)}`);
    }
    say(`us a call over ${size} numbers, by calls a submit: ${times.join()}`);
    x!.dispose();
  }
  commands.patience = usual;
}

async function transfers(): Promise<void> {
  const bytes = 64 * 2 ** 20;
  const [buffer] = await pool.allocate([bytes]);
  const target = new Uint8Array(bytes);
  const read = await medianTime(() => reader.read(buffer!.buffer, target));
  pool.release(buffer!);
  const upload = await medianTime(async () => {
    const host = hostStorage(new Float32Array(bytes / 4));
    const copy = await connection.hostLeaves.retain(host, undefined);
    copy.release();
    await pacer.finish(undefined);
  });
  const rate = (ms: number) => `${(bytes / ms / 1e6).toFixed(2)} GB/s`;
  say(`64 MiB: read ${rate(read)}, upload ${rate(upload)}`);
}

async function memory(): Promise<void> {
  const size = 4 * 2 ** 20;
  const prepared = await webgpuBackend.prepare(chain(1, size));
  const [x] = await prepared.run([hostStorage(ramp(size))], [1], QUIET);
  const kept = await medianTime(async () => {
    const [out] = await prepared.run([x!], [1], QUIET);
    await pacer.finish(undefined);
    out!.dispose();
  });
  let peak = 0;
  const dropped = await medianTime(async () => {
    for (let k = 0; k < 20; k++) {
      await prepared.run([x!], [1], QUIET);
      peak = Math.max(peak, pool.heldBytes + pool.idleBytes);
    }
    await pacer.finish(undefined);
  });
  say(
    `addition of 16 MiB: ${kept.toFixed(3)} ms disposed of, ` +
      `${(dropped / 20).toFixed(3)} ms dropped (${(peak / 1e6).toFixed(0)} MB)`,
  );
}

await replay();
await smallStep();
await batches();
await transfers();
await memory();
say(`a millisecond of estimate takes ${pacer.corrected(1).toFixed(3)} ms`);
