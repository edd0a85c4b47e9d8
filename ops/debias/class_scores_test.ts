import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { debiasClassScores } from "./class_scores.ts";
import { allClose, close, uniforms } from "./testing.ts";

const SPLITS = [
  { trainStart: 0, trainEnd: 2000, testStart: 2000, testEnd: 4000 },
  { trainStart: 0, trainEnd: 4000, testStart: 4000, testEnd: 6000 },
];

interface Classified {
  probabilities: number[][];
  labels: Int32Array;
}

/** Labels from known chances; what is given are the chances shrunk to the base rates. */
async function shrunken(rows: number, kept: number): Promise<Classified> {
  const kind = await uniforms(1, rows);
  const draw = await uniforms(2, rows);
  const chances = [[0.75, 0.2, 0.05], [0.05, 0.55, 0.4]];
  const base = [0.4, 0.25, 0.35];
  const labels = new Int32Array(rows);
  const probabilities = Array.from(kind, (u, row) => {
    const truth = chances[u < 0.5 ? 0 : 1] ?? [];
    const [first = 0, second = 0] = truth;
    const x = draw[row] ?? NaN;
    labels[row] = x < first ? 0 : x < first + second ? 1 : 2;
    return truth.map((p, k) => (base[k] ?? NaN) * (1 - kept) + kept * p);
  });
  return { probabilities, labels };
}

const run = (
  { probabilities, labels }: Classified,
  params: Parameters<typeof debiasClassScores.run>[1] = {},
  splits = SPLITS,
) =>
  debiasClassScores.run({
    probabilities: wf.tensor(probabilities, { dtype: "f64" }),
    labels: wf.tensor(labels),
    splits,
  }, params);

Deno.test("debiasClassScores divides by the slope of each class on calibration rows", async () => {
  const scores = await shrunken(6000, 0.8);
  const { probabilities, logits, calibrations } = await run(scores, {
    minimumSlope: 0.01,
  });
  const rows = await probabilities.toArray() as number[][];
  const indicator = (k: number) =>
    Array.from(
      scores.labels.slice(0, 2000),
      (label): number => label === k ? 1 : 0,
    );
  // The textbook formula, class by class, then clip and renormalise.
  const lines = [0, 1, 2].map((k) => {
    const y = indicator(k);
    const p = scores.probabilities.slice(0, 2000).map((row) => row[k] ?? NaN);
    const meanY = y.reduce((a, b) => a + b) / 2000;
    const meanP = p.reduce((a, b) => a + b) / 2000;
    const sxy = y.reduce(
      (sum, v, i) => sum + (v - meanY) * ((p[i] ?? NaN) - meanP),
      0,
    );
    const sxx = y.reduce((sum, v) => sum + (v - meanY) ** 2, 0);
    return { slope: sxy / sxx, intercept: meanP - sxy / sxx * meanY };
  });
  allClose(calibrations[0]?.slopes ?? [], lines.map((l) => l.slope), 1e-12);
  const raw = lines.map(({ slope, intercept }, k) =>
    Math.min(
      Math.max(
        ((scores.probabilities[2000]?.[k] ?? NaN) - intercept) / slope,
        0.01,
      ),
      1,
    )
  );
  const total = raw.reduce((a, b) => a + b);
  allClose(rows[2000] ?? [], raw.map((value) => value / total), 1e-12);
  const logs = await logits.toArray() as number[][];
  close(logs[2000]?.[0], Math.log(rows[2000]?.[0] ?? NaN), 1e-14);
  assert.ok((rows[1999] ?? []).every(Number.isNaN));
  assert.equal(calibrations[1]?.rows, 4000);
});

Deno.test("debiasClassScores never lets a test window's rows or labels into its constants", async () => {
  const scores = await shrunken(6000, 0.8);
  const before = await run(scores);
  const labels = scores.labels.slice();
  labels.fill(0, 4000);
  const probabilities = scores.probabilities.map((row, index) =>
    index < 4000 ? row : [1, 0, 0]
  );
  const after = await run({ probabilities, labels });
  assert.deepEqual(after.calibrations, before.calibrations);
});

Deno.test("debiasClassScores keeps the mean and says so where the slope floor binds", async () => {
  const scores = await shrunken(6000, 0.1);
  const { calibrations } = await run(scores);
  const [first] = calibrations;
  assert.deepEqual(
    first?.findings.map(({ name }) => name),
    Array.from({ length: 3 }, () => "slopeFloorBinds"),
  );
  assert.deepEqual(first?.slopes, [0.2, 0.2, 0.2]);
  [0, 1, 2].forEach((k) => {
    const meanP = scores.probabilities.slice(0, 2000)
      .reduce((sum, row) => sum + (row[k] ?? NaN), 0) / 2000;
    const share = scores.labels.slice(0, 2000).filter((l) => l === k).length /
      2000;
    close((meanP - (first?.intercepts[k] ?? NaN)) / 0.2, share, 1e-12);
  });
});

Deno.test("debiasClassScores leaves a window alone that has too few out-of-sample rows", async () => {
  const scores = await shrunken(6000, 0.8);
  const walkForward = {
    labels: scores.labels,
    probabilities: scores.probabilities.map((row, index) =>
      index < 2000 ? [NaN, NaN, NaN] : row
    ),
  };
  const { probabilities, calibrations } = await run(walkForward, {
    minimumSlope: 0.01,
  });
  assert.deepEqual(
    calibrations.map(({ rows, findings }) => [
      rows,
      findings.map(({ name }) => name),
    ]),
    [[0, ["notCalibrated"]], [2000, []]],
  );
  const rows = await probabilities.toArray() as number[][];
  allClose(rows[2000] ?? [], scores.probabilities[2000] ?? [], 1e-12);
});

Deno.test("debiasClassScores takes the last calibration rows only where asked to", async () => {
  const scores = await shrunken(6000, 0.8);
  const { calibrations } = await run(scores, { calibrationRows: 500 });
  assert.deepEqual(calibrations.map(({ rows }) => rows), [500, 500]);
});

Deno.test("debiasClassScores leaves a window alone whose calibration rows lack a class", async () => {
  const scores = await shrunken(6000, 0.8);
  const { calibrations } = await run({
    ...scores,
    labels: scores.labels.map((label) => label === 1 ? -1 : label),
  });
  assert.match(calibrations[0]?.findings[0]?.message ?? "", /2 of 3 classes/);
});

Deno.test("debiasClassScores refuses what is no distribution, missing test rows and unknown labels", async () => {
  const scores = await shrunken(6000, 0.8);
  const withRow = (index: number, row: number[]) => ({
    labels: scores.labels,
    probabilities: scores.probabilities.map((old, i) =>
      i === index ? row : old
    ),
  });
  await assert.rejects(run(withRow(7, [0.5, 0.5, 0.5])), /row 7 is no distrib/);
  await assert.rejects(run(withRow(7, [1.5, -0.5, 0])), /row 7 is no distrib/);
  await assert.rejects(run(withRow(7, [0.5, NaN, 0.5])), /row 7 is no distrib/);
  await assert.rejects(
    run(withRow(4100, [NaN, NaN, NaN])),
    /test row 4100 has no probabilities/,
  );
  const labels = scores.labels.slice();
  labels[3] = 3;
  await assert.rejects(run({ ...scores, labels }), /label of row 3 is 3/);
});
