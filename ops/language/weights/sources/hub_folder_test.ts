import assert from "node:assert/strict";
import { join } from "node:path";
import { CancelledError, DataError } from "../../../../runtime/core/errors.ts";
import {
  MissingFileError,
  readText,
} from "../../../../runtime/formats/byte_source.ts";
import { hubFolder, type HubFolderOptions } from "./hub_folder.ts";
import type { FetchProgress, ModelFolder } from "./model_folder.ts";
import {
  COMMIT,
  REPOSITORY,
  type TestingHub,
  testingHub,
} from "./testing_hub.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const FILES = new Map([
  ["config.json", bytes("{}")],
  ["tokenizer.json", bytes('{"a":1}')],
  ["model.safetensors", bytes("weights")],
  ["empty.txt", bytes("")],
  ["sub folder/model.gguf", bytes("other weights")],
]);

const SNAPSHOT = `models--owner--name/snapshots/${COMMIT}`;

interface Setting {
  readonly cacheDir: string;
  readonly hub: TestingHub;
  open(options?: HubFolderOptions): Promise<ModelFolder>;
  text(name: string, options?: HubFolderOptions): Promise<string>;
}

async function withHub(body: (setting: Setting) => Promise<void>) {
  const cacheDir = await Deno.makeTempDir();
  const hub = testingHub(FILES);
  const open = (options: HubFolderOptions = {}) =>
    hubFolder(REPOSITORY, {
      cacheDir,
      endpoint: "https://hub.example.com",
      transfer: { fetch: hub.fetch, retries: 1, pauseMs: 1 },
      ...options,
    });
  const text = async (name: string, options?: HubFolderOptions) => {
    const source = await (await open(options)).open(name);
    try {
      return await readText(source, 1000);
    } finally {
      await source.close();
    }
  };
  try {
    await body({ cacheDir, hub, open, text });
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
}

/** Writes a cache as the hub's Python library would. */
async function writeCache(cacheDir: string, names: readonly string[]) {
  const folder = join(cacheDir, "models--owner--name");
  await Deno.mkdir(join(cacheDir, SNAPSHOT), { recursive: true });
  await Deno.mkdir(join(folder, "refs"), { recursive: true });
  await Deno.mkdir(join(folder, "blobs"), { recursive: true });
  await Deno.writeTextFile(join(folder, "refs", "main"), COMMIT);
  for (const [i, name] of names.entries()) {
    await Deno.writeFile(join(folder, "blobs", `b${i}`), FILES.get(name)!);
    await Deno.symlink(`../../blobs/b${i}`, join(cacheDir, SNAPSHOT, name));
  }
}

Deno.test("hubFolder fetches files into the layout of the hub's cache", async () => {
  await withHub(async ({ cacheDir, hub, open, text }) => {
    const folder = await open();
    assert.equal(folder.revision, COMMIT);
    assert.deepEqual(await folder.list(), [...FILES.keys()]);
    const heard: FetchProgress[] = [];
    const onProgress = (progress: FetchProgress) => heard.push(progress);
    for (const [name, expected] of FILES) {
      assert.deepEqual(bytes(await text(name, { onProgress })), expected);
    }
    assert.deepEqual(heard.at(-1), {
      file: "sub folder/model.gguf",
      done: 13,
      total: 13,
    });
    const home = join(cacheDir, "models--owner--name");
    assert.equal(await Deno.readTextFile(join(home, "refs/main")), COMMIT);
    const link = await Deno.readLink(
      join(cacheDir, SNAPSHOT, "model.safetensors"),
    );
    const { lfs } = hub.listed.get("model.safetensors") as {
      lfs: { oid: string };
    };
    assert.equal(link, `../../blobs/${lfs.oid}`);
    const blobs = await Array.fromAsync(Deno.readDir(join(home, "blobs")));
    assert.equal(blobs.length, FILES.size);
    assert.ok(blobs.every(({ name }) => /^[0-9a-f]+$/.test(name)));
  });
});

Deno.test("hubFolder asks for nothing that the cache has", async () => {
  await withHub(async ({ cacheDir, hub, open, text }) => {
    const names = ["config.json", "tokenizer.json", "model.safetensors"];
    await writeCache(cacheDir, names);
    const folder = await open();
    assert.equal(folder.revision, COMMIT);
    assert.deepEqual(await folder.list(), [...names].sort());
    assert.equal(await text("model.safetensors"), "weights");
    assert.equal(await text("config.json", { revision: COMMIT }), "{}");
    await assert.rejects(text("generation_config.json"), MissingFileError);
    assert.deepEqual(hub.asked, []);
  });
});

Deno.test("hubFolder completes a cache that has a part", async () => {
  await withHub(async ({ cacheDir, hub, text }) => {
    await writeCache(cacheDir, ["config.json", "model.safetensors"]);
    assert.equal(await text("tokenizer.json"), '{"a":1}');
    assert.ok(!hub.asked.some((path) => path.includes("/revision/")));
  });
});

Deno.test("hubFolder does without what it cannot reach", async () => {
  await withHub(async ({ cacheDir, text }) => {
    await writeCache(cacheDir, ["config.json", "model.safetensors"]);
    const transfer = { fetch: () => Promise.reject(new TypeError("offline")) };
    await assert.rejects(text("tokenizer.json", { transfer }), (error) => {
      assert.ok(error instanceof MissingFileError);
      assert.match(error.message, /offline/);
      return true;
    });
    await assert.rejects(
      text("other.safetensors", { transfer }),
      (error) => !(error instanceof MissingFileError),
    );
  });
});

Deno.test("hubFolder uses no network where it may not", async () => {
  await withHub(async ({ cacheDir, hub, open, text }) => {
    const offline = true;
    await assert.rejects(open({ offline }), /offline[\s\S]*in the cache/);
    await writeCache(cacheDir, ["config.json"]);
    assert.equal(await text("config.json", { offline }), "{}");
    await assert.rejects(
      text("tokenizer.json", { offline }),
      MissingFileError,
    );
    assert.deepEqual(await (await open({ offline })).list(), ["config.json"]);
    assert.deepEqual(hub.asked, []);
  });
});

Deno.test("hubFolder asks again where a branch is when it is told to", async () => {
  await withHub(async ({ cacheDir, hub, open }) => {
    const old = COMMIT.replaceAll("0", "f");
    await writeCache(cacheDir, ["config.json"]);
    const ref = join(cacheDir, "models--owner--name/refs/main");
    await Deno.writeTextFile(ref, old);
    assert.equal((await open()).revision, old);
    assert.equal((await open({ refresh: true })).revision, COMMIT);
    assert.equal(await Deno.readTextFile(ref), COMMIT);
    assert.equal(hub.asked.length, 1);
  });
});

Deno.test("hubFolder keeps nothing that came with errors", async () => {
  await withHub(async ({ cacheDir, hub, text }) => {
    for (const name of ["model.safetensors", "config.json"]) {
      const entry = hub.listed.get(name)!;
      const wrong = "lfs" in entry
        ? { lfs: { oid: "0".repeat(64), size: 7 } }
        : { oid: "0".repeat(40) };
      hub.listed.set(name, { ...entry, ...wrong });
      await assert.rejects(text(name), /fetched with errors/);
      hub.listed.set(name, { ...entry, size: 3, lfs: undefined });
      await assert.rejects(text(name), /as the hub lists it/);
    }
    const home = join(cacheDir, "models--owner--name");
    const left = await Array.fromAsync(Deno.readDir(join(home, "blobs")));
    assert.deepEqual(left, []);
  });
});

Deno.test("hubFolder believes no name or hash that leads elsewhere", async () => {
  await withHub(async ({ hub, open }) => {
    const entry = hub.listed.get("config.json")!;
    for (const path of ["../../x", "/etc/x", "a/../../x", "a\\b", "c:x", ""]) {
      hub.listed.set(path, { ...entry, path });
    }
    hub.listed.set("hash", { ...entry, path: "hash", oid: "../../x" });
    const folder = await open();
    assert.deepEqual(await folder.list(), [...FILES.keys()]);
    await assert.rejects(folder.open("../../x"), DataError);
    await assert.rejects(folder.open("hash"), MissingFileError);
  });
});

Deno.test("hubFolder refuses names and revisions that cannot be", async () => {
  for (const name of ["name", "a/b/c", "../x", "a/..", "a b/c", "a/b?c", ""]) {
    await assert.rejects(hubFolder(name, { offline: true }), DataError);
  }
  for (const revision of ["../main", "a//b", "a b", "/x", ""]) {
    await assert.rejects(
      hubFolder(REPOSITORY, { offline: true, revision }),
      /Cannot use the revision/,
    );
  }
});

Deno.test("hubFolder tells what the hub does not have, and hears of a cancellation", async () => {
  await withHub(async ({ cacheDir, hub, open }) => {
    await assert.rejects(
      open({ revision: "none" }),
      /Cannot get "owner\/name"[\s\S]*Check the owner/,
    );
    const transfer = { fetch: hub.fetch };
    await assert.rejects(
      hubFolder(REPOSITORY, { cacheDir, transfer }, AbortSignal.abort()),
      CancelledError,
    );
    const folder = await open();
    await assert.rejects(
      folder.open("config.json", AbortSignal.abort()),
      CancelledError,
    );
  });
});
