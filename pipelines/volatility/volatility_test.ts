import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { samplePrices } from "../../ops/data/mod.ts";
import { start } from "../../runtime/flow/mod.ts";
import { viewOf } from "../../runtime/display/mod.ts";
import {
  readVolatilityOptions,
  volatilityCommand,
  volatilityInputs,
} from "./command.ts";
import { scoreTable, volatilityPage } from "./report_page.ts";
import { VOLATILITY_SETTINGS } from "./settings.ts";
import { volatility } from "./volatility.ts";

const QUICK = VOLATILITY_SETTINGS.parse({
  days: 820,
  trainYears: 1,
  processRows: 200,
  inducing: 20,
  censoredRows: 60,
  refitDays: 250,
});

Deno.test("the volatility pipeline forecasts, scores and tells for each ticker", async () => {
  const tickers = {
    early: samplePrices({}, { from: "2007-06-01", to: "2010-12-31" }),
    late: samplePrices({}, { from: "2016-06-01", to: "2019-12-31" }),
  };
  const run = start([volatility({ tickers }, QUICK)], { store: "none" });
  const [{ study }] = await run.values;
  assert.deepEqual(study.results.map(({ ticker }) => ticker), [
    "early",
    "late",
  ]);
  for (const result of study.results) {
    assert.equal(result.data.rows, 820);
    assert.equal(result.dates.at(-1), result.coming.day);
    assert.equal(result.measured.at(-1), null);
    assert.ok(result.coming.correctedPrice > 0.9 * result.coming.lastClose);
    const qlike = Object.fromEntries(
      result.scores.filter(({ target, loss }) =>
        target === "variance" && loss === "qlike"
      ).map((score) => [score.model, score]),
    );
    assert.equal(Object.keys(qlike).length, 8);
    // Shuffled days do not cluster; in 2008 and after, the real ones did.
    const { mean, shuffled } = qlike["process"]!;
    if (result.ticker === "early") assert.ok(mean < 0.7 * shuffled!.value);
    assert.equal(Object.keys(qlike["process"]!.pValues).length, 5);
    assert.equal(qlike["ewma"]!.pValues["ewma"], null);
    for (const target of ["price", "return"]) {
      for (const score of result.scores) {
        if (score.target !== target) continue;
        assert.ok(score.lower < score.mean && score.mean < score.upper);
        const { value, lower, upper } = score.shuffled!;
        assert.ok(lower < value && value < upper);
      }
    }
    const rowsOf = (name: string) =>
      result.scores.find(({ target }) => target === name)!.rows;
    // No return of the coming day is known
    assert.equal(rowsOf("return"), rowsOf("variance"));
    // Shuffled moves cannot be forecast: a correction cannot gain there.
    const chance = Object.fromEntries(
      result.scores.filter(({ target, loss }) =>
        target === "price" && loss === "mae"
      ).map((score) => [score.model, score.shuffled!]),
    );
    assert.ok(chance["corrected"]!.value > 0.98 * chance["lastClose"]!.value);
    assert.match(String(scoreTable(result, "price")), /last close.* … /);
    // A model learns from days before those it is tested on.
    for (const { train, test } of result.windows) {
      assert.ok(train.to < test.from);
    }
  }
  assert.equal(study.card.stages.length, 6);
  assert.doesNotMatch(study.sentences.join(" "), /on shuffled labels/);
  const page = await volatilityPage(study, {
    view: viewOf(run.events.past),
    createdAt: new Date(0),
    provenance: [],
  });
  assert.match(page, /early/);
  assert.match(page, /Model card/);
});

Deno.test("the volatility command reads its options, and refuses what it does not know", async () => {
  const options = readVolatilityOptions([
    "--days",
    "900",
    "--tickers",
    "A, B",
    "--method",
    "vi",
    "--tail",
    "0",
  ]);
  assert.deepEqual(options.tickers, ["A", "B"]);
  assert.equal(VOLATILITY_SETTINGS.parse(options).days, 900);
  assert.equal(VOLATILITY_SETTINGS.parse(options).method, "vi");
  assert.throws(
    () => readVolatilityOptions(["--days", "12"]),
    /Cannot read the command line/,
  );
  const lines: string[] = [];
  await volatilityCommand(["--help"], (line) => lines.push(line));
  assert.match(lines.join("\n"), /--implied FILE/);
  await assert.rejects(
    volatilityCommand(["--tickers", "A"], () => {}),
    /tickers of the sample prices/,
  );
});

Deno.test("the volatility command takes all tickers of a small file, and asks to choose from a large one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weft-volatility-"));
  const table = join(folder, "prices.csv");
  const fileOf = async (tickers: readonly string[]) =>
    await writeFile(
      table,
      [
        "date,ticker,open,high,low,close",
        ...tickers.flatMap((ticker) =>
          ["2020-01-02", "2020-01-03"].map((date) =>
            `${date},${ticker},0,3,1,2`
          )
        ),
      ].join("\n"),
    );
  try {
    await fileOf("ABCDEFGHI".split(""));
    await assert.rejects(
      volatilityCommand(["--prices", table], () => {}),
      /there are 9[^]*A, B, C, D, E, …[^]*--tickers A,B/,
    );
    await fileOf(["A", "B"]);
    const { tickers } = await volatilityInputs(
      readVolatilityOptions(["--prices", table]),
    );
    assert.deepEqual(Object.keys(tickers), ["A", "B"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("the volatility command writes its report from a file of the user's, with implied volatility", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weft-volatility-"));
  try {
    const { prices } = await samplePrices.run({}, {
      from: "2016-06-01",
      to: "2019-12-31",
    });
    const table = join(folder, "prices.csv");
    prices.writeCSV(table);
    const implied = join(folder, "implied.csv");
    prices.select("date", "close").writeCSV(implied);
    const lines: string[] = [];
    await volatilityCommand([
      ..."--days 640 --train-years 1 --process-rows 60 --inducing 15".split(
        " ",
      ),
      ..."--censored-rows 60 --refit-days 300 --store none".split(" "),
      "--prices",
      table,
      "--implied",
      implied,
      "--out",
      join(folder, "out"),
    ], (line) => lines.push(line));
    const text = lines.join("\n");
    assert.match(text, /implied by options/);
    assert.match(text, /95 % interval +shuffled/);
    const report = JSON.parse(
      await readFile(join(folder, "out", "report.json"), "utf8"),
    );
    assert.equal(report.results.length, 1);
    assert.ok(report.results[0].coming.variance.implied > 0);
    const page = await readFile(join(folder, "out", "report.html"), "utf8");
    assert.match(page, /prices\.csv/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
