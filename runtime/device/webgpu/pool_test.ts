import assert from "node:assert/strict";
import { probeWebGpu, requestWebGpuDevice } from "./adapter.ts";
import { ArenaPool } from "./arenas.ts";
import { BufferPool, roundedLength } from "./pool.ts";

const ignore = !(await probeWebGpu()).available;

async function withPool(
  budget: number,
  body: (pool: BufferPool) => Promise<void>,
): Promise<void> {
  const { device, capabilities } = await requestWebGpuDevice();
  try {
    await body(new BufferPool(device, capabilities.maxBufferSize, budget));
  } finally {
    device.destroy();
    await device.lost;
  }
}

Deno.test("roundedLength wastes little and makes few lengths", () => {
  const lengths = new Set<number>();
  for (let bytes = 1; bytes < 2e6; bytes += 97) {
    const length = roundedLength(bytes);
    assert.ok(length >= bytes && length % 256 === 0, `${bytes}: ${length}`);
    if (bytes > 4096) assert.ok(length <= bytes * 1.126, `${bytes}: ${length}`);
    lengths.add(length);
  }
  assert.ok(lengths.size < 100, String(lengths.size));
  assert.equal(roundedLength(2 ** 20), 2 ** 20);
});

Deno.test({
  name: "BufferPool hands the same buffer out again and keeps count",
  ignore,
  fn: () =>
    withPool(Infinity, async (pool) => {
      const [a, b] = await pool.allocate([5000, 5000]);
      assert.notEqual(a!.id, b!.id);
      assert.equal(pool.heldBytes, 2 * roundedLength(5000));
      pool.release(b!);
      const [c] = await pool.allocate([4990]);
      assert.equal(c!.id, b!.id);
      pool.release(a!);
      pool.release(c!);
      assert.equal(pool.heldBytes, 0);
      assert.equal(pool.idleBytes, 2 * roundedLength(5000));
      pool.trim(0);
      assert.equal(pool.idleBytes, 0);
    }),
});

Deno.test({
  name: "BufferPool makes room within its budget before it fails",
  ignore,
  fn: () =>
    withPool(1_000_000, async (pool) => {
      const [idle] = await pool.allocate([600_000]);
      pool.release(idle!);
      let asked = 0;
      const [spare] = await pool.allocate([300_000]);
      pool.onShortage(() => {
        if (asked++ === 0) pool.release(spare!);
      });
      // The idle buffer goes, then what can be spared.
      const [large] = await pool.allocate([900_000]);
      assert.equal(asked, 1);
      assert.equal(pool.heldBytes, large!.byteLength);
      await assert.rejects(
        pool.allocate([200_000], ["fit", "solve"]),
        /Cannot allocate 1 MB.*fit › solve.*at most 1 MB/s,
      );
    }),
});

Deno.test({
  name: "BufferPool tells when the device refuses",
  ignore,
  async fn() {
    const { device } = await requestWebGpuDevice();
    // The device does not know of this limit.
    const pool = new BufferPool(device, 2 ** 50, Infinity);
    const [kept] = await pool.allocate([5000]);
    pool.release(kept!);
    await assert.rejects(
      pool.allocate([5000, 2 ** 45]),
      /Cannot allocate 35184373 MB .*caused by .*buffer size/s,
    );
    assert.equal(pool.heldBytes, 0);
    // The buffer that was reused was given back, and then made room.
    assert.equal(pool.idleBytes, 0);
    device.pushErrorScope("validation");
    device.queue.writeBuffer(kept!.buffer, 0, new Uint8Array(4));
    assert.match((await device.popErrorScope())?.message ?? "", /destroyed/);
    device.destroy();
    await device.lost;
  },
});

Deno.test({
  name: "ArenaPool gives programs the same slabs in turn, and grows",
  ignore,
  fn: () =>
    withPool(Infinity, async (pool) => {
      const arenas = new ArenaPool(pool);
      assert.equal(arenas.takeNow([1000]), undefined);
      const first = await arenas.take([1000, 500], undefined);
      arenas.give(first);
      const second = arenas.takeNow([800])!;
      assert.equal(second[0]!.id, first[0]!.id);
      // Another run at the same time gets a slab of its own.
      const other = await arenas.take([900], undefined);
      assert.notEqual(other[0]!.id, second[0]!.id);
      arenas.give(second);
      arenas.give(other);
      const large = await arenas.take([100_000], undefined);
      assert.equal(pool.heldBytes, large[0]!.byteLength);
      arenas.give(large);
      assert.equal(arenas.takeNow([5])![0]!.id, large[0]!.id);
      assert.deepEqual(arenas.takeNow([]), []);
    }),
});
