import type { DType } from "../../../device/dtypes.ts";
import { isFloatDType } from "../../../device/dtypes.ts";
import { type Expr, type ExprOp, ExprPool } from "../../ir/expr.ts";
import {
  assertCompiled,
  Draw,
  kernelBase,
  mapKernel,
  rowMajor,
} from "./testing.ts";

const DTYPES: readonly DType[] = [
  "f64",
  "f32",
  "f16",
  "i32",
  "u32",
  "i8",
  "u8",
  "bool",
];
const SIZES = [1, 2, 3, 4, 5, 7, 16, 67, 203];

/** Runs one operation over flat data of all sizes. */
function checkOperation(
  dtype: DType,
  count: number,
  make: (pool: ExprPool, args: Expr[]) => Expr,
  tolerance = 0,
): void {
  const draw = new Draw(count + 17);
  for (const size of SIZES) {
    const pool = new ExprPool();
    const index = pool.axis(0);
    const args = Array.from(
      { length: count },
      (_, k) => pool.load(k, dtype, index),
    );
    const value = make(pool, args);
    const base = kernelBase(
      pool,
      [size],
      args.map(() => [dtype, size]),
      [[value.dtype, size]],
    );
    assertCompiled(
      mapKernel(base, [{ output: 0, index, value }]),
      args.map(() => draw.data(dtype, size)),
      { tolerance },
    );
  }
}

const FLOAT_UNARY: readonly ExprOp[] = [
  "negative",
  "absolute",
  "sign",
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
  "maximum",
  "minimum",
  "copySign",
];
const WHOLE_UNARY: readonly ExprOp[] = ["negative", "absolute", "sign", "not"];
const WHOLE_BINARY: readonly ExprOp[] = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
  "power",
  "maximum",
  "minimum",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
];

for (const dtype of DTYPES) {
  const float = isFloatDType(dtype);
  Deno.test(`arithmetic of ${dtype} is that of the interpreter`, () => {
    const unary = float
      ? FLOAT_UNARY
      : dtype === "bool"
      ? ["not"] as const
      : WHOLE_UNARY;
    for (const op of unary) {
      checkOperation(dtype, 1, (pool, args) => pool.make(op, dtype, args));
    }
    const binary = float
      ? FLOAT_BINARY
      : dtype === "bool"
      ? ["and", "or", "xor", "maximum", "minimum"] as const
      : WHOLE_BINARY;
    for (const op of binary) {
      checkOperation(dtype, 2, (pool, args) => pool.make(op, dtype, args));
    }
    checkOperation(
      dtype,
      3,
      (pool, [a, b, c]) =>
        pool.make("where", dtype, [
          pool.make("less", "bool", [a!, b!]),
          b!,
          c!,
        ]),
    );
  });

  Deno.test(`comparisons of ${dtype} are those of the interpreter`, () => {
    for (const op of ["equal", "less", "lessEqual"] as const) {
      checkOperation(dtype, 2, (pool, args) => pool.make(op, "bool", args));
    }
    for (const op of ["isNaN", "isFinite"] as const) {
      checkOperation(dtype, 1, (pool, args) => pool.make(op, "bool", args));
    }
  });

  Deno.test(`${dtype} becomes any dtype as the interpreter has it`, () => {
    for (const to of DTYPES) {
      checkOperation(dtype, 1, (pool, args) => pool.make("cast", to, args));
      // Something after the cast, so that it is not only stored.
      checkOperation(dtype, 1, (pool, [a]) => {
        const cast = pool.make("cast", to, [a!]);
        const same = pool.make("equal", "bool", [cast, cast]);
        return pool.make("where", to, [same, cast, pool.constant(1, to)]);
      });
    }
  });
}

Deno.test("bounds keep NaN and the sign of 0", () => {
  for (const dtype of ["f32", "f64"] as const) {
    for (const op of ["maximum", "minimum"] as const) {
      for (const bound of [0, -0, 1, -1, Infinity, -Infinity, NaN]) {
        for (const turned of [false, true]) {
          checkOperation(dtype, 1, (pool, [x]) => {
            const args = [x!, pool.constant(bound, dtype)];
            return pool.make(op, dtype, turned ? args.reverse() : args);
          });
        }
      }
    }
    // A choice of the larger or smaller, written as a choice.
    for (const turned of [false, true]) {
      checkOperation(dtype, 2, (pool, [a, b]) =>
        pool.make("where", dtype, [
          pool.make("less", "bool", [a!, b!]),
          turned ? a! : b!,
          turned ? b! : a!,
        ]));
    }
  }
});

Deno.test("rare choices are choices", () => {
  for (const dtype of ["f32", "f64", "i32", "bool"] as const) {
    checkOperation(dtype, 3, (pool, [a, b, c]) =>
      pool.make("rarely", dtype, [
        pool.make("less", "bool", [a!, b!]),
        pool.make("where", dtype, [
          pool.make("equal", "bool", [a!, c!]),
          a!,
          b!,
        ]),
        c!,
      ]));
  }
});

Deno.test("bits of floats are taken apart and put together", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const positive = (pool: ExprPool, a: Expr) =>
      pool.make("add", dtype, [
        pool.make("minimum", dtype, [
          pool.make("where", dtype, [
            pool.make("isNaN", "bool", [a]),
            pool.constant(3, dtype),
            pool.make("absolute", dtype, [a]),
          ]),
          pool.constant(1e30, dtype),
        ]),
        pool.constant(1e-30, dtype),
      ]);
    for (const op of ["exponentOf", "mantissaOf"] as const) {
      checkOperation(
        dtype,
        1,
        (pool, [a]) => pool.make(op, dtype, [positive(pool, a!)]),
      );
    }
    checkOperation(dtype, 1, (pool, [a]) => {
      const whole = pool.make("round", dtype, [positive(pool, a!)]);
      const top = pool.make("minimum", dtype, [
        whole,
        pool.constant(120, dtype),
      ]);
      return pool.make("powerOfTwo", dtype, [top]);
    });
  }
  checkOperation("f32", 1, (pool, [a]) =>
    pool.make("bitcast", "f32", [
      pool.make("and", "i32", [
        pool.make("bitcast", "i32", [a!]),
        pool.constant(0x7fff0000),
      ]),
    ]));
});

Deno.test("permuted, broadcast, reversed, split and gathered operands", () => {
  const draw = new Draw(5);
  for (const dtype of ["f32", "f64", "i8", "bool", "f16"] as const) {
    for (
      const [n, m] of [[3, 5], [9, 70], [65, 4], [1, 33], [12, 12]] as const
    ) {
      const pool = new ExprPool();
      const axes = [n, m];
      const multiply = (a: Expr, b: number) =>
        pool.make("multiply", "i32", [a, pool.size(b)]);
      const add = (a: Expr, b: Expr) => pool.make("add", "i32", [a, b]);
      const flat = rowMajor(pool, axes);
      const transposed = add(multiply(pool.axis(1), n), pool.axis(0));
      const reversed = pool.make("subtract", "i32", [
        pool.size(n * m - 1),
        flat,
      ]);
      const half = pool.make("quotient", "i32", [flat, pool.size(2)]);
      const rest = pool.make("modulo", "i32", [flat, pool.size(3)]);
      const gathered = pool.load(1, "i32", pool.axis(1));
      const indices = [
        flat,
        transposed,
        reversed,
        half,
        rest,
        gathered,
        pool.axis(0),
        pool.axis(1),
      ];
      const base = kernelBase(
        pool,
        axes,
        [[dtype, n * m], ["i32", m]],
        indices.map(() => [dtype, n * m] as const),
      );
      const picks = Int32Array.from(
        { length: m },
        () => Math.floor(draw.next() * n * m),
      );
      for (const store of [flat, transposed, reversed]) {
        assertCompiled(
          mapKernel(
            base,
            indices.map((index, output) => ({
              output,
              index: store,
              value: pool.load(0, dtype, index),
            })),
          ),
          [draw.data(dtype, n * m), picks],
        );
      }
    }
  }
});

Deno.test("elements that do not exist are 0", () => {
  const draw = new Draw(6);
  for (const dtype of ["f32", "f64", "u8", "bool", "i32"] as const) {
    for (const [n, m] of [[4, 9], [7, 40], [1, 5]] as const) {
      const pool = new ExprPool();
      // A field of n by m, of which the middle is an operand.
      const [inner, wide] = [Math.max(1, m - 4), pool.axis(1)];
      const column = pool.make("subtract", "i32", [wide, pool.size(2)]);
      const inside = pool.make("and", "bool", [
        pool.make("lessEqual", "bool", [pool.constant(0), column]),
        pool.make("less", "bool", [column, pool.size(inner)]),
      ]);
      const row = pool.make("multiply", "i32", [
        pool.axis(0),
        pool.size(inner),
      ]);
      const index = pool.make("add", "i32", [row, column]);
      const lower = pool.make("less", "bool", [pool.axis(0), pool.size(2)]);
      const stepped = pool.make("multiply", "i32", [index, pool.size(2)]);
      const values = [
        pool.load(0, dtype, index, inside),
        pool.load(0, dtype, index, pool.make("and", "bool", [inside, lower])),
        pool.load(0, dtype, stepped, inside),
        pool.load(0, dtype, pool.axis(0), inside),
        pool.load(
          0,
          dtype,
          pool.make("quotient", "i32", [index, pool.size(3)]),
          inside,
        ),
        pool.load(0, dtype, pool.make("add", "i32", [row, wide]), lower),
      ];
      const base = kernelBase(
        pool,
        [n, m],
        [[dtype, 2 * n * m]],
        values.map(() => [dtype, n * m] as const),
      );
      const flat = rowMajor(pool, [n, m]);
      assertCompiled(
        mapKernel(
          base,
          values.map((value, output) => ({ output, index: flat, value })),
        ),
        [draw.data(dtype, 2 * n * m)],
      );
    }
  }
});

Deno.test("positions, sizes and scalars are values, too", () => {
  const pool = new ExprPool();
  const axes = [5, 37];
  const dtypes = ["f64", "f32", "i32", "u8"] as const;
  const values = dtypes.map((dtype, k) =>
    pool.make("add", dtype, [
      pool.make("cast", dtype, [pool.axis(1)]),
      pool.make("scalar", dtype, [], k),
    ])
  );
  values.push(pool.make("multiply", "i32", [pool.axis(0), pool.size(37)]));
  const base = kernelBase(
    pool,
    axes,
    [],
    values.map(({ dtype }) => [dtype, 185] as const),
  );
  const index = rowMajor(pool, axes);
  for (const count of [1, 2, 5]) {
    const kernel = mapKernel(
      {
        ...base,
        scalars: dtypes.map((dtype, scalar) => ({ scalar, dtype })),
        outputs: base.outputs.slice(0, count),
      },
      values.slice(0, count).map((value, output) => ({ output, index, value })),
    );
    assertCompiled(kernel, [], { scalars: [0.1, 0.7, -3, 200] });
  }
});

Deno.test("a single point has no axes", () => {
  const pool = new ExprPool();
  const base = kernelBase(pool, [], [["f32", 1]], [["f32", 1]]);
  const value = pool.make("negative", "f32", [
    pool.load(0, "f32", pool.constant(0)),
  ]);
  const store = { output: 0, index: pool.constant(0), value };
  assertCompiled(mapKernel(base, [store]), [Float32Array.of(3)]);
});
