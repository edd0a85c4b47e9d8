import assert from "node:assert/strict";
import type { WebGpuLimits } from "../abi.ts";
import { tileName } from "./candidates.ts";
import { chooseContract } from "./choose.ts";
import { planContract } from "./plan.ts";
import { skinnyDepth } from "./skinny.ts";
import { tileInvocations } from "./skinny_finish.ts";
import { type ContractCase, contractTest } from "./testing.ts";
import { fits } from "./tile.ts";
import { groupsOf } from "./work.ts";

const LARGE_GPU: WebGpuLimits = {
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupStorageSize: 49152,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerShaderStage: 8,
  hasF16: true,
  isHardware: true,
};

/** The least that WebGPU promises. */
const SMALL_GPU: WebGpuLimits = {
  ...LARGE_GPU,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

function choose(shape: ContractCase, limits = LARGE_GPU) {
  return chooseContract(planContract(contractTest(shape).kernel), limits, {});
}

function square(m: number): ContractCase {
  return { m, n: m, k: m };
}

/** Rows with weights that lie as `[n, k]`. */
function weights(m: number): ContractCase {
  return { m, n: 8192, k: 8192, turnRight: true };
}

Deno.test("chooseContract takes large tiles for large products", () => {
  for (const size of [2047, 2048, 4096, 8192]) {
    const { way, tile, work } = choose(square(size));
    assert(way === "tiled");
    assert.equal(tileName(tile), "128x128x16 8x8 1", `${size}`);
    assert.equal(work.parts.count, 1);
  }
});

Deno.test("chooseContract keeps processors busy without dividing sums", () => {
  const shapes: ContractCase[] = [
    ...[256, 512, 1000, 1024, 1536].map(square),
    { m: 8192, n: 256, k: 1024 },
    { m: 512, n: 2048, k: 512 },
    { m: 2048, n: 576, k: 576 },
    { batch: [256], m: 64, n: 64, k: 64 },
    { batch: [64], m: 256, n: 256, k: 64, turnRight: true },
  ];
  for (const shape of shapes) {
    const { way, work } = choose(shape);
    const about = JSON.stringify(shape);
    assert.equal(way, "tiled", about);
    assert.equal(work.parts.count, 1, about);
    assert(groupsOf(work) >= 44, about);
  }
});

Deno.test("chooseContract divides deep sums with few results", () => {
  const shapes: ContractCase[] = [
    { m: 64, n: 64, k: 131072 },
    { m: 256, n: 256, k: 16384, turnLeft: true },
    { m: 64, n: 8192, k: 8192, turnRight: true },
    { m: 1, n: 1, k: 1 << 24, turnRight: true },
  ];
  for (const shape of shapes) {
    const { work } = choose(shape);
    const about = JSON.stringify(shape);
    assert(work.parts.count > 1, about);
    assert(groupsOf(work) >= 100 && groupsOf(work) <= 600, about);
    assert((work.parts.count - 1) * work.parts.depth < shape.k, about);
  }
});

Deno.test("chooseContract reads weights once for few rows", () => {
  for (const m of [1, 2, 4, 8]) {
    const { way, tile, work } = choose(weights(m));
    assert(way === "skinny");
    assert.equal(tile.rows, m);
    assert.equal(tile.lanes, 4);
    assert(groupsOf(work) >= 256 && work.parts.count === 1, `${m}`);
  }
  assert.equal(choose({ m: 8192, n: 3, k: 64 }).way, "skinny");
  assert.equal(choose(weights(9)).way, "tiled");
});

Deno.test("chooseContract has no idle invocations where sums are short", () => {
  for (const k of [4, 8, 64, 100]) {
    const { way, tile, work } = choose({ m: 65536, n: 10, k });
    assert(way === "skinny");
    assert(skinnyDepth(tile) < 2 * k, `${k}`);
    assert.equal(tileInvocations(tile), 256);
    assert.equal(work.parts.count, 1);
  }
});

Deno.test("chooseContract gives each of many small results to one", () => {
  assert.equal(choose({ batch: [65536], m: 8, n: 8, k: 8 }).way, "registers");
});

Deno.test("chooseContract keeps within the limits of small GPUs", () => {
  for (const shape of [square(4096), square(100), weights(64)]) {
    const { way, tile } = choose(shape, SMALL_GPU);
    assert(way === "tiled" && fits(tile, SMALL_GPU), JSON.stringify(shape));
  }
});
