import assert from "node:assert/strict";
import { readOptions } from "./options.ts";

Deno.test("readOptions fills in defaults", () => {
  const options = readOptions([]);
  assert.equal(options.size, "small");
  assert.equal(options.out.replaceAll("\\", "/"), "out/outlook");
  assert.equal(options.store.replaceAll("\\", "/"), ".weft/store");
});

Deno.test("readOptions reads numbers and refuses those out of range", () => {
  const options = readOptions([
    "--horizon",
    "10",
    "--threshold=0.03",
    "--minimum-slope",
    "0.5",
  ]);
  assert.equal(options.horizon, 10);
  assert.equal(options.threshold, 0.03);
  assert.equal(options.minimumSlope, 0.5);
  assert.equal(options.volume, true);
  assert.equal(readOptions(["--no-volume"]).volume, false);
  for (
    const args of [
      ["--horizon", "0"],
      ["--horizon", "many"],
      ["--threshold", "-1"],
      ["--decay", "1"],
      ["--size", "huge"],
      ["--prizes", "a.csv"],
      ["stray"],
    ]
  ) {
    assert.throws(
      () => readOptions(args),
      /Cannot read the command line/,
      args.join(" "),
    );
  }
});

Deno.test("readOptions reads what language models are given", () => {
  const options = readOptions([
    "--reports",
    "calls.jsonl.gz",
    "--report-lag=2",
    "--model",
    "hf:OWNER/NAME",
    "--tickers",
    "AAA, BBB",
  ]);
  assert.equal(options.reports, "calls.jsonl.gz");
  assert.equal(options.reportLag, 2);
  assert.equal(options.model, "hf:OWNER/NAME");
  assert.deepEqual(options.tickers, ["AAA", "BBB"]);
  assert.throws(() => readOptions(["--report-lag", "0"]));
});
