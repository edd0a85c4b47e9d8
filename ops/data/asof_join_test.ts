import assert from "node:assert/strict";
import fc from "fast-check";
import pl, { type DataFrame } from "nodejs-polars";
import reference from "../../fixtures/reference/data.json" with {
  type: "json",
};
import { checkCausal } from "../../runtime/flow/mod.ts";
import { asofJoin, asofRows } from "./asof_join.ts";
import { toDayNumber } from "./days.ts";
import { daySeries } from "./frames.ts";

function days(name: string, texts: readonly string[]) {
  return daySeries(name, Int32Array.from(texts, (text) => toDayNumber(text)));
}

const LEFT = pl.DataFrame([
  days("date", reference.asof.left.date),
  pl.Series("ticker", reference.asof.left.ticker),
]);
const RIGHT = pl.DataFrame([
  days("knownAt", reference.asof.right.knownAt),
  pl.Series("ticker", reference.asof.right.ticker),
  pl.Series("score", reference.asof.right.score),
]);

function scores(frame: DataFrame): unknown[] {
  return frame.getColumn("score").toArray();
}

Deno.test("asofJoin equals pandas.merge_asof, inclusive, exclusive and with a tolerance", async () => {
  const frames = { left: LEFT, right: RIGHT };
  const by = ["ticker"];
  const inclusive = await asofJoin.run(frames, { by });
  assert.deepEqual(inclusive.joined.columns, [
    "date",
    "ticker",
    "knownAt",
    "score",
  ]);
  assert.deepEqual(scores(inclusive.joined), reference.asof.inclusive);
  const exclusive = await asofJoin.run(frames, { by, exact: false });
  assert.deepEqual(scores(exclusive.joined), reference.asof.exclusive);
  const young = await asofJoin.run(frames, { by, toleranceDays: 7 });
  assert.deepEqual(scores(young.joined), reference.asof.tolerance7);
});

Deno.test("asofJoin takes rows in any order and the last of equal times", async () => {
  const left = LEFT.sort(["date"], true);
  const right = pl.DataFrame([
    days("knownAt", ["2020-01-10", "2020-01-02", "2020-01-02"]),
    pl.Series("score", [3, 1, 2]),
  ]);
  const { joined } = await asofJoin.run({ left, right });
  assert.deepEqual(scores(joined), [3, 3, 2, 2, 2, 2]);
});

Deno.test("asofRows finds the latest row known by then, whatever the data", () => {
  const row = fc.record({
    time: fc.integer({ min: 0, max: 20 }),
    key: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(fc.property(
    fc.array(row, { maxLength: 30 }),
    fc.array(row, { maxLength: 30 }),
    fc.boolean(),
    fc.constantFrom(0, 3, Infinity),
    (left, right, exact, tolerance) => {
      const found = asofRows(
        Float64Array.from(left, ({ time }) => time),
        Float64Array.from(right, ({ time }) => time),
        Int32Array.from(left, ({ key }) => key),
        Int32Array.from(right, ({ key }) => key),
        { exact, tolerance },
      );
      left.forEach(({ time, key }, at) => {
        let best = -1;
        right.forEach((candidate, index) => {
          if (candidate.key !== key) return;
          const isKnown = exact
            ? candidate.time <= time
            : candidate.time < time;
          if (!isKnown) return;
          if (best < 0 || candidate.time >= right[best]!.time) best = index;
        });
        if (best >= 0 && time - right[best]!.time > tolerance) best = -1;
        assert.equal(found[at], best);
      });
    },
  ));
});

Deno.test("asofJoin does not change earlier rows when later knowledge is added", async () => {
  const by = ["ticker"];
  const known = RIGHT.filter(
    pl.col("knownAt").lt(pl.lit(new Date("2020-01-05"))),
  );
  const left = LEFT.filter(pl.col("date").lt(pl.lit(new Date("2020-01-05"))));
  assert.equal(known.height, 3);
  const early = await asofJoin.run({ left, right: known }, { by });
  const late = await asofJoin.run({ left, right: RIGHT }, { by });
  assert.deepEqual(scores(early.joined), scores(late.joined));
});

Deno.test("asofJoin compares times of day, and rounds nanoseconds so that nothing is known early", async () => {
  const times = (name: string, texts: string[]) =>
    pl.Series(name, texts.map((text) => new Date(text)), pl.Datetime("us"));
  const left = pl.DataFrame([
    times("date", ["2020-01-02T09:59:59Z", "2020-01-02T10:00:00Z"]),
  ]);
  const right = pl.DataFrame([
    times("knownAt", ["2020-01-02T10:00:00Z"]),
    pl.Series("score", [1]),
  ]);
  const plain = await asofJoin.run({ left, right });
  assert.deepEqual(scores(plain.joined), [null, 1]);
  const later = right.withColumns(
    pl.col("knownAt").cast(pl.Int64).mul(pl.lit(1000).cast(pl.Int64))
      .plus(pl.lit(1).cast(pl.Int64))
      .cast(pl.Datetime("ns")).alias("knownAt"),
  );
  const nanoseconds = await asofJoin.run({ left, right: later });
  assert.deepEqual(scores(nanoseconds.joined), [null, null]);
});

Deno.test("asofJoin keeps columns of equal names apart by a suffix", async () => {
  const right = pl.DataFrame([
    days("date", ["2020-01-02"]),
    pl.Series("score", [1]),
  ]);
  const frames = { left: LEFT, right };
  const { joined } = await asofJoin.run(frames, {
    rightTime: "date",
    suffix: "Right",
  });
  assert.deepEqual(joined.columns, ["date", "ticker", "dateRight", "score"]);
  await assert.rejects(
    asofJoin.run(frames, { rightTime: "date" }),
    /both frames have a column "date"[\s\S]*no suffix/,
  );
});

Deno.test("asofJoin with an empty right frame gives null", async () => {
  const { joined } = await asofJoin.run({ left: LEFT, right: RIGHT.limit(0) }, {
    by: ["ticker"],
  });
  assert.equal(joined.getColumn("score").nullCount(), LEFT.height);
});

Deno.test("asofJoin refuses unknown times and keys, and times of different kinds", async () => {
  const unknown = pl.DataFrame([
    pl.Series("knownAt", [new Date("2020-01-02"), null], pl.Date),
    pl.Series("score", [1, 2]),
  ]);
  await assert.rejects(
    asofJoin.run({ left: LEFT, right: unknown }),
    /Cannot join by the time column "knownAt"[\s\S]*1 null/,
  );
  const moments = RIGHT.withColumns(
    pl.col("knownAt").cast(pl.Datetime("us")).alias("knownAt"),
  );
  await assert.rejects(
    asofJoin.run({ left: LEFT, right: moments }, { by: ["ticker"] }),
    /days and times without zone/,
  );
  const unnamed = LEFT.withColumns(
    pl.Series("ticker", ["A", null, "B", "A", "A", "B"]),
  );
  await assert.rejects(
    asofJoin.run({ left: unnamed, right: RIGHT }, { by: ["ticker"] }),
    /Cannot group by the column "ticker"[\s\S]*1 null/,
  );
  await assert.rejects(
    asofJoin.run({ left: LEFT, right: RIGHT }, { leftTime: "when" }),
    /Cannot find the column "when"/,
  );
  await assert.rejects(
    asofJoin.run({ left: LEFT, right: RIGHT }, { rightTime: "ticker" }),
    /as numbers/,
  );
});

Deno.test("asofJoin does not look ahead among the rows of use", async () => {
  await checkCausal(asofJoin, { left: LEFT, right: RIGHT }, {
    by: ["ticker"],
  }, { inputs: ["left"] });
});

Deno.test("asofJoin matches all of several keys", async () => {
  const day = ["2020-01-02", "2020-01-02", "2020-01-02"];
  const left = pl.DataFrame([
    days("date", day),
    pl.Series("ticker", ["A", "A", "B"]),
    pl.Series("venue", ["x", "y", "x"]),
  ]);
  const right = pl.DataFrame([
    days("knownAt", day),
    pl.Series("venue", ["x", "x", "y"]),
    pl.Series("ticker", ["B", "A", "B"]),
    pl.Series("score", [1, 2, 3]),
  ]);
  const { joined } = await asofJoin.run({ left, right }, {
    by: ["ticker", "venue"],
  });
  assert.deepEqual(scores(joined), [2, null, 1]);
});
