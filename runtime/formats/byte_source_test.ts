import assert from "node:assert/strict";
import { CancelledError, DataError, MemoryError } from "../core/errors.ts";
import {
  type ByteSource,
  memorySource,
  MissingFileError,
  readAll,
  readText,
} from "./byte_source.ts";
import { fileSource } from "./file_source.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);

/** Runs a check on the same bytes in memory and on disk. */
async function onEach(
  check: (source: ByteSource) => Promise<void>,
): Promise<void> {
  await check(memorySource(BYTES));
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, BYTES);
    const source = await fileSource(path);
    try {
      await check(source);
    } finally {
      await source.close();
    }
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("sources read any range into memory of its own", async () => {
  await onEach(async (source) => {
    assert.equal(source.size, 1000);
    for (const [offset, length] of [[0, 1000], [10, 5], [999, 1], [1000, 0]]) {
      const bytes = await source.read(offset!, length!);
      assert.deepEqual(bytes, BYTES.slice(offset, offset! + length!));
      assert.equal(bytes.buffer.byteLength, length);
      bytes.fill(77);
    }
    assert.deepEqual(await readAll(source, 1000), BYTES);
  });
});

Deno.test("sources refuse ranges that lie outside", async () => {
  await onEach(async (source) => {
    for (
      const [offset, length] of [
        [0, 1001],
        [1001, 0],
        [-1, 2],
        [5, -1],
        [0.5, 1],
        [NaN, 1],
        [0, Infinity],
        [2 ** 53 - 1, 2 ** 53 - 1],
      ]
    ) {
      await assert.rejects(source.read(offset!, length!), DataError);
    }
  });
});

Deno.test("sources hear of a cancellation", async () => {
  await onEach(async (source) => {
    await assert.rejects(
      source.read(0, 1, AbortSignal.abort()),
      CancelledError,
    );
  });
});

Deno.test("readAll and readText refuse what is too large or no text", async () => {
  await assert.rejects(readAll(memorySource(BYTES), 999), /too large/);
  await assert.rejects(readText(memorySource(BYTES), 1000), /as text/);
  const text = new TextEncoder().encode("\ufeffé");
  assert.equal(await readText(memorySource(text), 10), "é");
});

Deno.test("fileSource tells what is missing, a folder, or closed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(fileSource(`${folder}/none`), MissingFileError);
    await assert.rejects(fileSource(folder), DataError);
    const path = `${folder}/file`;
    await Deno.writeFile(path, BYTES);
    const source = await fileSource(path);
    await Deno.truncate(path, 10);
    await assert.rejects(source.read(0, 20), /became shorter/);
    await source.close();
    await source.close();
    await assert.rejects(source.read(0, 1), /after it was closed/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "fileSource does not wait for the writer of a pipe",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const pipe = `${folder}/pipe`;
      assert.ok(
        (await new Deno.Command("mkfifo", { args: [pipe] }).output()).success,
      );
      await assert.rejects(fileSource(pipe), /no regular file/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("fileSource tells when a range is larger than memory can be", async () => {
  const path = await Deno.makeTempFile();
  try {
    // The file takes no room, as nothing was written to it
    await Deno.truncate(path, 2 ** 40);
    const source = await fileSource(path);
    await assert.rejects(source.read(0, 2 ** 40), MemoryError);
    assert.deepEqual(await source.read(2 ** 39, 3), new Uint8Array(3));
    await source.close();
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("fileSource goes on with its file when another takes the name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/file`;
    await Deno.writeFile(path, BYTES);
    const source = await fileSource(path);
    await Deno.writeFile(`${folder}/new`, new Uint8Array(1000));
    await Deno.rename(`${folder}/new`, path);
    assert.deepEqual(await source.read(0, 1000), BYTES);
    await source.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
