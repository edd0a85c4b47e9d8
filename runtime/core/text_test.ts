import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  escapeHtml,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  scriptJson,
} from "./text.ts";

Deno.test("escapeHtml leaves no character that opens markup or an attribute", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const escaped = escapeHtml(text);
    strictEqual(/[<>"']/.test(escaped), false);
    strictEqual(/&(?!amp;|lt;|gt;|quot;|#39;)/.test(escaped), false);
  }));
  strictEqual(escapeHtml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  strictEqual(escapeHtml("a\u0000b"), "a\ufffdb");
});

Deno.test("scriptJson can stand inside a script and parses back to the value", () => {
  const value = { text: "</script><!--<script>\u2028", n: [1, null] };
  const text = scriptJson(value);
  strictEqual(text.includes("<"), false);
  deepStrictEqual(JSON.parse(text), value);
});

Deno.test("formatNumber keeps four significant digits and drops noise", () => {
  strictEqual(formatNumber(0.1 + 0.2), "0.3");
  strictEqual(formatNumber(-0.012345), "−0.01235");
  strictEqual(formatNumber(1234567), "1,234,567");
  strictEqual(formatNumber(98765.4), "98,765");
  strictEqual(formatNumber(1.25e-9), "1.25e-9");
  strictEqual(formatNumber(3e12), "3e12");
  strictEqual(formatNumber(0), "0");
  strictEqual(formatNumber(NaN), "NaN");
  strictEqual(formatNumber(-Infinity), "−Infinity");
  strictEqual(formatNumber(12.5, 2), "13");
});

Deno.test("formatDuration picks the unit that a person would use", () => {
  strictEqual(formatDuration(0.04), "0 ms");
  strictEqual(formatDuration(0.44), "0.4 ms");
  strictEqual(formatDuration(87.2), "87 ms");
  strictEqual(formatDuration(1340), "1.3 s");
  strictEqual(formatDuration(59_960), "1 min 00 s");
  strictEqual(formatDuration(125_000), "2 min 05 s");
  strictEqual(formatDuration(3_725_000), "1 h 02 min");
});

Deno.test("formatBytes counts in powers of 1024", () => {
  strictEqual(formatBytes(0), "0 B");
  strictEqual(formatBytes(1023), "1023 B");
  strictEqual(formatBytes(1024), "1 KiB");
  strictEqual(formatBytes(1536), "1.5 KiB");
  strictEqual(formatBytes(20 * 2 ** 20), "20 MiB");
  strictEqual(formatBytes(3 * 2 ** 40), "3 TiB");
});

Deno.test("formatCount puts the noun into the right number", () => {
  strictEqual(formatCount(1, "node"), "1 node");
  strictEqual(formatCount(12040, "row"), "12,040 rows");
  strictEqual(formatCount(2, "entry", "entries"), "2 entries");
});
