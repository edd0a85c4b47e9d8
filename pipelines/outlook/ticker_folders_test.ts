import assert from "node:assert/strict";
import { tickerFolders } from "./ticker_folders.ts";

Deno.test("tickerFolders keeps common tickers and lets none out of its folder", () => {
  const folders = tickerFolders([
    "LYV",
    "BRK.B",
    "^GSPC",
    "../../etc",
    "..",
    "a/b",
    "a\\b",
    "a:b",
    "lyv",
    "x".repeat(500),
  ]);
  assert.deepEqual([...folders.values()].slice(0, 9), [
    "LYV",
    "BRK.B",
    "_GSPC",
    "__.._etc",
    "_",
    "a_b",
    "a_b-2",
    "a_b-3",
    "lyv-2",
  ]);
  assert.equal(folders.get("x".repeat(500))!.length, 64);
});
