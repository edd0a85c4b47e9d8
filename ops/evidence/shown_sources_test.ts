import assert from "node:assert/strict";
import { coldStartExamples } from "./cold_start.ts";
import { evidenceFactors } from "./factors.ts";
import { evidencePrompt } from "./prompt.ts";
import { shownSources } from "./shown_sources.ts";
import { simulateEvidence } from "./simulate_evidence.ts";
import { fitStructuredScorer } from "./structured_forecast.ts";

Deno.test("shownSources keeps all that a long prompt shows, and nothing of a short one", async () => {
  const { items } = await simulateEvidence({ items: 1 });
  const { sources } = items[0]!;
  const long = shownSources(sources, evidencePrompt(sources).text);
  assert.deepEqual(evidenceFactors(long), evidenceFactors(sources));
  assert.deepEqual(long.prices, sources.prices);
  const none = shownSources(sources, "Answer:");
  assert.deepEqual(evidenceFactors(none), {});
});

Deno.test("shownSources keeps the lines of a prompt in between", async () => {
  const { items } = await simulateEvidence({ items: 1 });
  const { sources } = items[0]!;
  const { leftOut, text } = evidencePrompt(sources, {
    detail: "brief",
    budget: 230,
  });
  assert.ok(leftOut > 0);
  const { fundamentals, news, prices } = shownSources(sources, text);
  assert.deepEqual(fundamentals, sources.fundamentals);
  assert.equal(news.length, 1);
  assert.ok(prices.length > 0 && prices.length < sources.prices.length);
  assert.deepEqual(prices, sources.prices.slice(-prices.length));
  for (const { close } of prices) assert.ok(text.includes(`close ${close}`));
});

Deno.test("examples cite only what their prompts show", async () => {
  const { items } = await simulateEvidence({ items: 200, textStrength: 0.5 });
  const { scorer } = await fitStructuredScorer.run({ items });
  const prompts = items.map(({ sources }) =>
    evidencePrompt(sources, { detail: "brief", budget: 230 }).text
  );
  const { examples } = await coldStartExamples.run(
    { items, prompts, scorer },
    { detail: "brief" },
  );
  const said = examples.map(({ completion }) => completion).join("\n");
  assert.ok(said.includes("tone of news"));
  assert.ok(!said.includes("return 20"), "a month of prices is not shown");
});
