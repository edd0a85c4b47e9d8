import assert from "node:assert/strict";
import { z } from "zod";
import { memoryStore, type Node, op, run, type Store } from "./mod.ts";

const NUMBER = z.number();

const alike = op({
  name: "test/twins_alike",
  version: "1",
  outputs: { x: NUMBER, y: NUMBER },
  run: () => ({ x: 1, y: 1 }),
});

const pair = op({
  name: "test/twins_pair",
  version: "1",
  outputs: { x: NUMBER, y: NUMBER },
  run: () => ({ x: 1, y: 2 }),
});

const plus = op({
  name: "test/twins_plus",
  version: "1",
  inputs: { x: NUMBER },
  params: z.object({ step: NUMBER }),
  outputs: { x: NUMBER },
  run: ({ x }, { step }) => ({ x: x + step }),
});

const sum = op({
  name: "test/twins_sum",
  version: "1",
  inputs: { xs: z.array(NUMBER) },
  outputs: { x: NUMBER },
  run: ({ xs }) => ({ x: xs.reduce((total, x) => total + x, 0) }),
});

Deno.test("a reader waits for all of its digests though twins were known before", async () => {
  const store = memoryStore();
  const gate = Promise.withResolvers<void>();
  const late = op({
    name: "test/twins_late",
    version: "1",
    kind: "io",
    outputs: { x: NUMBER },
    run: async () => {
      await gate.promise;
      return { x: 100 };
    },
  });
  const opens = op({
    name: "test/twins_opens",
    version: "1",
    inputs: { xs: z.array(NUMBER) },
    outputs: { x: NUMBER },
    run: ({ xs }) => {
      gate.resolve();
      return { x: xs.length };
    },
  });
  // Twins by content only, as their inputs are other outputs with equal data
  const twins = () => {
    const { x, y } = alike();
    return [plus({ x }, { step: 5 }).x, plus({ x: y }, { step: 5 }).x];
  };
  await run([sum({ xs: twins() })], { store, keep: "roots" });
  const xs = twins();
  const [{ x }] = await run(
    [sum({ xs: [...xs, late().x] }), opens({ xs })],
    { store, keep: "roots" },
  );
  assert.equal(x, 6 + 6 + 100);
});

Deno.test("twins load all that the readers of any of them read", async () => {
  const store = memoryStore();
  await run([pair()], { store });
  const node = sum({ xs: [pair().x, pair().y] });
  assert.deepEqual(await node.value({ store }), { x: 3 });
});

/** A store that answers later, and gives values only when it may. */
function lateStore(mayLoad: Promise<void>): Store {
  const store = memoryStore();
  return {
    kind: "memory",
    find: async (...asked) => await store.find(...asked),
    link: async (...asked) => await store.link(...asked),
    load: async (...asked) => {
      await mayLoad;
      return await store.load(...asked);
    },
    save: async (...asked) => await store.save(...asked),
    subscribe: (listener) => store.subscribe(listener),
    statistics: () => store.statistics(),
    verify: () => store.verify(),
    prune: (maxBytes) => store.prune(maxBytes),
  };
}

Deno.test("a task that is loaded for others already has no twin that reads more", async () => {
  const gate = Promise.withResolvers<void>();
  const store = lateStore(gate.promise);
  await run([pair()], { store });
  let far: Node<{ x: number }> = plus({ x: pair().y }, { step: 1 });
  for (let step = 0; step < 10; step++) far = plus({ x: far.x }, { step });
  const near = plus({ x: pair().x }, { step: 1 });
  setTimeout(gate.resolve, 50);
  const values = await run([near, far], { store });
  assert.deepEqual(values, [{ x: 2 }, { x: 48 }]);
});
