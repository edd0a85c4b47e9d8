import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceBytes, replaceFile } from "./replace_file.ts";

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-replace-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("replaceBytes writes all chunks in the place of what was there", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x");
    await writeFile(path, "what was there, and is longer");
    await replaceBytes(path, [
      Uint8Array.of(1, 2),
      new Uint8Array(0),
      Uint8Array.of(3),
    ]);
    assert.deepEqual([...await readFile(path)], [1, 2, 3]);
    assert.deepEqual(await readdir(folder), ["x"]);
  });
});

Deno.test("replaceFile leaves what was there, and nothing else, where writing fails", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x");
    await writeFile(path, "old");
    let seen: string[] = [];
    const failing = replaceFile(path, async (temporary) => {
      await writeFile(temporary, "half");
      seen = await readdir(folder);
      throw new Error("the disk is full");
    });
    await assert.rejects(failing, /the disk is full/);
    assert.equal(seen.length, 2);
    assert.deepEqual(await readdir(folder), ["x"]);
    assert.equal(await readFile(path, "utf8"), "old");
  });
});
