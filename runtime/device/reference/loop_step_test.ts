import assert from "node:assert/strict";
import fc from "fast-check";
import { sizeOf } from "../shapes.ts";
import { cutBlocks } from "./loop_step.ts";

/** Row-major positions of the elements of a block. */
function positionsOf(
  block: { starts: number[]; lengths: number[] },
  lengths: readonly number[],
): number[] {
  let list = [0];
  lengths.forEach((length, axis) => {
    list = list.flatMap((at) =>
      Array.from(
        { length: block.lengths[axis]! },
        (_, k) => at * length + block.starts[axis]! + k,
      )
    );
  });
  return list;
}

Deno.test("cutBlocks covers an index space in order, in blocks of limited size", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 20 }),
      (lengths, limit) => {
        const blocks = [...cutBlocks(lengths, limit)];
        const positions = blocks.flatMap((block) =>
          positionsOf(block, lengths)
        );
        const size = sizeOf(lengths);
        assert.deepEqual(positions, Array.from({ length: size }, (_, k) => k));
        for (const block of blocks) assert.ok(sizeOf(block.lengths) <= limit);
      },
    ),
    { numRuns: 200 },
  );
});
