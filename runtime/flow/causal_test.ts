import assert from "node:assert/strict";
import { z } from "zod";
import { DefinitionError, NumericalError, OpError } from "../core/errors.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import type { F64 } from "../tensor/mod.ts";
import { checkCausal, op } from "./mod.ts";

const series: F64 = wf.tensor(
  Float64Array.from({ length: 40 }, (_, t) => Math.sin(t * t)),
);

const VECTOR = port.tensor("f64", ["t"]);

const runningSum = op({
  name: "causal/running",
  version: "1",
  inputs: { x: VECTOR },
  outputs: { y: VECTOR },
  run: ({ x }) => ({ y: wf.cumulativeSum(x) }),
});

const demeaned = op({
  name: "causal/demeaned",
  version: "1",
  inputs: { x: VECTOR },
  outputs: { y: VECTOR },
  run: ({ x }) => ({ y: wf.subtract(x, wf.mean(x)) }),
});

const shifted = op({
  name: "causal/shifted",
  version: "1",
  inputs: { x: VECTOR },
  params: z.object({ by: z.int() }),
  outputs: { y: VECTOR },
  run: ({ x }, { by }) => ({ y: wf.roll(x, by) }),
});

Deno.test("checkCausal: an op that looks back only passes, and says what it compared", async () => {
  const report = await checkCausal(runningSum, { x: series });
  assert.deepEqual(report, {
    cuts: [12, 20, 28, 36, 39],
    inputs: ["x"],
    outputs: ["y"],
  });
});

Deno.test("checkCausal: a whole-series mean is found, with output and row", async () => {
  await assert.rejects(
    checkCausal(demeaned, { x: series }),
    (error: Error) => {
      assert.ok(error instanceof NumericalError);
      assert.match(error.message, /causal\/demeaned/);
      assert.match(error.message, /output "y" at .*0/);
      assert.match(error.message, /the first 12 rows/);
      return true;
    },
  );
});

Deno.test("checkCausal: a look one row ahead is found although only the last row tells", async () => {
  await assert.rejects(
    checkCausal(shifted, { x: series }, { by: -1 }),
    NumericalError,
  );
});

Deno.test("checkCausal: summaries of the series may change, unless they are named", async () => {
  const summary = op({
    name: "causal/summary",
    version: "1",
    inputs: { x: VECTOR },
    outputs: { y: VECTOR, last: port.tensor("f64", [1]) },
    run: ({ x }) => ({ y: wf.multiply(x, 2), last: wf.slice(x, [-1]) }),
  });
  const report = await checkCausal(summary, { x: series });
  assert.deepEqual(report.outputs, ["y"]);
  await assert.rejects(
    checkCausal(summary, { x: series }, {}, { outputs: ["last"] }),
    /output "last"/,
  );
});

Deno.test("checkCausal: inputs that are not series are left whole", async () => {
  const weighted = op({
    name: "causal/weighted",
    version: "1",
    inputs: { x: VECTOR, weights: port.tensor("f64", ["k"]) },
    outputs: { y: VECTOR },
    run: ({ x, weights }) => ({ y: wf.multiply(x, wf.sum(weights)) }),
  });
  const weights: F64 = wf.tensor([1, 2], { dtype: "f64" });
  await assert.rejects(
    checkCausal(weighted, { x: series, weights }),
    /different numbers of rows/,
  );
  const report = await checkCausal(weighted, { x: series, weights }, {}, {
    inputs: ["x"],
    cuts: [5],
  });
  assert.deepEqual(report.cuts, [5]);
});

Deno.test("checkCausal: what cannot be compared, and a cut that is too short, are told", async () => {
  const scalar = op({
    name: "causal/scalar",
    inputs: { x: z.number() },
    outputs: { y: z.number() },
    run: ({ x }) => ({ y: x }),
  });
  await assert.rejects(checkCausal(scalar, { x: 1 }), DefinitionError);
  const picky = op({
    name: "causal/picky",
    inputs: { x: VECTOR },
    outputs: { y: VECTOR },
    run: ({ x }) => {
      if (x.size < 20) throw new Error("too short");
      return { y: x };
    },
  });
  await assert.rejects(checkCausal(picky, { x: series }), (error: Error) => {
    assert.ok(error instanceof OpError);
    assert.match(error.message, /the first 12 rows/);
    assert.match(error.message, /cuts/);
    return true;
  });
  await checkCausal(picky, { x: series }, {}, { cuts: [20, 30] });
});
