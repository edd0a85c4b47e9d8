/**
 * Benchmarks of kernels: us and the peers on each device.
 *
 * @module
 */

import type { BenchResult } from "./bench.ts";
import { compare } from "./compare.ts";
import type { Contender } from "./contender.ts";
import { python } from "./peers/python.ts";
import { SUITES } from "./suites.ts";
import { weft } from "./weft.ts";

/** Where benchmarks run. */
export type BenchDevice = "wasm" | "webgpu";

/**
 * Runs one of the benchmarks of `suites.ts`.
 *
 * @param name Its name.
 * @param devices Where.
 * @returns A row for each piece of work, device and peer.
 */
export async function runSuite(
  name: string,
  devices: readonly BenchDevice[],
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const device of devices) {
    const peers = await peersOn(device);
    const isSlow = device === "webgpu" && !await hasGpu();
    for (const { isLarge, name: title, work } of SUITES[name] ?? []) {
      if (isSlow && isLarge === true) continue;
      if (device === "webgpu" && "dtype" in work && work.dtype === "f64") {
        continue; // No GPU has it; it is computed on WASM
      }
      results.push(...await compare(title, device, work, weft(device), peers));
    }
    for (const peer of peers) peer.close();
  }
  return results;
}

/** Peers that compute on the same kind of machine. */
async function peersOn(device: BenchDevice): Promise<Contender[]> {
  const all = await Promise.all([
    library("jax.ts", device),
    library("tfjs.ts", device),
    ...(device === "wasm" ? [python("numpy"), python("torch")] : []),
  ]);
  return all.filter((one) => one !== undefined);
}

interface PeerModule {
  readonly peer: (device: BenchDevice) => Promise<Contender | undefined>;
}

/** A peer in TypeScript, fetched from the registry when it is first used. */
async function library(
  file: string,
  device: BenchDevice,
): Promise<Contender | undefined> {
  // The address is computed, so that checks of this module do not fetch it.
  const url = new URL(`./peers/${file}`, import.meta.url);
  const { peer } = await import(url.href) as PeerModule;
  return await peer(device);
}

async function hasGpu(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter !== null && adapter !== undefined &&
    !adapter.info.isFallbackAdapter;
}

/**
 * The devices that benchmarks can run on here.
 *
 * @returns WASM, and WebGPU where there is an adapter.
 */
export async function benchDevices(): Promise<BenchDevice[]> {
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter === null || adapter === undefined
    ? ["wasm"]
    : ["wasm", "webgpu"];
}

/** Names of the benchmarks. */
export const SUITE_NAMES: readonly string[] = Object.keys(SUITES);
