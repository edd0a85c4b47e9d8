import assert from "node:assert/strict";
import { DataError, NumericalError } from "../../runtime/core/errors.ts";
import { answerOfChange } from "./answers.ts";
import { checkCausalItems } from "./check_causal_items.ts";
import {
  type EvidenceItem,
  makeSources,
  type PartialSources,
} from "./sources.ts";

const DAYS = Array.from(
  { length: 12 },
  (_, row) => `2016-03-${String(row + 1).padStart(2, "0")}`,
);
const CLOSES = DAYS.map((_, row) => 100 + 5 * Math.sin(row * row));

/** What is planted into the sources of a row, from the closes that are known. */
type Plant = (
  closes: readonly number[],
  row: number,
) => Partial<PartialSources>;

/** Items of all days up to one, each from closes up to then. */
function made(plant: Plant = () => ({})) {
  return (until = "9999-12-31"): EvidenceItem[] => {
    const known = CLOSES.filter((_, row) => DAYS[row]! <= until);
    return known.map((close, row) => {
      const next = known[row + 1];
      const change = next === undefined ? null : next / close - 1;
      const day = DAYS[row]!;
      const sources = makeSources({
        name: "X",
        day,
        nextDay: DAYS[row + 1] ?? "2016-03-14",
        prices: known.slice(0, row + 1).map((own, k) => ({
          day: DAYS[k]!,
          open: own,
          high: own,
          low: own,
          close: own,
        })),
        reports: [{ time: day, title: "Report", text: "Sales rose." }],
        technical: [{ name: "return", value: close / (known[row - 1] ?? 100) }],
        ...plant(known, row),
      });
      const truth = change === null
        ? null
        : { answer: answerOfChange(change), change };
      return { id: `item-${row}`, sources, truth };
    });
  };
}

Deno.test("items that know their past only pass, and it is told what was compared", async () => {
  const report = await checkCausalItems(made());
  assert.deepEqual(report.cuts, [
    "2016-03-04",
    "2016-03-06",
    "2016-03-08",
    "2016-03-10",
    "2016-03-11",
  ]);
  assert.equal(report.compared, 4 + 6 + 8 + 10 + 11);
  assert.deepEqual(report.changed, []);
});

for (
  const [what, source, plant] of [
    ["the next close", "technical", (closes, row) => ({
      technical: [{ name: "planted", value: closes[row + 1] ?? 0 }],
    })],
    ["the mean of all closes", "fundamentals", (closes) => ({
      fundamentals: [{
        name: "planted",
        value: closes.reduce((sum, one) => sum + one, 0) / closes.length,
      }],
    })],
    ["a text that was edited later", "reports", (closes, row) => ({
      reports: [{
        time: DAYS[row]!,
        title: "planted",
        text: (closes[row + 1] ?? 0) > closes[row]!
          ? "The shares rose on the next day."
          : "Sales rose.",
      }],
    })],
    ["a headline of later days under an old date", "news", (closes, row) => ({
      news: closes.slice(row + 1).map((close) => ({
        time: DAYS[row]!,
        title: `planted ${close}`,
      })),
    })],
    ["a peer chosen by all returns", "peers", (closes) => ({
      peers: [{
        name: "planted",
        similarity: Math.tanh(closes.at(-1)! / 100 - 1),
        prices: [],
      }],
    })],
  ] as const satisfies readonly (readonly [string, string, Plant])[]
) {
  Deno.test(`checkCausalItems catches ${what}, with item and source`, async () => {
    await assert.rejects(
      () => checkCausalItems(made(plant)),
      (error: unknown) => {
        assert.ok(error instanceof NumericalError, String(error));
        assert.match(error.message, /item "item-\d+"/);
        assert.ok(error.message.includes(`source "${source}"`));
        assert.match(error.message, /planted/);
        assert.match(error.message, /up to 2016-03-\d\d/);
        return true;
      },
    );
  });
}

Deno.test("the message shows the part of a long text that changes", async () => {
  const plant: Plant = (closes, row) => ({
    reports: [{
      time: DAYS[row]!,
      title: "Report",
      text: `${"Sales rose. ".repeat(100)}Edited: ${
        closes[row + 1] ?? "none"
      }.`,
    }],
  });
  await assert.rejects(
    () => checkCausalItems(made(plant)),
    (error: unknown) => {
      const { message } = error as Error;
      assert.match(message, /expected {2}text ….*Edited: "?none/);
      assert.ok(message.length < 900, String(message.length));
      return true;
    },
  );
});

Deno.test("the item that looks ahead is named, not its neighbours", async () => {
  const plant: Plant = (closes, row) =>
    row === 7
      ? { technical: [{ name: "planted", value: closes.at(-1)! }] }
      : {};
  await assert.rejects(() => checkCausalItems(made(plant)), /item "item-7"/);
});

Deno.test("texts of later days that nobody reads are no look-ahead", async () => {
  const plant: Plant = (closes, row) => ({
    news: closes.slice(row + 1).map((close, k) => ({
      time: DAYS[row + 1 + k]!,
      title: String(close),
    })),
  });
  await checkCausalItems(made(plant));
  // Where a text of the next morning counts, it is one
  await assert.rejects(
    () =>
      checkCausalItems(
        made((closes, row) => ({
          news: [{ time: `${DAYS[row]!} 22:00`, title: `${closes[row + 1]}` }],
        })),
        { cutoff: "23:00" },
      ),
    /source "news"/,
  );
});

Deno.test("a truth may become known, but may not change", async () => {
  const drifting = (until?: string) =>
    made()(until).map((item) => ({
      ...item,
      truth: { answer: "up" as const, change: until === undefined ? 0.1 : 0.2 },
    }));
  await assert.rejects(() => checkCausalItems(drifting), /source "truth"/);
});

Deno.test("items that come or go with later data are told", async () => {
  const chosen = (until?: string) =>
    made()(until).filter(({ truth }) => truth !== null);
  const { changed } = await checkCausalItems(chosen, { cuts: [DAYS[5]!] });
  assert.deepEqual(changed, ["item-5"]);
});

Deno.test("checkCausalItems says where it has nothing to compare", async () => {
  await assert.rejects(() => checkCausalItems(() => []), DataError);
  await assert.rejects(
    () => checkCausalItems(made(), { cuts: ["2015-01-01"] }),
    DataError,
  );
});
