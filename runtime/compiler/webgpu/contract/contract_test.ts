import assert from "node:assert/strict";
import type { TypedArray } from "../../../device/dtypes.ts";
import type { WebGpuLimits } from "../abi.ts";
import { type TestDevice, testDevice } from "../rows/testing.ts";
import { CANDIDATE_TILES, SMALL_TILES } from "./candidates.ts";
import type { ContractOptions } from "./choose.ts";
import { renderContract } from "./render.ts";
import {
  type ContractCase,
  type ContractTest,
  contractTest,
  mistakeOf,
  packedTest,
  randomData,
  runOf,
} from "./testing.ts";
import { type ContractTile, fits } from "./tile.ts";

const device: TestDevice | undefined = await testDevice();
const ignore = device === undefined;

/** Tiles of all kinds, small enough for a software adapter. */
const TILES: readonly ContractTile[] = [
  {
    rows: 32,
    columns: 64,
    depth: 8,
    threadRows: 8,
    threadColumns: 8,
    buffers: 2,
  },
  {
    rows: 16,
    columns: 32,
    depth: 4,
    threadRows: 4,
    threadColumns: 4,
    buffers: 1,
  },
];

const SHAPES: readonly ContractCase[] = [
  { m: 64, n: 64, k: 64 },
  { m: 1, n: 1, k: 1 },
  { m: 1, n: 7, k: 13 },
  { m: 33, n: 35, k: 37 },
  { m: 68, n: 132, k: 20 },
  { m: 36, n: 20, k: 24, turnLeft: true },
  { m: 37, n: 21, k: 23, turnLeft: true, turnRight: true },
  { m: 36, n: 20, k: 24, turnRight: true },
  { m: 36, n: 20, k: 24, turnLeft: true, turnRight: true, turnResult: true },
  { m: 9, n: 30, k: 6, turnResult: true },
  { batch: [3], m: 5, n: 8, k: 12 },
  { batch: [2, 3], m: 8, n: 4, k: 8, shareRight: true },
  { batch: [2, 1, 2], m: 3, n: 3, k: 5, turnRight: true },
];

async function check(
  tests: readonly ContractTest[],
  choices: readonly ContractOptions[],
  { tolerance, limits = device!.limits }: {
    tolerance?: number;
    limits?: WebGpuLimits;
  } = {},
): Promise<void> {
  const cases = choices.flatMap((options) =>
    tests.map((test) => ({ test, options }))
  );
  const results = await device!.run(
    cases.map(({ test, options }) =>
      runOf(test, renderContract(test.kernel, limits, options))
    ),
  );
  const mistakes = cases.flatMap(({ test, options }, k) => {
    const mistake = mistakeOf(test, results[k]!, tolerance);
    return mistake === undefined
      ? []
      : [`${mistake} (${JSON.stringify(options)})`];
  });
  assert.deepEqual(mistakes, []);
}

/** Software adapters compile slowly: what differs little is not repeated. */
const CHOICES: readonly ContractOptions[] = [{}, { tile: TILES[1], parts: 1 }];

Deno.test({
  name: "renderContract gives the sums of products for all shapes and tiles",
  ignore,
  fn: async () => {
    const tests = SHAPES.map((shape) => contractTest(shape));
    await check(tests, CHOICES);
    await check(tests.slice(3, 7), [{ tile: TILES[0], parts: 1 }]);
  },
});

const EPILOGUES: readonly ContractTest[] = [
  contractTest({ m: 12, n: 20, k: 8 }, ({ pool, sum, index, n }) => {
    const biased = pool.make("add", "f32", [sum, pool.load(2, "f32", n)]);
    const zero = pool.constant(0, "f32");
    const residual = pool.load(3, "f32", index);
    const relu = pool.make("maximum", "f32", [biased, zero]);
    return {
      values: [relu, pool.make("add", "f32", [relu, residual])],
      operands: [randomData("f32", 20), randomData("f32", 12 * 20)],
    };
  }),
  contractTest({ m: 7, n: 9, k: 5 }, ({ pool, sum, m }) => ({
    values: [
      pool.make("multiply", "f32", [
        pool.make("multiply", "f32", [sum, pool.load(2, "f32", m)]),
        pool.make("scalar", "f32", [], 0),
      ]),
    ],
    operands: [randomData("f32", 7)],
    scalars: [1.25],
  })),
  ...[{ m: 12, n: 20, k: 8 }, { m: 5, n: 7, k: 9, turnResult: true }].map(
    (shape) =>
      contractTest(shape, ({ pool, sum }) => ({
        values: [
          pool.make("less", "bool", [pool.constant(0, "f32"), sum]),
          sum,
        ],
      })),
  ),
  contractTest({ m: 12, n: 20, k: 8, dtype: "i32" }),
  contractTest({ m: 5, n: 7, k: 9, dtype: "u32" }),
  contractTest({ m: 12, n: 20, k: 80, dtype: "i8" }),
  contractTest({ m: 5, n: 7, k: 33, dtype: "u8" }),
];

Deno.test({
  name: "renderContract applies epilogues and sums whole numbers",
  ignore,
  fn: () => check(EPILOGUES, CHOICES),
});

Deno.test({
  name: "renderContract reads and writes 16-bit floats",
  ignore: ignore || !device.limits.hasF16,
  fn: () =>
    check(
      [
        contractTest({ m: 12, n: 20, k: 8, dtype: "f16", result: "f16" }),
        contractTest({ m: 5, n: 7, k: 9, dtype: "f16" }),
        contractTest({
          m: 8,
          n: 12,
          k: 16,
          dtype: "f16",
          result: "f16",
          turnLeft: true,
          turnRight: true,
        }),
      ],
      CHOICES,
      { tolerance: 1e-3 },
    ),
});

Deno.test({
  name: "renderContract multiplies in 16 bits where it may",
  ignore: ignore || !device.limits.hasF16,
  fn: () =>
    check(
      [
        contractTest({ m: 36, n: 20, k: 40, dtype: "f16", result: "f16" }),
        contractTest({ m: 5, n: 7, k: 9, dtype: "f16" }),
      ],
      TILES.map((tile) => ({ tile, arithmetic: "f16" })),
      { tolerance: 4e-3 },
    ),
});

Deno.test({
  name: "renderContract adds up in 16 bits within a tile only where asked",
  ignore: ignore || !device.limits.hasF16,
  fn: async () => {
    const test = contractTest({ m: 4, n: 4, k: 16, dtype: "f16" });
    for (const data of test.operands) data.fill(200);
    const options = [{}, { arithmetic: "f16" }] as const;
    const results = await device!.run(options.map((option) =>
      runOf(
        test,
        renderContract(test.kernel, device!.limits, {
          tile: TILES[1],
          ...option,
        }),
      )
    ));
    assert.deepEqual(results.map(([data]) => data![0]), [640000, Infinity]);
  },
});

Deno.test({
  name: "renderContract keeps NaN and infinity, and makes none of its own",
  ignore,
  fn: async () => {
    const tests = [
      contractTest({ m: 9, n: 11, k: 13 }),
      contractTest({ m: 12, n: 8, k: 20 }),
    ];
    for (const { operands } of tests) {
      const [a, b] = operands as [TypedArray, TypedArray];
      a[3] = Infinity;
      a[a.length - 1] = NaN;
      a[a.length - 1 - 50] = -Infinity;
      b[0] = Infinity;
    }
    await check(tests, CHOICES);
  },
});

Deno.test({
  name: "renderContract decodes packed weights while it reads them",
  ignore,
  fn: () =>
    check(
      [4, 8].flatMap((bits) => [
        packedTest(6, 16, 64, bits, 32),
        packedTest(5, 9, 24, bits, 8),
      ]),
      CHOICES,
    ),
});

Deno.test({
  name: "renderContract multiplies vectors in any layout",
  ignore,
  fn: () =>
    check(
      [
        { m: 1, n: 24, k: 40 },
        { m: 1, n: 24, k: 40, turnRight: true },
        { m: 1, n: 70, k: 130, turnRight: true },
        { m: 1, n: 33, k: 35 },
        { m: 1, n: 2, k: 512, turnRight: true },
        { m: 40, n: 1, k: 24 },
        { m: 40, n: 1, k: 24, turnLeft: true },
        { m: 2, n: 11, k: 64, turnRight: true },
        { m: 3, n: 3, k: 300 },
        { m: 8, n: 20, k: 36, turnRight: true },
        { m: 16, n: 20, k: 260, turnRight: true },
        { m: 13, n: 9, k: 5 },
        { m: 14, n: 40, k: 12 },
        { m: 300, n: 10, k: 8 },
        { m: 19, n: 7, k: 36, turnRight: true },
        { m: 5, n: 100, k: 36 },
        { batch: [3], m: 1, n: 8, k: 12 },
      ].map((shape) => contractTest(shape)),
      [{}, { way: "skinny", parts: 1 }, { way: "skinny", parts: 3 }],
    ),
});

Deno.test({
  name: "renderContract adds the parts of divided sums",
  ignore,
  fn: () =>
    check(
      [
        contractTest({ m: 12, n: 20, k: 100 }),
        contractTest({ m: 5, n: 7, k: 131, turnRight: true }),
        contractTest({ batch: [2], m: 9, n: 8, k: 64, turnResult: true }),
        contractTest({ m: 12, n: 20, k: 64, dtype: "i32" }),
        contractTest({ m: 6, n: 9, k: 50 }, ({ pool, sum, n }) => ({
          values: [
            pool.make("add", "f32", [sum, pool.load(2, "f32", n)]),
            pool.make("less", "bool", [pool.constant(0, "f32"), sum]),
          ],
          operands: [randomData("f32", 9)],
        })),
      ],
      [2, 5, 40].map((parts) => ({ tile: TILES[1], parts })),
    ),
});

Deno.test({
  name: "renderContract multiplies many small matrices",
  ignore,
  fn: () =>
    check(
      [
        contractTest({ batch: [70], m: 4, n: 4, k: 4 }),
        contractTest({ batch: [3, 5], m: 3, n: 5, k: 7, turnLeft: true }),
      ],
      [{}, { way: "registers" }],
    ),
});

Deno.test({
  name: "renderContract chooses kernels for real GPUs that are right, too",
  ignore,
  fn: () =>
    check(
      [
        ...SHAPES,
        { m: 1, n: 40, k: 4000 },
        { m: 2, n: 5, k: 3000, turnRight: true },
        { m: 30, n: 6, k: 2000 },
        { m: 20, n: 24, k: 2000, turnLeft: true },
        { m: 24, n: 20, k: 1001 },
        { batch: [80], m: 4, n: 5, k: 6 },
        { batch: [7], m: 12, n: 20, k: 9 },
      ].map((shape) => contractTest(shape)),
      [{}],
      { limits: { ...device!.limits, isHardware: true } },
    ),
});

Deno.test({
  name: "renderContract is right in every tile for real GPUs",
  ignore,
  fn: () =>
    check(
      [
        contractTest({ m: 67, n: 133, k: 21, turnLeft: true, turnRight: true }),
      ],
      [...CANDIDATE_TILES, ...SMALL_TILES]
        .filter(({ tile }) => fits(tile, device!.limits))
        .map(({ tile }) => ({ tile, parts: 1 })),
    ),
});
