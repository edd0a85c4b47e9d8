import assert from "node:assert/strict";
import { DeviceLostError } from "../../../core/errors.ts";
import { hostStorage } from "../../../device/graph.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import {
  connectWebGpu,
  onWebGpuLost,
} from "../../../device/webgpu/connection.ts";
import { WebGpuProgram } from "./prepared.ts";
import { ProgramDraft, QUIET, ramp, renderByHand } from "./testing.ts";

const ignore = !(await probeWebGpu()).available;

function doubling(size: number): WebGpuProgram {
  const draft = new ProgramDraft();
  const a = draft.buffer("leaf", size);
  const out = draft.buffer("result", size);
  draft.add(a, a, out);
  return new WebGpuProgram(draft.finish([out]), renderByHand);
}

Deno.test({
  name: "A lost device becomes an error, and the next run gets a fresh one",
  ignore,
  async fn() {
    const lost: number[] = [];
    const stop = onWebGpuLost((generation) => lost.push(generation));
    const program = doubling(5000);
    const host = hostStorage(ramp(5000));
    const connection = await connectWebGpu();
    const [before] = await program.run([host], [], QUIET);
    connection.device.destroy();
    await connection.device.lost;
    assert.deepEqual(lost, [connection.generation]);
    stop();
    // Data of the lost device are gone, also as leaves.
    await assert.rejects(before!.read(), DeviceLostError);
    await assert.rejects(program.run([before!], [], QUIET), DeviceLostError);
    before!.dispose();
    // The leaf of the host is uploaded anew, the kernel compiled anew.
    const [after] = await program.run([host], [], QUIET);
    assert.equal((await after!.read())[11], 2 * ramp(12)[11]!);
    const next = await connectWebGpu();
    assert.equal(next.generation, connection.generation + 1);
  },
});

Deno.test({
  name: "A device that is lost while work is under way fails the read",
  ignore,
  async fn() {
    const program = doubling(100);
    const host = hostStorage(ramp(100));
    const connection = await connectWebGpu();
    const [out] = await program.run([host], [], QUIET);
    const read = out!.read();
    connection.device.destroy();
    await assert.rejects(read, DeviceLostError);
    const [again] = await program.run([host], [], QUIET);
    assert.equal((await again!.read())[3], 2 * ramp(4)[3]!);
  },
});

Deno.test({
  name: "Data that were disposed of cannot be used",
  ignore,
  async fn() {
    const program = doubling(100);
    const [out] = await program.run([hostStorage(ramp(100))], [], QUIET);
    const { pool } = await connectWebGpu();
    const { heldBytes } = pool;
    // A read that was asked for before still gets its data.
    const read = out!.read();
    out!.dispose();
    out!.dispose();
    assert.equal((await read)[1], 2 * ramp(2)[1]!);
    assert.equal(pool.heldBytes, heldBytes - 512);
    await assert.rejects(out!.read(), /disposed of/);
    await assert.rejects(program.run([out!], [], QUIET), /disposed of/);
  },
});
