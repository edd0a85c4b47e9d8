import assert from "node:assert/strict";
import { TEST_CARD, TEST_STAGE } from "../ops/evaluate/testing_card.ts";
import { htmlReport } from "../runtime/display/mod.ts";
import {
  cardMetricTable,
  modelCardSections,
  modelCardText,
} from "./model_card.ts";

Deno.test("the card's page tells data, windows, tuning, baselines, chance and that it shows mechanics only", async () => {
  const html = await htmlReport({
    title: TEST_CARD.title,
    sections: modelCardSections(TEST_CARD),
  });
  for (
    const text of [
      "earnings calls",
      "2010-01-04 to 2016-12-30 (1300 rows)",
      "size &quot;small&quot;",
      "Movement by QLoRA (mechanics only)",
      "LoRA adapters",
      "2013-07-02 to 2013-12-20 (100 rows)",
      "majority",
      "on shuffled labels",
      "model worse",
      "The paper&#39;s model has 8 billion parameters.",
    ]
  ) assert.ok(html.includes(text), `"${text}" is missing`);
});

Deno.test("the card's text holds the same tables", () => {
  const text = modelCardText(TEST_CARD);
  assert.ok(text.includes(String(cardMetricTable(TEST_STAGE))));
  assert.match(text, /Movement by QLoRA \(mechanics only\)\n=+\nMechanics/);
  assert.match(text, /What was tuned on what/);
  assert.match(text, /Walk-forward windows/);
});

Deno.test("a stage that was not run on shuffled labels says so, and findings carry no warning", () => {
  const stage = {
    ...TEST_STAGE,
    scope: "findings" as const,
    metrics: TEST_STAGE.metrics.map((metric) => ({
      ...metric,
      shuffled: null,
    })),
  };
  const text = modelCardText({ ...TEST_CARD, stages: [stage] });
  assert.match(text, /on shuffled labels +not run/);
  assert.ok(!/mechanics/i.test(text));
});
