import assert from "node:assert/strict";
import fc from "fast-check";
import { sizeOf } from "../../device/shapes.ts";
import { IndexArithmetic } from "./affine.ts";
import { type Expr, ExprPool } from "./expr.ts";
import { strideAlong } from "./index_arithmetic.ts";

function evaluate(expr: Expr, point: readonly number[]): number {
  const [a, b] = expr.args.map((arg) => evaluate(arg, point)) as [
    number,
    number,
  ];
  switch (expr.op) {
    case "axis":
      return point[expr.value]!;
    case "size":
    case "constant":
      return expr.value;
    case "add":
      return a + b;
    case "multiply":
      return a * b + 0;
    case "quotient":
      assert.ok(a >= 0);
      return Math.floor(a / b);
    case "modulo":
      assert.ok(a >= 0);
      return a % b;
    default:
      throw new Error(expr.op);
  }
}

function* points(shape: readonly number[]): Generator<number[]> {
  for (let position = 0; position < sizeOf(shape); position++) {
    const point: number[] = [];
    let rest = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      point.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    yield point;
  }
}

Deno.test("splitting and joining axes cancels out", () => {
  const index = new IndexArithmetic(new ExprPool(), [24, 5]);
  const position = index.linear([index.axis(0), index.axis(1)], [24, 5]);
  const split = index.unravel(position, [2, 3, 4, 5]);
  assert.equal(index.linear(split, [2, 3, 4, 5]), position);
  const other = index.unravel(position, [6, 10, 2]);
  assert.equal(index.linear(other, [6, 10, 2]), position);
  const [rows, columns] = index.unravel(position, [24, 5]);
  assert.equal(rows, index.axis(0));
  assert.equal(columns, index.axis(1));
});

Deno.test("a split of heads keeps plain strides", () => {
  const index = new IndexArithmetic(new ExprPool(), [2, 4, 7, 8]);
  const [batch, head, time, feature] = [0, 1, 2, 3].map((k) => index.axis(k));
  const joined = index.linear([head!, feature!], [4, 8]);
  const place = index.linear([batch!, time!, joined], [2, 7, 32]);
  assert.deepEqual([0, 1, 2, 3].map((k) => strideAlong(place, k)), [
    224,
    8,
    32,
    1,
  ]);
});

Deno.test("normal forms keep the value", () => {
  const shape = fc.array(fc.integer({ min: 1, max: 6 }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(fc.property(
    shape,
    fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: -9, max: 9 }),
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
    (axes, factors, offset, divisors) => {
      const index = new IndexArithmetic(new ExprPool(), axes);
      const own = axes.map((_, k) => index.axis(k));
      let value = index.constant(offset);
      own.forEach((axis, k) => value = index.add(value, axis, factors[k]!));
      let expected = (point: readonly number[]) =>
        point.reduce((sum, k, axis) => sum + k * factors[axis]!, offset);
      for (const divisor of divisors) {
        const [quotient, remainder] = index.divide(value, divisor);
        const before = expected;
        const both = index.add(remainder, quotient, divisor);
        for (const point of points(axes)) {
          const whole = before(point) + 0;
          const turns = Math.floor(whole / divisor);
          assert.equal(evaluate(quotient, point), turns);
          assert.equal(evaluate(remainder, point), whole - turns * divisor);
          assert.equal(evaluate(both, point), whole);
        }
        value = index.add(quotient, remainder, 3);
        expected = (point) => {
          const turns = Math.floor(before(point) / divisor);
          return turns + 3 * (before(point) - turns * divisor);
        };
      }
    },
  ));
});
