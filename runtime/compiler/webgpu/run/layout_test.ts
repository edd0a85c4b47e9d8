import assert from "node:assert/strict";
import { commonSlabs, layInTurn } from "./layout.ts";
import { ParameterTable } from "./parameters.ts";
import { placeTemporaries } from "./temporaries.ts";
import { ProgramDraft } from "./testing.ts";

Deno.test("layInTurn aligns parts and opens slabs", () => {
  const { places, slabs } = layInTurn([100, 256, 16, 700], 1024);
  assert.deepEqual(places.map(({ slab, offset }) => [slab, offset]), [
    [0, 0],
    [0, 256],
    [0, 512],
    [1, 0],
  ]);
  assert.deepEqual(slabs, [528, 700]);
  assert.deepEqual(commonSlabs([[528, 700], [600], [1, 2, 3]]), [600, 700, 3]);
});

Deno.test("placeTemporaries lets those share memory that never meet", () => {
  const draft = new ProgramDraft();
  const size = 1000;
  let from = draft.buffer("leaf", size);
  for (let k = 0; k < 10; k++) {
    const to = draft.buffer(k === 9 ? "result" : "temporary", size);
    draft.increment(from, to);
    from = to;
  }
  const program = draft.finish([from]);
  const { places, slabs } = placeTemporaries(program, 1e9);
  // Two at a time: 4000 bytes each, aligned to 256.
  assert.deepEqual(slabs, [2 * 4096]);
  assert.equal(places.filter((place) => place !== undefined).length, 9);
  assert.equal(places[0], undefined);
  assert.equal(places[10], undefined);
});

Deno.test("placeTemporaries lays outputs over operands that die", () => {
  const draft = new ProgramDraft();
  const leaf = draft.buffer("leaf", 100);
  const [a, b, c] = [0, 1, 2].map(() => draft.buffer("temporary", 100));
  const out = draft.buffer("result", 100);
  draft.increment(leaf, a!);
  draft.increment(a!, b!);
  draft.add(a!, b!, c!);
  draft.increment(c!, out);
  const plain = draft.finish([out]);
  const program = {
    ...plain,
    steps: plain.steps.map((step) =>
      step.kind === "row"
        ? { ...step, inPlace: step.operands.map((_, k) => k) }
        : step
    ),
  };
  const { places, slabs } = placeTemporaries(program, 1e9);
  // `a` outlives the step that makes `b`; `c` lies over one of both.
  assert.notDeepEqual(places[a!], places[b!]);
  assert.ok([places[a!]!.offset, places[b!]!.offset].includes(
    places[c!]!.offset,
  ));
  assert.deepEqual(slabs, [2 * 512]);
});

Deno.test("placeTemporaries never overlaps what lives at once", () => {
  const draft = new ProgramDraft();
  const buffers: number[] = [draft.buffer("leaf", 10)];
  for (let k = 1; k < 120; k++) {
    const to = draft.buffer("temporary", 10 + (k * 37) % 300);
    const a = buffers[(k * 13) % buffers.length]!;
    const b = buffers[(k * 29) % buffers.length]!;
    draft.add(a, b, to);
    buffers.push(to);
  }
  const program = draft.finish([]);
  const limit = 8192;
  const { places, slabs } = placeTemporaries(program, limit);
  assert.ok(slabs.every((bytes) => bytes <= limit));
  const lives = buffers.map((buffer) => {
    const steps = program.steps.flatMap((step, at) =>
      step.kind === "row" &&
        [...step.operands, ...step.outputs].some((one) => one.buffer === buffer)
        ? [at]
        : []
    );
    return { first: steps[0]!, last: steps.at(-1)! };
  });
  for (let a = 1; a < 120; a++) {
    for (let b = 1; b < a; b++) {
      const [x, y] = [places[a]!, places[b]!];
      const meet = lives[a]!.first <= lives[b]!.last &&
        lives[b]!.first <= lives[a]!.last;
      const overlap = x.slab === y.slab && x.offset < y.offset + y.bytes &&
        y.offset < x.offset + x.bytes;
      assert.ok(!(meet && overlap), `${a} lies over ${b}`);
    }
  }
});

Deno.test("ParameterTable shares equal parameters and writes scalars", () => {
  const table = new ParameterTable();
  const first = table.add([5, -1], [{ scalar: 1, dtype: "f32" }]);
  assert.deepEqual(first, { offset: 0, bytes: 16 });
  assert.equal(table.add([5, -1], [{ scalar: 1, dtype: "f32" }]), first);
  const second = table.add([], [
    { scalar: 0, dtype: "f16" },
    { scalar: 0, dtype: "u32" },
    { scalar: 0, dtype: "i32" },
    { scalar: 1, dtype: "f32" },
    { scalar: 1, dtype: "bool" },
  ]);
  assert.deepEqual(second, { offset: 256, bytes: 32 });
  assert.deepEqual(table.add([], []), { offset: 512, bytes: 16 });
  const block = table.block();
  table.writeScalars(block, [3.0001, 1]);
  const view = new DataView(block.buffer);
  assert.equal(view.getInt32(0, true), 5);
  assert.equal(view.getInt32(4, true), -1);
  assert.equal(view.getFloat32(8, true), 1);
  assert.equal(view.getFloat32(256, true), 3);
  assert.equal(view.getUint32(260, true), 3);
  assert.equal(view.getInt32(264, true), 3);
  assert.equal(view.getInt32(272, true), 1);
});
