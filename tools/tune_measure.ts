/**
 * Measures kernels for a product against the one that rules choose.
 *
 * @module
 */

import { useTuning } from "../runtime/compiler/tuning/current.ts";
import {
  type Choosable,
  forcedTuning,
  RecordingTuning,
  type Tuning,
} from "../runtime/compiler/tuning/tuning.ts";
import { shapeClass } from "../runtime/compiler/tuning/shape_class.ts";
import { wasmChoices } from "../runtime/compiler/tuning/wasm_choices.ts";
import { webGpuChoices } from "../runtime/compiler/tuning/webgpu_choices.ts";
import { probeWebGpu } from "../runtime/compiler/webgpu/backend.ts";
import * as wf from "../runtime/tensor/mod.ts";
import { medianOf } from "../bench/bench.ts";
import type { TuneShape } from "./tune_shapes.ts";

/** A choice must be better than the rule by this part. */
const LEAST_GAIN = 0.03;
/** Milliseconds that one sample should take at least. */
const SAMPLE_MS = 30;
/** Products of one sample at most. */
const MOST_REPEATS = 500;
/** Choices that are looked at again after the first round. */
const FINALISTS = 4;
/** Rounds among them. */
const ROUNDS = 5;
/** Rounds of the best one against the rule: it must win on fresh samples. */
const LAST_ROUNDS = 9;

/** What was found for a product. */
export interface TuneResult {
  /** The product. */
  readonly shape: TuneShape;
  /** The device, as tables name it; empty where there is nothing to choose. */
  readonly device: string;
  /** The class of the product; empty where there is nothing to choose. */
  readonly class: string;
  /**
   * `better`: a choice beats the rule; `rule`: none does; `fixed`: there is
   * nothing to choose; `unfinished`: time was up.
   */
  readonly state: "better" | "rule" | "fixed" | "unfinished";
  /** The best choice, where there is a better one. */
  readonly choice?: string;
  /** Milliseconds of a product by rule. */
  readonly ruleMs?: number;
  /** Milliseconds with the best choice, or by rule. */
  readonly bestMs?: number;
}

/** How time passes. */
export interface TuneClock {
  /** Milliseconds since some moment. */
  now(): number;
  /**
   * Does some work.
   *
   * @param work The work.
   * @param choice What it is done with; undefined for the rule.
   * @returns Milliseconds that it took.
   */
  time(work: () => Promise<void>, choice: string | undefined): Promise<number>;
}

/** The clock on the wall. */
export const WALL_CLOCK: TuneClock = {
  now: () => performance.now(),
  async time(work) {
    const began = performance.now();
    await work();
    return performance.now() - began;
  },
};

interface Contender {
  readonly choice: string | undefined;
  readonly tuning: Tuning;
}

type Sample = (contender: Contender, count: number) => Promise<number>;

/**
 * Looks for the best kernel for a product.
 *
 * @param device Name of the device.
 * @param shape The product.
 * @param deadline Moment on the clock after which no sample is begun.
 * @param clock How time passes.
 * @returns What was found.
 */
export async function tuneShape(
  device: string,
  shape: TuneShape,
  deadline: number,
  clock: TuneClock,
): Promise<TuneResult> {
  const settings = { device, halfSums: shape.halfSums };
  try {
    return await wf.withExecution(settings, async () => {
      const step = await productOf(shape);
      const sample: Sample = async ({ choice, tuning }, count) => {
        useTuning(tuning);
        return await clock.time(() => repeat(step, count), choice) / count;
      };
      return await search(shape, sample, deadline, clock);
    });
  } finally {
    useTuning(undefined);
  }
}

/** Makes both factors, and what gives their product. */
async function productOf(shape: TuneShape): Promise<() => wf.Tensor> {
  const { batch, dtype, k, m, n, turnLeft, turnRight } = shape;
  const leading = batch === 1 ? [] : [batch];
  const make = async (rows: number, columns: number, seed: number) => {
    const lengths = [...leading, rows, columns];
    const key = wf.random.key(seed);
    const noise = wf.random.uniform(key, lengths, { dtype: "f32" });
    const factor = wf.cast(wf.subtract(noise, 0.5), dtype);
    await wf.realize(factor);
    return factor;
  };
  const a = turnLeft ? await make(k, m, 1) : await make(m, k, 1);
  const b = turnRight ? await make(n, k, 2) : await make(k, n, 2);
  const left = turnLeft ? wf.transpose(a) : a;
  const right = turnRight ? wf.transpose(b) : b;
  return () => wf.matmul(left, right);
}

/** The last product is waited for: devices work in order. */
async function repeat(step: () => wf.Tensor, count: number): Promise<void> {
  for (let k = 0; k < count; k++) {
    const product = step();
    await wf.realize(product);
    if (k < count - 1) continue;
    const flat = wf.reshape(product, [product.size]);
    await wf.slice(flat, [0, 1]).data();
  }
}

async function search(
  shape: TuneShape,
  sample: Sample,
  deadline: number,
  clock: TuneClock,
): Promise<TuneResult> {
  const recording = new RecordingTuning();
  const rule: Contender = { choice: undefined, tuning: recording };
  await sample(rule, 1);
  const [contraction] = recording.seen;
  const choices = contraction === undefined
    ? []
    : await choicesFor(contraction);
  if (contraction === undefined || choices.length === 0) {
    return { shape, device: "", class: "", state: "fixed" };
  }
  const about = {
    shape,
    device: contraction.device,
    class: shapeClass(contraction.kernel, contraction.inHalf),
  };
  const first = await sample(rule, 1);
  const count = Math.max(
    1,
    Math.min(MOST_REPEATS, Math.ceil(SAMPLE_MS / Math.max(first, 1e-3))),
  );
  const isOver = () => clock.now() >= deadline;
  const others = choices.map((choice) => ({
    choice,
    tuning: forcedTuning(choice),
  }));
  const looked: { contender: Contender; ms: number }[] = [];
  const middle = (clock.now() + deadline) / 2;
  for (const contender of others) {
    // Half of the time is for comparing the best ones.
    if (clock.now() >= middle) break;
    // The first run compiles.
    await sample(contender, 1);
    looked.push({ contender, ms: await sample(contender, count) });
  }
  looked.sort((a, b) => a.ms - b.ms);
  const finalists = looked.slice(0, FINALISTS).map(({ contender }) =>
    contender
  );
  const compare = (contenders: readonly Contender[], rounds: number) =>
    compared(sample, contenders, count, rounds, isOver);
  const medians = await compare([rule, ...finalists], ROUNDS);
  if (medians === undefined) return { ...about, state: "unfinished" };
  const best = finalists.reduce(
    (one, other) => medians.get(other)! < medians.get(one)! ? other : one,
    rule,
  );
  const byRule = medians.get(rule)!;
  if (best === rule) {
    return { ...about, state: "rule", ruleMs: byRule, bestMs: byRule };
  }
  const last = await compare([rule, best], LAST_ROUNDS);
  if (last === undefined) return { ...about, state: "unfinished" };
  const [ruleMs, bestMs] = [last.get(rule)!, last.get(best)!];
  return ruleMs > bestMs * (1 + LEAST_GAIN)
    ? { ...about, state: "better", choice: best.choice!, ruleMs, bestMs }
    : { ...about, state: "rule", ruleMs, bestMs: ruleMs };
}

/** Medians of contenders that take turns; undefined when time is up. */
async function compared(
  sample: Sample,
  contenders: readonly Contender[],
  count: number,
  rounds: number,
  isOver: () => boolean,
): Promise<ReadonlyMap<Contender, number> | undefined> {
  const samples = new Map(contenders.map((one) => [one, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes, as a pause or a heap may wait for the first.
    const turn = round % contenders.length;
    const order = [...contenders.slice(turn), ...contenders.slice(0, turn)];
    for (const one of order) {
      if (isOver()) return undefined;
      samples.get(one)!.push(await sample(one, count));
    }
  }
  return new Map([...samples].map(([one, times]) => [one, medianOf(times)]));
}

async function choicesFor(
  { device, inHalf, kernel }: Choosable,
): Promise<string[]> {
  if (device.startsWith("wasm ")) return wasmChoices(kernel);
  const { limits } = await probeWebGpu();
  return limits === undefined ? [] : webGpuChoices(kernel, limits, inHalf);
}
