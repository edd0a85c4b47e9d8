/**
 * Times contractions on the GPU that is there: every tile in large products,
 * then what the rules choose for other shapes.
 * `deno run bench/gpu_matmul_tiles.ts [sizes] [dtypes] [layouts] [what] [ms]
 * [scale]`, such as `1024,4096 f32,f16 nn,nt all`; `what` is `all`, `tiles`,
 * `rules` or `few` (tiles for few rows), `ms` the time for each kernel in each round (30), and the lengths of
 * the other shapes are divided by `scale` (1). What fails is told of and left
 * out. `of clock` is the part of what plain multiplications and additions
 * reached just before.
 *
 * @module
 */

import { byteSize, type DType } from "../runtime/device/dtypes.ts";
import {
  CANDIDATE_TILES,
  SMALL_TILES,
  tileName,
} from "../runtime/compiler/webgpu/contract/candidates.ts";
import type { ContractOptions } from "../runtime/compiler/webgpu/contract/choose.ts";
import { renderContract } from "../runtime/compiler/webgpu/contract/render.ts";
import {
  type ContractCase,
  type ContractTest,
  contractTest,
  randomData,
} from "../runtime/compiler/webgpu/contract/testing.ts";
import { fits } from "../runtime/compiler/webgpu/contract/tile.ts";
import { type Dispatch, firstLine, openGpu, say } from "./gpu_device.ts";
import { GpuRounds, type Timing } from "./gpu_rounds.ts";

/** Shapes that the rules choose kernels for, right factors as `[n, k]`. */
const SHAPES: readonly ContractCase[] = [
  { m: 1, n: 8192, k: 8192 },
  { m: 1, n: 8192, k: 8192, turnRight: true },
  { m: 8192, n: 1, k: 8192 },
  { m: 1, n: 8192, k: 8192, turnRight: true, dtype: "f16", result: "f16" },
  { m: 4, n: 8192, k: 8192, turnRight: true },
  { m: 8, n: 8192, k: 8192, turnRight: true },
  { m: 16, n: 8192, k: 8192, turnRight: true },
  { m: 16, n: 8192, k: 8192 },
  { m: 32, n: 8192, k: 8192, turnRight: true },
  { m: 64, n: 8192, k: 8192, turnRight: true },
  { m: 1, n: 1, k: 16777216, turnRight: true },
  { m: 64, n: 64, k: 131072 },
  { m: 256, n: 256, k: 16384, turnLeft: true },
  { m: 512, n: 512, k: 512 },
  { m: 256, n: 256, k: 256 },
  { m: 1000, n: 1000, k: 1000 },
  { m: 2047, n: 2047, k: 2047 },
  { m: 2047, n: 2047, k: 2047, turnRight: true },
  { m: 2048, n: 2048, k: 2048, turnRight: true },
  { m: 8192, n: 256, k: 1024 },
  { m: 65536, n: 10, k: 64 },
  { batch: [256], m: 64, n: 64, k: 64 },
  { batch: [64], m: 256, n: 256, k: 64, turnRight: true },
  { batch: [65536], m: 8, n: 8, k: 8 },
];

const [
  sizes = "1024,2048,4096",
  dtypes = "f32,f16",
  layouts = "nn",
  what = "all",
  work = "30",
  scale = "1",
] = Deno.args;
const gpu = await openGpu();
const { device, limits } = gpu;
const rounds = await GpuRounds.open(gpu, {
  work: Number(work),
  warm: 50 * Number(work),
});

/** A contraction with its data, on the GPU. */
interface Contraction {
  readonly shape: ContractCase;
  readonly test: ContractTest;
  readonly inputs: readonly GPUBuffer[];
  readonly result: GPUBuffer;
}

/** One kernel for a contraction. */
interface Candidate {
  readonly name: string;
  readonly contraction: Contraction;
  readonly options: ContractOptions;
}

/** A kernel that is compiled, and gave what it should. */
interface Checked {
  readonly candidate: Candidate;
  readonly dispatches: readonly Dispatch[];
  readonly note: string;
}

function upload(shape: ContractCase): Contraction {
  const test = sharedData(contractTest(shape));
  const [output] = test.kernel.outputs;
  return {
    shape,
    test,
    inputs: test.operands.map((data) => {
      const buffer = gpu.storage(data.byteLength);
      device.queue.writeBuffer(buffer, 0, data);
      return buffer;
    }),
    result: gpu.storage(output!.size * byteSize(output!.dtype)),
  };
}

const noise = new Map<DType, ReturnType<typeof randomData>>();

/** The same test, whose data are parts of numbers that are made once. */
function sharedData(test: ContractTest): ContractTest {
  const operands = test.kernel.operands.map(({ dtype, size }, k) => {
    const length = Math.ceil(1.5 * size / 8) * 8 + 80_000;
    const known = noise.get(dtype);
    const data = known !== undefined && known.length >= length
      ? known
      : randomData(dtype, length);
    noise.set(dtype, data);
    // Not at the same place, or the two would agree.
    const start = k * 79_008;
    return data.subarray(start, start + size);
  });
  const { kernel, name, scalars } = test;
  return { kernel, name, operands, scalars };
}

function destroy({ inputs, result }: Contraction): void {
  for (const buffer of [...inputs, result]) buffer.destroy();
}

/** Largest error of a result, 1 where it is as large as it may be. */
async function errorOf(
  { result, shape, test: { kernel, operands: [a, b] } }: Contraction,
): Promise<number> {
  const { batch = [], m, n, k, dtype } = shape;
  const isHalf = kernel.outputs[0]!.dtype === "f16";
  const plane = batch.reduce((x, y) => x * y, 1) - 1;
  let worst = 0;
  for (const row of new Set([Math.floor(m * 0.37), m - 1])) {
    const bytes = isHalf ? 2 : 4;
    const start = (plane * m + row) * n * bytes;
    const begin = Math.floor(start / 4) * 4;
    const size = Math.ceil((start + n * bytes - begin) / 4) * 4;
    const line = (await gpu.read(result, begin, size)).slice(start - begin);
    const got = isHalf
      ? new Float16Array(line, 0, n)
      : new Float32Array(line, 0, n);
    const stride = Math.max(1, Math.floor(n / 20));
    for (let column = n - 1; column >= 0; column -= stride) {
      let sum = 0;
      for (let at = 0; at < k; at++) {
        const left = shape.turnLeft ? at * m + row : row * k + at;
        const right = shape.turnRight ? column * k + at : at * n + column;
        sum += a![plane * m * k + left]! * b![plane * n * k + right]!;
      }
      const error = Math.abs(got[column]! - sum) / Math.sqrt(k);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst / (dtype === "f16" ? 2e-2 : 1e-5);
}

/** Temporaries, which all kernels share. */
const temporaries: GPUBuffer[] = [];

function temporary(k: number, bytes: number): GPUBuffer {
  const known = temporaries[k];
  if (known !== undefined && known.size >= bytes) return known;
  return temporaries[k] = gpu.storage(bytes);
}

/** Compiles a kernel, runs it once and looks at what it gives. */
async function check(candidate: Candidate): Promise<Checked | undefined> {
  const { contraction, name, options } = candidate;
  const { inputs, result, test } = contraction;
  try {
    const start = performance.now();
    const kernel = renderContract(test.kernel, limits, options);
    const more = kernel.temporaries.map((bytes, k) => temporary(k, bytes));
    let dispatches: Dispatch[] = [];
    await gpu.checked(async () => {
      dispatches = await gpu.prepare(kernel, [...inputs, result, ...more]);
    });
    const compileMs = performance.now() - start;
    await gpu.checked(async () => {
      const encoder = device.createCommandEncoder();
      encoder.clearBuffer(result);
      device.queue.submit([encoder.finish()]);
      gpu.submit(dispatches);
      await gpu.read(result, 0, 4);
    });
    const error = await errorOf(contraction);
    if (!(error < 1)) throw new Error(`WRONG by ${error.toExponential(1)}`);
    const groups = kernel.phases.map((one) => one.workgroups[0]).join("+");
    const note = `${groups} groups, compiled in ${compileMs.toFixed(0)} ms`;
    return { candidate, dispatches, note };
  } catch (error) {
    say(`${name} failed: ${firstLine(error)}`);
    return undefined;
  }
}

/** Tells of a measurement and returns its rate. */
function tell({ candidate, note }: Checked, { clock, ms }: Timing): number {
  const { kernel } = candidate.contraction.test;
  const rate = kernel.flops / ms / 1e9;
  const bytes = [...kernel.operands, ...kernel.outputs]
    .reduce((sum, one) => sum + one.size * byteSize(one.dtype), 0);
  say(
    `${candidate.name.padEnd(42)} ${rate.toFixed(3).padStart(7)} TFLOP/s ` +
      `${(100 * rate / clock).toFixed(1).padStart(5)} % of clock ` +
      `${clock.toFixed(1)} ${(bytes / ms / 1e6).toFixed(0).padStart(5)} GB/s ` +
      `${ms.toFixed(4).padStart(9)} ms, ${note}`,
  );
  return rate;
}

/** Times kernels against each other; tells which is best. */
async function compare(candidates: readonly Candidate[]): Promise<string> {
  const ready: Checked[] = [];
  for (const candidate of candidates) {
    const checked = await check(candidate);
    if (checked !== undefined) ready.push(checked);
  }
  let best = { rate: 0, name: "none" };
  try {
    const busiest = ready.find((one) => one.candidate.name.endsWith("by rule"));
    const timings = await rounds.time(
      ready.map((one) => one.dispatches),
      busiest?.dispatches,
    );
    ready.forEach((one, k) => {
      const rate = tell(one, timings[k]!);
      if (rate > best.rate) best = { rate, name: one.candidate.name };
    });
  } catch (error) {
    say(`timing failed: ${firstLine(error)}`);
  }
  return `${best.name}: ${best.rate.toFixed(2)} TFLOP/s`;
}

/** All tiles for a square product, and what the rules choose. */
function tilesFor(
  contraction: Contraction,
  name: string,
  arithmetic: "f32" | "f16",
): Candidate[] {
  const most = contraction.shape.m <= 1024 ? 2 : 1;
  const tiles = CANDIDATE_TILES
    .filter(({ tile }) => fits(tile, limits, byteSize(arithmetic)))
    .flatMap(({ tile }) =>
      Array.from({ length: most }, (_, k) => ({
        name: `${name} ${tileName(tile)} /${k + 1}`,
        contraction,
        options: { tile, parts: k + 1, arithmetic },
      }))
    );
  const rule = {
    name: `${name} by rule`,
    contraction,
    options: { arithmetic },
  };
  return what === "rules" ? [rule] : [...tiles, rule];
}

async function compareSquare(
  dtype: DType,
  size: number,
  layout: string,
): Promise<string[]> {
  const contraction = upload({
    m: size,
    n: size,
    k: size,
    turnLeft: layout[0] === "t",
    turnRight: layout[1] === "t",
    dtype,
    result: dtype,
  });
  const best: string[] = [];
  for (const arithmetic of ["f32", "f16"] as const) {
    if (arithmetic === "f16" && dtype !== "f16") continue;
    const name = `${dtype} ${size} ${layout} in ${arithmetic}`;
    best.push(await compare(tilesFor(contraction, name, arithmetic)));
  }
  destroy(contraction);
  return best;
}

/** Tiles and parts for products with few rows, against what the rules choose. */
async function compareFewRows(): Promise<void> {
  const few: readonly ContractCase[] = [
    { m: 16, n: 8192, k: 8192, turnRight: true },
    { m: 32, n: 8192, k: 8192, turnRight: true },
    { m: 32, n: 8192, k: 8192 },
    { m: 64, n: 8192, k: 8192, turnRight: true },
  ];
  const candidates = few.flatMap((shape): Candidate[] => {
    const contraction = upload(scaled(shape));
    const name = shapeName(contraction.shape);
    const tiles = [...CANDIDATE_TILES, ...SMALL_TILES].filter(({ tile }) =>
      fits(tile, limits, 4) && tile.buffers === 1 &&
      tile.rows <= Math.max(32, shape.m) && 2 * tile.rows > shape.m &&
      tile.columns < 256
    );
    return [
      { name: `${name} by rule`, contraction, options: {} },
      ...tiles.flatMap(({ tile }) =>
        // From one workgroup for each processor to four.
        [128, 256, 512].map((groups) => groups * tile.columns / shape.n).filter(
          (parts) => parts >= 1,
        ).map((parts) => ({
          name: `${name} ${tileName(tile)} /${parts}`,
          contraction,
          options: { tile, parts },
        }))
      ),
    ];
  });
  await compare(candidates);
}

/** Lengths divided by the scale. */
function scaled(shape: ContractCase): ContractCase {
  const less = (length: number) =>
    Math.max(1, Math.ceil(length / Number(scale)));
  const { batch = [], k, m, n } = shape;
  return {
    ...shape,
    batch: batch.map(less),
    m: less(m),
    n: less(n),
    k: less(k),
  };
}

async function compareShapes(): Promise<void> {
  const candidates = SHAPES
    .filter(({ dtype }) => dtype !== "f16" || limits.hasF16)
    .flatMap((shape): Candidate[] => {
      const contraction = upload(scaled(shape));
      const name = shapeName(contraction.shape);
      const textOf = (options: ContractOptions) =>
        renderContract(contraction.test.kernel, limits, options).phases
          .map((phase) => `${phase.text} ${phase.workgroups}`).join();
      const rule = textOf({});
      const isFew = shape.m > 1 && shape.m <= 32;
      const others: ContractOptions[] = [
        { parts: 1 },
        ...(isFew ? [{ way: "tiled" } as const] : []),
        ...(isFew ? [{ way: "skinny" } as const] : []),
      ];
      const different = others.filter((one) => textOf(one) !== rule);
      return [
        { name, contraction, options: {} },
        ...different.map((options) => ({
          name: `${name} ${JSON.stringify(options)}`,
          contraction,
          options,
        })),
      ];
    });
  const busy = upload({ m: 2048, n: 2048, k: 2048 });
  await compare([
    ...candidates,
    {
      name: "by rule",
      contraction: Number(scale) === 1 ? busy : candidates[0]!.contraction,
      options: {},
    },
  ]);
}

function shapeName({ batch, dtype, k, m, n, ...turns }: ContractCase): string {
  const turned = [
    turns.turnLeft ? "t" : "n",
    turns.turnRight ? "t" : "n",
  ].join("");
  return [batch?.join("x"), `${m}x${n}x${k}`, dtype, turned].filter(Boolean)
    .join(" ");
}

say(gpu.description);
const begin = performance.now();
const best: string[] = [];
for (const dtype of dtypes.split(",") as DType[]) {
  if (dtype === "f16" && !limits.hasF16 || what === "few") continue;
  for (const size of sizes.split(",").map(Number)) {
    for (const layout of layouts.split(",")) {
      best.push(...await compareSquare(dtype, size, layout));
    }
  }
}
say(`\nbest\n${best.join("\n")}\n`);
if (what === "few") await compareFewRows();
else if (what !== "tiles") await compareShapes();
say(`${((performance.now() - begin) / 1000).toFixed(1)} s`);
Deno.exit(0);
