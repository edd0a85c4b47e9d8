import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { placeWindows, windowExamples, windowPrompts } from "./window_texts.ts";

const SPLITS = [
  { trainStart: 0, trainEnd: 4, testStart: 5, testEnd: 7 },
  { trainStart: 0, trainEnd: 6, testStart: 7, testEnd: 8 },
];
const prompts = [..."abcdefgh"];
const labels = wf.tensor([0, 1, -1, 1, 0, 1, 0, 1], { dtype: "i32" });
const answers = [" Short", " Long"];

Deno.test("windowExamples learns labelled rows of its training window only", async () => {
  const all = async (window: number, most?: number) => {
    const { examples } = await windowExamples.run(
      { prompts, labels, splits: SPLITS },
      { window, answers, most },
    );
    return examples.map(({ completion, prompt }) => prompt + completion);
  };
  assert.deepEqual(await all(0), ["a Short", "b Long", "d Long"]);
  assert.deepEqual(await all(1), [
    "a Short",
    "b Long",
    "d Long",
    "e Short",
    "f Long",
  ]);
  assert.deepEqual(await all(1, 2), ["b Long", "e Short"]);
});

Deno.test("windowPrompts asks the rows of its test window only", async () => {
  const { tests } = await windowPrompts.run({ prompts, splits: SPLITS }, {
    window: 0,
  });
  assert.deepEqual(tests, ["f", "g"]);
  await assert.rejects(
    windowPrompts.run({ prompts, splits: SPLITS }, { window: 2 }),
    /Cannot find walk-forward window 2/,
  );
});

Deno.test("windowExamples refuses labels without an answer, and windows without a label", async () => {
  await assert.rejects(
    windowExamples.run({
      prompts,
      labels: wf.tensor([2, 0, 0, 0, 0, 0, 0, 0], { dtype: "i32" }),
      splits: SPLITS,
    }, { window: 0, answers }),
    /Cannot learn from row 0/,
  );
  await assert.rejects(
    windowExamples.run({
      prompts,
      labels: wf.full([8], -1, { dtype: "i32" }),
      splits: SPLITS,
    }, { window: 0, answers }),
    /no row is labelled/,
  );
});

Deno.test("placeWindows puts each test where it stands, NaN elsewhere", async () => {
  const { logits } = await placeWindows.run({
    windows: [
      wf.tensor([[1, 2], [3, 4]], { dtype: "f64" }),
      wf.tensor([[5, 6]], { dtype: "f64" }),
    ],
    labels,
    splits: SPLITS,
  });
  const values = [...await logits.data()];
  assert.ok(values.slice(0, 10).every(Number.isNaN));
  assert.deepEqual(values.slice(10), [1, 2, 3, 4, 5, 6]);
  await assert.rejects(
    placeWindows.run({
      windows: [wf.tensor([[1, 2]], { dtype: "f64" })],
      labels,
      splits: SPLITS,
    }),
    /do not fit the windows/,
  );
});
