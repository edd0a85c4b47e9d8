import assert from "node:assert/strict";
import { WeftError } from "../../core/errors.ts";
import { holdStorage } from "../account.ts";
import { nextTurn } from "../clock.ts";
import { SharedMemory } from "./memory.ts";
import { addressIn, WasmStorage } from "./storage.ts";

const MEGABYTE = 2 ** 20;

Deno.test("SharedMemory grows on demand and keeps what was written", async () => {
  const memory = new SharedMemory();
  const first = await memory.allocate(100);
  memory.bytes.fill(7, first, first + 100);
  const old = memory.bytes;
  const second = await memory.allocate(50 * MEGABYTE);
  assert.equal(first % 64, 0);
  assert.ok(first >= 65536, "no guard before the first block");
  assert.ok(second >= first + 100);
  assert.ok(memory.bytes.length >= second + 50 * MEGABYTE + 65536);
  assert.ok(memory.bytes.length > old.length);
  assert.deepEqual(
    [...memory.bytes.subarray(first, first + 100)],
    new Array(100).fill(7),
  );
  // The end of the last block is guarded, and addresses there can be used.
  memory.words[(second + 50 * MEGABYTE) / 4 - 1] = 5;
  memory.free(first);
  memory.free(second);
  assert.equal(memory.heldBytes, 0);
});

Deno.test("SharedMemory gives up what it may, then says who holds the most", async () => {
  const memory = new SharedMemory(64 * MEGABYTE);
  const spare = await memory.allocate(40 * MEGABYTE);
  let asked = 0;
  memory.onShortage(() => {
    if (asked++ === 0) memory.free(spare);
  });
  const address = await memory.allocate(50 * MEGABYTE);
  assert.equal(asked, 1);
  const storage = WasmStorage.at(memory, address, "u8", 50 * MEGABYTE);
  holdStorage(storage, ["outlook", "fit"]);
  await assert.rejects(memory.allocate(20 * MEGABYTE), (error: unknown) => {
    assert.ok(error instanceof WeftError);
    assert.match(error.message, /Cannot allocate 21 MB on the device "wasm"/);
    assert.match(error.message, /53 MB by outlook › fit/);
    return true;
  });
  storage.dispose();
  assert.equal(memory.heldBytes, 0);
  memory.free(await memory.allocate(60 * MEGABYTE));
});

Deno.test("WasmStorage that nobody holds gives its memory back in time", async () => {
  const memory = new SharedMemory();
  const length = 10 * MEGABYTE / 4;
  let most = 0;
  for (let k = 0; k < 2000; k++) {
    const address = await memory.allocate(4 * length);
    const storage = WasmStorage.at(memory, address, "f32", length);
    storage.array![k] = k;
    if (k % 16 === 0) await nextTurn();
    most = Math.max(most, memory.heldBytes);
  }
  assert.ok(most < 2048 * MEGABYTE, `${most} bytes were held at once`);
});

Deno.test("WasmStorage is collected when the memory is full", async () => {
  const memory = new SharedMemory(96 * MEGABYTE);
  for (let k = 0; k < 40; k++) {
    const address = await memory.allocate(20 * MEGABYTE);
    const storage = WasmStorage.at(memory, address, "u8", 20 * MEGABYTE);
    assert.equal(storage.byteLength, 20 * MEGABYTE);
  }
});

Deno.test("WasmStorage stays as long as a view of a part of its data", async () => {
  const memory = new SharedMemory(96 * MEGABYTE);
  const size = 20 * MEGABYTE;
  let part: ArrayLike<number> | undefined;
  {
    const address = await memory.allocate(size);
    const storage = WasmStorage.at(memory, address, "u8", size);
    storage.array!.fill(1);
    part = new Uint16Array(
      storage.array!.buffer,
      storage.address + size / 2,
      8,
    );
  }
  for (let k = 0; k < 40; k++) {
    const address = await memory.allocate(size);
    memory.bytes.fill(2, address, address + size);
    WasmStorage.at(memory, address, "u8", size);
  }
  assert.deepEqual([...Array.from(part)], new Array(8).fill(0x0101));
  assert.ok(memory.heldBytes >= size);
});

Deno.test("WasmStorage shows its data in the dtype and knows where they lie", async () => {
  const memory = new SharedMemory(MEGABYTE);
  const other = new SharedMemory(MEGABYTE);
  for (
    const dtype of [
      "f64",
      "f32",
      "f16",
      "i32",
      "u32",
      "i8",
      "u8",
      "bool",
    ] as const
  ) {
    const address = await memory.allocate(3 * 8);
    const storage = WasmStorage.at(memory, address, dtype, 3);
    const array = await storage.read();
    assert.equal(array, storage.array);
    array.set([1, 0, 1]);
    assert.deepEqual([...array], [1, 0, 1]);
    assert.equal(storage.byteLength, array.byteLength);
    assert.equal(addressIn(memory, array), address);
    const part = new Uint8Array(array.buffer, array.byteOffset + 1, 1);
    assert.equal(addressIn(memory, part), address + 1);
    assert.equal(addressIn(other, array), undefined);
    assert.equal(addressIn(memory, array.slice()), undefined);
  }
});

Deno.test("WasmStorage that was disposed of is freed after its last run", async () => {
  const memory = new SharedMemory(MEGABYTE);
  const storage = WasmStorage.at(memory, await memory.allocate(8), "f64", 1);
  storage.retain();
  storage.retain();
  storage.dispose();
  storage.dispose();
  storage.release();
  assert.equal(memory.heldBytes, 64);
  storage.release();
  assert.equal(memory.heldBytes, 0);
  assert.equal(storage.array, undefined);
  await assert.rejects(storage.read(), /disposed of/);
  assert.throws(() => storage.retain(), /disposed of/);
});
