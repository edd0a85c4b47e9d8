import type { DType } from "../../../device/dtypes.ts";
import type { ExprOp } from "../../ir/expr.ts";
import { renderRows } from "../rows/mod.ts";
import { checkCases } from "../rows/testing.ts";
import { KernelBuilder, kernelCase } from "../rows/testing_kernels.ts";

const FLOATS = [
  [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, 7, -7, 0.001, -0.001],
  [1e-10, 1.1754944e-38, 1e10, -1e10, 3e38, -3e38, Infinity, -Infinity, NaN],
  [88.5, -88.5, 100, -104, 20.25, 2147483648, -2147483648, 4294967296, 0.999],
  [1.0001, 16777217, 0.1, -127.5, 127.5, 254.5, 255.5, 8388608.5],
].flat();

const WHOLE: Readonly<Record<"i32" | "u32" | "i8" | "u8", readonly number[]>> =
  {
    i32: [0, 1, -1, 2, -3, 7, 31, 32, 33, -100, 2147483647, -2147483648],
    u32: [0, 1, 2, 3, 7, 31, 32, 33, 100, 255, 2147483648, 4294967295],
    i8: [0, 1, -1, 2, -3, 7, 8, 33, 100, 127, -127, -128],
    u8: [0, 1, 2, 3, 7, 8, 31, 33, 100, 127, 128, 255],
  };

/** All pairs of some numbers. */
function pairs(values: readonly number[]): [number[], number[]] {
  return [
    values.flatMap((value) => values.map(() => value)),
    values.flatMap(() => values),
  ];
}

type Typed = Parameters<typeof kernelCase>[3][number];

function arrayOf(dtype: DType, values: readonly number[]): Typed {
  switch (dtype) {
    case "f32":
      return Float32Array.from(values);
    case "f16":
      return Float16Array.from(values);
    case "i32":
      return Int32Array.from(values);
    case "u32":
      return Uint32Array.from(values);
    case "i8":
      return Int8Array.from(values);
    default:
      return Uint8Array.from(values);
  }
}

/** One operator over numbers, as vectors and, shifted by one, alone. */
function casesOf(
  limits: Parameters<Parameters<typeof checkCases>[0]>[0],
  op: ExprOp,
  from: DType,
  to: DType,
  operands: readonly (readonly number[])[],
) {
  const data = operands.map((values) => arrayOf(from, values));
  const size = data[0]!.length;
  return [0, 1].map((offset) => {
    const count = size - offset;
    const builder = new KernelBuilder([count]);
    const args = data.map(() =>
      builder.operand(from, size, builder.index([1], offset))
    );
    const value = builder.make(op, args, to);
    const index = builder.index([offset === 0 ? 1 : -1], offset * (count - 1));
    const kernel = builder.rows(1, [], [builder.store(count, index, value)]);
    const name = `${op} of ${from} to ${to}`;
    return kernelCase(name, kernel, renderRows(kernel, limits), data);
  });
}

const FLOAT_UNARY: readonly ExprOp[] = [
  "negative",
  "absolute",
  "sign",
  "exp",
  "log",
  "sqrt",
  "floor",
  "ceil",
  "round",
  "trunc",
];

const FLOAT_BINARY: readonly ExprOp[] = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
  "maximum",
  "minimum",
];

const COMPARE: readonly ExprOp[] = ["equal", "less", "lessEqual"];

Deno.test("operators on floats do as the reference does, NaN and zeros too", () =>
  checkCases((limits) => {
    const two = pairs(FLOATS);
    return [
      ...FLOAT_UNARY.flatMap((op) =>
        casesOf(limits, op, "f32", "f32", [FLOATS])
      ),
      ...(["isNaN", "isFinite"] as const).flatMap((op) =>
        casesOf(limits, op, "f32", "bool", [FLOATS])
      ),
      ...FLOAT_BINARY.flatMap((op) => casesOf(limits, op, "f32", "f32", two)),
      ...COMPARE.flatMap((op) => casesOf(limits, op, "f32", "bool", two)),
    ];
  }));

const WHOLE_UNARY: readonly ExprOp[] = [
  "negative",
  "absolute",
  "sign",
  "not",
  "floor",
  "round",
];

const WHOLE_BINARY: readonly ExprOp[] = [
  "add",
  "subtract",
  "multiply",
  "remainder",
  "maximum",
  "minimum",
  "power",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
];

Deno.test("operators on whole numbers wrap around as the reference does", () =>
  checkCases((limits) =>
    (["i32", "u32", "i8", "u8"] as const).flatMap((dtype) => {
      const one = [...WHOLE[dtype]];
      const two = pairs(one);
      return [
        ...WHOLE_UNARY.flatMap((op) =>
          casesOf(limits, op, dtype, dtype, [one])
        ),
        ...WHOLE_BINARY.flatMap((op) => casesOf(limits, op, dtype, dtype, two)),
        ...COMPARE.flatMap((op) => casesOf(limits, op, dtype, "bool", two)),
      ];
    })
  ));

Deno.test("operators on booleans follow their truth tables", () =>
  checkCases((limits) => {
    const two = pairs([0, 1]);
    const ops: readonly ExprOp[] = [
      ...(["and", "or", "xor", "maximum", "minimum"] as const),
      ...COMPARE,
    ];
    return [
      ...ops.flatMap((op) => casesOf(limits, op, "bool", "bool", two)),
      ...casesOf(limits, "not", "bool", "bool", [[0, 1, 1, 0, 1]]),
    ];
  }));

Deno.test("casts saturate, wrap around and round as the reference does", () =>
  checkCases((limits) => {
    const dtypes = ["f32", "f16", "i32", "u32", "i8", "u8", "bool"] as const;
    return dtypes.flatMap((from) =>
      dtypes.flatMap((to) => {
        const values = from === "bool"
          ? [0, 1, 1, 0]
          : from === "f32" || from === "f16"
          ? FLOATS
          : WHOLE[from];
        return casesOf(limits, "cast", from, to, [values]);
      })
    );
  }));

Deno.test("bitcasts keep the bits", () =>
  checkCases((limits) => [
    ...casesOf(limits, "bitcast", "f32", "i32", [FLOATS]),
    ...casesOf(limits, "bitcast", "f32", "u32", [FLOATS]),
    ...casesOf(limits, "bitcast", "i32", "f32", [[1, 0, -5, 1065353216, 7]]),
    ...casesOf(limits, "bitcast", "i32", "u32", [WHOLE.i32]),
    ...casesOf(limits, "bitcast", "i8", "u8", [WHOLE.i8]),
    ...casesOf(limits, "bitcast", "u8", "i8", [WHOLE.u8]),
  ]));

Deno.test("negated comparisons and constants keep NaN and infinities", () =>
  checkCases((limits) => {
    const [left, right] = pairs(FLOATS);
    return COMPARE.map((op) => {
      const builder = new KernelBuilder([left.length]);
      const { pool } = builder;
      const [a, b] = [left, right].map((values) =>
        builder.operand("f32", values.length, builder.rowMajor())
      );
      const not = builder.make("not", [builder.make(op, [a!, b!], "bool")]);
      const pick = builder.make("where", [
        not,
        pool.constant(NaN, "f32"),
        pool.constant(-Infinity, "f32"),
      ], "f32");
      const tiny = builder.make("where", [
        not,
        pool.constant(1e-45, "f32"),
        pool.constant(-0, "f32"),
      ], "f32");
      const kernel = builder.rows(1, [], [
        builder.store(left.length, builder.rowMajor(), pick),
        builder.store(left.length, builder.rowMajor(), not),
        builder.store(left.length, builder.rowMajor(), tiny),
      ]);
      const data = [left, right].map((values) => arrayOf("f32", values));
      return kernelCase(op, kernel, renderRows(kernel, limits), data);
    });
  }));

Deno.test("operators on constants overflow as the reference does", () =>
  checkCases((limits) => {
    const builder = new KernelBuilder([5]);
    const { pool } = builder;
    const x = builder.operand("i32", 5, builder.rowMajor());
    const big = pool.constant(3e38, "f32");
    const most = pool.constant(2147483647);
    const zero = pool.constant(0);
    const squared = builder.make("multiply", [big, big]);
    const values = [
      squared,
      builder.make("subtract", [squared, squared]),
      builder.make("add", [most, most]),
      builder.make("add", [builder.make("add", [most, zero]), most]),
      builder.make("remainder", [x, zero]),
      builder.make("divide", [x, zero]),
    ];
    const kernel = builder.rows(
      1,
      [],
      values.map((value) => builder.store(5, builder.rowMajor(), value)),
    );
    return [kernelCase("constants", kernel, renderRows(kernel, limits), [
      Int32Array.of(1, -2, 0, 5, -7),
    ])];
  }));

Deno.test("a kernel of a chain of 2000 operators does not overflow the stack", () =>
  checkCases((limits) => {
    const builder = new KernelBuilder([9]);
    let value = builder.operand("i32", 9, builder.rowMajor());
    const start = value;
    for (let k = 0; k < 1000; k++) {
      value = builder.make("xor", [builder.make("add", [value, start]), start]);
    }
    const kernel = builder.rows(1, [], [
      builder.store(9, builder.rowMajor(), value),
    ]);
    return [kernelCase("chain", kernel, renderRows(kernel, limits), [
      Int32Array.from({ length: 9 }, (_, k) => k * 7 - 20),
    ])];
  }));

Deno.test("operators on one number twice, and on zero, keep NaN", () =>
  checkCases((limits) => {
    const size = FLOATS.length;
    const builder = new KernelBuilder([size]);
    const x = builder.operand("f32", size, builder.rowMajor());
    const values = [
      builder.make("subtract", [x, x]),
      builder.make("divide", [x, x]),
      builder.make("multiply", [x, builder.pool.constant(0, "f32")]),
      builder.make("multiply", [builder.pool.constant(-0, "f32"), x]),
      builder.make("add", [x, builder.pool.constant(0, "f32")]),
      builder.make("maximum", [x, x]),
      builder.make("remainder", [x, x]),
      ...COMPARE.map((op) => builder.make(op, [x, x], "bool")),
    ];
    const kernel = builder.rows(
      1,
      [],
      values.map((value) => builder.store(size, builder.rowMajor(), value)),
    );
    return [kernelCase("twice", kernel, renderRows(kernel, limits), [
      Float32Array.from(FLOATS),
    ])];
  }));

Deno.test("parts of floats and large angles are what the interpreter says", () => {
  const positive = [1, 1.5, 2, 3, 0.1, 1e-30, 1.1754944e-38, 3.4e38, 16777217];
  const whole = [-126, -1, 0, 1, 5, 100, 127];
  const angles = [10, 11, 100.5, 12345.678, 1e6, 16777216, 3e9, 1e15, 1e22];
  angles.push(6381956970095103 * 2 ** 74, 3.4e38, 355 / 113 * 5, 1e30);
  angles.push(...angles.map((angle) => -angle));
  return checkCases((limits) => [
    ...casesOf(limits, "powerOfTwo", "f32", "f32", [whole]),
    ...casesOf(limits, "exponentOf", "f32", "f32", [positive]),
    ...casesOf(limits, "mantissaOf", "f32", "f32", [positive]),
    ...casesOf(limits, "copySign", "f32", "f32", pairs(FLOATS)),
    ...casesOf(limits, "angleRest", "f32", "f32", [angles]),
    ...casesOf(limits, "quarterTurns", "f32", "i32", [angles]),
    ...casesOf(limits, "quarterTurns", "f32", "f32", [angles]),
  ]);
});

Deno.test("what is rarely wanted is computed in a branch, and right", () =>
  checkCases((limits) =>
    [0, 1].map((offset) => {
      const size = FLOATS.length;
      const count = size - offset;
      const builder = new KernelBuilder([count]);
      const { pool } = builder;
      const x = builder.operand("f32", size, builder.index([1], offset));
      const two = pool.constant(2, "f32");
      const double = builder.make("multiply", [x, two]);
      const test = builder.make("less", [x, two], "bool");
      const nested = builder.make("rarely", [
        builder.make("less", [x, pool.constant(0, "f32")], "bool"),
        builder.make("exp", [double]),
        builder.make("sqrt", [double]),
      ], "f32");
      const choice = builder.make("rarely", [test, nested, x], "f32");
      const values = [choice, builder.make("exp", [double]), nested];
      const kernel = builder.rows(
        1,
        [],
        values.map((value) => builder.store(count, builder.rowMajor(), value)),
      );
      const rendered = renderRows(kernel, limits);
      return kernelCase("rarely", kernel, rendered, [
        Float32Array.from(FLOATS),
      ]);
    })
  ));

Deno.test("sums that cancel keep what rounding cut off", () =>
  checkCases((limits) => {
    const values = [1e-3, 0.1, 1e-7, 123.456, -1e-5, 1e8, 3e-8];
    const builder = new KernelBuilder([values.length]);
    const { pool } = builder;
    const x = builder.operand("f32", values.length, builder.rowMajor());
    const one = pool.constant(1, "f32");
    const sum = builder.make("add", [x, one]);
    const magic = pool.constant(12582912, "f32");
    const rounded = builder.make("subtract", [
      builder.make("add", [x, magic]),
      magic,
    ]);
    const cut = builder.make("subtract", [
      x,
      builder.make("subtract", [sum, one]),
    ]);
    const scaled = builder.make("multiply", [cut, pool.constant(1e8, "f32")]);
    const all = [scaled, rounded, builder.make("subtract", [sum, x])];
    const kernel = builder.rows(
      1,
      [],
      all.map((value) =>
        builder.store(values.length, builder.rowMajor(), value)
      ),
    );
    return [kernelCase("sums", kernel, renderRows(kernel, limits), [
      Float32Array.from(values),
    ])];
  }));
