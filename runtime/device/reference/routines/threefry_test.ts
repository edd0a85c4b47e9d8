import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/random.json" with {
  type: "json",
};
import { randomBitsRoutine, threefry } from "./threefry.ts";
import { runToEnd } from "./testing.ts";

function block(key: [number, number], counter: [number, number]): string[] {
  const high = new Uint32Array(1);
  const low = new Uint32Array(1);
  threefry(...key, ...counter, high, low, 0);
  return [high[0]!, low[0]!].map((word) => word.toString(16));
}

// The known answers that Random123 1.14 publishes for threefry2x32, 20 rounds.
Deno.test("threefry gives the known answers of Random123", () => {
  const ones = 0xFFFFFFFF;
  assert.deepEqual(block([0, 0], [0, 0]), ["6b200159", "99ba4efe"]);
  assert.deepEqual(block([ones, ones], [ones, ones]), ["1cb996fc", "bb002be7"]);
  assert.deepEqual(
    block([0x13198A2E, 0x03707344], [0x243F6A88, 0x85A308D3]),
    ["c4923a9c", "483df7a0"],
  );
});

for (const recorded of fixture.keyed) {
  Deno.test(`randomBitsRoutine draws the bits that JAX draws from key(${recorded.seed})`, () => {
    const { high, low } = runToEnd(
      randomBitsRoutine(Uint32Array.from(recorded.key), 1, 0, 5),
    );
    assert.deepEqual([...high], recorded.high);
    assert.deepEqual([...low], recorded.low);
    assert.deepEqual(
      [...high].map((word, i) => (word ^ low[i]!) >>> 0),
      recorded.bits32,
    );
  });
}

Deno.test("randomBitsRoutine draws a prefix of the same bits, whatever the count", () => {
  const key = new Uint32Array([3, 4]);
  const few = runToEnd(randomBitsRoutine(key, 1, 0, 7));
  const many = runToEnd(randomBitsRoutine(key, 1, 0, 50_000));
  assert.deepEqual(many.high.slice(0, 7), few.high);
  assert.deepEqual(many.low.slice(0, 7), few.low);
});

Deno.test("randomBitsRoutine goes on at any counter, across 32 bits", () => {
  const key = new Uint32Array([3, 4]);
  const whole = runToEnd(randomBitsRoutine(key, 1, 0, 9));
  const rest = runToEnd(randomBitsRoutine(key, 1, 4, 5));
  assert.deepEqual(rest.high, whole.high.slice(4));
  assert.deepEqual(rest.low, whole.low.slice(4));
  const far = runToEnd(randomBitsRoutine(key, 1, 0xFFFFFFFF, 2));
  const words = [far.high[1]!, far.low[1]!].map((word) => word.toString(16));
  assert.deepEqual(words, block([3, 4], [1, 0]));
});

Deno.test("randomBitsRoutine treats each key of a batch on its own", () => {
  const both = runToEnd(
    randomBitsRoutine(new Uint32Array([1, 2, 3, 4]), 2, 0, 3),
  );
  const second = runToEnd(randomBitsRoutine(new Uint32Array([3, 4]), 1, 0, 3));
  assert.deepEqual(both.high.slice(3), second.high);
  assert.deepEqual(both.low.slice(3), second.low);
});
