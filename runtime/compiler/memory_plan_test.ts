import assert from "node:assert/strict";
import fc from "fast-check";
import { byteSize } from "../device/dtypes.ts";
import { ExprPool } from "./ir/expr.ts";
import type { BufferSpec, Kernel, Program } from "./ir/kernel.ts";
import { planMemory } from "./memory_plan.ts";

/** A kernel that adds its operands up at one index. */
function sumKernel(
  buffers: readonly BufferSpec[],
  reads: readonly number[],
  writes: readonly number[],
  inPlace: readonly number[],
): Kernel {
  const pool = new ExprPool();
  const operand = (buffer: number) => ({ buffer, ...buffers[buffer]! });
  return {
    kind: "row",
    name: "sum",
    node: 0,
    nodes: [0],
    pool,
    axes: [1],
    outer: 1,
    operands: reads.map(operand),
    scalars: [],
    outputs: writes.map(operand),
    inPlace,
    flops: 1,
    bytes: 1,
    cut: "",
    stages: [],
    rowStores: [],
  };
}

/** Programs whose steps read any earlier buffers and write one or two new ones. */
const programs = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 4000 }),
    reads: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
    twice: fc.boolean(),
    inPlace: fc.boolean(),
    same: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
).map((choices): Program => {
  const buffers: BufferSpec[] = [{ dtype: "f32", size: 100, role: "leaf" }];
  const steps = choices.map(({ size, reads, twice, inPlace, same }) => {
    // Most reads are of what was made lately, as in real programs.
    const from = [
      ...new Set(reads.map((k) => {
        const back = k % 5;
        return Math.max(0, buffers.length - 1 - back * back);
      })),
    ];
    const own = same ? buffers[from[0]!]!.size : size;
    const writes = [
      buffers.push({
        dtype: "f32",
        size: own,
        role: "temporary",
      }) - 1,
    ];
    if (twice) {
      writes.push(
        buffers.push({ dtype: "f64", size, role: "temporary" }) - 1,
      );
    }
    return sumKernel(buffers, from, writes, inPlace ? [0] : []);
  });
  return {
    buffers,
    leaves: [{ buffer: 0, leaf: 0 }],
    scalars: [],
    steps,
    results: [],
  };
});

Deno.test("temporaries that are alive together never overlap", () => {
  let shared = 0;
  fc.assert(
    fc.property(programs, (program) => {
      const { offsets, byteLength, peakLiveBytes } = planMemory(program);
      assert.ok(byteLength >= peakLiveBytes);
      // Simulates the steps: who wrote each 256-byte block last.
      const owners = new Map<number, number>();
      const blocks = (buffer: number) => {
        const { dtype, size } = program.buffers[buffer]!;
        const offset = offsets[buffer]!;
        assert.equal(offset % 256, 0);
        const count = Math.ceil(size * byteSize(dtype) / 256);
        assert.ok(offset + count * 256 <= byteLength);
        return Array.from({ length: count }, (_, k) => offset / 256 + k);
      };
      for (const step of program.steps) {
        assert.equal(step.kind, "row");
        if (step.kind !== "row") continue;
        for (const { buffer } of step.operands) {
          if (program.buffers[buffer]!.role !== "temporary") continue;
          for (const block of blocks(buffer)) {
            assert.equal(owners.get(block), buffer);
          }
        }
        const held = new Set(
          step.operands.flatMap(({ buffer }, k) =>
            offsets[buffer] === undefined || step.inPlace.includes(k)
              ? []
              : blocks(buffer)
          ),
        );
        for (const { buffer } of step.outputs) {
          for (const block of blocks(buffer)) {
            assert.ok(!held.has(block), "writes over what it reads");
            held.add(block);
            owners.set(block, buffer);
          }
        }
      }
      shared += peakLiveBytes / byteLength;
    }),
    { numRuns: 300, seed: 3 },
  );
  assert.ok(shared / 300 > 0.9, `arenas are ${300 / shared} times the peak`);
});

Deno.test("a result takes the place of an operand that is read for the last time", () => {
  const spec = (role: BufferSpec["role"]): BufferSpec => ({
    dtype: "f32",
    size: 1000,
    role,
  });
  const buffers = [
    spec("leaf"),
    spec("temporary"),
    spec("temporary"),
    spec("result"),
  ];
  const program = {
    buffers,
    leaves: [{ buffer: 0, leaf: 0 }],
    scalars: [],
    steps: [
      sumKernel(buffers, [0], [1], []),
      sumKernel(buffers, [1], [2], [0]),
      sumKernel(buffers, [2, 0], [3], []),
    ],
    results: [3],
  };
  const plan = planMemory(program);
  assert.equal(plan.offsets[1], plan.offsets[2]);
  assert.equal(plan.byteLength, 4096);
  assert.equal(plan.peakLiveBytes, 4096);
  assert.equal(plan.offsets[0], undefined);
  assert.equal(plan.offsets[3], undefined);
});

Deno.test("a program without temporaries needs no arena", () => {
  const buffers: BufferSpec[] = [
    { dtype: "f32", size: 8, role: "leaf" },
    { dtype: "f32", size: 8, role: "result" },
  ];
  const plan = planMemory({
    buffers,
    leaves: [{ buffer: 0, leaf: 0 }],
    scalars: [],
    steps: [sumKernel(buffers, [0], [1], [])],
    results: [1],
  });
  assert.equal(plan.byteLength, 0);
});
