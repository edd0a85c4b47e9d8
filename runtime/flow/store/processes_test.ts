import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { valueCodec } from "../../ports/mod.ts";
import { DiskStore } from "./disk_store.ts";
import { isRight, keyOf, KEYS } from "./testing_child.ts";

const CHILD = new URL("./testing_child.ts", import.meta.url);

/** Starts a child that may read and write the folder and nothing else. */
function start(folder: string, rounds: number, maxBytes: number, size: number) {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      CHILD.href,
      folder,
      String(rounds),
      String(maxBytes),
      String(size),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-processes-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads every key; counts what is there, and fails on a wrong value. */
async function countRight(folder: string): Promise<number> {
  const store = new DiskStore(folder);
  let right = 0;
  for (let at = 0; at < KEYS; at++) {
    const record = await store.find(keyOf(at));
    if (record?.outputs["y"]?.isKept !== true) continue;
    const loaded = await store.load(record, "y", valueCodec);
    assert.ok(loaded !== undefined && await isRight(at, loaded.value));
    right++;
  }
  return right;
}

Deno.test("a store stays sound when its process is killed at any moment", () =>
  inFolder(async (folder) => {
    let kills = 0;
    for (let round = 0; round < 8; round++) {
      const child = start(folder, 1e9, 3e7, 100_000);
      const output = child.stdout.getReader();
      await output.read();
      await setTimeout(7 * round);
      child.kill("SIGKILL");
      await Promise.all([output.cancel(), child.stderr.cancel()]);
      if ((await child.status).signal === "SIGKILL") kills++;
      const { damaged } = await new DiskStore(folder).verify();
      assert.deepEqual(damaged, [], `after kill ${round}`);
      await countRight(folder);
    }
    assert.equal(kills, 8);
    assert.ok(await countRight(folder) > 0, "what was finished is there");
    // What was being written at the end is left over, and never read
    await new DiskStore(folder).save(keyOf(0), {
      outputs: {},
      provenance: {
        op: "after",
        version: "1",
        params: {},
        inputs: {},
        weft: "0.1.0",
        milliseconds: 0,
      },
    });
    assert.equal(
      (await new DiskStore(folder).find(keyOf(0)))?.provenance.op,
      "after",
    );
  }));

Deno.test("two processes share a store, and evict from it, at the same time", () =>
  inFolder(async (folder) => {
    // About half of what they write fits
    const maxBytes = KEYS * 4500;
    const children = [
      start(folder, 121, maxBytes, 1000),
      start(folder, 122, maxBytes, 1000),
    ];
    for (const child of children) {
      const { success, code } = await child.output();
      assert.ok(success, `exit code ${code}`);
    }
    const store = new DiskStore(folder, { maxBytes });
    assert.deepEqual((await store.verify()).damaged, []);
    const { bytes } = await store.statistics();
    assert.ok(bytes > 0 && bytes <= 2 * maxBytes, `${bytes}`);
    assert.ok(await countRight(folder) > 0);
  }));
