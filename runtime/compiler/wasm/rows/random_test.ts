import type { DType } from "../../../device/dtypes.ts";
import { type Expr, type ExprOp, ExprPool } from "../../ir/expr.ts";
import type { KernelStore, LoopKernel, RowKernel } from "../../ir/kernel.ts";
import { assertCompiled, Draw, kernelBase, rowMajor } from "./testing.ts";

const DTYPES: readonly DType[] = ["f32", "f64", "i32", "u8", "bool"];
const SIZE = 4096;

/** Draws expressions over the axes of a kernel. */
class Sketch {
  readonly pool = new ExprPool();
  readonly axes: number[];
  readonly #draw: Draw;

  constructor(draw: Draw, most: number) {
    this.#draw = draw;
    const lengths = [1, 2, 3, 5, 8, 9, 16, 21];
    this.axes = Array.from({ length: most }, () => this.pick(lengths));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#draw.next() * from.length)]!;
  }

  #whole(op: ExprOp, a: Expr, b: Expr): Expr {
    return this.pool.make(op, "i32", [a, b]);
  }

  /** An index of an operand, from 0 to below its size. */
  index(axes: number): Expr {
    const { pool } = this;
    let sum: Expr = pool.size(this.pick([0, 1, 7]));
    for (let axis = 0; axis < axes; axis++) {
      const stride = this.pick([0, 1, 1, 3, 21, 40]);
      const step = this.#whole("multiply", pool.axis(axis), pool.size(stride));
      sum = this.#whole("add", sum, step);
    }
    const way = this.pick(["plain", "plain", "half", "back", "loaded"]);
    if (way === "half") sum = this.#whole("quotient", sum, pool.size(2));
    if (way === "back") sum = this.#whole("subtract", pool.size(SIZE - 1), sum);
    if (way === "loaded") {
      const place = pool.load(
        2,
        "i32",
        this.#whole("modulo", sum, pool.size(SIZE)),
      );
      sum = this.#whole("and", place, pool.constant(1023));
    }
    return way === "plain"
      ? this.#whole("modulo", sum, pool.size(SIZE)).args[0]!
      : sum;
  }

  /** A value of a dtype over the first axes. */
  value(
    dtype: DType,
    axes: number,
    depth: number,
    leaves: readonly Expr[],
  ): Expr {
    const { pool } = this;
    const own = leaves.filter((leaf) => leaf.dtype === dtype);
    if (own.length > 0 && this.#draw.next() < 0.3) return this.pick(own);
    if (depth === 0) return this.#leaf(dtype, axes);
    const next = (other = dtype) => this.value(other, axes, depth - 1, leaves);
    const way = this.pick(["binary", "binary", "where", "cast", "unary"]);
    if (way === "where") {
      const kind = this.pick(DTYPES);
      const test = pool.make(this.pick(["less", "equal"] as const), "bool", [
        next(kind),
        next(kind),
      ]);
      return pool.make(this.pick(["where", "rarely"] as const), dtype, [
        test,
        next(),
        next(),
      ]);
    }
    if (way === "cast") {
      return pool.make("cast", dtype, [next(this.pick(DTYPES))]);
    }
    if (dtype === "bool") {
      return pool.make(this.pick(["and", "or", "xor"] as const), dtype, [
        next(),
        next(),
      ]);
    }
    if (way === "unary") {
      return pool.make(
        this.pick(["negative", "absolute", "sign"] as const),
        dtype,
        [next()],
      );
    }
    return pool.make(
      this.pick(
        ["add", "subtract", "maximum", "minimum", "multiply"] as const,
      ),
      dtype,
      [next(), next()],
    );
  }

  #leaf(dtype: DType, axes: number): Expr {
    const { pool } = this;
    const way = this.pick(["load", "load", "constant", "axis", "guarded"]);
    if (way === "constant") {
      const numbers = dtype === "bool" ? [0, 1] : [0, 1, 3];
      return pool.constant(this.pick(numbers), dtype);
    }
    if (way === "axis" && axes > 0) {
      const axis = pool.axis(Math.floor(this.#draw.next() * axes));
      return pool.make("cast", dtype, [axis]);
    }
    // Operands of whole numbers and floats, made what is asked for.
    const operand = this.pick([0, 1]);
    const from: DType = operand === 0 ? "f32" : "u8";
    const index = this.index(axes);
    const valid = way === "guarded" && axes > 0
      ? pool.make("less", "bool", [
        pool.axis(Math.floor(this.#draw.next() * axes)),
        pool.size(this.pick([2, 4, 6])),
      ])
      : undefined;
    return pool.make("cast", dtype, [pool.load(operand, from, index, valid)]);
  }

  /** Stores of all points of the first axes. */
  stores(
    dtypes: readonly DType[],
    axes: number,
    leaves: readonly Expr[],
    from: number,
  ): KernelStore[] {
    const index = rowMajor(this.pool, this.axes.slice(0, axes));
    return dtypes.map((dtype, k) => ({
      output: from + k,
      index,
      value: this.value(dtype, axes, 3, leaves),
    }));
  }
}

const OPERANDS = [["f32", SIZE], ["u8", SIZE], ["i32", SIZE]] as const;

function operandsOf(draw: Draw) {
  return [
    Float32Array.from({ length: SIZE }, () => Math.floor(draw.next() * 9) - 4),
    draw.data("u8", SIZE),
    Int32Array.from({ length: SIZE }, () => Math.floor(draw.next() * SIZE)),
  ];
}

function count(axes: readonly number[]): number {
  return axes.reduce((a, b) => a * b, 1);
}

/** A kernel of one or two stages, or a map. */
function randomRows(draw: Draw): RowKernel {
  const sketch = new Sketch(draw, 3);
  const { pool, axes } = sketch;
  const outer = sketch.pick([0, 1, 2, 3]);
  const kept = [sketch.pick(DTYPES), sketch.pick(DTYPES)];
  const all = count(axes);
  const rows = count(axes.slice(0, outer));
  const isMap = outer === 3;
  const dtypes: (readonly [DType, number])[] = [
    [kept[0]!, isMap ? rows : all],
    [kept[1]!, rows],
  ];
  const base = kernelBase(pool, axes, OPERANDS, dtypes);
  if (isMap) {
    const rowStores = sketch.stores(kept, 3, [], 0);
    return { ...base, kind: "row", outer, stages: [], rowStores };
  }
  const whole = sketch.pick(["i32", "f64"] as const);
  const reduced = [
    pool.make("reduced", whole, [], 0),
    pool.make("reduced", "i32", [], 1),
  ];
  return {
    ...base,
    kind: "row",
    outer,
    stages: [
      {
        reductions: [
          {
            op: sketch.pick(["sum", "max", "min"] as const),
            dtype: whole,
            value: sketch.value(whole, 3, 2, []),
          },
          {
            op: sketch.pick(["argmax", "argmin"] as const),
            dtype: "i32",
            value: sketch.value(sketch.pick(DTYPES), 3, 2, []),
          },
        ],
        stores: [],
      },
      { reductions: [], stores: sketch.stores([kept[0]!], 3, reduced, 0) },
    ],
    rowStores: sketch.stores([kept[1]!], outer, reduced, 1),
  };
}

function randomLoop(draw: Draw): LoopKernel {
  const sketch = new Sketch(draw, sketchAxes(draw));
  const { pool, axes } = sketch;
  const last = axes.length - 1;
  const [own, other] = [sketch.pick(DTYPES), sketch.pick(DTYPES)];
  const base = kernelBase(pool, axes, OPERANDS, [
    [own, count(axes)],
    [other, count(axes.slice(0, last))],
  ]);
  const carried = [sketch.pick(["i32", "bool"] as const), "u8" as const];
  const leaves = carried.map((dtype, k) => pool.make("carry", dtype, [], k));
  return {
    ...base,
    kind: "loop",
    reverse: draw.next() < 0.5,
    carries: carried.map((dtype) => ({
      dtype,
      initial: sketch.value(dtype, last, 1, []),
      next: sketch.value(dtype, axes.length, 2, leaves),
    })),
    stores: sketch.stores([own], axes.length, leaves, 0),
    rowStores: sketch.stores([other], last, leaves, 1),
    runningSum: false,
  };
}

function sketchAxes(draw: Draw): number {
  return 1 + Math.floor(draw.next() * 3);
}

Deno.test("row kernels drawn at random are those of the interpreter", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const draw = new Draw(seed * 7919);
    const kernel = randomRows(draw);
    try {
      assertCompiled(kernel, operandsOf(draw), { tolerance: 1e-6 });
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

Deno.test("loop kernels drawn at random are those of the interpreter", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const draw = new Draw(seed * 104729);
    const kernel = randomLoop(draw);
    try {
      assertCompiled(kernel, operandsOf(draw), { tolerance: 1e-6 });
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
