import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DataError } from "../../../runtime/core/errors.ts";
import { encodeGguf } from "../../../runtime/formats/gguf/testing_gguf.ts";
import { encodeSafetensors } from "../../../runtime/formats/safetensors.ts";
import { fileServer } from "../../../runtime/formats/testing_file_server.ts";
import { openModel, type OpenModelOptions } from "./open_model.ts";
import { COMMIT, testingHub } from "./sources/testing_hub.ts";

const text = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

function weights(...names: string[]): Uint8Array<ArrayBuffer> {
  const arrays = names.map((name) => ({
    name,
    dtype: "U8" as const,
    shape: [1],
    bytes: Uint8Array.of(name.charCodeAt(0)),
  }));
  return Uint8Array.from(
    encodeSafetensors(arrays).flatMap((chunk) => [...chunk]),
  );
}

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

const TEXTS: Files = {
  "config.json": text({ model_type: "llama" }),
  "tokenizer.json": text({}),
};
const WHOLE: Files = { ...TEXTS, "model.safetensors": weights("a") };
const SHARDED: Files = {
  ...TEXTS,
  "model.safetensors.index.json": text({
    weight_map: { a: "x-1.safetensors", b: "x-2.safetensors" },
  }),
  "x-1.safetensors": weights("a"),
  "x-2.safetensors": weights("b"),
};
const GGUF: Files = { "m.gguf": encodeGguf({}) };

async function inFolder(
  files: Files,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), bytes);
    }
    await body(await Deno.realPath(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens a model, and gives what it is and what "a" and "b" hold. */
async function summary(spec: string, options: OpenModelOptions = {}) {
  const model = await openModel(spec, options);
  try {
    const { provenance, texts } = model;
    const read = async (name: string) =>
      model.weights.entries.has(name)
        ? String.fromCharCode(...await model.weights.read(name))
        : "";
    return {
      kind: model.weights.kind,
      provenance,
      config: texts.config,
      values: await read("a") + await read("b"),
    };
  } finally {
    await model.close();
  }
}

const CONFIG = '{"model_type":"llama"}';

Deno.test("openModel opens folders and files on disk", async () => {
  await inFolder(WHOLE, async (folder) => {
    const expected = {
      kind: "safetensors",
      provenance: {
        kind: "path",
        location: folder,
        revision: null,
        file: "model.safetensors",
        files: ["model.safetensors"],
      },
      config: CONFIG,
      values: "a",
    };
    const file = join(folder, "model.safetensors");
    assert.deepEqual(await summary(folder), expected);
    assert.deepEqual(await summary(file), expected);
    assert.deepEqual(await summary(pathToFileURL(file).href), expected);
  });
  await inFolder(SHARDED, async (folder) => {
    const { values, provenance } = await summary(folder);
    assert.equal(values, "ab");
    assert.equal(provenance.file, "model.safetensors.index.json");
    assert.equal((await summary(join(folder, "x-2.safetensors"))).values, "b");
  });
  await inFolder(GGUF, async (folder) => {
    const { kind, config } = await summary(folder);
    assert.deepEqual([kind, config], ["gguf", null]);
  });
  await inFolder({ "only.safetensors": weights("b") }, async (folder) => {
    const { values, config } = await summary(folder);
    assert.deepEqual([values, config], ["b", null]);
  });
});

/** Part `index` of a GGUF file in two parts, with one tensor. */
function part(index: number, name: string, count = 2) {
  return encodeGguf({
    metadata: [
      ["split.no", { type: 2, value: index }],
      ["split.count", { type: 2, value: count }],
    ],
    tensors: [{ name, type: 24, sizes: [1n], offset: 0n }],
    data: new TextEncoder().encode(name),
  });
}

Deno.test("openModel joins GGUF files that are split into parts", async () => {
  const [first, second] = [1, 2].map((i) => `m-0000${i}-of-00002.gguf`);
  const files: Files = { [first!]: part(0, "a"), [second!]: part(1, "b") };
  await inFolder(files, async (folder) => {
    const { kind, values, provenance } = await summary(folder);
    assert.deepEqual([kind, values], ["gguf", "ab"]);
    assert.deepEqual(provenance.files, [first, second]);
    assert.equal((await summary(join(folder, second!))).values, "ab");
  });
  const refused: [Files, RegExp][] = [
    [{ [first!]: part(0, "a") }, /Cannot find/],
    [{ ...files, [second!]: part(0, "b") }, /Cannot join .* other parts/],
    [{ ...files, [second!]: part(1, "b", 3) }, /part 1 of 3/],
    [{ ...files, [second!]: part(1, "a") }, /each tensor in one part/],
    [{ "m.gguf": part(0, "a") }, /one of 2 parts/],
  ];
  for (const [bad, message] of refused) {
    await inFolder(bad, async (folder) => {
      await assert.rejects(openModel(folder), (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

Deno.test("openModel tells what it cannot choose or find", async () => {
  await inFolder(TEXTS, async (folder) => {
    await assert.rejects(openModel(folder), /Cannot find weights/);
    await assert.rejects(
      openModel(join(folder, "none")),
      /Cannot find a model/,
    );
  });
  await inFolder({ ...GGUF, "n.gguf": encodeGguf({}) }, async (folder) => {
    await assert.rejects(openModel(folder), /which of 2 files[\s\S]*m\.gguf/);
    assert.equal((await summary(join(folder, "n.gguf"))).kind, "gguf");
  });
  await assert.rejects(openModel("owner/name"), /write "hf:owner\/name"/);
  await assert.rejects(openModel("hf:name"), DataError);
  await assert.rejects(openModel("http://["), DataError);
  await assert.rejects(openModel("https://example.com/%ff.gguf"), DataError);
  await assert.rejects(openModel("file:///%ff.gguf"), DataError);
});

Deno.test("openModel asks a server for nothing outside of the folder", async () => {
  const asked: string[] = [];
  const transfer = {
    fetch: (input: RequestInfo | URL) => {
      asked.push(new Request(input).url);
      return Promise.resolve(new Response(null, { status: 404 }));
    },
  };
  for (const name of ["..%2f..%2fx.gguf", "%2f%2fother.example.com%2fx.gguf"]) {
    await assert.rejects(
      openModel(`https://example.com/a/b/${name}`, { transfer }),
      /a name within the folder/,
    );
  }
  assert.deepEqual(asked, []);
});

Deno.test("openModel refuses shards outside of their folder", async () => {
  await inFolder({
    ...WHOLE,
    "bad.index.json": text({
      weight_map: { a: "../model.safetensors" },
    }),
  }, async (folder) => {
    await assert.rejects(openModel(join(folder, "bad.index.json")), DataError);
  });
});

/** A server with files under "https://example.com/m/". */
function serverOf(files: Files): typeof fetch {
  return (input, init) => {
    const url = new URL(new Request(input, init).url);
    assert.equal(url.search, "?key=1");
    const bytes = files[url.pathname.slice("/m/".length)];
    return bytes === undefined
      ? Promise.resolve(new Response(null, { status: 404 }))
      : fileServer(bytes).fetch(input, init);
  };
}

Deno.test("openModel opens folders and files on a server", async () => {
  const open = (files: Files, name: string) =>
    summary(`https://example.com/m${name}?key=1`, {
      transfer: { fetch: serverOf(files), retries: 0 },
    });
  const expected = {
    kind: "safetensors",
    provenance: {
      kind: "url",
      location: "https://example.com/m/",
      revision: null,
      file: "model.safetensors",
      files: ["model.safetensors"],
    },
    config: CONFIG,
    values: "a",
  };
  assert.deepEqual(await open(WHOLE, "/"), expected);
  assert.deepEqual(await open(WHOLE, ""), expected);
  assert.deepEqual(await open(WHOLE, "/model.safetensors"), expected);
  assert.equal((await open(SHARDED, "/")).values, "ab");
  assert.equal((await open(GGUF, "/m.gguf")).kind, "gguf");
  await assert.rejects(open(TEXTS, "/"), /Cannot find weights/);
});

Deno.test("openModel chooses the same file whatever the cache has", async () => {
  const cacheDir = await Deno.makeTempDir();
  const hub = testingHub(new Map(Object.entries({ ...WHOLE, ...GGUF })));
  const options: OpenModelOptions = {
    cacheDir,
    endpoint: "https://hub.example.com",
    transfer: { fetch: hub.fetch, retries: 0 },
  };
  const lost: OpenModelOptions = {
    ...options,
    transfer: { fetch: () => Promise.reject(new TypeError("offline")) },
  };
  try {
    const { kind } = await summary("hf:owner/name/m.gguf", options);
    assert.equal(kind, "gguf");
    // Without a connection the cache must do
    assert.equal((await summary("hf:owner/name", lost)).kind, "gguf");
    assert.equal((await summary("hf:owner/name", options)).values, "a");
    assert.equal((await summary("hf:owner/name", lost)).values, "a");
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
});

Deno.test("openModel opens repositories of the hub at a commit", async () => {
  const cacheDir = await Deno.makeTempDir();
  const hub = testingHub(new Map(Object.entries({ ...SHARDED, ...GGUF })));
  const options: OpenModelOptions = {
    cacheDir,
    endpoint: "https://hub.example.com",
    transfer: { fetch: hub.fetch },
  };
  try {
    const provenance = {
      kind: "hub",
      location: "owner/name",
      revision: COMMIT,
      file: "model.safetensors.index.json",
      files: [
        "model.safetensors.index.json",
        "x-1.safetensors",
        "x-2.safetensors",
      ],
    };
    const first = await summary("hf:owner/name", options);
    assert.deepEqual(first.provenance, provenance);
    assert.deepEqual([first.config, first.values], [CONFIG, "ab"]);
    const asked = hub.asked.length;
    assert.deepEqual(
      await summary(`hf:owner/name@${COMMIT}`, { ...options, offline: true }),
      first,
    );
    const again = await summary("hf:owner/name@main", options);
    assert.deepEqual(again, first);
    assert.equal(hub.asked.length, asked);
    const { kind } = await summary("hf:owner/name/m.gguf", options);
    assert.equal(kind, "gguf");
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
});
