import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { SmolReport } from "./testing_smollm2.ts";

const path = (relative: string) =>
  fileURLToPath(new URL(relative, import.meta.url));
const FILE = path("../../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const CALLS = path(
  "../../../../shared/data/earnings/maec_text_to_2016.jsonl.gz",
);
const isAbsent = !existsSync(FILE) || !existsSync(CALLS);
const WHY = isAbsent
  ? " (skipped: the model or ../shared/data is not there)"
  : "";

async function inOwnProcess(args: readonly string[]): Promise<SmolReport> {
  const script = path("testing_smollm2.ts");
  const child = spawn(execPath, [
    "run",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    "--no-check",
    script,
    ...args,
  ], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => text += piece);
  await new Promise((resolve) => child.on("close", resolve));
  return JSON.parse(text);
}

Deno.test({
  name: `SmolLM2 learns an earnings call by QLoRA in little memory${WHY}`,
  ignore: isAbsent,
  fn: async () => {
    const report = await inOwnProcess([FILE, CALLS, "3", "f16"]);
    assert.ok(report.linearBytes < 56e6, String(report.linearBytes));
    assert.ok(report.bytes < 115e6, String(report.bytes));
    assert.ok(report.peakBytes < 2e9, String(report.peakBytes));
    const [first, second, third] = report.losses;
    assert.ok(first! > second! && second! > third!, report.losses.join());
  },
});
