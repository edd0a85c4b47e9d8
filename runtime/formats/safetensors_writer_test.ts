import assert from "node:assert/strict";
import { CancelledError, DataError } from "../core/errors.ts";
import { encodeSafetensors, type SafetensorsArray } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors_writer.ts";

const ARRAYS: readonly SafetensorsArray[] = [
  { name: "b", dtype: "I8", shape: [3], bytes: Uint8Array.of(1, 2, 3) },
  { name: "a", dtype: "F64", shape: [], bytes: new Uint8Array(8).fill(9) },
  { name: "e", dtype: "F32", shape: [0], bytes: new Uint8Array() },
];

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);

Deno.test("writeSafetensors writes what encodeSafetensors does, array by array", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/x.safetensors`;
    await Deno.writeTextFile(path, "older");
    const order: string[] = [];
    const arrays = ARRAYS.map((array) => ({
      ...array,
      bytes: () => {
        order.push(array.name);
        return Promise.resolve(array.bytes);
      },
    }));
    await writeSafetensors(path, arrays, { metadata: { format: "pt" } });
    assert.deepEqual(order, ["a", "e", "b"]);
    assert.deepEqual(
      await Deno.readFile(path),
      Uint8Array.from(
        encodeSafetensors(ARRAYS, { format: "pt" }).flatMap((c) => [...c]),
      ),
    );
    assert.deepEqual(await names(folder), ["x.safetensors"]);
  });
});

Deno.test("writeSafetensors leaves nothing behind when it fails", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/x.safetensors`;
    const one = { name: "a", dtype: "I8" as const, shape: [2] };
    await assert.rejects(
      writeSafetensors(path, [{ ...one, bytes: () => new Uint8Array(3) }]),
      /2 bytes for I8/,
    );
    await assert.rejects(
      writeSafetensors(path, [
        { ...one, bytes: () => Promise.reject(new DataError("no")) },
      ]),
      DataError,
    );
    await assert.rejects(
      writeSafetensors(path, [{ ...one, bytes: () => new Uint8Array(2) }], {
        signal: AbortSignal.abort(),
      }),
      CancelledError,
    );
    assert.deepEqual(await names(folder), []);
  });
});
