import assert from "node:assert/strict";
import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { SPLITS } from "../../ops/splits.ts";
import { movementStage } from "./movement_stage.ts";
import { SETTINGS } from "./settings.ts";

const ROWS = 240;
const HORIZON = 3;
const FIRST_TESTED = 120;
const FIRST_CHANGED = 181;

/**
 * Features and labels; `change` gives other features from a row on, and other
 * labels as far before it as they look ahead.
 */
const source = op({
  name: "test/movementInputs",
  version: "1",
  params: z.object({ change: z.boolean() }),
  outputs: {
    technical: port.tensor("f64", ["t", "d"]),
    volatility: port.tensor("f64", ["t", "v"]),
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
    bagOfWords: port.tensor("f64", ["t", "k"]),
    untuned: port.tensor("f64", ["t", "k"]),
    qlora: port.tensor("f64", ["t", "k"]),
    structured: port.tensor("f64", ["t", "k"]),
    retuning: port.tensor("f64", ["t", "k"]),
  },
  run: (_inputs, { change }) => {
    const keys = wf.random.split(wf.random.key(change ? 2 : 1), 8);
    const before = wf.random.split(wf.random.key(1), 8);
    const joined = (which: number, width: number, from = FIRST_CHANGED) => {
      const noise = (of: typeof keys) =>
        wf.random.normal(of[which]!, [ROWS, width], { dtype: "f64" });
      return wf.concat([
        wf.slice(noise(before), [0, from]),
        wf.slice(noise(keys), [from, ROWS]),
      ]);
    };
    const draws = wf.squeeze(joined(2, 1, FIRST_CHANGED - HORIZON), -1);
    const up = wf.cast(wf.greater(draws, 0.4), "i32");
    const down = wf.cast(wf.less(draws, -0.4), "i32");
    return {
      technical: joined(0, 3),
      volatility: joined(1, 2),
      bagOfWords: joined(3, 3),
      untuned: joined(4, 3),
      qlora: joined(5, 3),
      structured: joined(6, 3),
      retuning: joined(7, 3),
      labels: wf.add(wf.subtract(up, down), 1),
      splits: [FIRST_TESTED, 150, 180, 210].map((testStart) => ({
        trainStart: 0,
        trainEnd: testStart - HORIZON,
        testStart,
        testEnd: testStart + 30,
      })),
    };
  },
});

const together = op({
  name: "test/together",
  version: "1",
  inputs: { all: port.record(port.tensor(["f32", "f64"], ["n", "k"])) },
  outputs: { all: port.record(port.tensor(["f32", "f64"], ["n", "k"])) },
  run: ({ all }) => ({ all }),
});

Deno.test("movementStage forecasts nothing from features and labels that come later", async () => {
  const settings = SETTINGS.parse({ horizon: HORIZON });
  const logitsOf = async (change: boolean) => {
    const inputs = source({}, { change });
    const { logits } = movementStage({
      technical: inputs.technical,
      volatility: inputs.volatility,
      labels: inputs.labels,
      splits: inputs.splits,
      language: inputs,
    }, settings);
    return (await together({ all: logits }).value()).all;
  };
  const logits = await logitsOf(false);
  const changed = await logitsOf(true);
  const known = FIRST_CHANGED - FIRST_TESTED;
  for (const [model, values] of Object.entries(logits)) {
    const classes = values.shape[1]!;
    const data = await values.data();
    const other = await changed[model]!.data();
    const end = known * classes;
    assert.deepEqual(other.slice(0, end), data.slice(0, end), model);
    assert.notDeepEqual(other.slice(end), data.slice(end), model);
  }
});
