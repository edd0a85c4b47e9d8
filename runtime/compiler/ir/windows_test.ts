import assert from "node:assert/strict";
import {
  allocate,
  byteSize,
  type DType,
  type TypedArray,
} from "../../device/dtypes.ts";
import { evaluateKernel } from "./evaluate.ts";
import { type Expr, ExprPool } from "./expr.ts";
import type { Kernel, KernelBase, KernelStore, Operand } from "./kernel.ts";
import { windowed, type WindowedKernel, type WindowLimits } from "./windows.ts";

const LIMITS: WindowLimits = {
  bindingBytes: 1024,
  alignment: 256,
  bindings: 8,
};

const pool = new ExprPool();
const axis = (k: number) => pool.axis(k);
const times = (a: Expr, b: number) =>
  pool.make("multiply", "i32", [a, pool.size(b)]);
const plus = (a: Expr, b: Expr | number) =>
  pool.make("add", a.dtype, [a, typeof b === "number" ? pool.size(b) : b]);
const place = (a: number, length: number, b: number) =>
  plus(times(axis(a), length), axis(b));

function base(
  axes: readonly number[],
  inputs: readonly (readonly [DType, number])[],
  results: readonly (readonly [DType, number])[],
): KernelBase {
  const operand = ([dtype, size]: readonly [DType, number], buffer: number) =>
    ({ buffer, dtype, size }) satisfies Operand;
  return {
    name: "kernel",
    node: 0,
    nodes: [0],
    pool,
    axes,
    operands: inputs.map(operand),
    scalars: [],
    outputs: results.map((one, k) => operand(one, inputs.length + k)),
    inPlace: [],
    flops: 1000,
    bytes: 1000,
    cut: "",
  };
}

function map(
  axes: readonly number[],
  inputs: readonly (readonly [DType, number])[],
  result: readonly [DType, number],
  store: Omit<KernelStore, "output">,
): Kernel {
  return {
    ...base(axes, inputs, [result]),
    kind: "row",
    outer: axes.length,
    stages: [],
    rowStores: [{ output: 0, ...store }],
  };
}

function data(dtype: DType, size: number): TypedArray {
  const array = allocate(dtype, size);
  for (let k = 0; k < size; k++) array[k] = 1 + (k * 37 + 11) % 97;
  return array;
}

/** Runs pieces on windows of the buffers; results that are 0 do not count. */
function evaluatePieces(
  { operands, outputs }: Kernel,
  pieces: readonly WindowedKernel[],
  inputs: readonly TypedArray[],
): TypedArray[] {
  const arrays = new Map(operands.map(({ buffer }, k) => [buffer, inputs[k]!]));
  const whole = outputs.map(({ dtype, size }) => allocate(dtype, size));
  for (const { kernel, ...windows } of pieces) {
    const views = windows.operands.map(({ start, size }, k) => {
      assert.equal(size, kernel.operands[k]!.size);
      const { buffer } = kernel.operands[k]!;
      return arrays.get(buffer)!.subarray(start, start + size);
    });
    evaluateKernel(kernel, views, []).forEach((made, k) => {
      const { start, size } = windows.outputs[k]!;
      assert.equal(made.length, size);
      made.forEach((value, at) => {
        if (value === 0) return;
        assert.equal(whole[k]![start + at], 0, "written twice");
        whole[k]![start + at] = value;
      });
    });
  }
  return whole;
}

function check(
  kernel: Kernel,
  most: number,
  limits: WindowLimits = LIMITS,
): readonly WindowedKernel[] {
  const pieces = windowed(kernel, limits)!;
  assert.ok(pieces !== undefined, "there is a way");
  assert.ok(pieces.length <= most, `${pieces.length}`);
  for (const { kernel, operands, outputs } of pieces) {
    const bound = [...kernel.operands, ...kernel.outputs];
    assert.ok(bound.length <= limits.bindings);
    [...operands, ...outputs].forEach(({ start, size }, k) => {
      const bytes = byteSize(bound[k]!.dtype);
      assert.equal(start * bytes % limits.alignment, 0);
      assert.ok(size * bytes <= limits.bindingBytes);
    });
  }
  for (const { outputs } of pieces) {
    // Four elements may be written at once, also behind the last one.
    outputs.forEach(({ start, size }, k) => {
      const end = start + size;
      assert.ok(end % 4 === 0 || end === kernel.outputs[k]!.size);
    });
  }
  const inputs = kernel.operands.map(({ dtype, size }) => data(dtype, size));
  assert.deepEqual(
    evaluatePieces(kernel, pieces, inputs),
    evaluateKernel(kernel, inputs, []),
  );
  return pieces;
}

Deno.test("windowed cuts a map of one axis in equal pieces", () => {
  const index = axis(0);
  const kernel = map([1000], [["f32", 1000]], ["f32", 1000], {
    index,
    value: plus(pool.load(0, "f32", index), pool.load(0, "f32", index)),
  });
  const pieces = check(kernel, 4);
  assert.deepEqual(pieces.map((one) => one.kernel.axes[0]), [
    256,
    256,
    256,
    232,
  ]);
  // All but the last have one text: where a piece starts is in its bindings.
  const stores = pieces.map(({ kernel }) =>
    kernel.kind === "row" ? kernel.rowStores[0]! : undefined
  );
  assert.ok(
    stores.every((store) =>
      store?.index === index && store.value === stores[0]?.value
    ),
  );
  assert.equal(pieces[0]!.kernel.flops, 256);
});

Deno.test("windowed leaves a kernel whole that fits", () => {
  const kernel = map([200], [["f32", 200]], ["f32", 200], {
    index: axis(0),
    value: pool.load(0, "f32", axis(0)),
  });
  const [piece, ...others] = windowed(kernel, LIMITS)!;
  assert.equal(others.length, 0);
  assert.deepEqual(piece!.operands, [{ start: 0, size: 200 }]);
  assert.deepEqual(piece!.kernel, kernel);
});

Deno.test("windowed keeps words of bytes and values of positions", () => {
  const kernel = map([5003], [["f32", 5003]], ["u8", 5003], {
    index: axis(0),
    value: pool.make("cast", "u8", [
      plus(
        pool.make("cast", "i32", [pool.load(0, "f32", axis(0))]),
        pool.make("modulo", "i32", [axis(0), pool.size(100)]),
      ),
    ]),
  });
  check(kernel, 21);
});

Deno.test("windowed cuts rows of odd lengths between rows", () => {
  const at = place(0, 37, 1);
  const x = pool.load(0, "f32", at);
  const reduced = pool.make("reduced", "f32", [], 0);
  const kernel: Kernel = {
    ...base([50, 37], [["f32", 50 * 37]], [["f32", 50 * 37], ["f32", 50]]),
    kind: "row",
    outer: 1,
    stages: [
      { reductions: [{ op: "sum", dtype: "f32", value: x }], stores: [] },
      {
        reductions: [],
        stores: [{
          output: 0,
          index: at,
          value: pool.make("divide", "f32", [x, reduced]),
        }],
      },
    ],
    rowStores: [{ output: 1, index: axis(0), value: reduced }],
  };
  check(kernel, 10);
});

Deno.test("windowed cuts the other axis where the first one does not help", () => {
  const kernel = map([3, 700], [["f32", 2100]], ["f32", 2100], {
    index: place(0, 700, 1),
    value: pool.load(0, "f32", place(0, 700, 1)),
  });
  check(kernel, 9);
});

Deno.test("windowed binds an operand several times that is read across", () => {
  // A transpose: no cut makes both buffers short.
  const kernel = map([40, 30], [["f32", 1200]], ["f32", 1200], {
    index: place(0, 30, 1),
    value: pool.load(0, "f32", place(1, 40, 0)),
  });
  const pieces = check(kernel, 6);
  assert.equal(pieces[0]!.kernel.operands.length, 5);
  // Where there are no bindings for that, many short pieces do.
  check(kernel, 30, { ...LIMITS, bindings: 2 });
});

Deno.test("windowed reads what data choose, and nothing outside of a pad", () => {
  const chosen = pool.load(1, "i32", axis(0));
  const inside = pool.make("and", "bool", [
    pool.make("lessEqual", "bool", [pool.size(100), axis(0)]),
    pool.make("less", "bool", [axis(0), pool.size(397)]),
  ]);
  const padded = pool.load(2, "f32", plus(axis(0), -100), inside);
  const kernel = map(
    [600],
    [["f32", 900], ["i32", 600], ["f32", 297]],
    ["f32", 600],
    {
      index: axis(0),
      value: plus(pool.load(0, "f32", times(chosen, 9)), padded),
    },
  );
  check(kernel, 4);
});

Deno.test("windowed joins two long buffers", () => {
  const first = pool.make("less", "bool", [axis(0), pool.size(500)]);
  const second = pool.make("lessEqual", "bool", [pool.size(500), axis(0)]);
  const kernel = map([1100], [["i32", 500], ["i32", 600]], ["i32", 1100], {
    index: axis(0),
    value: pool.make("where", "i32", [
      first,
      pool.load(0, "i32", axis(0), first),
      pool.load(1, "i32", plus(axis(0), -500), second),
    ]),
  });
  check(kernel, 6);
});

function contraction(m: number, n: number, k: number, transposed: boolean) {
  return {
    ...base([m, n, k], [["f32", m * k], ["f32", n * k]], [["f32", m * n]]),
    kind: "contract",
    a: pool.load(0, "f32", place(0, k, 2)),
    b: pool.load(1, "f32", transposed ? place(1, k, 2) : place(2, n, 1)),
    dtype: "f32",
    stores: [{
      output: 0,
      index: place(0, n, 1),
      value: pool.make("reduced", "f32", [], 0),
    }],
  } satisfies Kernel;
}

Deno.test("windowed cuts contractions along m, n or both", () => {
  check(contraction(100, 5, 20, false), 10);
  check(contraction(5, 50, 20, true), 5);
  check(contraction(5, 45, 20, false), 4);
  check(contraction(60, 60, 20, true), 19);
  check(contraction(60, 60, 20, true), 90, { ...LIMITS, bindings: 3 });
});

Deno.test("windowed cuts the lanes of loops", () => {
  const carry = pool.make("carry", "f32", [], 0);
  const at = place(0, 20, 1);
  const next = pool.make("add", "f32", [carry, pool.load(0, "f32", at)]);
  const kernel: Kernel = {
    ...base([70, 20], [["f32", 1400]], [["f32", 1400], ["f32", 70]]),
    kind: "loop",
    reverse: true,
    carries: [{ dtype: "f32", initial: pool.constant(0, "f32"), next }],
    stores: [{ output: 0, index: at, value: next }],
    rowStores: [{ output: 1, index: axis(0), value: carry }],
    runningSum: false,
  };
  check(kernel, 7);
});

Deno.test("windowed tells where there is no way", () => {
  const carry = pool.make("carry", "f32", [], 0);
  const next = pool.make("add", "f32", [carry, pool.load(0, "f32", axis(0))]);
  const kernel: Kernel = {
    ...base([1000], [["f32", 1000]], [["f32", 1000]]),
    kind: "loop",
    reverse: false,
    carries: [{ dtype: "f32", initial: pool.constant(0, "f32"), next }],
    stores: [{ output: 0, index: axis(0), value: next }],
    rowStores: [],
    runningSum: true,
  };
  assert.equal(windowed(kernel, LIMITS), undefined);
});
