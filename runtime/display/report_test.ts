import { ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { barFigure } from "./bar_figures.ts";
import { htmlReport, type ReportBlock } from "./report.ts";
import { resultTable } from "./table.ts";

const EVIL = `</script><script>alert(1)</script>`;

const blocks: ReportBlock[] = [
  `Prose with ${EVIL}`,
  barFigure([EVIL, "b"], [{ name: EVIL, values: [1, 2] }]),
  resultTable([EVIL], [[EVIL]], { caption: EVIL }),
  {
    kind: "facts",
    facts: [{ label: EVIL, value: EVIL, note: EVIL, tone: "bad" }],
  },
  { kind: "note", text: EVIL, tone: "warning" },
  { kind: "definitions", entries: [[EVIL, EVIL]] },
  { kind: "details", summary: EVIL, blocks: [EVIL] },
  { kind: "columns", blocks: [EVIL] },
  { kind: "svg", svg: "<svg></svg>", caption: EVIL },
];

Deno.test("htmlReport lets no text of any block become a script", async () => {
  const html = await htmlReport({
    title: EVIL,
    lead: EVIL,
    madeBy: EVIL,
    interactive: false,
    sections: [{ title: EVIL, blocks }, { title: "Two", blocks: [] }],
  });
  strictEqual(html.includes("<script>"), false);
  strictEqual(html.match(/<script/g)?.length, 1, "only the data of the figure");
  ok(html.includes("script-src 'none'"));
});

Deno.test("htmlReport names every script in its policy by digest and asks no network", async () => {
  const html = await htmlReport({
    title: "Report",
    sections: [{ title: "One", blocks }],
  });
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)]
    .map((match) => match[1] ?? "");
  strictEqual(scripts.length, 2);
  for (const script of scripts) {
    const digest = createHash("sha256").update(script).digest("base64");
    ok(html.includes(`'sha256-${digest}'`));
  }
  const own = html.replaceAll(/<script>[\s\S]*?<\/script>/g, "");
  strictEqual(/(src|href)="(?!#)/.test(own), false, "loads nothing");
});

Deno.test("htmlReport without figures carries no plotly", async () => {
  const html = await htmlReport({
    title: "Words",
    createdAt: new Date("2026-01-02T03:04:05Z"),
    sections: [{ title: "One", blocks: ["Only words"] }],
  });
  ok(html.length < 20_000);
  ok(html.includes("2026-01-02 03:04 UTC"));
});
