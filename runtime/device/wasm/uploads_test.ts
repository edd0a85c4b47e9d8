import assert from "node:assert/strict";
import { CancelledError } from "../../core/errors.ts";
import { hostStorage, type Storage } from "../graph.ts";
import { collectGarbage } from "./collect.ts";
import { SharedMemory } from "./memory.ts";
import { Uploads } from "./uploads.ts";

const MEGABYTE = 2 ** 20;

Deno.test("Uploads copies data once, and gives the memory back with them", async () => {
  const memory = new SharedMemory(64 * MEGABYTE);
  const uploads = new Uploads(memory);
  const data = Float64Array.from({ length: 2 * MEGABYTE }, (_, k) => k);
  let storage: Storage | undefined = hostStorage(data.subarray(1));
  const [first, second] = await Promise.all([
    uploads.retain(storage, undefined),
    uploads.retain(storage, undefined),
  ]);
  assert.equal(first, second);
  assert.equal(first.users, 2);
  const copy = new Float64Array(memory.buffer, first.address, data.length - 1);
  assert.deepEqual(copy.slice(), data.subarray(1));
  assert.ok(memory.heldBytes < 20 * MEGABYTE);
  uploads.release(first);
  uploads.release(first);
  storage = undefined;
  for (let k = 0; k < 10 && memory.heldBytes > 0; k++) await collectGarbage();
  assert.equal(memory.heldBytes, 0);
});

Deno.test("Uploads gives up copies that no run reads when memory is short", async () => {
  const memory = new SharedMemory(32 * MEGABYTE);
  const uploads = new Uploads(memory);
  const storages = [1, 2, 3].map((value) =>
    hostStorage(new Uint8Array(8 * MEGABYTE).fill(value))
  );
  const used = await uploads.retain(storages[0]!, undefined);
  const idle = await uploads.retain(storages[1]!, undefined);
  uploads.release(idle);
  await uploads.retain(storages[2]!, undefined);
  const block = await memory.allocate(8 * MEGABYTE);
  memory.bytes.fill(0, block, block + 8 * MEGABYTE);
  assert.equal(memory.bytes[used.address], 1);
  assert.equal(memory.heldBytes, 24 * MEGABYTE);
  memory.free(block);
  const again = await uploads.retain(storages[1]!, undefined);
  assert.notEqual(again, idle);
  assert.equal(memory.bytes[again.address + 100], 2);
});

Deno.test("Uploads can be stopped, and reads data of other devices once", async () => {
  const memory = new SharedMemory();
  const uploads = new Uploads(memory);
  const data = new Uint8Array(300 * MEGABYTE);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 0);
  await assert.rejects(
    uploads.retain(hostStorage(data), controller.signal),
    CancelledError,
  );
  assert.equal(memory.heldBytes, 0);
  let reads = 0;
  const elsewhere: Storage = {
    device: "elsewhere",
    array: undefined,
    byteLength: 4,
    read: () => Promise.resolve(Uint8Array.of(++reads, 2, 3, 4)),
    dispose: () => {},
  };
  for (let k = 0; k < 3; k++) {
    const { address } = await uploads.retain(elsewhere, undefined);
    assert.deepEqual([...memory.bytes.slice(address, address + 4)], [
      1,
      2,
      3,
      4,
    ]);
  }
  assert.equal(reads, 1);
});
