/**
 * Measures contenders side by side: in turn, in one process, so that a machine
 * that gets slower gets slower for all of them.
 *
 * @module
 */

import { type BenchResult, medianOf } from "./bench.ts";
import type { BenchCase, Contender, Repeat } from "./contender.ts";

/** Milliseconds that one sample should take at least. */
const SAMPLE_MS = 60;
/** Samples of each contender. */
const SAMPLES = 7;
/** Milliseconds before each sample, in which the threads of others fall asleep. */
const PAUSE_MS = 60;
/** Milliseconds after which no further round is begun. */
const BUDGET_MS = 12_000;

interface Runner {
  readonly contender: Contender;
  readonly repeat: Repeat;
  readonly count: number;
  readonly samples: number[];
}

/**
 * Measures one piece of work.
 *
 * @param name What it is called in the table.
 * @param device Where ours runs.
 * @param work The work.
 * @param ours Us.
 * @param peers The others; those that cannot do it are left out.
 * @returns A row for each peer, or one without a peer.
 */
export async function compare(
  name: string,
  device: string,
  work: BenchCase,
  ours: Contender,
  peers: readonly Contender[],
): Promise<BenchResult[]> {
  const runners: Runner[] = [];
  for (const contender of [ours, ...peers]) {
    try {
      const repeat = await contender.prepare(work);
      if (repeat === undefined) continue;
      const count = await warmUp(repeat);
      runners.push({ contender, repeat, count, samples: [] });
    } catch (error) {
      // What a peer cannot do on a device it says when it is asked to.
      if (contender === ours) throw error;
    }
  }
  const end = performance.now() + BUDGET_MS;
  for (let round = 0; round < SAMPLES; round++) {
    for (const { count, repeat, samples } of runners) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      samples.push(await timeOf(repeat, count) / count);
    }
    if (performance.now() > end) break;
  }
  const [own, ...others] = runners.map(({ contender, samples }) => ({
    contender,
    median: medianOf(samples),
  }));
  if (own?.contender !== ours) {
    throw new Error(`We cannot do "${name}" on ${device} ourselves`);
  }
  const row = { name, device, oursMs: own.median };
  if (others.length === 0) {
    return [{ ...row, peer: null, peerMs: null, ratio: null }];
  }
  return others.map(({ contender, median }) => ({
    ...row,
    peer: contender.name,
    peerMs: median,
    ratio: median / own.median,
  }));
}

/** Runs until compilers have done their work; gives the count of a sample. */
async function warmUp(repeat: Repeat): Promise<number> {
  const end = performance.now() + 4 * SAMPLE_MS;
  let count = 1;
  let last = await timeOf(repeat, count);
  do {
    if (last < SAMPLE_MS) {
      const factor = Math.min(8, SAMPLE_MS / Math.max(last, 0.01));
      count = Math.ceil(count * Math.max(1.2, factor));
    }
    last = await timeOf(repeat, count);
  } while (last < SAMPLE_MS || performance.now() < end);
  return count;
}

async function timeOf(repeat: Repeat, count: number): Promise<number> {
  const began = performance.now();
  await repeat(count);
  return performance.now() - began;
}
