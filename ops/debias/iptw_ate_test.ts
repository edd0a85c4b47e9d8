import assert from "node:assert/strict";
import { iptwAte } from "./iptw_ate.ts";
import { close, f64 } from "./testing.ts";

const ROWS = {
  outcome: f64([3, 1, 2, 6]),
  treatment: f64([1, 0, 0, 1]),
  propensity: f64([0.5, 0.25, 0.5, 0.8]),
};

Deno.test("iptwAte weights by hand-computed inverse propensities", async () => {
  const thompson = await iptwAte.run(ROWS);
  close(thompson.treatedMean, (3 / 0.5 + 6 / 0.8) / 4, 1e-14);
  close(thompson.controlMean, (1 / 0.75 + 2 / 0.5) / 4, 1e-14);
  close(thompson.effect, thompson.treatedMean - thompson.controlMean, 0);
  const hajek = await iptwAte.run(ROWS, { estimator: "hajek" });
  close(hajek.treatedMean, (3 / 0.5 + 6 / 0.8) / (1 / 0.5 + 1 / 0.8), 1e-14);
  close(hajek.controlMean, (1 / 0.75 + 2 / 0.5) / (1 / 0.75 + 2), 1e-14);
});

Deno.test("iptwAte clips propensities of 0 and 1", async () => {
  const { treatedMean } = await iptwAte.run(
    {
      outcome: f64([1, 1]),
      treatment: f64([1, 0]),
      propensity: f64([0, 0]),
    },
    { clip: 0.01 },
  );
  close(treatedMean, 50, 1e-12);
});

Deno.test("iptwAte refuses what is no experiment", async () => {
  await assert.rejects(
    iptwAte.run({ ...ROWS, treatment: f64([1, 0, 2, 1]) }),
    /"treatment" of row 2 is 2/,
  );
  await assert.rejects(
    iptwAte.run({ ...ROWS, propensity: f64([1, 0, 1.5, 1]) }),
    /"propensity" of row 2 is 1.5/,
  );
  await assert.rejects(
    iptwAte.run({ ...ROWS, treatment: f64([1, 1, 1, 1]) }),
    /one arm/,
  );
  await assert.rejects(
    iptwAte.run({ ...ROWS, outcome: f64([1, NaN, 1, 1]) }),
    /"outcome" as row 1 is NaN/,
  );
});
