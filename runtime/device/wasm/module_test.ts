import assert from "node:assert/strict";
import { SharedMemory } from "./memory.ts";
import { ModuleCache } from "./module.ts";
import { TESTING_MODULE } from "./testing_module.ts";

const memory = new SharedMemory(2 ** 24);

/** The testing module with a section that says nothing, so another text. */
function variant(number: number): Uint8Array<ArrayBuffer> {
  const name = [1, 120];
  const content = [...name, number & 255, number >> 8];
  return Uint8Array.of(...TESTING_MODULE, 0, content.length, ...content);
}

Deno.test("ModuleCache compiles equal texts once", async () => {
  const modules = new ModuleCache(memory);
  const [a, b, c] = await modules.compile([
    TESTING_MODULE,
    TESTING_MODULE.slice(),
    variant(1),
  ]);
  assert.equal(a, b);
  assert.notEqual(a, c);
  assert.notEqual(a!.id, c!.id);
  const [again] = await modules.compile([TESTING_MODULE.slice()]);
  assert.equal(again, a);
  assert.equal(modules.known(TESTING_MODULE), a);
  assert.equal(modules.known(variant(1)), undefined);
});

Deno.test("ModuleCache compiles many texts at once, also when asked twice", async () => {
  const modules = new ModuleCache(memory);
  const texts = Array.from({ length: 40 }, (_, k) => variant(k));
  const [first, second] = await Promise.all([
    modules.compile(texts),
    modules.compile(texts.map((text) => text.slice())),
  ]);
  assert.deepEqual(first.map(({ id }) => id), second.map(({ id }) => id));
  assert.equal(new Set(first).size, 40);
});

Deno.test("CompiledModule learns how long its items take", async () => {
  const [module] = await new ModuleCache(memory).compile([variant(500)]);
  const output = await memory.allocate(4);
  const parameters = await memory.allocate(12);
  const scratch = await memory.allocate(64);
  memory.words.set([output, 0xffffffff, 1_000_000], parameters / 4);
  const work = { parameters, itemNanoseconds: 20_000 };
  assert.equal(module!.pace, 1);
  for (let k = 0; k < 20; k++) module!.work(work, 0, 1, scratch);
  // A million rounds take longer than 20 microseconds on any machine.
  assert.ok(module!.pace > 10, `the pace is ${module!.pace}`);
});
