import assert from "node:assert/strict";
import { ArenaPool } from "./arenas.ts";
import { BufferPool } from "./pool.ts";
import { SmallDevice } from "./testing_small_device.ts";

const MB = 2 ** 20;

/** What the pool says of its budget; a GPU does not say what it has left. */
const BUDGETS = [Infinity, 1000 * MB];

function smallPool(budget: number): [SmallDevice, BufferPool] {
  const small = new SmallDevice(20 * MB);
  return [small, new BufferPool(small.device, 2 ** 31, budget)];
}

/** Nothing is lost: what the device has given is held or kept for reuse. */
function assertCounted(small: SmallDevice, pool: BufferPool): void {
  assert.equal(small.usedBytes, pool.heldBytes + pool.idleBytes);
}

for (const budget of BUDGETS) {
  const name = `budget ${budget}`;

  Deno.test(`a refused buffer takes the place of idle ones, ${name}`, async () => {
    const [small, pool] = smallPool(budget);
    const [a, b] = await pool.allocate([8 * MB, 4 * MB]);
    pool.release(a!);
    pool.release(b!);
    assert.equal(pool.idleBytes, 12 * MB);
    const [large] = await pool.allocate([16 * MB]);
    assert.equal(large!.byteLength, 16 * MB);
    assert.equal(pool.heldBytes, 16 * MB);
    assert.equal(pool.idleBytes, 0);
    assertCounted(small, pool);
  });

  Deno.test(`a refused buffer takes the place of what can be spared, ${name}`, async () => {
    const [small, pool] = smallPool(budget);
    const arenas = new ArenaPool(pool);
    arenas.give(await arenas.take([8 * MB], undefined));
    const [spare] = await pool.allocate([4 * MB]);
    let asked = 0;
    pool.onShortage(() => {
      if (asked++ === 0) pool.release(spare!);
    });
    await pool.allocate([16 * MB]);
    assert.equal(asked, 1);
    assert.equal(pool.heldBytes, 16 * MB);
    assertCounted(small, pool);
  });

  Deno.test(`a refused buffer takes the place of what was dropped, ${name}`, async () => {
    const [small, pool] = smallPool(budget);
    const registry = new FinalizationRegistry<() => void>((free) => free());
    const [lost] = await pool.allocate([12 * MB]);
    registry.register({}, () => pool.release(lost!));
    await pool.allocate([16 * MB]);
    assert.equal(pool.heldBytes, 16 * MB);
    assertCounted(small, pool);
  });

  Deno.test(`a refused buffer waits for work that holds destroyed ones, ${name}`, async () => {
    const [small, pool] = smallPool(budget);
    const [used] = await pool.allocate([12 * MB]);
    pool.release(used!);
    small.isBusy = true;
    await pool.allocate([16 * MB]);
    assert.equal(small.isBusy, false);
    assertCounted(small, pool);
  });

  Deno.test(`a buffer that finds no room leaves the others alone, ${name}`, async () => {
    const [small, pool] = smallPool(budget);
    const [kept, idle] = await pool.allocate([6 * MB, 8 * MB]);
    pool.release(idle!);
    await assert.rejects(
      pool.allocate([1 * MB, 16 * MB], ["fit", "solve"]),
      /Cannot allocate 18 MB.*fit › solve.*caused by.*Full/s,
    );
    assert.equal(pool.heldBytes, 6 * MB);
    pool.release(kept!);
    assert.equal(pool.idleBytes, small.usedBytes);
    await pool.allocate([16 * MB]);
    assertCounted(small, pool);
    pool.trim(0);
    assert.equal(small.usedBytes, 16 * MB);
  });
}

Deno.test("whatever trim is told, no buffer is lost", async () => {
  for (const bytes of [0, 5 * MB, Infinity, NaN]) {
    const [small, pool] = smallPool(Infinity);
    for (const one of await pool.allocate([8 * MB, 4 * MB])) pool.release(one);
    pool.trim(bytes);
    assertCounted(small, pool);
    pool.trim(0);
    assert.equal(small.usedBytes, 0);
  }
});
