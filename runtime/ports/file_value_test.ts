import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DataError } from "../core/errors.ts";
import { file } from "./file_value.ts";

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-file-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Makes a file look as if it was last written long ago. */
async function age(path: string) {
  await utimes(path, new Date(1e12), new Date(1e12));
}

Deno.test("FileValue.digest depends on the bytes and the extension, not on the path", () =>
  inFolder(async (folder) => {
    const [a, b, c] = [
      join(folder, "a.csv"),
      join(folder, "b.CSV"),
      join(
        folder,
        "a.txt",
      ),
    ];
    for (const path of [a, b, c]) await writeFile(path, "date,close\n");
    const digest = await file(a).digest();
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.equal(await file(b).digest(), digest);
    assert.notEqual(await file(c).digest(), digest);
  }));

Deno.test("FileValue.digest notices an edit that keeps size and modification time", () =>
  inFolder(async (folder) => {
    const path = join(folder, "prices.csv");
    const value = file(path);
    const seen = new Set<string>();
    for (let edit = 0; edit < 20; edit++) {
      await writeFile(path, `close ${String(edit).padStart(2, "0")}`);
      await age(path);
      seen.add(await value.digest());
    }
    assert.equal(seen.size, 20);
  }));

Deno.test("FileValue.digest is the same when it is asked again", () =>
  inFolder(async (folder) => {
    const path = join(folder, "prices.csv");
    await writeFile(path, "x".repeat(3_000_000));
    await age(path);
    assert.equal(await file(path).digest(), await file(path).digest());
  }));

Deno.test("FileValue refuses what is missing or no regular file", () =>
  inFolder(async (folder) => {
    await assert.rejects(
      file(join(folder, "none.csv")).digest(),
      (error) =>
        error instanceof DataError &&
        /Cannot find the file/.test(error.message),
    );
    await assert.rejects(file(folder).digest(), /no regular file[^]*a folder/);
    await assert.rejects(file("/dev/zero").digest(), /device, pipe or socket/);
    const link = join(folder, "link.csv");
    const target = join(folder, "target.csv");
    await writeFile(target, "a");
    await symlink(target, link);
    assert.equal(await file(link).digest(), await file(target).digest());
  }));

Deno.test("FileValue.bytes and text read the file within a bound", () =>
  inFolder(async (folder) => {
    const path = join(folder, "note.txt");
    await writeFile(path, "grüße");
    assert.equal(await file(path).text(), "grüße");
    assert.equal((await file(path).bytes()).length, 7);
    await assert.rejects(
      file(path).bytes({ maxBytes: 6 }),
      /too large[^]*6 bytes or less[^]*7 bytes/,
    );
    await writeFile(path, new Uint8Array([0xff]));
    await assert.rejects(file(path).text(), /UTF-8/);
  }));

Deno.test("file takes relative paths and file URLs, and refuses other URLs", () => {
  assert.equal(file("a/b.csv").path, join(Deno.cwd(), "a", "b.csv"));
  assert.equal(file("/a/b c.csv").name, "b c.csv");
  assert.equal(file(pathToFileURL("/a/b c.csv")).path, "/a/b c.csv");
  assert.equal(file("file:///a/b%20c.csv").path, "/a/b c.csv");
  assert.equal(file("/a/.hidden").extension, "");
  assert.throws(() => file("https://example.org/a.csv"), DataError);
});
