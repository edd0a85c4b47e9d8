import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { checkCausal } from "../../runtime/flow/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { columnToTensor, frameToTensor, withColumns } from "./frame_tensor.ts";

const FRAME = pl.DataFrame([
  pl.Series("day", ["a", "b", "c", "d"]),
  pl.Series("x", [1, null, 3, NaN], pl.Float64),
  pl.Series("y", [10, 20, 30, 40], pl.Int32),
  pl.Series("up", [true, false, true, true]),
]);

Deno.test("frameToTensor gives columns in the order asked for, row-major in f64", async () => {
  const { values, kept } = await frameToTensor.run({ frame: FRAME }, {
    columns: ["up", "y"],
  });
  assert.equal(values.dtype, "f64");
  assert.deepEqual(values.shape, [4, 2]);
  assert.deepEqual(
    await values.data(),
    Float64Array.of(1, 10, 0, 20, 1, 30, 1, 40),
  );
  assert.equal(kept.height, 4);
});

Deno.test("frameToTensor refuses null and NaN unless told otherwise", async () => {
  await assert.rejects(
    frameToTensor.run({ frame: FRAME }, { columns: ["x"] }),
    /"x" has null[\s\S]*null in row 1[\s\S]*Set "nulls"/,
  );
  await assert.rejects(
    frameToTensor.run({ frame: FRAME }, { columns: ["x"], nulls: "drop" }),
    /"x" has NaN[\s\S]*NaN in row 3[\s\S]*Set "nans"/,
  );
});

Deno.test("frameToTensor drops rows and keeps the frame in step", async () => {
  const { values, kept } = await frameToTensor.run({ frame: FRAME }, {
    columns: ["x", "y"],
    nulls: "drop",
    nans: "drop",
  });
  assert.deepEqual(await values.data(), Float64Array.of(1, 10, 3, 30));
  assert.deepEqual(kept.getColumn("day").toArray(), ["a", "c"]);
});

Deno.test("frameToTensor fills null and NaN by their own policies", async () => {
  const { values } = await frameToTensor.run({ frame: FRAME }, {
    columns: ["x"],
    nulls: -1,
    nans: "forward",
  });
  assert.deepEqual(await values.data(), Float64Array.of(1, -1, 3, 3));
});

Deno.test("frameToTensor fills forward only, tickers apart, and treats the rows before any value by name", async () => {
  const frame = pl.DataFrame([
    pl.Series("ticker", ["A", "B", "A", "B", "A", "B"]),
    pl.Series("x", [null, 5, 1, null, null, 6], pl.Float64),
  ]);
  const params = { columns: ["x"], nulls: "forward" as const };
  await assert.rejects(
    frameToTensor.run({ frame }, params),
    /null before any value in row 0[\s\S]*Set "leading"/,
  );
  const filled = await frameToTensor.run({ frame }, { ...params, leading: 0 });
  assert.deepEqual(
    await filled.values.data(),
    Float64Array.of(0, 5, 1, 5, 1, 6),
  );
  const dropped = await frameToTensor.run({ frame }, {
    ...params,
    leading: "drop",
  });
  assert.deepEqual(await dropped.values.data(), Float64Array.of(5, 1, 5, 1, 6));
});

Deno.test("columnToTensor gives a vector", async () => {
  const { values, kept } = await columnToTensor.run({ frame: FRAME }, {
    column: "x",
    nulls: "drop",
    nans: 0,
  });
  assert.deepEqual(values.shape, [3]);
  assert.deepEqual(await values.data(), Float64Array.of(1, 3, 0));
  assert.deepEqual(kept.getColumn("y").toArray(), [10, 30, 40]);
});

Deno.test("frameToTensor refuses texts, unknown and repeated columns, infinity and empty results", async () => {
  const cases: [readonly string[], RegExp][] = [
    [["day"], /Cannot read the column "day" as numbers/],
    [["z"], /Cannot find the column "z"/],
    [["y", "y"], /Cannot take the column "y" twice/],
  ];
  for (const [columns, message] of cases) {
    await assert.rejects(
      frameToTensor.run({ frame: FRAME }, { columns }),
      message,
    );
  }
  const infinite = pl.DataFrame([pl.Series("x", [1, -Infinity], pl.Float64)]);
  await assert.rejects(
    columnToTensor.run({ frame: infinite }, { column: "x", nans: "drop" }),
    /"x" is not finite[\s\S]*-Infinity in row 1/,
  );
  const missing = pl.DataFrame([pl.Series("x", [null], pl.Float64)]);
  await assert.rejects(
    columnToTensor.run({ frame: missing }, { column: "x", nulls: "drop" }),
    /no row is left/,
  );
  await assert.rejects(
    columnToTensor.run({ frame: missing.limit(0) }, { column: "x" }),
    /no row is left/,
  );
});

Deno.test("withColumns puts vectors and matrices onto a frame", async () => {
  const vector = wf.tensor([1, NaN, 3, 4], { dtype: "f64" });
  const one = await withColumns.run({ frame: FRAME, values: vector }, {
    names: ["forecast"],
  });
  assert.deepEqual(one.frame.getColumn("forecast").toArray(), [1, null, 3, 4]);
  assert.deepEqual(one.frame.columns, ["day", "x", "y", "up", "forecast"]);
  const matrix = wf.tensor([[1, 2], [3, 4], [5, 6], [7, 8]], { dtype: "f32" });
  const two = await withColumns.run({ frame: FRAME, values: matrix }, {
    names: ["a", "b"],
  });
  assert.deepEqual(two.frame.getColumn("b").toArray(), [2, 4, 6, 8]);
});

Deno.test("withColumns undoes frameToTensor", async () => {
  const { values, kept } = await frameToTensor.run({ frame: FRAME }, {
    columns: ["y"],
  });
  const { frame } = await withColumns.run({ frame: kept, values }, {
    names: ["y"],
    replace: true,
  });
  assert.deepEqual(frame.getColumn("y").toArray(), [10, 20, 30, 40]);
  assert.deepEqual(frame.columns, FRAME.columns);
});

Deno.test("withColumns keeps or refuses NaN when told to", async () => {
  const values = wf.tensor([1, NaN, 3, 4], { dtype: "f64" });
  const kept = await withColumns.run({ frame: FRAME, values }, {
    names: ["forecast"],
    nans: "nan",
  });
  assert.equal(kept.frame.getColumn("forecast").nullCount(), 0);
  await assert.rejects(
    withColumns.run({ frame: FRAME, values }, {
      names: ["forecast"],
      nans: "error",
    }),
    /NaN in row 1/,
  );
});

Deno.test("withColumns refuses other numbers of rows or names, and names that are taken", async () => {
  const four = wf.tensor([1, 2, 3, 4], { dtype: "f64" });
  const three = wf.tensor([1, 2, 3], { dtype: "f64" });
  const cases: [wf.F64, readonly string[], RegExp][] = [
    [three, ["a"], /shape \[4\] or \[4, d\][\s\S]*shape \[3\]/],
    [four, ["a", "b"], /1 names/],
    [four, ["x"], /Cannot add the column "x"/],
  ];
  for (const [values, names, message] of cases) {
    await assert.rejects(
      withColumns.run({ frame: FRAME, values }, { names }),
      message,
    );
  }
});

Deno.test("frameToTensor fills forward without looking ahead", async () => {
  const frame = pl.DataFrame([
    pl.Series("x", [1, null, 3, null, 5, 6, null, 8], pl.Float64),
  ]);
  const { outputs } = await checkCausal(frameToTensor, { frame }, {
    columns: ["x"],
    nulls: "forward",
  });
  assert.deepEqual(outputs, ["values", "kept"]);
  await checkCausal(columnToTensor, { frame }, { column: "x", nulls: "drop" });
});
