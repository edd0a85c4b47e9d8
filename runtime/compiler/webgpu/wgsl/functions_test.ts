import { UNARY_FUNCTIONS } from "../../functions/testing.ts";
import type { ExprOp } from "../../ir/expr.ts";
import { renderRows } from "../rows/mod.ts";
import { checkCases } from "../rows/testing.ts";
import { KernelBuilder, kernelCase } from "../rows/testing_kernels.ts";

/** Points of all sizes and both signs, and the edges. */
const POINTS: readonly number[] = [
  ...[0, -0, NaN, Infinity, -Infinity, 1, -1, 0.5, -0.5, 2, -2, 3, -3],
  ...[-38, -30, -20, -10, -7, -5, -3].flatMap((power) =>
    [1.1, 3.7].flatMap((x) => [x * 10 ** power, -x * 10 ** power])
  ),
  ...Array.from({ length: 120 }, (_, k) => (k - 60) * 0.1 + 0.013),
  ...Array.from({ length: 60 }, (_, k) => (k - 30) * 1.7 + 0.31),
  ...[88.5, 89, -87, -88, -104, 500, -500, 1e4, -1e4, 1e8, -1e8, 3e38],
];

const UNARY: readonly ExprOp[] = [...UNARY_FUNCTIONS, "sqrt"];

function unaryCase(
  limits: Parameters<typeof renderRows>[1],
  op: ExprOp,
  value = 0,
  points = POINTS,
) {
  const size = points.length;
  const builder = new KernelBuilder([size]);
  const x = builder.operand("f32", size, builder.rowMajor());
  const y = builder.make(op, [x], "f32", value);
  const kernel = builder.rows(1, [], [
    builder.store(size, builder.rowMajor(), y),
  ]);
  return kernelCase(`${op} ${value}`, kernel, renderRows(kernel, limits), [
    Float32Array.from(points),
  ]);
}

Deno.test("functions of one number are right on WebGPU, small or large", () =>
  checkCases((limits) =>
    UNARY.map((op) =>
      // Beyond 13 its value is a zero of either sign.
      op === "logNormalCdf"
        ? unaryCase(limits, op, 0, POINTS.filter((x) => x < 13))
        : unaryCase(limits, op)
    )
  ));

Deno.test("derivatives of lgamma are right on WebGPU", () =>
  checkCases((limits) => {
    const points = POINTS.filter((x) => x > 0.05 && x < 1e6);
    return [0, 1, 2].map((order) =>
      unaryCase(limits, "polygamma", order, points)
    );
  }));

Deno.test("functions of two numbers are right on WebGPU", () =>
  checkCases((limits) =>
    (["power", "atan2", "remainder"] as const).map((op) => {
      const some = POINTS.filter((_, k) => k < 20 || k % 6 === 0);
      const a = some.flatMap((x) => some.map(() => x));
      const b = some.flatMap(() => some);
      const builder = new KernelBuilder([a.length]);
      const [x, y] = [a, b].map((data) =>
        builder.operand("f32", data.length, builder.rowMajor())
      );
      const value = builder.make(op, [x!, y!]);
      const kernel = builder.rows(1, [], [
        builder.store(a.length, builder.rowMajor(), value),
      ]);
      return kernelCase(op, kernel, renderRows(kernel, limits), [
        Float32Array.from(a),
        Float32Array.from(b),
      ]);
    })
  ));
