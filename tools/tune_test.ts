import assert from "node:assert/strict";
import { DataError, ParameterError } from "../runtime/core/errors.ts";
import { readTuning, writeTuning } from "../runtime/compiler/tuning/file.ts";
import { TuningTable } from "../runtime/compiler/tuning/table.ts";
import { parseRequest, resultText, tune } from "./tune.ts";
import type { TuneClock, TuneResult } from "./tune_measure.ts";
import { commonShapes, parseShape, shapeText } from "./tune_shapes.ts";

Deno.test("parseShape reads what shapeText writes", () => {
  for (const device of ["wasm", "webgpu"]) {
    for (const shape of commonShapes(device, true)) {
      assert.deepEqual(parseShape(shapeText(shape)), shape);
    }
  }
  assert.equal(shapeText(parseShape(" 3x4x5 ")), "3x4x5 nn f32");
  assert.equal(
    shapeText(parseShape("2*3x4x5 tn f16/f16")),
    "2*3x4x5 tn f16/f16",
  );
  for (
    const text of ["", "3x4", "0x4x5", "3x4x5 f8", "3x4x5 f32 nn", "1e3x4x5"]
  ) {
    assert.throws(() => parseShape(text), ParameterError, text);
  }
});

Deno.test("parseRequest reads options and refuses wrong ones", () => {
  assert.deepEqual(parseRequest([]), {
    device: undefined,
    budget: 180,
    shapes: undefined,
  });
  const request = parseRequest([
    ...["--device", "wasm", "--budget", "2.5"],
    ...["--shapes", "3x4x5 f64, 6x7x8"],
  ]);
  assert.equal(request.budget, 2.5);
  assert.deepEqual(request.shapes!.map(shapeText), [
    "3x4x5 nn f64",
    "6x7x8 nn f32",
  ]);
  for (
    const args of [
      ["--device", "abacus"],
      ["--budget", "0"],
      ["--budget", ""],
      ["--budget", "soon"],
      ["--shapes", "large"],
      ["--speed"],
    ]
  ) assert.throws(() => parseRequest(args), ParameterError, `${args}`);
});

/** A clock for which kernels take what they are said to. */
function clockOf(millisecondsOf: (choice?: string) => number): TuneClock {
  let now = 0;
  return {
    now: () => now,
    async time(work, choice) {
      await work();
      const milliseconds = millisecondsOf(choice);
      now += milliseconds;
      return milliseconds;
    },
  };
}

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/tuning.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const REQUEST = {
  device: "wasm",
  budget: 1e6,
  shapes: [parseShape("96x120x96"), parseShape("1x64x64")],
} as const;
const BEST = "panels 4 items 8";
const CLASS = "contract f32 f32*f32 1x128x128x128 kn";

Deno.test("tune keeps what beats the rule, and what else is in the table", async () => {
  await inFolder(async (path) => {
    const other = { device: "other", shape: "s", choice: "c" };
    await writeTuning(path, TuningTable.EMPTY.with([other]));
    const results: TuneResult[] = [];
    const run = (clock: TuneClock, budget: number = REQUEST.budget) =>
      tune({ ...REQUEST, budget }, path, clock, (one) => results.push(one));

    await run(clockOf((choice) => choice === BEST ? 50 : 100));
    const [first, second] = results;
    assert.deepEqual([first!.state, second!.state], ["better", "fixed"]);
    assert.equal(first!.choice, BEST);
    assert.equal(first!.class, CLASS);
    assert.match(resultText(first!), /100\.0 % {2}panels 4 items 8$/);
    assert.match(resultText(second!), /nothing to choose$/);
    const mine = { device: first!.device, shape: CLASS, choice: BEST };
    const both = TuningTable.EMPTY.with([other, mine]).text();
    assert.equal(readTuning(path).text(), both);

    // Without time nothing changes.
    await run(clockOf(() => 2000), 1);
    assert.equal(results.at(-1)!.state, "unfinished");
    assert.equal(readTuning(path).text(), both);

    // What is hardly better is no longer kept.
    await run(clockOf((choice) => choice === BEST ? 98 : 100));
    assert.equal(results.at(-2)!.state, "rule");
    const alone = TuningTable.EMPTY.with([other]).text();
    assert.equal(readTuning(path).text(), alone);
  });
});

Deno.test("tune refuses a file that is no table, and leaves it", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(path, "my notes");
    const clock = clockOf(() => assert.fail("nothing is to be measured"));
    await assert.rejects(() => tune(REQUEST, path, clock), DataError);
    assert.equal(await Deno.readTextFile(path), "my notes");
  });
});

Deno.test("tune measures by the clock on the wall within its budget", async () => {
  await inFolder(async (path) => {
    const states: string[] = [];
    const request = { ...REQUEST, budget: 0.2 };
    await tune(request, path, undefined, ({ state }) => states.push(state));
    assert.ok(states.length >= 1);
    const device = /^(better|rule|fixed|unfinished)$/;
    for (const state of states) assert.match(state, device);
    const keys = Object.keys(JSON.parse(readTuning(path).text()));
    assert.deepEqual(keys, ["format", "version", "devices"]);
  });
});
