/**
 * Times products with packed weights on the GPU that is there:
 * `deno run bench/gpu_packed.ts [formats] [rows] [size] [ms]`, such as
 * `nf4,q4_1,q8_0,f16 1,8,512 4096 15`. Weights are `[size, size]`, read forward
 * (`x · Wᵀ`) and backward (`g · W`); there are so many of them that no cache holds
 * all. GB/s count packed bytes.
 *
 * @module
 */

import { renderContract } from "../runtime/compiler/webgpu/contract/render.ts";
import type { ContractKernel } from "../runtime/compiler/ir/kernel.ts";
import { lower, structureOf } from "../runtime/compiler/lower/mod.ts";
import { randomData } from "../runtime/compiler/webgpu/contract/testing.ts";
import type { DType, TypedArray } from "../runtime/device/dtypes.ts";
import { storageOf, topologicalOrder } from "../runtime/device/graph.ts";
import * as wf from "../runtime/tensor/mod.ts";
import { decodeWeight } from "../ops/language/weights/decode.ts";
import { type Dispatch, firstLine, openGpu, say } from "./gpu_device.ts";
import { GpuRounds } from "./gpu_rounds.ts";

/** Bytes of weights that no cache holds. */
const MANY_BYTES = 192 * 2 ** 20;
/** Copies of a weight at most. */
const MOST_COPIES = 24;

const [
  formats = "nf4,q4_1,q8_0,f16,f32",
  rows = "1,8,512",
  sizeText = "4096",
  work = "15",
] = Deno.args;
const size = Number(sizeText);
const gpu = await openGpu();
const { device, limits } = gpu;
const rounds = await GpuRounds.open(gpu, {
  work: Number(work),
  warm: 50 * Number(work),
});

/** A product that is compiled. */
interface Prepared {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  readonly copies: number;
  readonly flops: number;
  readonly bytes: number;
  readonly note: string;
}

function part<D extends DType>(
  dtype: D,
  ...shape: readonly number[]
): wf.Tensor<D> {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = randomData(dtype, length);
  return wf.tensor(data, { dtype, shape: [...shape] });
}

/** A weight of a format. */
function weightOf(format: string): wf.F32 {
  const shape = [size, size] as const;
  const blocks = size / 32;
  switch (format) {
    case "nf4":
      return wf.dequantizeBlockwise4Bit({
        codes: part("u8", size * size / 2),
        absmax: part("f32", size * size / 64),
        shape,
        blockSize: 64,
      });
    case "q4_1":
      return decodeWeight({
        format,
        shape,
        parts: {
          codes: part("u8", size, blocks, 16),
          scales: part("f16", size, blocks),
          offsets: part("f16", size, blocks),
        },
      }, "f32");
    case "q8_0":
      return decodeWeight({
        format,
        shape,
        parts: {
          codes: part("i8", size, blocks, 32),
          scales: part("f16", size, blocks),
        },
      }, "f32");
    case "f16":
      return wf.cast(part("f16", ...shape), "f32");
    case "f32":
      return part("f32", ...shape);
    default:
      throw new Error(`there is no format "${format}"`);
  }
}

/** The kernel of a product, and the data of its operands. */
async function productOf(
  x: wf.F32,
  weight: wf.F32,
): Promise<
  { kernel: ContractKernel; data: readonly TypedArray[]; y: wf.F32 }
> {
  const y = wf.matmul(x, weight);
  const order = topologicalOrder([y.node]);
  order.forEach((node, slot) => node.slot = slot);
  const program = lower(order, [y.node]);
  const { leaves } = structureOf(order, [y.node]);
  const [kernel, ...others] = program.steps;
  if (
    kernel?.kind !== "contract" || others.length > 0 ||
    kernel.scalars.length > 0
  ) throw new Error("the product is not one contraction");
  const data = await Promise.all(kernel.operands.map(({ buffer }) => {
    const { leaf } = program.leaves.find((one) => one.buffer === buffer)!;
    return storageOf(leaves[leaf]!)!.read();
  }));
  return { kernel, data, y };
}

function upload(data: TypedArray): GPUBuffer {
  const buffer = gpu.storage(Math.ceil(data.byteLength / 16) * 16);
  const bytes = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}

/** Buffers of the data of a weight, which products with any rows share. */
const uploaded = new Map<TypedArray, GPUBuffer[]>();

function copiesOf(data: TypedArray, count: number): GPUBuffer[] {
  const known = uploaded.get(data) ?? [];
  while (known.length < count) known.push(upload(data));
  uploaded.set(data, known);
  return known.slice(0, count);
}

/** Compiles a product for several copies of its weight, and looks at the result. */
async function prepare(
  name: string,
  x: wf.F32,
  weight: wf.F32,
  isChecked: boolean,
): Promise<Prepared | undefined> {
  try {
    const { kernel, data, y } = await productOf(x, weight);
    const [m, n, k] = kernel.axes.slice(-3) as [number, number, number];
    const bytes = data.reduce((sum, one) => sum + one.byteLength, 0) -
      4 * x.size;
    const copies = Math.min(MOST_COPIES, Math.ceil(MANY_BYTES / bytes));
    const start = performance.now();
    const rendered = renderContract(kernel, limits);
    const result = gpu.storage(4 * m * n);
    const temporaries = rendered.temporaries.map((size) => gpu.storage(size));
    const operands = data.map((one) => copiesOf(one, copies));
    const dispatches: Dispatch[] = [];
    for (let copy = 0; copy < copies; copy++) {
      await gpu.checked(async () => {
        dispatches.push(
          ...await gpu.prepare(rendered, [
            ...operands.map((buffers) => buffers[copy]!),
            result,
            ...temporaries,
          ]),
        );
      });
    }
    const compileMs = performance.now() - start;
    let note = rendered.phases.map((one) => one.workgroups[0]).join("+") +
      ` groups, ${copies} copies in ${compileMs.toFixed(0)} ms`;
    await gpu.checked(async () => {
      gpu.submit(dispatches.slice(0, rendered.phases.length));
      const bytes = await gpu.read(result, 0, 4 * m * n);
      if (isChecked) {
        note += `, error ${await errorOf(new Float32Array(bytes), y)}`;
      }
    });
    return { name, dispatches, copies, flops: 2 * m * n * k, bytes, note };
  } catch (error) {
    say(`${name} failed: ${firstLine(error)}`);
    return undefined;
  }
}

/** The largest error, relative to the largest number, beside the CPU. */
async function errorOf(got: Float32Array, y: wf.F32): Promise<string> {
  const wanted = await wf.withExecution({ device: "wasm" }, () => y.data());
  let worst = 0;
  let largest = 0;
  wanted.forEach((value, k) => {
    largest = Math.max(largest, Math.abs(value));
    const error = Math.abs(value - got[k]!);
    if (!(error <= worst)) worst = error;
  });
  return (worst / largest).toExponential(1);
}

say(gpu.description);
const prepared: Prepared[] = [];
for (const format of formats.split(",")) {
  if (format !== "nf4" && format !== "f32" && !limits.hasF16) continue;
  const weight = weightOf(format);
  for (const m of rows.split(",").map(Number)) {
    const x = part("f32", m, size);
    for (const way of ["forward", "backward"] as const) {
      const turned = way === "forward" ? wf.transpose(weight) : weight;
      const name = `${format} ${m}x${size}x${size} ${way}`;
      const one = await prepare(name, x, turned, m <= 8);
      if (one !== undefined) prepared.push(one);
    }
  }
}
const timings = await rounds.time(prepared.map((one) => one.dispatches));
timings.forEach(({ clock, ms }, k) => {
  const { bytes, copies, flops, name, note } = prepared[k]!;
  const each = ms / copies;
  say(
    `${name.padEnd(32)} ${(bytes / each / 1e6).toFixed(0).padStart(5)} GB/s ` +
      `${(flops / each / 1e9).toFixed(3).padStart(7)} TFLOP/s ` +
      `${(1000 * each).toFixed(1).padStart(8)} µs, ` +
      `clock ${clock.toFixed(1)}, ${note}`,
  );
});
Deno.exit(0);
