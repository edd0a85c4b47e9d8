/**
 * Times maps, reductions, loops and running sums on the GPU that is there, beside
 * the rate of a copy: `deno run bench/gpu_rows.ts [scale] [name] [ms] [all]`.
 * Sizes are divided by the scale; only what has `name` in its name is run, for so
 * many milliseconds in each round; `all` adds the kernels that other choices give.
 *
 * @module
 */

import { byteSize, type DType } from "../runtime/device/dtypes.ts";
import {
  ROW_CHOICES,
  type RowChoices,
} from "../runtime/compiler/webgpu/rows/choices.ts";
import { renderLoop, renderRows } from "../runtime/compiler/webgpu/rows/mod.ts";
import { KernelBuilder } from "../runtime/compiler/webgpu/rows/testing_kernels.ts";
import type { Expr } from "../runtime/compiler/ir/expr.ts";
import type {
  LoopKernel,
  ReductionOp,
  RowKernel,
} from "../runtime/compiler/ir/kernel.ts";
import { type Dispatch, firstLine, openGpu, say } from "./gpu_device.ts";
import { GpuRounds } from "./gpu_rounds.ts";

const [scaleText = "1", only = "", work = "15", which = ""] = Deno.args;
const SCALE = Number(scaleText);
const gpu = await openGpu();
const { limits } = gpu;
const rounds = await GpuRounds.open(gpu, {
  work: Number(work),
  warm: 50 * Number(work),
});

/** A kernel that is compiled. */
interface Prepared {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  readonly bytes: number;
  readonly note: string;
}

const prepared: Prepared[] = [];
/** Buffers, which all kernels share. */
const buffers: GPUBuffer[] = [];

function shared(k: number, bytes: number): GPUBuffer {
  const known = buffers[k];
  if (known !== undefined && known.size >= bytes) return known;
  return buffers[k] = gpu.storage(bytes);
}

type Choices = Partial<RowChoices>;

/** Compiles a kernel, and what other choices make of it where these are wanted. */
async function prepare(
  name: string,
  kernel: RowKernel | LoopKernel,
  others: readonly Choices[] = [],
): Promise<void> {
  if (!name.includes(only) && name !== "copy of f32") return;
  await prepareOne(name, kernel, {});
  if (which !== "all") return;
  for (const choices of others) {
    const label = Object.entries(choices).map((one) => one.join(" "));
    await prepareOne(`${name}: ${label.join(", ")}`, kernel, choices);
  }
}

/** Compiles a kernel and runs it once. */
async function prepareOne(
  name: string,
  kernel: RowKernel | LoopKernel,
  choices: Choices,
): Promise<void> {
  try {
    const start = performance.now();
    const rendered = kernel.kind === "row"
      ? renderRows(kernel, limits, { ...ROW_CHOICES, ...choices })
      : renderLoop(kernel, limits);
    const { operands, outputs } = kernel;
    const sized = [...operands, ...outputs].map((one) =>
      one.size * byteSize(one.dtype)
    );
    // Temporaries lie behind all others, as they are of other sizes.
    const bound = [
      ...operands.map((_, k) => shared(k, sized[k]!)),
      ...outputs.map((_, k) => shared(8 + k, sized[operands.length + k]!)),
      ...rendered.temporaries.map((bytes, k) => shared(16 + k, bytes)),
    ];
    let dispatches: Dispatch[] = [];
    await gpu.checked(async () => {
      dispatches = await gpu.prepare(rendered, bound);
    });
    const compileMs = performance.now() - start;
    await gpu.checked(async () => {
      gpu.submit(dispatches);
      await gpu.read(bound[operands.length]!, 0, 4);
    });
    prepared.push({
      name,
      dispatches,
      bytes: sized.reduce((sum, size) => sum + size, 0),
      note: `groups ${
        rendered.phases.map((one) => one.workgroups.join("×")).join(" + ")
      }, compiled in ${compileMs.toFixed(0)} ms`,
    });
  } catch (error) {
    say(`${name} failed: ${firstLine(error)}`);
  }
}

/** Times all kernels against each other and tells of them. */
async function compare(): Promise<void> {
  const timings = await rounds.time(prepared.map((one) => one.dispatches));
  let copyRate: number | undefined;
  timings.forEach(({ clock, ms }, k) => {
    const { bytes, name, note } = prepared[k]!;
    const rate = bytes / ms / 1e6;
    copyRate ??= rate;
    say(
      `${name.padEnd(44)} ${rate.toFixed(0).padStart(5)} GB/s ` +
        `${(100 * rate / copyRate).toFixed(0).padStart(4)} % of a copy ` +
        `${ms.toFixed(4).padStart(9)} ms, clock ${clock.toFixed(1)}, ${note}`,
    );
  });
}

function product(axes: readonly number[]): number {
  return axes.reduce((n, length) => n * length, 1);
}

/** A map of one operand, which lies as told. */
function map(
  dtype: DType,
  axes: readonly number[],
  layout: readonly number[],
  value: (builder: KernelBuilder, x: Expr) => Expr,
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const x = builder.operand(dtype, size, builder.rowMajor(layout));
  const store = builder.store(size, builder.rowMajor(), value(builder, x));
  return builder.rows(axes.length, [], [store]);
}

function softmax(axes: readonly number[], layout: readonly number[]) {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const index = builder.rowMajor(layout);
  const x = builder.operand("f32", size, index);
  const max = builder.make("reduced", [], "f32", 0);
  const exp = builder.make("exp", [builder.make("subtract", [x, max])]);
  const sum = builder.make("reduced", [], "f32", 1);
  return builder.rows(1, [
    [[["max", x]], []],
    [[["sum", exp]], []],
    [[], [
      builder.store(size, index, builder.make("divide", [exp, sum])),
    ]],
  ]);
}

function reduction(
  op: ReductionOp,
  axes: readonly number[],
  layout: readonly number[],
): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const x = builder.operand("f32", size, builder.rowMajor(layout));
  const dtype = op.startsWith("arg") ? "i32" : "f32";
  const result = builder.make("reduced", [], dtype, 0);
  const outer = axes.map((_, k) => k).slice(0, -1);
  return builder.rows(outer.length, [[[[op, x]], []]], [
    builder.store(product(axes.slice(0, -1)), builder.rowMajor(outer), result),
  ]);
}

/** Layer norm without weights: mean, then variance, then the rows. */
function layerNorm(rows: number, columns: number): RowKernel {
  const builder = new KernelBuilder([rows, columns]);
  const size = rows * columns;
  const x = builder.operand("f32", size, builder.rowMajor());
  const count = builder.pool.constant(columns, "f32");
  const sum = builder.make("reduced", [], "f32", 0);
  const mean = builder.make("divide", [sum, count]);
  const centred = builder.make("subtract", [x, mean]);
  const squares = builder.make("reduced", [], "f32", 1);
  const variance = builder.make("divide", [squares, count]);
  const small = builder.pool.constant(1e-5, "f32");
  const deviation = builder.make("sqrt", [
    builder.make("add", [variance, small]),
  ]);
  return builder.rows(1, [
    [[["sum", x]], []],
    [[["sum", builder.make("multiply", [centred, centred])]], []],
    [[], [
      builder.store(
        size,
        builder.rowMajor(),
        builder.make("divide", [centred, deviation]),
      ),
    ]],
  ]);
}

function runningSum(axes: readonly number[], layout: readonly number[]) {
  const builder = new KernelBuilder(axes);
  const size = product(axes);
  const index = builder.rowMajor(layout);
  const x = builder.operand("f32", size, index);
  const carry = builder.make("carry", [], "f32", 0);
  const next = builder.make("add", [carry, x]);
  return builder.loop(
    [[builder.pool.constant(0, "f32"), next]],
    [builder.store(size, index, next)],
    [],
    { runningSum: true },
  );
}

/** Ten operators one after the other. */
function chain(builder: KernelBuilder, x: Expr): Expr {
  let value = x;
  for (let k = 0; k < 5; k++) {
    const factor = builder.pool.constant(1 + k / 8, "f32");
    value = builder.make("multiply", [value, factor]);
    value = builder.make("add", [value, builder.pool.constant(k + 0.5, "f32")]);
  }
  return value;
}

function bias(builder: KernelBuilder, x: Expr): Expr {
  const row = builder.operand("f32", 1024, builder.index([0, 1]));
  return builder.make("add", [x, row]);
}

say(gpu.description);
const N = Math.ceil(2 ** 26 / SCALE / 1024) * 1024;
const ROWS = N / 1024;
const copy = (_: KernelBuilder, x: Expr) => x;
await prepare("copy of f32", map("f32", [N], [0], copy));
await prepare("copy of odd f32", map("f32", [N - 1], [0], copy));
await prepare("copy of small f32", map("f32", [N / 16], [0], copy));
if (limits.hasF16) await prepare("copy of f16", map("f16", [N], [0], copy));
await prepare("copy of u8", map("u8", [N], [0], copy));
await prepare("ten operators", map("f32", [N], [0], chain));
for (const op of ["exp", "log", "sqrt"] as const) {
  await prepare(op, map("f32", [N], [0], (b, x) => b.make(op, [x])));
}
await prepare("bias", map("f32", [ROWS, 1024], [0, 1], bias));
await prepare("turned", map("f32", [ROWS, 1024], [1, 0], copy));
await prepare(
  "turned odd",
  map("f32", [ROWS - 1, 1023], [1, 0], copy),
);
await prepare(
  "turned three",
  map("f32", [ROWS / 8, 8, 1024], [1, 0, 2], copy),
);
await prepare(
  "less than a half, to bool",
  map(
    "f32",
    [N],
    [0],
    (b, x) => b.make("less", [x, b.pool.constant(0.5, "f32")], "bool"),
  ),
);
const KEPT_ROWS: readonly Choices[] = [
  { steps: 8 },
  { steps: 2 },
  { mergesKept: true },
  { mergesKept: true, steps: 8 },
  { joinedAtOnce: 4 },
  { joinedAtOnce: 16 },
  { workgroup: 512 },
  { workgroup: 128 },
];
const LONG_ROWS: readonly Choices[] = [
  { atOnce: 8 },
  { atOnce: 2 },
  { workgroup: 512 },
  { workgroup: 1024 },
  { joinedAtOnce: 16 },
];
for (const columns of [16, 64, 256, 1000, 1023, 1024, 4096, 8192, 50257]) {
  const rows = Math.max(1, Math.floor(N / columns));
  await prepare(
    `softmax of ${columns}`,
    softmax([rows, columns], [0, 1]),
    [
      ...(columns === 16 ? [{ alone: 1 }, { alone: 2 }] : []),
      ...(columns % 4 === 0 ? [] : [{ shifts: false }]),
      ...(columns > 8192 ? LONG_ROWS : columns >= 1000 ? KEPT_ROWS : []),
    ],
  );
}
await prepare("softmax of few rows", softmax([16, N / 16], [0, 1]), LONG_ROWS);
await prepare("softmax of columns", softmax([ROWS, 1024], [1, 0]), [
  { atOnce: 8 },
  { keptColumns: 2 },
  { keptColumns: 4 },
  { keptColumns: 2, mergesKept: true },
  { keptColumns: 4, mergesKept: true },
]);
await prepare("layer norm of 1024", layerNorm(ROWS, 1024), [{ steps: 8 }]);
await prepare("layer norm of 768", layerNorm(Math.floor(N / 768), 768));
await prepare("layer norm of 4097", layerNorm(Math.floor(N / 4097), 4097), [
  { shifts: false },
  { steps: 8 },
]);
for (const columns of [4, 32, 128, 1024, 1025, 16384]) {
  const rows = Math.floor(N / columns);
  await prepare(
    `sum of ${columns}`,
    reduction("sum", [rows, columns], [0, 1]),
    columns === 32
      ? [{ alone: 8 }, { steps: 2 }]
      : columns === 1025
      ? [{ shifts: false }]
      : [],
  );
}
await prepare("sum of all", reduction("sum", [1, N], [0, 1]), LONG_ROWS);
await prepare("max of all", reduction("max", [1, N], [0, 1]), LONG_ROWS);
await prepare("argmax of 1024", reduction("argmax", [ROWS, 1024], [0, 1]), [
  { steps: 8 },
  { steps: 16 },
  { steps: 16, atOnce: 8 },
  { joinedAtOnce: 4 },
  { joinedAtOnce: 16 },
]);
for (const columns of [7, 64, 1000, 4096, 65536]) {
  const rows = Math.floor(N / columns);
  await prepare(
    `sum across ${columns}`,
    reduction("sum", [columns, rows], [1, 0]),
    columns <= 1000 ? [{ atOnce: 8 }, { atOnce: 2 }] : [],
  );
}
await prepare("running sum of all", runningSum([1, N], [0, 1]));
await prepare("running sums of 1024", runningSum([ROWS, 1024], [0, 1]));
await prepare("running sums across", runningSum([1024, ROWS], [1, 0]));
await compare();
Deno.exit(0);
