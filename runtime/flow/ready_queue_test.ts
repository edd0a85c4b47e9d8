import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { op } from "./mod.ts";
import { CORE, type NodeCore } from "./node_core.ts";
import type { OpKind } from "./op_info.ts";
import { Group, joinGroup, type Ready, ReadyQueue } from "./ready_queue.ts";

function itemOf(kind: OpKind, priority: number): Ready {
  const made = op({
    name: `queue/${kind}`,
    kind,
    outputs: { x: z.number() },
    run: () => ({ x: 1 }),
  });
  const core: NodeCore = made()[CORE];
  return { core, priority };
}

const LIMITS = { cpu: 2, gpu: 1, io: 2 };

Deno.test("ReadyQueue gives the lowest numbers first, whatever the order of coming", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000)), (priorities) => {
      const queue = new ReadyQueue<Ready>({ cpu: 2000, gpu: 1, io: 1 });
      const shared = itemOf("cpu", 0);
      for (const priority of priorities) queue.push({ ...shared, priority });
      const taken: number[] = [];
      for (let item = queue.take(); item; item = queue.take()) {
        taken.push(item.priority);
      }
      assert.deepEqual(taken, priorities.toSorted((a, b) => a - b));
    }),
  );
});

Deno.test("ReadyQueue keeps the limit of each kind, and one kind does not hold up another", () => {
  const queue = new ReadyQueue<Ready>(LIMITS);
  const gpu = [itemOf("gpu", 0), itemOf("gpu", 1)];
  const cpu = itemOf("cpu", 2);
  for (const item of [...gpu, cpu]) queue.push(item);
  assert.equal(queue.take(), gpu[0]);
  assert.equal(queue.take(), cpu);
  assert.equal(queue.take(), undefined);
  queue.leave(gpu[0]!);
  assert.equal(queue.take(), gpu[1]);
});

Deno.test("ReadyQueue keeps the limit of a group in place of that of the kind", () => {
  const queue = new ReadyQueue<Ready>(LIMITS);
  const group = new Group(3);
  const items = [0, 1, 2, 3].map((priority) => itemOf("cpu", priority));
  for (const item of items) {
    joinGroup(item.core, group);
    queue.push(item);
  }
  assert.deepEqual([1, 2, 3, 4].map(() => queue.take()), [
    items[0],
    items[1],
    items[2],
    undefined,
  ]);
  queue.leave(items[1]!);
  assert.equal(queue.take(), items[3]);
});
