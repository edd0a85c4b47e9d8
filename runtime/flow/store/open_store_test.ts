import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParameterError } from "../../core/errors.ts";
import { digestText } from "../../core/hash.ts";
import { valueCodec } from "../../ports/mod.ts";
import { add, Tensor, tensor } from "../../tensor/mod.ts";
import { diskStore, openStore } from "./open_store.ts";
import { entry, provenance } from "./testing.ts";
import type { StoreEvent, StoreRecord } from "./store.ts";

const [a, b] = [digestText("a"), digestText("b")];

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-open-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function damageObjects(folder: string) {
  const found = await readdir(join(folder, "objects"), {
    recursive: true,
    withFileTypes: true,
  });
  for (const each of found.filter((each) => each.isFile())) {
    const path = join(each.parentPath, each.name);
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
}

Deno.test("openStore knows none, memory and paths", () => {
  assert.equal(openStore("none").kind, "none");
  assert.equal(openStore("memory").kind, "memory");
  assert.equal(openStore("/tmp/somewhere").kind, "disk");
  assert.throws(() => openStore(""), ParameterError);
  assert.throws(() => openStore("memory", { maxBytes: -1 }), ParameterError);
});

Deno.test("diskStore answers at once with the very value that was saved", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder);
    const value = add(tensor([1, 2]), 1);
    await store.save(a, entry({ y: value }));
    const record = store.find(a) as StoreRecord;
    assert.ok(!(record instanceof Promise));
    const loaded = store.load(record, "y", valueCodec);
    assert.ok(!(loaded instanceof Promise));
    assert.equal(loaded?.value, value);
  }));

Deno.test("diskStore reads what another process saved, once", () =>
  inFolder(async (folder) => {
    await diskStore(folder).save(a, entry({ y: tensor([1, 2]), z: "text" }));
    const store = diskStore(folder);
    const record = await store.find(a) as StoreRecord;
    const first = (await store.load(record, "y", valueCodec))?.value;
    assert.ok(first instanceof Tensor);
    const again = store.find(a) as StoreRecord;
    const second = store.load(again, "y", valueCodec);
    assert.ok(!(second instanceof Promise));
    assert.equal(second?.value, first);
    assert.equal((await store.load(again, "z", valueCodec))?.value, "text");
  }));

Deno.test("diskStore finds a linked key in memory and in another process", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder);
    await store.link(b, await store.save(a, entry({ y: 1 })));
    for (const each of [store, diskStore(folder)]) {
      const record = await each.find(b) as StoreRecord;
      assert.equal((await each.load(record, "y", valueCodec))?.value, 1);
    }
  }));

Deno.test("diskStore never answers with what was replaced since", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder);
    const digestOnly = {
      outputs: { y: { codec: valueCodec, value: 2, digest: b, keep: false } },
      provenance: { ...provenance, op: "newer" },
    };
    const linked = digestText("linked");
    await store.link(linked, await store.save(a, entry({ y: 1 })));
    const newer = await store.save(b, digestOnly);
    await store.link(linked, newer);
    assert.equal((await store.find(linked))?.provenance.op, "newer");
    await store.save(a, digestOnly);
    assert.equal((await store.find(a))?.provenance.op, "newer");
  }));

Deno.test("diskStore without room in memory still gives everything from disk", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder, { cacheBytes: 0 });
    const events: StoreEvent[] = [];
    store.subscribe((event) => events.push(event));
    const record = await store.save(a, entry({ y: "text" }));
    assert.equal((await store.load(record, "y", valueCodec))?.value, "text");
    const found = await store.find(a) as StoreRecord;
    assert.equal((await store.load(found, "y", valueCodec))?.value, "text");
    assert.deepEqual(events, []);
  }));

Deno.test("diskStore tells of damage once memory no longer has the value", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder);
    const events: StoreEvent[] = [];
    store.subscribe((event) => events.push(event));
    await store.save(a, entry({ y: "text" }));
    await damageObjects(folder);
    const { damaged } = await store.verify();
    assert.equal(damaged.length, 1);
    const record = await store.find(a) as StoreRecord;
    assert.equal(record.outputs["y"]?.isKept, false);
    assert.equal(await store.load(record, "y", valueCodec), undefined);
    assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
    await store.save(a, entry({ y: "text" }));
    const again = await store.find(a) as StoreRecord;
    assert.equal((await store.load(again, "y", valueCodec))?.value, "text");
  }));

Deno.test("diskStore forgets a record whose file turns out to be damaged", () =>
  inFolder(async (folder) => {
    await diskStore(folder).save(a, entry({ y: "text" }));
    const store = diskStore(folder);
    const record = await store.find(a) as StoreRecord;
    await damageObjects(folder);
    assert.equal(await store.load(record, "y", valueCodec), undefined);
    const after = await store.find(a) as StoreRecord;
    assert.equal(after.outputs["y"]?.isKept, false);
  }));

Deno.test("a listener that throws does not disturb the store or the others", () =>
  inFolder(async (folder) => {
    const store = diskStore(folder);
    const seen: string[] = [];
    store.subscribe(() => {
      throw new Error("no");
    });
    const stop = store.subscribe(({ kind }) => seen.push(kind));
    await store.save(a, entry({ y: () => 0 }));
    stop();
    await store.save(b, entry({ y: () => 0 }));
    assert.deepEqual(seen, ["unkept"]);
  }));
