import assert from "node:assert/strict";
import { learningRateAt, type Schedule } from "./schedule.ts";

function rates(schedule: Schedule, finalPart = 0): number[] {
  const options = {
    learningRate: 2,
    schedule,
    warmupSteps: 4,
    steps: 12,
    finalPart,
  };
  return Array.from({ length: 12 }, (_, step) => learningRateAt(step, options));
}

Deno.test("rates rise evenly, then fall as the schedule says", () => {
  const warm = [0.5, 1, 1.5, 2];
  for (const schedule of ["constant", "linear", "cosine"] as const) {
    assert.deepEqual(rates(schedule).slice(0, 4), warm);
    assert.equal(rates(schedule)[4], 2);
  }
  assert.deepEqual(rates("constant").slice(4), new Array(8).fill(2));
  assert.deepEqual(
    rates("linear").slice(4),
    [2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25],
  );
  const cosine = rates("cosine");
  assert.ok(Math.abs(cosine[8]! - 1) < 1e-12);
  assert.ok(Math.abs(cosine[6]! - (1 + Math.SQRT1_2)) < 1e-12);
});

Deno.test("a part of the rate may be left at the end", () => {
  const cosine = rates("cosine", 0.1);
  assert.ok(Math.abs(cosine[8]! - 1.1) < 1e-12);
  assert.ok(cosine.every((rate) => rate >= 0.2));
  const last = learningRateAt(99, {
    learningRate: 1,
    schedule: "linear",
    warmupSteps: 0,
    steps: 10,
    finalPart: 0.25,
  });
  assert.equal(last, 0.25);
});
