import assert from "node:assert/strict";
import { EventStream } from "./events.ts";

async function readAll<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

Deno.test("EventStream gives every reader all events, also those from before it read", async () => {
  const stream = new EventStream<number>();
  stream.emit(1);
  const early = readAll(stream);
  await Promise.resolve();
  stream.emit(2);
  const late = readAll(stream);
  stream.emit(3);
  stream.close();
  assert.deepEqual(await early, [1, 2, 3]);
  assert.deepEqual(await late, [1, 2, 3]);
  assert.deepEqual(await readAll(stream), [1, 2, 3]);
});

Deno.test("EventStream tells listeners the past first, then each event at once", () => {
  const stream = new EventStream<string>();
  stream.emit("a");
  const heard: string[] = [];
  stream.subscribe((event) => void heard.push(event));
  stream.emit("b");
  assert.deepEqual(heard, ["a", "b"]);
});

Deno.test("EventStream ignores what comes after it was closed", async () => {
  const stream = new EventStream<number>();
  const heard: number[] = [];
  stream.subscribe((event) => void heard.push(event));
  stream.close();
  stream.emit(1);
  assert.deepEqual(stream.past, []);
  assert.deepEqual(heard, []);
  assert.deepEqual(await readAll(stream), []);
});

Deno.test("EventStream lets a reader leave early without harm to others", async () => {
  const stream = new EventStream<number>();
  stream.emit(1);
  for await (const event of stream) {
    assert.equal(event, 1);
    break;
  }
  stream.emit(2);
  stream.close();
  assert.deepEqual(await readAll(stream), [1, 2]);
});
