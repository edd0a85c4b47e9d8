import { strictEqual } from "node:assert/strict";
import { factsDescription } from "./facts.ts";

Deno.test("facts stand under each other, and nothing of them is markup", () => {
  const made = factsDescription("A <b>", [["a", "1"], ["long", "<script>"]]);
  strictEqual(made["text/plain"], "A <b>\n  a     1\n  long  <script>");
  const html = String(made["text/html"]);
  strictEqual(html.includes("<script>"), false);
  strictEqual(html.includes("A &lt;b&gt;"), true);
});
