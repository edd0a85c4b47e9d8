import assert from "node:assert/strict";
import type { DType, TypedArray } from "../../../device/dtypes.ts";
import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { renderRows } from "./mod.ts";
import { checkCases } from "./testing.ts";
import {
  KernelBuilder,
  type KernelCase,
  kernelCase,
  Noise,
} from "./testing_kernels.ts";

function mapCase(
  name: string,
  kernel: RowKernel,
  limits: WebGpuLimits,
  operands?: readonly TypedArray[],
): KernelCase {
  const noise = new Noise(name.length);
  return kernelCase(
    name,
    kernel,
    renderRows(kernel, limits),
    operands ??
      kernel.operands.map(({ dtype, size }) => noise.data(dtype, size)),
  );
}

const DTYPES: readonly DType[] = [
  "f32",
  "f16",
  "i32",
  "u32",
  "i8",
  "u8",
  "bool",
];

/** Adds a vector to the rows of a turned matrix, or joins them by `or`. */
function turnedSum(dtype: DType, rows: number, columns: number): RowKernel {
  const builder = new KernelBuilder([rows, columns]);
  const size = rows * columns;
  const x = builder.operand(dtype, size, builder.rowMajor([1, 0]));
  const b = builder.operand(dtype, columns, builder.rowMajor([1]));
  const sum = builder.make(dtype === "bool" ? "or" : "add", [x, b]);
  return builder.rows(2, [], [
    builder.store(size, builder.rowMajor(), sum),
  ]);
}

const TURNED = [[4, 8], [3, 5], [8, 6], [1, 9], [9, 1], [40, 72], [37, 33]];

/** Turns planes over: axes 0 and 2 change places. */
function turnedPlanes(dtype: DType, axes: readonly number[]): RowKernel {
  const builder = new KernelBuilder(axes);
  const size = axes.reduce((n, length) => n * length, 1);
  const x = builder.operand(dtype, size, builder.rowMajor([2, 1, 0]));
  return builder.rows(3, [], [builder.store(size, builder.rowMajor(), x)]);
}

Deno.test("renderRows maps as on a large GPU: repeated points and squares", () =>
  checkCases((limits) => {
    const large = { ...limits, isHardware: true };
    return (["f32", "f16", "u8"] as const).flatMap((dtype) => [
      ...[4, 1023, 1024, 5001].map((size) => {
        const builder = new KernelBuilder([size]);
        const x = builder.operand(dtype, size, builder.rowMajor());
        const kernel = builder.rows(1, [], [
          builder.store(size, builder.rowMajor(), builder.make("add", [x, x])),
        ]);
        return mapCase(`${dtype} of ${size}`, kernel, large);
      }),
      ...[[9, 2, 8], [70, 3, 33], [33, 2, 40], [8, 1, 129]].map((axes) =>
        mapCase(`planes of ${axes}`, turnedPlanes(dtype, axes), large)
      ),
    ]);
  }));

Deno.test("renderRows turns odd squares over in workgroup memory", () =>
  checkCases((limits) => {
    const large = { ...limits, isHardware: true };
    const narrow = { ...large, maxComputeWorkgroupsPerDimension: 3 };
    const small = { ...large, maxComputeWorkgroupStorageSize: 16384 };
    const kernel = turnedSum("f32", 131, 65);
    assert.match(renderRows(kernel, large).phases[0]!.text, /var<workgroup>/);
    return [
      ...(["f32", "f16", "i32"] as const).flatMap((dtype) =>
        [[131, 65], [33, 34], [64, 127], [1, 65]].map(([rows, columns]) =>
          mapCase(
            `${dtype} of ${rows} × ${columns}`,
            turnedSum(dtype, rows!, columns!),
            large,
          )
        )
      ),
      mapCase("narrow", turnedSum("f32", 131, 70), narrow),
      mapCase("little memory", turnedSum("f32", 131, 70), small),
      mapCase("planes", turnedPlanes("f32", [67, 5, 133]), large),
      mapCase("two at once, padded", turnedTwice(67, 99), large),
    ];
  }));

/** The product of a matrix and a turned one, both padded in front. */
function turnedTwice(rows: number, columns: number): RowKernel {
  const builder = new KernelBuilder([rows, columns]);
  const { pool } = builder;
  const one = pool.size(1);
  const exists = builder.make("lessEqual", [one, pool.axis(0)], "bool");
  const size = rows * columns;
  const turned = builder.index([1, rows - 1], -1);
  const x = builder.operand("f32", size, turned, exists);
  const y = builder.operand("f32", size, builder.index([1, rows]));
  const z = builder.operand("f32", size, builder.rowMajor());
  const sum = builder.make("add", [builder.make("multiply", [x, y]), z]);
  return builder.rows(2, [], [builder.store(size, builder.rowMajor(), sum)]);
}

Deno.test("renderRows writes words of packed numbers over the ends of rows", () =>
  checkCases((limits) =>
    [[3, 5], [7, 2, 3], [33, 31], [2, 1, 7]].flatMap((axes) =>
      (["f32", "u8"] as const).map((dtype) => {
        const builder = new KernelBuilder(axes);
        const size = axes.reduce((n, length) => n * length, 1);
        const last = axes.length - 1;
        const x = builder.operand(dtype, size, builder.rowMajor());
        const row = builder.operand(
          dtype,
          axes[last]!,
          builder.rowMajor([last]),
        );
        const kernel = builder.rows(axes.length, [], [
          builder.store(
            size,
            builder.rowMajor(),
            builder.make("less", [x, row], "bool"),
          ),
          builder.store(
            size,
            builder.rowMajor([...axes.keys()].reverse()),
            builder.make("add", [x, row]),
          ),
        ]);
        return mapCase(`${dtype} of ${axes}`, kernel, limits);
      })
    )
  ));

Deno.test("renderRows lays many workgroups of maps out over two axes", () =>
  checkCases((limits) => {
    const narrow = { ...limits, maxComputeWorkgroupsPerDimension: 7 };
    return [
      mapCase("odd", turnedSum("f32", 37, 101), narrow),
      mapCase("even", turnedSum("u8", 100, 100), narrow),
      mapCase("planes", turnedPlanes("f32", [5, 7, 131]), narrow),
    ];
  }));

Deno.test("renderRows maps each dtype over sizes of any kind", () =>
  checkCases((limits) =>
    DTYPES.flatMap((dtype) => [
      ...[1, 2, 3, 4, 5, 8, 37, 1030].map((size) => {
        const builder = new KernelBuilder([size]);
        const x = builder.operand(dtype, size, builder.rowMajor());
        const y = builder.operand(dtype, size, builder.rowMajor());
        const both = builder.make(dtype === "bool" ? "xor" : "multiply", [
          x,
          y,
        ]);
        const less = builder.make("less", [x, y], "bool");
        const kernel = builder.rows(1, [], [
          builder.store(size, builder.rowMajor(), both),
          builder.store(size, builder.rowMajor(), less),
        ]);
        return mapCase(`${dtype} of ${size}`, kernel, limits);
      }),
      ...TURNED.map(([rows, columns]) =>
        mapCase(
          `turned ${dtype} of ${rows} × ${columns}`,
          turnedSum(dtype, rows!, columns!),
          limits,
        )
      ),
    ])
  ));

Deno.test("renderRows reads backwards, with steps, repeated and padded", () =>
  checkCases((limits) =>
    ([["f32", 12], ["u8", 12], ["f16", 7]] as const).map(([dtype, size]) => {
      const builder = new KernelBuilder([3, size]);
      const { pool } = builder;
      const back = builder.operand(
        dtype,
        3 * size,
        builder.index([size, -1], size - 1),
      );
      const thin = builder.operand(dtype, 2 * size, builder.index([0, 2]));
      const column = builder.operand(dtype, 3, builder.index([1, 0]));
      const inside = builder.make("less", [pool.axis(1), pool.size(5)], "bool");
      const shifted = builder.index([5, 1], -1);
      const after = builder.make(
        "less",
        [pool.constant(0), pool.axis(1)],
        "bool",
      );
      const valid = builder.make("and", [inside, after]);
      const padded = builder.operand(dtype, 15, shifted, valid);
      const value = [thin, column, padded].reduce(
        (sum, one) => builder.make("add", [sum, one]),
        back,
      );
      return mapCase(
        `${dtype} × ${size}`,
        builder.rows(2, [], [
          builder.store(3 * size, builder.rowMajor(), value),
        ]),
        limits,
      );
    })
  ));

Deno.test("renderRows reads at indices that are data", () =>
  checkCases((limits) =>
    [8, 5].map((width) => {
      const builder = new KernelBuilder([6, width]);
      const { pool } = builder;
      const row = builder.operand("i32", 6, pool.axis(0));
      const start = builder.make("multiply", [row, pool.size(width)]);
      const picked = builder.operand(
        "f32",
        4 * width,
        builder.make("add", [start, pool.axis(1)]),
      );
      const column = builder.operand("i32", width, pool.axis(1));
      const other = builder.operand("f32", 4, column);
      const value = builder.make("subtract", [picked, other]);
      const kernel = builder.rows(2, [], [
        builder.store(6 * width, builder.rowMajor(), value),
      ]);
      const noise = new Noise(3);
      const places = (size: number) =>
        Int32Array.from({ length: size }, () => noise.below(4));
      return mapCase(`rows of ${width}`, kernel, limits, [
        places(6),
        noise.data("f32", 4 * width),
        places(width),
        noise.data("f32", 4),
      ]);
    })
  ));

Deno.test("renderRows writes parts of a buffer and leaves the rest alone", () =>
  checkCases((limits) =>
    (["f32", "u8", "f16"] as const).flatMap((dtype) =>
      [[5, 8, 16], [6, 3, 11], [8, 4, 13]].map(([size, offset, total]) => {
        const builder = new KernelBuilder([size!]);
        const x = builder.operand(dtype, size!, builder.rowMajor());
        const kernel = builder.rows(1, [], [
          builder.store(total!, builder.index([1], offset), x),
        ]);
        const made = mapCase(`${dtype}, ${offset}`, kernel, limits);
        const [right] = made.expected;
        // Outputs hold bytes of 77 before.
        const before = new Uint8Array(right!.byteLength).fill(77);
        const rest = new Uint8Array(right!.buffer);
        const width = right!.BYTES_PER_ELEMENT;
        const [from, to] = [offset! * width, (offset! + size!) * width];
        rest.set(before.subarray(0, from), 0);
        rest.set(before.subarray(to), to);
        return made;
      })
    )
  ));

Deno.test("renderRows overwrites an operand in its place", () =>
  checkCases((limits) =>
    (["f32", "u8"] as const).flatMap((dtype) =>
      [5, 1000].map((size) => {
        const builder = new KernelBuilder([size]);
        const x = builder.operand(dtype, size, builder.rowMajor());
        const kernel = builder.rows(1, [], [
          builder.store(
            size,
            builder.rowMajor(),
            builder.make("add", [x, builder.make("multiply", [x, x])]),
          ),
        ]);
        const made = mapCase(`${dtype} of ${size}`, kernel, limits);
        return { ...made, run: { ...made.run, over: [0] } };
      })
    )
  ));

Deno.test("renderRows hands sizes and scalars over, so that texts are shared", () => {
  const limits: WebGpuLimits = {
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
    hasF16: false,
    isHardware: true,
  };
  const phases = [12, 400].map((columns) =>
    renderRows(turnedSum("f32", 7, columns), limits).phases[0]!
  );
  assert.equal(phases[0]!.text, phases[1]!.text);
  assert.notDeepEqual(phases[0]!.sizes, phases[1]!.sizes);
});
