/**
 * Times kernels against each other at the clock of a busy GPU: a GPU that waits
 * for the next kernel to be compiled falls back to a fraction of it. Everything
 * is compiled first; then rounds follow each other without a pause, in each of
 * which every kernel runs for a while, with a measurement of the clock before.
 *
 * @module
 */

import type { Dispatch, GpuDevice } from "./gpu_device.ts";

/** How long a kernel took. */
export interface Timing {
  /** Milliseconds of one run, in the best round. */
  readonly ms: number;
  /** TFLOP/s of plain multiplications and additions, just before it. */
  readonly clock: number;
}

/** How much is measured. */
export interface RoundOptions {
  /** Milliseconds of each kernel in each round, about. */
  readonly work: number;
  /** Milliseconds for which the GPU is kept busy before. */
  readonly warm: number;
}

/** Rounds of which the best counts. */
const ROUNDS = 3;
/** Runs of a kernel in a round at most. */
const MOST_RUNS = 1000;
/** Workgroups of the kernel that tells the clock. */
const CLOCK_GROUPS = 2112;
/** Operations of a step of one of its invocations. */
const CLOCK_FLOPS = 2 * 4 * 16;

const CLOCK_TEXT = `@group(0) @binding(0) var<uniform> steps: vec4<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(f32(id.x) * 1e-7 + 0.5);
  var a = x; var b = x + 1.0; var c = x + 2.0; var d = x + 3.0;
  for (var k = 0u; k < steps.x; k++) {
${
  "    a = fma(a, x, x); b = fma(b, x, x); c = fma(c, x, x); d = fma(d, x, x);\n"
    .repeat(4)
}  }
  result[id.x] = a + b + c + d;
}
`;

/** Times of a round that is under way. */
type PendingRound = Promise<BigUint64Array>;

/** Runs rounds on a device. */
export class GpuRounds {
  readonly #gpu: GpuDevice;
  readonly #options: RoundOptions;
  readonly #clock: Dispatch;
  readonly #steps: GPUBuffer;
  #clockSteps = 4;

  private constructor(
    gpu: GpuDevice,
    options: RoundOptions,
    clock: Dispatch,
    steps: GPUBuffer,
  ) {
    this.#gpu = gpu;
    this.#options = options;
    this.#clock = clock;
    this.#steps = steps;
  }

  /**
   * Prepares rounds.
   *
   * @param gpu The device.
   * @param options How much is measured.
   * @returns What runs them.
   */
  static async open(
    gpu: GpuDevice,
    options: RoundOptions,
  ): Promise<GpuRounds> {
    const steps = gpu.buffer(
      16,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    const result = gpu.storage(CLOCK_GROUPS * 256 * 16);
    const { group, pipeline } = await gpu.pipeline(CLOCK_TEXT, steps, [result]);
    const clock = (pass: GPUComputePassEncoder) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(CLOCK_GROUPS);
    };
    return new GpuRounds(gpu, options, clock, steps);
  }

  /**
   * Times kernels.
   *
   * @param kernels Their dispatches.
   * @param busy What keeps the GPU busy before: the first kernel by default.
   * @returns How long each took.
   */
  async time(
    kernels: readonly (readonly Dispatch[])[],
    busy: readonly Dispatch[] | undefined = kernels[0],
  ): Promise<Timing[]> {
    if (busy === undefined) return [];
    this.#setClock(4);
    await this.#keepBusy(busy, this.#options.warm);
    const once = kernels.map(() => 1);
    await this.#submit(kernels, once);
    const first = await this.#submit(kernels, once);
    const { work } = this.#options;
    const [clockMs = 1] = millisecondsOf(first);
    this.#setClock(Math.max(1, Math.round(4 * (work / 15) / clockMs)));
    const counts = kernels.map((_, k) => {
      const ms = Math.max(1e-4, millisecondsOf(first)[2 * k + 1]!);
      return Math.min(MOST_RUNS, Math.ceil(work / ms));
    });
    await this.#keepBusy(busy, Math.min(100, this.#options.warm));
    // The next round is there before the last one is read.
    const best: Timing[] = [];
    const pending: PendingRound[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      pending.push(this.#submit(kernels, counts));
      if (pending.length > 1) this.#take(best, await pending.shift()!, counts);
    }
    for (const one of pending) this.#take(best, await one, counts);
    return best;
  }

  #setClock(steps: number): void {
    this.#clockSteps = steps;
    const { queue } = this.#gpu.device;
    queue.writeBuffer(this.#steps, 0, Uint32Array.of(steps, 0, 0, 0));
  }

  #take(
    best: Timing[],
    times: BigUint64Array,
    counts: readonly number[],
  ): void {
    const all = millisecondsOf(times);
    const flops = CLOCK_GROUPS * 256 * CLOCK_FLOPS * this.#clockSteps;
    counts.forEach((count, k) => {
      const ms = all[2 * k + 1]! / count;
      if (best[k] !== undefined && best[k].ms <= ms) return;
      best[k] = { ms, clock: flops / all[2 * k]! / 1e9 };
    });
  }

  /** Keeps the GPU busy, the next batch submitted before the last one ends. */
  async #keepBusy(busy: readonly Dispatch[], ms: number): Promise<void> {
    const end = performance.now() + ms;
    let count = 1;
    let before: PendingRound | undefined;
    while (performance.now() < end) {
      const next = this.#submit([busy], [count]);
      if (before !== undefined) {
        const taken = Math.max(1e-3, millisecondsOf(await before)[1]!);
        // 50 ms each, as far as one batch tells of the next.
        const wanted = Math.ceil(50 * count / taken);
        count = Math.min(MOST_RUNS, wanted, 4 * count);
      }
      before = next;
    }
    await before;
  }

  /** Submits a round: of each kernel the clock and then its runs. */
  #submit(
    kernels: readonly (readonly Dispatch[])[],
    counts: readonly number[],
  ): PendingRound {
    const { device } = this.#gpu;
    const stamps = 4 * kernels.length;
    const querySet = device.createQuerySet({
      type: "timestamp",
      count: stamps,
    });
    const record = (
      dispatches: readonly Dispatch[],
      count: number,
      at: number,
    ) => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: at,
          endOfPassWriteIndex: at + 1,
        },
      });
      for (let k = 0; k < count; k++) {
        for (const dispatch of dispatches) dispatch(pass);
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    };
    kernels.forEach((dispatches, k) => {
      record([this.#clock], 1, 4 * k);
      record(dispatches, counts[k]!, 4 * k + 2);
    });
    return this.#stamps(querySet, stamps);
  }

  async #stamps(querySet: GPUQuerySet, count: number): PendingRound {
    const { device } = this.#gpu;
    const times = this.#gpu.buffer(
      8 * count,
      GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    );
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, count, times, 0);
    device.queue.submit([encoder.finish()]);
    const bytes = await this.#gpu.read(times, 0, 8 * count);
    times.destroy();
    querySet.destroy();
    return new BigUint64Array(bytes);
  }
}

/** Milliseconds between each stamp of an even number and the next one. */
function millisecondsOf(stamps: BigUint64Array): number[] {
  return Array.from(
    { length: stamps.length / 2 },
    (_, k) => Number(stamps[2 * k + 1]! - stamps[2 * k]!) / 1e6,
  );
}
