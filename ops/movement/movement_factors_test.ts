import assert from "node:assert/strict";
import { checkCausal, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { ReportEvent } from "../reports.ts";
import { movementFactors } from "./movement_factors.ts";
import { simulateReports } from "./simulate_reports.ts";

Deno.test("movementFactors: each factor beside whether it is known", async () => {
  const event: ReportEvent = {
    report: {
      id: "1",
      ticker: "X",
      date: "2016-05-03",
      text: "x",
      figures: {
        Revenue: { value: 110, previous: 100 },
        Income: { value: 10, previous: -1 },
        Debt: { value: 5, previous: null },
      },
      surprise: { actual: 0.9, expected: 1 },
      grades: [{ date: "2016-05-02", firm: "F", grade: "Buy" }],
    },
    day: "2016-05-03",
    returns: [{ of: "the stock", sessions: 5, value: 0.02 }],
    change: 0.5,
    end: "2016-05-04",
  };
  const { features, names } = await movementFactors.run({ events: [event] }, {
    figures: ["Revenue", "Income", "Debt"],
    returnSessions: [1, 5],
  });
  const values = await features.data();
  const byName = Object.fromEntries(
    names.map((name, at) => [name, values[at]!]),
  );
  const expected: Record<string, [number, number]> = {
    "growth of Revenue": [0.1, 1],
    "growth of Income": [2, 1],
    "growth of Debt": [0, 0],
    "surprise": [-0.1, 1],
    "sign of surprise": [-1, 1],
    "return of the stock over 1": [0, 0],
    "return of the stock over 5": [0.02, 1],
    "grades": [1, 1],
  };
  assert.equal(names.length, 2 * Object.keys(expected).length);
  for (const [name, [value, known]] of Object.entries(expected)) {
    assert.ok(Math.abs(byName[name]! - value) < 1e-12, name);
    assert.equal(byName[`${name} is known`], known, name);
  }
});

/** The factors of the simulated reports up to some row, with or without a planted one. */
function factorsUpTo(isPlanted: boolean) {
  return op({
    name: `test/factors${isPlanted}`,
    inputs: { rows: port.tensor("f64", ["t"]) },
    outputs: { features: port.tensor("f64", ["t", "d"]) },
    run: async ({ rows }) => {
      const count = rows.shape[0]!;
      const { events } = await simulateReports.run({}, { rows: 40 });
      const known = events.slice(0, count);
      const { features } = await movementFactors.run({ events: known });
      if (!isPlanted) return { features };
      // What the next report's price did, which nobody knows yet
      const ahead = known.map((_, row) => known[row + 1]?.change ?? 0);
      return {
        features: wf.concat([
          features,
          wf.tensor(Float64Array.from(ahead), { shape: [count, 1] }),
        ], { axis: 1 }),
      };
    },
  });
}

Deno.test("checkCausal passes the factors and catches a planted look ahead", async () => {
  const rows = wf.zeros([40], { dtype: "f64" });
  assert.deepEqual(
    (await checkCausal(factorsUpTo(false), { rows })).outputs,
    ["features"],
  );
  await assert.rejects(
    checkCausal(factorsUpTo(true), { rows }),
    /Cannot call op "test\/factorstrue" causal as output "features"/,
  );
});

Deno.test("simulateReports: the sign follows the signal as often as it is strong", async () => {
  for (const strength of [0.5, 0.8, 1]) {
    const { bayesRate, events } = await simulateReports.run({}, {
      rows: 4000,
      strength,
      seed: 3,
    });
    const hits = events.filter(({ change, report: { surprise } }) =>
      Math.sign(surprise!.actual - surprise!.expected) === Math.sign(change!)
    ).length / events.length;
    assert.equal(bayesRate, strength);
    // Five standard errors
    const error = Math.sqrt(strength * (1 - strength) / events.length);
    assert.ok(Math.abs(hits - strength) <= 5 * error, `${hits}`);
  }
});
