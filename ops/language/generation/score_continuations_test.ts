import assert from "node:assert/strict";
import {
  CancelledError,
  DataError,
  ParameterError,
} from "../../../runtime/core/errors.ts";
import { logitsOf } from "../model/classifier.ts";
import { forward } from "../model/forward.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { scoreContinuations } from "./score_continuations.ts";
import { plainLogProbabilities, tinyModel } from "./testing_model.ts";

function close(x: number, y: number, what: string): void {
  assert.ok(Math.abs(x - y) < 1e-4, `${x} instead of ${y}: ${what}`);
}

Deno.test("continuations are as probable as a plain pass over prompt and continuation says", async () => {
  const model = await tinyModel();
  const long = Array.from({ length: 70 }, (_, k) => (k * 5) % 31);
  const prompts = [[1, 2, 3], long, [7], [4, 4, 4, 4, 4], long.slice(0, 66)];
  const continuations = [
    [[5], [6, 7], [8, 9, 10, 11, 12, 13]],
    [[1], [2]],
    [Array.from({ length: 40 }, (_, k) => (k * 3) % 29)],
    [],
    [[9, 9, 9], [9, 9, 9], [30]],
  ];
  for (const batch of [1, 2, 16]) {
    const shares: number[] = [];
    const scores = await scoreContinuations(model, prompts, continuations, {
      batch,
      onProgress: (share) => shares.push(share),
    });
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      scores.map((list) => list.length),
      continuations.map((list) => list.length),
    );
    for (const [at, prompt] of prompts.entries()) {
      for (const [k, tokens] of continuations[at]!.entries()) {
        const log = await plainLogProbabilities(model, [...prompt, ...tokens]);
        const expected = tokens.map((id, j) =>
          log[prompt.length - 1 + j]![id]!
        );
        const score = scores[at]![k]!;
        assert.equal(score.tokenLogProbabilities.length, tokens.length);
        score.tokenLogProbabilities.forEach((one, j) =>
          close(one, expected[j]!, `prompt ${at}, ${k}, token ${j}`)
        );
        close(
          score.logProbability / tokens.length,
          expected.reduce((sum, one) => sum + one, 0) / tokens.length,
          "the sum",
        );
      }
    }
  }
});

Deno.test("labels of one token have the logits of the model", async () => {
  const model = await tinyModel();
  const [scores] = await scoreContinuations(model, [[3, 1]], [[[5], [6]]]);
  const [yes, no] = scores!;
  const { hidden } = forward(model, {
    tokens: wf.tensor([[3, 1]], { dtype: "i32" }),
  });
  const logits = await logitsOf(model, hidden).data();
  close(yes!.firstLogit, logits[32 + 5]!, "yes");
  close(no!.firstLogit, logits[32 + 6]!, "no");
  close(
    yes!.firstLogit - no!.firstLogit,
    yes!.logProbability - no!.logProbability,
    "odds",
  );
});

Deno.test("what cannot be scored is refused", async () => {
  const model = await tinyModel({ contextLength: 8 });
  const refuse = async (
    prompts: number[][],
    continuations: number[][][],
    kind: typeof DataError | typeof ParameterError = DataError,
  ) =>
    await assert.rejects(
      () => scoreContinuations(model, prompts, continuations),
      kind,
    );
  await refuse([[1]], [], ParameterError);
  await refuse([[]], [[[1]]]);
  await refuse([[1]], [[[]]]);
  await refuse([[1]], [[[32]]]);
  await refuse([[1, 2, 3, 4]], [[[1, 2, 3, 4, 5]]]);
  await assert.rejects(
    () =>
      scoreContinuations(model, [[1]], [[[1]]], {
        signal: AbortSignal.abort(),
      }),
    CancelledError,
  );
  // Exactly the context is fine.
  const scores = await scoreContinuations(model, [[1, 2, 3, 4]], [
    [[1, 2, 3, 4]],
  ]);
  assert.equal(scores[0]![0]!.tokenLogProbabilities.length, 4);
});
