import assert from "node:assert/strict";
import { openTestDevice, type TestDevice } from "../rows/testing.ts";
import { type ContractOptions, renderContract } from "./render.ts";
import {
  type ContractCase,
  type ContractTest,
  contractTest,
  mistakeOf,
  runOf,
} from "./testing.ts";
import type { ContractTile } from "./tile.ts";

const device: TestDevice | undefined = await openTestDevice();
const ignore = device === undefined;

/** Tiles of all kinds, small enough for a software adapter. */
const TILES: readonly ContractTile[] = [
  {
    rows: 64,
    columns: 64,
    depth: 8,
    threadRows: 8,
    threadColumns: 8,
    buffers: 2,
  },
  {
    rows: 32,
    columns: 64,
    depth: 16,
    threadRows: 4,
    threadColumns: 4,
    buffers: 1,
  },
  {
    rows: 16,
    columns: 32,
    depth: 4,
    threadRows: 4,
    threadColumns: 8,
    buffers: 2,
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
  tolerance?: number,
): Promise<void> {
  const cases = choices.flatMap((options) =>
    tests.map((test) => ({ test, options }))
  );
  const results = await device!.run(
    cases.map(({ test, options }) =>
      runOf(test, renderContract(test.kernel, device!.limits, options))
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

const CHOICES: readonly ContractOptions[] = [
  {},
  ...TILES.map((tile) => ({ tile })),
];

Deno.test({
  name: "renderContract gives the sums of products for all shapes and tiles",
  ignore,
  fn: () => check(SHAPES.map((shape) => contractTest(shape)), CHOICES),
});
