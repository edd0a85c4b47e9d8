import assert from "node:assert/strict";
import { digestText } from "../../core/hash.ts";
import { valueCodec } from "../../ports/mod.ts";
import { add, sum, tensor, zeros } from "../../tensor/mod.ts";
import { MemoryStore } from "./memory_store.ts";
import { NoStore } from "./no_store.ts";
import { entry } from "./testing.ts";
import type { StoreEvent } from "./store.ts";

const [a, b, c] = [digestText("a"), digestText("b"), digestText("c")];

Deno.test("MemoryStore gives back the very value, lazy as it was", () => {
  const store = new MemoryStore();
  const lazy = add(tensor([1, 2]), 1);
  const record = store.save(a, entry({ y: lazy }));
  assert.deepEqual(record.outputs["y"], { isKept: true, byteSize: 8 });
  const found = store.find(a);
  assert.equal(found, record);
  assert.equal(store.load(record, "y", valueCodec)?.value, lazy);
});

Deno.test("MemoryStore keeps a value that is undefined", () => {
  const store = new MemoryStore();
  const record = store.save(a, entry({ y: undefined }));
  assert.deepEqual(store.load(record, "y", valueCodec), { value: undefined });
});

Deno.test("MemoryStore has nothing under other keys and outputs", () => {
  const store = new MemoryStore();
  const record = store.save(a, entry({ y: 1 }));
  assert.equal(store.find(b), undefined);
  assert.equal(store.load(record, "z", valueCodec), undefined);
});

Deno.test("MemoryStore keeps only the digest of what is not to be kept", () => {
  const store = new MemoryStore();
  const record = store.save(a, {
    ...entry({}),
    outputs: { y: { codec: valueCodec, value: 1, digest: b, keep: false } },
  });
  assert.deepEqual(record.outputs["y"], {
    digest: b,
    isKept: false,
    byteSize: 8,
  });
  assert.equal(store.load(record, "y", valueCodec), undefined);
});

Deno.test("MemoryStore evicts what was not used for longest", async () => {
  const store = new MemoryStore({ maxBytes: 20_000 });
  const big = () => entry({ y: zeros([1000], { dtype: "f64" }) });
  const first = store.save(a, big());
  store.save(b, big());
  store.find(a);
  store.save(c, big());
  assert.equal(store.find(b), undefined);
  assert.equal(store.find(a), first);
  assert.notEqual(store.find(c), undefined);
  const { bytes, records } = await store.statistics();
  assert.equal(records, 2);
  assert.ok(bytes <= 20_000, `${bytes}`);
});

Deno.test("MemoryStore lets go of an evicted value although its record is held", async () => {
  const store = new MemoryStore();
  const record = store.save(a, entry({ y: zeros([10]) }));
  await store.prune(0);
  assert.equal(store.load(record, "y", valueCodec), undefined);
  store.link(b, record);
  assert.equal(store.find(b), undefined);
  assert.equal((await store.statistics()).bytes, 0);
});

Deno.test("MemoryStore counts a value once however many keys lead to it", async () => {
  const store = new MemoryStore();
  const record = store.save(a, entry({ y: zeros([1000]) }));
  const { bytes } = await store.statistics();
  store.link(b, record);
  const after = await store.statistics();
  assert.ok(after.bytes < bytes + 2000, `${after.bytes}`);
  assert.deepEqual([after.records, after.objects], [2, 1]);
  store.save(a, entry({ y: 1 }));
  const linked = store.find(b);
  assert.ok(linked !== undefined);
  assert.notEqual(store.load(linked, "y", valueCodec), undefined);
});

Deno.test("MemoryStore counts the data that lazy tensors keep alive, once", async () => {
  const store = new MemoryStore({ maxBytes: 1_000_000 });
  const big = tensor(new Float64Array(100_000));
  store.save(a, entry({ y: sum(big) }));
  const one = (await store.statistics()).bytes;
  assert.ok(one > 800_000, `${one}`);
  store.save(b, entry({ y: add(sum(big), 1) }));
  const two = (await store.statistics()).bytes;
  assert.ok(two < one + 2000, `${two}`);
  // Other data do not fit beside them, so both have to go
  const other = store.save(c, entry({ y: sum(tensor(new Float64Array(1e5))) }));
  assert.equal(store.find(a), undefined);
  assert.equal(store.find(b), undefined);
  assert.equal(store.find(c), other);
  await store.prune(0);
  assert.equal((await store.statistics()).bytes, 0);
});

Deno.test("MemoryStore replaces what is under a key and counts right", async () => {
  const store = new MemoryStore();
  for (let round = 0; round < 100; round++) {
    store.save(a, entry({ y: zeros([1000]) }));
  }
  const { bytes, records } = await store.statistics();
  assert.equal(records, 1);
  assert.ok(bytes < 10_000, `${bytes}`);
});

Deno.test("MemoryStore tells of a value over its limit and keeps its digest", () => {
  const store = new MemoryStore({ maxBytes: 1000 });
  const events: StoreEvent[] = [];
  store.subscribe((event) => events.push(event));
  const record = store.save(a, entry({ y: zeros([1000]) }));
  assert.equal(record.outputs["y"]?.isKept, false);
  assert.deepEqual(events.map(({ kind }) => kind), ["unkept"]);
});

Deno.test("MemoryStore accepts only its own entries for a chosen device", () => {
  const store = new MemoryStore();
  store.save(a, { ...entry({ y: 1 }), device: "wasm" });
  assert.equal(store.find(a, { device: "webgpu" }), undefined);
  store.save(a, { ...entry({ y: 2 }), device: "webgpu" });
  const value = (device: string) => {
    const found = store.find(a, { device });
    return found && store.load(found, "y", valueCodec)?.value;
  };
  assert.equal(value("wasm"), 1);
  assert.equal(value("webgpu"), 2);
  assert.equal(value("reference"), undefined);
  assert.notEqual(store.find(a), undefined);
});

Deno.test("MemoryStore refuses a negative size limit", () => {
  assert.throws(() => new MemoryStore({ maxBytes: -1 }), /-1/);
  assert.throws(() => new MemoryStore({ maxBytes: NaN }), /NaN/);
});

Deno.test("NoStore finds nothing of what was saved", () => {
  const store = new NoStore();
  const record = store.save(a, entry({ y: 1 }));
  assert.equal(record.outputs["y"]?.isKept, false);
  assert.equal(store.find(), undefined);
  assert.equal(store.load(), undefined);
});
