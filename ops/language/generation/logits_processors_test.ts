import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/logits_processors.json" with {
  type: "json",
};
import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { CompiledProcessor } from "./logits_processor.ts";
import {
  allowTokens,
  banFrequent,
  banTokens,
  repetitionPenalty,
} from "./penalties.ts";
import { minP, temperature, topK, topP } from "./truncation.ts";

const VOCABULARY = fixture.logits[0]!.length;
const LOGITS = wf.tensor(fixture.logits);

function countsOf(ids: readonly (readonly number[])[]): wf.I32 {
  return wf.sum(
    wf.oneHot(wf.tensor(ids, { dtype: "i32" }), VOCABULARY, {
      dtype: "i32",
    }),
    { axis: 1 },
  );
}

const CONTEXT = { counts: countsOf(fixture.ids) };

async function assertRows(
  actual: wf.F32,
  expected: readonly (readonly (number | null)[])[],
): Promise<void> {
  const numbers = await actual.data();
  const wanted = expected.flat().map((x) => x ?? -Infinity);
  assert.equal(numbers.length, wanted.length);
  numbers.forEach((x, at) => {
    const y = wanted[at]!;
    assert.ok(
      x === y || Math.abs(x - y) <= 2e-6 * Math.max(1, Math.abs(y)),
      `${x} instead of ${y} at ${at}`,
    );
  });
}

const PROCESSORS: Readonly<
  Record<string, (value: number) => CompiledProcessor>
> = { temperature, topK, topP, minP, repetitionPenalty };

for (const { processor, value, expected } of fixture.cases) {
  Deno.test(`${processor} ${value} equals transformers`, async () => {
    const process = PROCESSORS[processor]!(value);
    await assertRows(process(LOGITS, CONTEXT), expected);
  });
}

Deno.test("a chain of processors equals transformers, compiled with numbers that are traced", async () => {
  const chain = wf.compile((
    logits: wf.F32,
    counts: wf.I32,
    numbers: Readonly<Record<"r" | "t" | "p" | "m", wf.Operand<"f32">>>,
  ) =>
    [
      repetitionPenalty(numbers.r),
      temperature(numbers.t),
      topK(10),
      topP(numbers.p),
      minP(numbers.m),
    ].reduce((changed, process) => process(changed, { counts }), logits)
  );
  const { counts } = CONTEXT;
  const numbers = { r: 1.2, t: 0.8, p: 0.95, m: 0.05 };
  await assertRows(chain(LOGITS, counts, numbers), fixture.chain);
  // The second set of numbers runs the same program.
  const warm = await chain(LOGITS, counts, { ...numbers, t: 8 }).data();
  const cold = await chain(LOGITS, counts, numbers).data();
  const kept = (values: Float32Array) => values.filter(Number.isFinite).length;
  assert.ok(kept(warm) > kept(cold));
});

Deno.test("the most probable token survives the smallest mass", async () => {
  const kept = await topP(0)(LOGITS, CONTEXT).data();
  const rows = fixture.logits.map((_, row) =>
    kept.subarray(row * VOCABULARY, (row + 1) * VOCABULARY)
  );
  rows.forEach((row, at) => {
    assert.equal(row.filter(Number.isFinite).length, 1);
    assert.equal(
      row.findIndex(Number.isFinite),
      fixture.logits[at]!.indexOf(Math.max(...fixture.logits[at]!)),
    );
  });
});

Deno.test("tokens are allowed, banned, and banned when they are frequent", async () => {
  const logits = wf.tensor([[1, 2, 3, 4]]);
  const counts = wf.tensor([[0, 1, 2, 3]], { dtype: "i32" });
  const of = async (
    process: CompiledProcessor,
  ) => [...await process(logits, { counts }).data()];
  assert.deepEqual(await of(allowTokens([2, 0])), [1, -Infinity, 3, -Infinity]);
  assert.deepEqual(await of(banTokens([2])), [1, 2, -Infinity, 4]);
  assert.deepEqual(await of(banFrequent(2)), [1, 2, -Infinity, -Infinity]);
});

Deno.test("processors refuse numbers out of their range", () => {
  for (
    const make of [
      () => temperature(0),
      () => temperature(NaN),
      () => topK(0),
      () => topK(1.5),
      () => topP(1.1),
      () => minP(-0.1),
      () => repetitionPenalty(0),
      () => banFrequent(0),
      () => allowTokens([]),
      () => banTokens([24])(LOGITS, CONTEXT),
    ]
  ) assert.throws(make, ParameterError);
});
