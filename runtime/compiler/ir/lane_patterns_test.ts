import assert from "node:assert/strict";
import { compileExprs } from "./evaluate_expr.ts";
import { type Expr, ExprPool } from "./expr.ts";
import { LanePatterns } from "./lane_patterns.ts";

/** Whole numbers that are the same in each run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return (state >>> 8) % sides;
  };
}

/** A whole number of position 1, which position 0 has a part in as well. */
function someNumber(
  pool: ExprPool,
  roll: (sides: number) => number,
  depth: number,
): Expr {
  if (depth === 0 || roll(5) === 0) {
    const leaves = [
      () => pool.axis(1),
      () => pool.axis(1),
      () => pool.make("multiply", "i32", [pool.axis(0), pool.size(96)]),
      () => pool.axis(0),
      () => pool.size(roll(40)),
    ];
    return leaves[roll(leaves.length)]!();
  }
  const below = () => someNumber(pool, roll, depth - 1);
  const power = pool.size(2 ** roll(7));
  const byte = (value: Expr) => pool.make("cast", "u8", [value]);
  const kinds = [
    () => pool.make("add", "i32", [below(), below()]),
    () => pool.make("multiply", "i32", [below(), pool.size(roll(9))]),
    () => pool.make("quotient", "i32", [below(), power]),
    () => pool.make("modulo", "i32", [below(), power]),
    () => pool.make("quotient", "i32", [below(), pool.size(1 + roll(60))]),
    () => pool.make("modulo", "i32", [below(), pool.size(1 + roll(60))]),
    () => pool.make("shiftRight", "i32", [below(), pool.constant(roll(7))]),
    () => pool.make("and", "i32", [below(), pool.constant(2 ** roll(7) - 1)]),
    () => pool.make("or", "i32", [below(), pool.constant(roll(9))]),
    () => pool.make("minimum", "i32", [below(), pool.size(roll(50))]),
    () => pool.make("cast", "i32", [byte(below())]),
    () =>
      pool.make("cast", "i32", [
        pool.make("multiply", "u8", [
          byte(below()),
          pool.constant(roll(9), "u8"),
        ]),
      ]),
    () =>
      pool.make("cast", "i32", [
        pool.make("shiftRight", "u32", [
          pool.make("subtract", "u32", [
            pool.make("cast", "u32", [below()]),
            pool.constant(roll(9), "u32"),
          ]),
          // Numbers that count elements do not overflow.
          pool.constant(22 + roll(9), "u32"),
        ]),
      ]),
    () =>
      pool.make("where", "i32", [
        pool.make("less", "bool", [below(), pool.size(roll(50))]),
        below(),
        below(),
      ]),
  ];
  return kinds[roll(kinds.length)]!();
}

Deno.test("patterns tell how numbers differ from lane to lane", () => {
  const roll = dice(7);
  let found = 0;
  for (let turn = 0; turn < 3000; turn++) {
    const pool = new ExprPool();
    const expr = someNumber(pool, roll, 4);
    const lanes = [8, 16, 32, 64][roll(4)]!;
    const patterns = new LanePatterns(1, lanes);
    const pattern = patterns.of(expr);
    const known = patterns.known(expr);
    const run = patterns.run(expr);
    if (pattern !== undefined) found++;
    const evaluate = compileExprs([expr]);
    for (const [row, block] of [[0, 0], [1, 0], [3, 1], [2, 5]] as const) {
      const numbers = Array.from({ length: lanes }, (_, lane) =>
        evaluate({
          axes: [row, block * lanes + lane],
          operands: [],
          scalars: [],
          reduced: [],
          carries: [],
        })[0]!);
      const text = `turn ${turn}`;
      numbers.forEach((number, lane) =>
        assert.equal(number, numbers[lane - lane % run], text)
      );
      if (known !== undefined) assert.deepEqual(numbers, known, text);
      if (pattern === undefined) continue;
      const { divides, offsets } = pattern;
      const first = numbers[0]!;
      assert.deepEqual(numbers.map((one) => one - first), offsets, text);
      assert.ok(divides === Infinity ? first === 0 : first % divides === 0);
    }
  }
  assert.ok(found > 1000, `only ${found} patterns were found`);
});

Deno.test("patterns know where the halves of a block of codes lie", () => {
  const pool = new ExprPool();
  const step = pool.axis(0);
  const within = pool.make("modulo", "i32", [step, pool.size(32)]);
  const place = pool.make("add", "i32", [
    pool.make("multiply", "i32", [
      pool.make("quotient", "i32", [step, pool.size(32)]),
      pool.size(16),
    ]),
    pool.make("modulo", "i32", [within, pool.size(16)]),
  ]);
  const half = pool.make("quotient", "i32", [within, pool.size(16)]);
  const long = new LanePatterns(0, 32);
  const places = [...Array(16).keys()];
  assert.deepEqual(long.of(place)?.offsets, [...places, ...places]);
  assert.deepEqual(
    long.known(half),
    [...places.map(() => 0), ...places.map(() => 1)],
  );
  assert.equal(long.run(half), 16);
  const short = new LanePatterns(0, 16);
  assert.deepEqual(short.of(place)?.offsets, places);
  assert.equal(short.known(half), undefined);
  assert.equal(short.run(half), 16);
});
