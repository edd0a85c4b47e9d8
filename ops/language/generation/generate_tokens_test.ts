import assert from "node:assert/strict";
import {
  CancelledError,
  DataError,
  ParameterError,
} from "../../../runtime/core/errors.ts";
import { probeWebGpu } from "../../../runtime/device/webgpu/adapter.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { generateTokens, type TokenOptions } from "./generate_tokens.ts";
import { compiledProcessor } from "./logits_processor.ts";
import { banTokens } from "./penalties.ts";
import { plainLogProbabilities, tinyModel } from "./testing_model.ts";
import type { GeneratedTokens, TokenEvent } from "./token_event.ts";

async function all(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: TokenOptions = {},
): Promise<{ answers: GeneratedTokens[]; events: TokenEvent[] }> {
  const events: TokenEvent[] = [];
  const generation = generateTokens(model, prompts, options);
  for (;;) {
    const next = await generation.next();
    if (next.done === true) return { answers: next.value, events };
    events.push(next.value);
  }
}

/** The most probable tokens, found by running all tokens again at each step. */
async function plainAnswer(
  model: LanguageModel,
  prompt: readonly number[],
  count: number,
): Promise<{ ids: number[]; logProbabilities: number[] }> {
  const ids = [...prompt];
  const logProbabilities: number[] = [];
  for (let step = 0; step < count; step++) {
    const last = (await plainLogProbabilities(model, ids)).at(-1)!;
    const best = last.indexOf(Math.max(...last));
    ids.push(best);
    logProbabilities.push(last[best]!);
  }
  return { ids: ids.slice(prompt.length), logProbabilities };
}

function assertClose(actual: readonly number[], expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  actual.forEach((x, at) =>
    assert.ok(
      Math.abs(x - expected[at]!) < 1e-4,
      `${x} instead of ${expected[at]} at ${at}`,
    )
  );
}

const PROMPTS = [[1, 2, 3, 4, 5, 6, 7], [9], [11, 12, 13, 14]];

Deno.test("a batch of prompts of different lengths continues as each does alone without a cache", async () => {
  const model = await tinyModel();
  const { answers } = await all(model, PROMPTS, { maxTokens: 12 });
  for (const [at, prompt] of PROMPTS.entries()) {
    const expected = await plainAnswer(model, prompt, 12);
    assert.deepEqual(answers[at]!.ids, expected.ids);
    assertClose(answers[at]!.logProbabilities, expected.logProbabilities);
    assert.equal(answers[at]!.finishReason, "length");
  }
});

const { available } = await probeWebGpu();

for (const device of ["reference", "webgpu"] as const) {
  Deno.test({
    name: `${device} generates what wasm does`,
    ignore: device === "webgpu" && !available,
    fn: async () => {
      const model = await tinyModel();
      for (
        const options of [
          { maxTokens: 6 },
          { maxTokens: 6, temperature: 1.2, topK: 9, topP: 0.9, minP: 0.01 },
          { maxTokens: 6, repetitionPenalty: 1.4, alternatives: 2 },
        ]
      ) {
        const on = (name: string) =>
          wf.withExecution(
            { device: name },
            () => all(model, PROMPTS, options),
          );
        const [own, other] = [await on("wasm"), await on(device)];
        own.answers.forEach(({ ids, logProbabilities }, at) => {
          assert.deepEqual(ids, other.answers[at]!.ids);
          assertClose(logProbabilities, other.answers[at]!.logProbabilities);
        });
      }
    },
  });
}

Deno.test("the cache grows, and long prompts go in parts", async () => {
  const model = await tinyModel({ layers: 1, contextLength: 1024 });
  const prompt = Array.from({ length: 600 }, (_, k) => (k * 7) % 31);
  const { answers } = await all(model, [prompt, [5]], { maxTokens: 3 });
  assert.deepEqual(
    answers[0]!.ids,
    (await plainAnswer(model, prompt, 3)).ids,
  );
  assert.deepEqual(answers[1]!.ids, (await plainAnswer(model, [5], 3)).ids);
  const { answers: [long] } = await all(model, [[1]], { maxTokens: 300 });
  const ids = [1, ...long!.ids];
  const log = await plainLogProbabilities(model, ids);
  long!.ids.forEach((id, at) => {
    const best = Math.max(...log[at]!);
    assert.ok(log[at]![id]! > best - 1e-4, `token ${at}`);
  });
});

Deno.test("a sequence ends with an end token, at a stop, or where the context is full", async () => {
  const model = await tinyModel({ contextLength: 20 });
  const { ids } = await plainAnswer(model, PROMPTS[0]!, 13);
  const ends = await all(model, [PROMPTS[0]!], { endIds: [ids[2]!] });
  assert.equal(ends.answers[0]!.finishReason, "end");
  assert.deepEqual(
    ends.answers[0]!.ids,
    ids.slice(0, ids.indexOf(ids[2]!) + 1),
  );
  const full = await all(model, [PROMPTS[0]!], { maxTokens: 100 });
  assert.equal(full.answers[0]!.finishReason, "context");
  assert.deepEqual(full.answers[0]!.ids, ids);
  // The others go on as long as they have room.
  const both = await all(model, [PROMPTS[0]!, [9]], { maxTokens: 100 });
  assert.equal(both.answers[0]!.finishReason, "context");
  assert.deepEqual(both.answers[0]!.ids, full.answers[0]!.ids);
  assert.equal(both.answers[1]!.ids.length, 19);
  assert.deepEqual(
    both.answers[1]!.ids,
    (await plainAnswer(model, [9], 19)).ids,
  );
  const stop = await all(model, [PROMPTS[0]!, [9]], {
    maxTokens: 4,
    isStop: (sequence, id) => sequence === 0 && id === ids[1],
  });
  assert.equal(stop.answers[0]!.finishReason, "stop");
  assert.equal(stop.answers[1]!.ids.length, 4);
  const last = stop.events.filter(({ finishReason }) => finishReason !== null);
  assert.deepEqual(
    last.map(({ finishReason, sequence }) => [sequence, finishReason]),
    [[0, "stop"], [1, "length"]],
  );
});

Deno.test("draws depend on the seed and the prompt, not on the batch", async () => {
  const model = await tinyModel();
  const options = { maxTokens: 10, temperature: 1.5, topK: 20, seed: 7 };
  const together = await all(model, [...PROMPTS, [9]], options);
  const alone = await all(model, [[9]], options);
  const other = await all(model, [[9]], { ...options, seed: 8 });
  assert.deepEqual(together.answers[1]!.ids, alone.answers[0]!.ids);
  assert.notDeepEqual(other.answers[0]!.ids, alone.answers[0]!.ids);
  // The same prompt once more draws anew.
  assert.notDeepEqual(together.answers[3]!.ids, together.answers[1]!.ids);
  const again = await all(model, [...PROMPTS, [9]], options);
  assert.deepEqual(again.answers, together.answers);
});

Deno.test("tokens are drawn as often as they are probable", async () => {
  const model = await tinyModel();
  const count = 3000;
  const { answers } = await all(model, Array(count).fill([3]), {
    maxTokens: 1,
    temperature: 1,
  });
  const [log] = await plainLogProbabilities(model, [3]);
  const counts = new Array<number>(log!.length).fill(0);
  for (const { ids } of answers) counts[ids[0]!]! += 1;
  const chiSquare = counts.reduce((sum, seen, id) => {
    const expected = count * Math.exp(log![id]!);
    return sum + (seen - expected) ** 2 / expected;
  }, 0);
  const freedom = counts.length - 1;
  assert.ok(chiSquare < freedom + 5 * Math.sqrt(2 * freedom), `${chiSquare}`);
});

Deno.test("processors see what was said, compiled or at each token", async () => {
  const model = await tinyModel();
  const plain = await all(model, [[9]], { maxTokens: 6 });
  const first = plain.answers[0]!.ids[0]!;
  const banned = await all(model, [[9]], {
    maxTokens: 6,
    processors: [banTokens([first])],
  });
  assert.ok(!banned.answers[0]!.ids.includes(first));
  // No token twice: written twice.
  const compiled = await all(model, PROMPTS, {
    maxTokens: 8,
    processors: [
      compiledProcessor((logits, { counts }) =>
        wf.where(wf.greater(counts, 0), -Infinity, logits)
      ),
    ],
  });
  const steps: number[] = [];
  const host = await all(model, PROMPTS, {
    maxTokens: 8,
    processors: [(logits, { ids, step }) => {
      steps.push(step);
      const size = logits.shape[1]!;
      const mask = new Float32Array(ids.length * size);
      ids.forEach((row, at) =>
        row.forEach((id) => mask[at * size + id] = -Infinity)
      );
      return wf.add(logits, wf.tensor(mask, { shape: logits.shape }));
    }],
  });
  assert.deepEqual(steps, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(host.answers, compiled.answers);
  host.answers.forEach(({ ids }, at) => {
    const whole = [...PROMPTS[at]!, ...ids];
    assert.equal(new Set(whole).size, whole.length);
  });
  const counted = await all(model, PROMPTS, {
    maxTokens: 8,
    processors: [
      (logits, { counts }) =>
        wf.where(wf.greater(counts, 0), -Infinity, logits),
    ],
  });
  assert.deepEqual(counted.answers, compiled.answers);
  const penal = await all(model, PROMPTS, {
    maxTokens: 8,
    repetitionPenalty: 1e6,
  });
  penal.answers.forEach(({ ids }) => assert.ok(new Set(ids).size > 4));
});

Deno.test("the most probable tokens are told with their log-probabilities", async () => {
  const model = await tinyModel();
  const { events } = await all(model, [[3, 4]], {
    maxTokens: 2,
    alternatives: 3,
    processors: [banTokens([1, 2])],
  });
  const log = (await plainLogProbabilities(model, [3, 4]))[1]!;
  const best = [...log.keys()].sort((a, b) => log[b]! - log[a]!).slice(0, 3);
  const told = events[0]!.alternatives;
  assert.deepEqual(told.map(({ id }) => id), best);
  assertClose(
    told.map(({ logProbability }) => logProbability),
    best.map((id) => log[id]!),
  );
  assertClose([events[0]!.logProbability], [log[events[0]!.id]!]);
});

Deno.test("a signal stops between two tokens", async () => {
  const model = await tinyModel();
  const controller = new AbortController();
  let count = 0;
  await assert.rejects(async () => {
    for await (
      const _ of generateTokens(model, [[1]], {
        maxTokens: 50,
        signal: controller.signal,
      })
    ) {
      if (++count === 3) controller.abort();
    }
  }, CancelledError);
  assert.equal(count, 3);
});

Deno.test("prompts that cannot be continued are refused", async () => {
  const model = await tinyModel({ contextLength: 16 });
  const long = Array.from({ length: 40 }, (_, k) => k % 30);
  await assert.rejects(() => all(model, []), ParameterError);
  await assert.rejects(() => all(model, [[1], []]), DataError);
  await assert.rejects(() => all(model, [[32]]), DataError);
  await assert.rejects(() => all(model, [[1.5]]), DataError);
  await assert.rejects(() => all(model, [long]), DataError);
  await assert.rejects(() => all(model, [[1]], { topP: 2 }), ParameterError);
  await assert.rejects(
    () => all(model, [[1]], { temperature: -1 }),
    ParameterError,
  );
  const { answers } = await all(model, [long], {
    maxTokens: 4,
    truncate: "left",
  });
  const kept = await plainAnswer(model, long.slice(-12), 4);
  assert.deepEqual(answers[0]!.ids, kept.ids);
});
