import assert from "node:assert/strict";
import fc from "fast-check";
import { GroupOrder, type Ordered, reaches } from "./group_order.ts";

interface Item extends Ordered {
  readonly needs: Set<Item>;
}

/** The same by a plain walk. */
function walks(from: Item, to: Item): boolean {
  const seen = new Set([from]);
  for (const one of seen) for (const below of one.needs) seen.add(below);
  return seen.has(to);
}

Deno.test("reaches agrees with a plain walk while needs come and go", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.nat(4)), { maxLength: 60 }),
      (count, edges) => {
        const order = new GroupOrder();
        const items = Array.from({ length: count }, (): Item => ({
          rank: -1,
          needs: new Set(),
        }));
        for (const item of items) order.add(item);
        for (const [a, b, kind] of edges) {
          const [from, to] = [items[a % count]!, items[b % count]!];
          assert.equal(reaches(to, from), walks(to, from));
          if (kind === 0) from.needs.delete(to);
          else if (!walks(to, from)) {
            order.put(to, from);
            from.needs.add(to);
          }
        }
        for (const item of items) {
          for (const below of item.needs) assert.ok(below.rank < item.rank);
        }
        assert.deepEqual(
          items.map(({ rank }) => rank).sort((a, b) => a - b),
          items.map((_, k) => k),
        );
      },
    ),
  );
});
