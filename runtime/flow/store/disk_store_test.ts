import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import pl from "nodejs-polars";
import { StoreError } from "../../core/errors.ts";
import { digestText } from "../../core/hash.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { valueCodec } from "../../ports/mod.ts";
import { add, Tensor, tensor, zeros } from "../../tensor/mod.ts";
import { encodeRecord, seal } from "./record_file.ts";
import { DiskStore } from "./disk_store.ts";
import { entry } from "./testing.ts";
import type { Store, StoreEvent, StoreRecord } from "./store.ts";

const [a, b, c] = [digestText("a"), digestText("b"), digestText("c")];

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-store-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name)).sort();
}

/** What a key gives: the value, or `nothing`. */
async function read(store: Store, key: string, output = "y"): Promise<unknown> {
  const record = await store.find(key);
  if (record?.outputs[output]?.isKept !== true) return "nothing";
  const loaded = await store.load(record, output, valueCodec);
  return loaded === undefined ? "nothing" : loaded.value;
}

function watch(store: Store): StoreEvent[] {
  const events: StoreEvent[] = [];
  store.subscribe((event) => events.push(event));
  return events;
}

Deno.test("DiskStore gives plain data back to the bit, to another process too", () =>
  inFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({
          withDate: true,
          withMap: true,
          withSet: true,
          withBigInt: true,
          withTypedArray: true,
        }),
        fc.nat({ max: 5 }),
        async (value, at) => {
          const key = digestText(`key ${at}`);
          await new DiskStore(folder).save(key, entry({ y: value }));
          const back = await read(new DiskStore(folder), key);
          assert.equal(valueCodec.digest(back), valueCodec.digest(value));
        },
      ),
      { numRuns: 60 },
    );
  }));

Deno.test("DiskStore keeps tensors, frames and plain data in formats that others read", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const frame = pl.DataFrame({ close: [1.5, 2.5] });
    const record = await store.save(
      a,
      entry({
        y: add(tensor([1, 2], { dtype: "f64" }), 1),
        frame,
        model: { w: zeros([2]), name: "m" },
        plain: { a: 1 },
      }),
    );
    assert.equal(record.outputs["y"]?.digest?.length, 64);
    const objects = await filesIn(join(folder, "objects"));
    const kinds = objects.map((path) => path.split(".").at(-1)).sort();
    assert.deepEqual(kinds, ["arrow", "json", "safetensors", "safetensors"]);
    for (const path of objects) {
      const bytes = await readFile(path);
      if (path.endsWith(".json")) {
        assert.deepEqual(JSON.parse(`${bytes}`), { a: 1 });
      } else if (path.endsWith(".arrow")) {
        assert.ok(pl.readIPC(bytes).frameEqual(frame));
      } else assert.equal(decodeSafetensors(bytes).size, 1);
    }
    const y = await read(new DiskStore(folder), a);
    assert.ok(y instanceof Tensor);
    assert.deepEqual(await y.toArray(), [2, 3]);
  }));

Deno.test("DiskStore keeps the provenance, readable as JSON", () =>
  inFolder(async (folder) => {
    const saved = await new DiskStore(folder).save(a, entry({ y: 1 }));
    const found = await new DiskStore(folder).find(a);
    assert.deepEqual(found, saved);
    const [path = ""] = await filesIn(join(folder, "records"));
    const { body } = JSON.parse(`${await readFile(path)}`);
    assert.deepEqual(body.provenance.params, { window: 5 });
  }));

Deno.test("DiskStore stores equal data once", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    await store.save(a, entry({ y: zeros([100]), z: zeros([100]) }));
    await store.save(b, entry({ y: zeros([100]) }));
    const { objects, records } = await store.statistics();
    assert.deepEqual([objects, records], [1, 2]);
  }));

Deno.test("DiskStore finds under another key what was linked to it", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const record = await store.save(a, entry({ y: [1, 2] }));
    await store.link(b, record);
    assert.deepEqual(await read(new DiskStore(folder), b), [1, 2]);
    // A record that this store did not give out itself is looked up
    await new DiskStore(folder).link(c, { ...record });
    assert.deepEqual(await read(store, c), [1, 2]);
  }));

Deno.test("DiskStore records only the digest of what is not to be kept", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const output = { codec: valueCodec, value: 1, digest: c, keep: false };
    await store.save(a, { ...entry({}), outputs: { y: output } });
    const record = await store.find(a);
    assert.deepEqual(record?.outputs["y"], {
      digest: c,
      isKept: false,
      byteSize: 8,
    });
    assert.equal(
      await store.load(record as StoreRecord, "y", valueCodec),
      undefined,
    );
  }));

Deno.test("DiskStore accepts only its own entries for a chosen device", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const value = async (device: string) => {
      const found = await store.find(a, { device });
      return found && (await store.load(found, "y", valueCodec))?.value;
    };
    await store.save(a, entry({ y: 0 }));
    assert.equal(await value("wasm"), undefined);
    await store.save(a, { ...entry({ y: 1 }), device: "wasm" });
    await store.save(a, { ...entry({ y: 2 }), device: "webgpu" });
    assert.equal(await value("wasm"), 1);
    assert.equal(await value("webgpu"), 2);
    assert.equal(await value("reference"), undefined);
    assert.equal(await read(store, a), 0);
    await assert.rejects(
      async () => await store.find(a, { device: "../x" }),
      StoreError,
    );
  }));

Deno.test("DiskStore tells of a value that cannot be saved, and keeps the rest", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const events = watch(store);
    const record = await store.save(a, entry({ y: 1, f: { run: () => 0 } }));
    assert.equal(record.outputs["f"]?.isKept, false);
    assert.equal(await read(store, a), 1);
    const [event] = events;
    assert.ok(event?.kind === "unkept" && event.output === "f");
    assert.match(event.reason, /value\.run/);
  }));

Deno.test("a flipped byte in any stored file is noticed, set aside and told", () =>
  inFolder(async (folder) => {
    const values = new Map<string, unknown>([
      ["y", tensor([1, 2], { dtype: "f64" })],
      ["plain", [1, 2]],
    ]);
    await new DiskStore(folder).save(a, entry(Object.fromEntries(values)));
    const paths = await filesIn(folder);
    assert.equal(paths.length, 4);
    for (const path of paths) {
      const whole = await readFile(path);
      for (let at = 0; at < whole.length; at++) {
        const place = `byte ${at} of ${path}`;
        const flipped = Uint8Array.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        await writeFile(path, flipped);
        const store = new DiskStore(folder);
        const events = watch(store);
        let missing = 0;
        for (const [output, value] of values) {
          const found = await read(store, a, output);
          if (found === "nothing") missing++;
          else {
            // Never a wrong value
            const digest = await valueCodec.digest(value);
            assert.equal(await valueCodec.digest(found), digest, place);
          }
        }
        const [event] = events;
        assert.equal(events.length, 1, place);
        assert.ok(event?.kind === "damaged" && event.path === path, place);
        assert.deepEqual(await readFile(event.movedTo), Buffer.from(flipped));
        const isMark = path.endsWith("weft-store.json");
        assert.equal(missing > 0, !isMark, place);
        await rm(event.movedTo);
        await writeFile(path, whole);
      }
    }
  }));

Deno.test("saving what is there already heals a damaged file", () =>
  inFolder(async (folder) => {
    await new DiskStore(folder).save(a, entry({ y: [1, 2] }));
    const [path = ""] = await filesIn(join(folder, "objects"));
    const bytes = await readFile(path);
    bytes[1] = (bytes[1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const store = new DiskStore(folder);
    const events = watch(store);
    await store.save(b, entry({ y: [1, 2] }));
    assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
    assert.deepEqual(await read(store, a), [1, 2]);
    assert.deepEqual(await read(store, b), [1, 2]);
  }));

Deno.test("what was damaged is kept again once it is computed again", () =>
  inFolder(async (folder) => {
    await new DiskStore(folder).save(a, entry({ y: [1, 2] }));
    for (const path of await filesIn(folder)) {
      const bytes = await readFile(path);
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    assert.equal(await read(new DiskStore(folder), a), "nothing");
    await new DiskStore(folder).save(a, entry({ y: [1, 2] }));
    const store = new DiskStore(folder);
    const events = watch(store);
    assert.deepEqual(await read(store, a), [1, 2]);
    assert.deepEqual(events, []);
  }));

Deno.test("DiskStore notices files that were cut, lengthened or replaced by links", () =>
  inFolder(async (folder) => {
    const secret = join(folder, "secret");
    await writeFile(secret, "secret");
    const store = new DiskStore(join(folder, "store"));
    const events = watch(store);
    const damage: ((path: string) => Promise<void>)[] = [
      (path) => writeFile(path, ""),
      async (path) => await writeFile(path, `${await readFile(path)} `),
      async (path) => {
        await unlink(path);
        await symlink(secret, path);
      },
      async (path) => {
        await unlink(path);
        await mkdir(path);
      },
    ];
    for (const change of damage) {
      for (const kind of ["objects", "records"]) {
        events.length = 0;
        await store.save(a, entry({ y: "value" }));
        const [path = ""] = await filesIn(join(store.path, kind));
        await change(path);
        assert.equal(await read(store, a), "nothing");
        assert.deepEqual(events.map((event) => event.kind), ["damaged"]);
        await store.save(a, entry({ y: "value" }));
        assert.equal(await read(store, a), "value");
      }
    }
    assert.equal(`${await readFile(secret)}`, "secret");
  }));

Deno.test("DiskStore sets a file aside that claims more bytes than memory has", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const events = watch(store);
    const bytes = 2 ** 43;
    const sha256 = digestText("huge");
    const parts = [{ name: "value", format: "json" as const, sha256, bytes }];
    const { provenance } = entry({});
    const outputs = { y: { byteSize: 8, parts } };
    const record = { key: a, savedAt: "", provenance, outputs };
    const object = join(
      folder,
      "objects",
      sha256.slice(0, 2),
      `${sha256}.json`,
    );
    const path = join(folder, "records", a.slice(0, 2), `${a}.json`);
    for (const each of [object, path]) {
      await mkdir(dirname(each), { recursive: true });
    }
    await writeFile(path, encodeRecord(record));
    await writeFile(object, "");
    await truncate(object, bytes); // A hole that takes no space on the disk
    assert.equal(await read(store, a), "nothing");
    assert.deepEqual(events.map(({ kind }) => kind), ["damaged"]);
  }));

Deno.test("DiskStore takes a missing object for a miss that still tells the digest", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    const events = watch(store);
    const { outputs } = await store.save(a, entry({ y: "value" }));
    const [path = ""] = await filesIn(join(folder, "objects"));
    const before = await store.find(a) as StoreRecord;
    await unlink(path);
    assert.equal(await store.load(before, "y", valueCodec), undefined);
    const after = await store.find(a);
    assert.equal(after?.outputs["y"]?.isKept, false);
    assert.equal(after?.outputs["y"]?.digest, outputs["y"]?.digest);
    assert.deepEqual(events, []);
  }));

Deno.test("DiskStore.verify finds all damage at once", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    for (const key of [a, b, c]) await store.save(key, entry({ y: key }));
    assert.deepEqual(await store.verify(), {
      objects: 3,
      records: 3,
      damaged: [],
    });
    const [object = ""] = await filesIn(join(folder, "objects"));
    const [record = ""] = await filesIn(join(folder, "records"));
    for (const path of [object, record]) {
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    const { damaged } = await store.verify();
    assert.deepEqual(
      damaged.map(({ path }) => path).sort(),
      [object, record].sort(),
    );
    assert.deepEqual((await store.verify()).damaged, []);
  }));

Deno.test("DiskStore evicts what was not used for longest when it is full", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder, { maxBytes: 40_000 });
    const events = watch(store);
    const keys = Array.from({ length: 8 }, (_, at) => digestText(`key ${at}`));
    for (const [at, key] of keys.entries()) {
      await store.save(key, entry({ y: "x".repeat(8000) + at }));
      for (const path of await filesIn(folder)) {
        if (
          `${await readFile(path)}`.includes(key) || path.includes("objects")
        ) {
          const text = `${await readFile(path)}`;
          // As if one second passed between the saves
          if (text.includes(key) || text.endsWith(`${at}"`)) {
            await utimes(path, 1e9 + at, 1e9 + at);
          }
        }
      }
      if (at === 3) await read(store, keys[0] as string);
    }
    const found = await Promise.all(keys.map((key) => read(store, key)));
    const isThere = found.map((value) => value !== "nothing");
    assert.equal(isThere[0], true, "used again after the fourth save");
    assert.equal(isThere[1], false, "not used for longest");
    assert.equal(isThere[7], true, "saved last");
    const { bytes, maxBytes } = await store.statistics();
    assert.ok(bytes <= maxBytes, `${bytes}`);
    assert.ok(events.some(({ kind }) => kind === "evicted"));
    assert.ok(!events.some(({ kind }) => kind === "damaged"));
  }));

Deno.test("DiskStore does not keep a value that is larger than the store", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder, { maxBytes: 10_000 });
    const events = watch(store);
    await store.save(a, entry({ y: "small" }));
    await store.save(b, entry({ y: "x".repeat(10_000) }));
    assert.equal(await read(store, a), "small");
    assert.equal(await read(store, b), "nothing");
    assert.equal((await store.find(b))?.outputs["y"]?.digest?.length, 64);
    assert.deepEqual(events.map(({ kind }) => kind), ["unkept"]);
  }));

Deno.test("DiskStore.prune comes down to the size that was asked for", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    for (const key of [a, b, c]) await store.save(key, entry({ y: key }));
    await store.prune(0);
    const { objects, records, bytes } = await store.statistics();
    assert.deepEqual([objects, records, bytes], [0, 0, 0]);
    assert.equal(await read(store, a), "nothing");
  }));

Deno.test("DiskStore removes what a crash left half-written, and nothing that is being written", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    await store.save(a, entry({ y: 1 }));
    const [object = ""] = await filesIn(join(folder, "objects"));
    const abandoned = `${object}.1.tmp`;
    const current = `${object}.2.tmp`;
    for (const path of [abandoned, current]) await writeFile(path, "half");
    await utimes(abandoned, 1e9, 1e9);
    await store.statistics();
    const files = await filesIn(folder);
    assert.ok(!files.includes(abandoned));
    assert.ok(files.includes(current));
  }));

Deno.test("DiskStore writes nothing before something is saved", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(join(folder, "store"));
    assert.equal(await store.find(a), undefined);
    assert.deepEqual(await readdir(folder), []);
  }));

Deno.test("DiskStore refuses the folder of another layout and leaves it alone", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "weft-store.json"), seal({ layout: 99 }));
    await assert.rejects(
      async () => await new DiskStore(folder).find(a),
      (error) => error instanceof StoreError && /layout 99/.test(error.message),
    );
    assert.equal((await filesIn(folder)).length, 1);
  }));

Deno.test("DiskStore says what to do when it cannot write", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "objects"), "in the way");
    await assert.rejects(
      async () => await new DiskStore(folder).save(a, entry({ y: 1 })),
      (error) =>
        error instanceof StoreError && error.message.includes("free space"),
    );
  }));

Deno.test("DiskStore refuses keys that could leave its folder", () =>
  inFolder(async (folder) => {
    const store = new DiskStore(folder);
    for (const key of ["../../etc/passwd", "", "A".repeat(64)]) {
      await assert.rejects(async () => await store.find(key), StoreError);
    }
  }));
