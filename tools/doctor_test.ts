import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { examine, findingsText, isAtLeast } from "./doctor.ts";

Deno.test("isAtLeast compares versions by number, not by text", () => {
  ok(isAtLeast("2.10.0", "2.9.0"));
  ok(isAtLeast("2.9.0", "2.9.0"));
  ok(isAtLeast("2.9.6+abc", "2.9.0"));
  strictEqual(isAtLeast("2.8.9", "2.9.0"), false);
  strictEqual(isAtLeast("1.46.3", "2.9.0"), false);
});

Deno.test("findingsText gives the command for what is not there and only for that", () => {
  strictEqual(
    findingsText([
      {
        name: "Deno",
        state: "present",
        detail: "2.9.6",
        purpose: "Runs everything",
      },
      {
        name: "Chromium",
        state: "missing",
        detail: "not on the path",
        purpose: "Tests",
        install: "apt-get install chromium",
      },
    ]),
    [
      "✓ Deno      2.9.6",
      "✗ Chromium  not on the path",
      "            for: Tests",
      "            get: apt-get install chromium",
    ].join("\n"),
  );
});

Deno.test({
  name:
    "examine without the permission to run programs says unknown, and finds the rest",
  permissions: { run: false, env: false },
  fn: async () => {
    const findings = await examine();
    deepStrictEqual(findings.map((finding) => finding.name), [
      "Deno",
      "GPU adapter",
      "WASM SIMD",
      "WASM threads",
      "Jupyter",
      "Deno kernel",
      "Chromium",
    ]);
    deepStrictEqual(findings.slice(4).map((finding) => finding.state), [
      "unknown",
      "unknown",
      "unknown",
    ]);
    const names = ["Deno", "WASM SIMD", "WASM threads"];
    ok(
      findings.filter((finding) => names.includes(finding.name)).every((
        finding,
      ) => finding.state === "present"),
    );
    ok(
      findings.every((finding) =>
        finding.state === "present" || finding.install !== undefined
      ),
    );
  },
});
