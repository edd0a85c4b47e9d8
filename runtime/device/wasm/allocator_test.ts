import assert from "node:assert/strict";
import { ALIGNMENT, Allocator } from "./allocator.ts";

/** Numbers from 0 to 1 that are the same in each run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

Deno.test("Allocator never hands out an address twice and joins what is freed", () => {
  const random = randomNumbers(1);
  const start = 65536;
  const total = 2 ** 22;
  const allocator = new Allocator(start);
  allocator.extend(total / 2);
  allocator.extend(total / 2);
  const owner = new Int32Array(total / ALIGNMENT);
  const held: { address: number; units: number }[] = [];
  let refused = 0;
  let bytesHeld = 0;
  for (let round = 1; round <= 20_000; round++) {
    if (held.length > 0 && random() < 0.5) {
      const at = Math.floor(random() * held.length);
      const { address, units } = held[at]!;
      held[at] = held.at(-1)!;
      held.pop();
      owner.fill(
        0,
        (address - start) / ALIGNMENT,
        (address - start) / ALIGNMENT + units,
      );
      bytesHeld -= units * ALIGNMENT;
      allocator.free(address);
    } else {
      const bytes = Math.floor(2 ** (random() * 18)) - 1;
      const address = allocator.allocate(bytes);
      if (address === undefined) {
        refused++;
        continue;
      }
      const units = Math.max(1, Math.ceil(bytes / ALIGNMENT));
      const first = (address - start) / ALIGNMENT;
      assert.equal(address % ALIGNMENT, 0);
      assert.ok(first >= 0 && first + units <= owner.length);
      for (let unit = first; unit < first + units; unit++) {
        assert.equal(owner[unit], 0, "two owners");
        owner[unit] = round;
      }
      bytesHeld += units * ALIGNMENT;
      held.push({ address, units });
    }
    assert.equal(allocator.heldBytes, bytesHeld);
    assert.equal(allocator.heldPieces, held.length);
  }
  assert.ok(refused > 0, "the range never ran full");
  for (const { address } of held) allocator.free(address);
  assert.equal(allocator.heldBytes, 0);
  assert.equal(allocator.freeAtEnd, total);
  assert.equal(allocator.allocate(total), start);
});

Deno.test("Allocator takes the smallest piece that fits", () => {
  const allocator = new Allocator(0);
  allocator.extend(64 * 100);
  const [a, , c] = [20, 1, 10, 1, 68].map((units) =>
    allocator.allocate(64 * units)!
  );
  assert.equal(allocator.freeAtEnd, 0);
  allocator.free(a!);
  allocator.free(c!);
  assert.equal(allocator.allocate(64 * 9), c);
  assert.equal(allocator.allocate(64 * 12), a);
  assert.equal(allocator.allocate(64 * 9), undefined);
  allocator.extend(64 * 5);
  assert.equal(allocator.freeAtEnd, 64 * 5);
  assert.equal(allocator.allocate(64 * 8), a! + 64 * 12);
});

Deno.test("Allocator ignores an address that is free already", () => {
  const allocator = new Allocator(128);
  allocator.extend(64);
  const address = allocator.allocate(1)!;
  allocator.free(address);
  allocator.free(address);
  assert.equal(allocator.heldBytes, 0);
  assert.equal(allocator.freeAtEnd, 64);
});
