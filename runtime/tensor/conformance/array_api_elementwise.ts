/**
 * Conformance of the elementwise functions that are composed for accuracy.
 *
 * @module
 */

import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/array_api.json" with {
  type: "json",
};
import { DTypeError, ShapeError } from "../../core/errors.ts";
import * as wf from "../mod.ts";
import { type ConformanceCase, spreadNumbers } from "./case.ts";
import { assertGradients } from "./gradients.ts";

const recorded = fixture.elementwise;

/** Compares with errors relative to the expected numbers, however small. */
async function assertRelative(
  actual: wf.Tensor,
  expected: readonly number[],
  tolerance: number,
  what: string,
): Promise<void> {
  const found = await actual.data();
  assert.equal(found.length, expected.length);
  expected.forEach((right, k) => {
    const error = Math.abs(found[k]! - right);
    assert.ok(
      Object.is(found[k], right) || error <= tolerance * Math.abs(right),
      `${what} at ${k}: ${found[k]} is not ${right}`,
    );
  });
}

type UnaryName = "asinh" | "acosh" | "atanh" | "log10";

function unaryCase(name: UnaryName): ConformanceCase {
  return {
    name: `${name} equals NumPy's to all digits, small and large`,
    run: async ({ dtype, tolerance }) => {
      const rows = recorded[name] as [number, number][];
      const x = wf.tensor(rows.map(([at]) => at), { dtype });
      const expected = rows.map(([, value]) => value);
      await assertRelative(wf[name](x), expected, tolerance, name);
    },
  };
}

type PairName = "hypot" | "copySign";

function pairCase(name: PairName): ConformanceCase {
  return {
    name: `${name} equals NumPy's to all digits`,
    run: async ({ dtype, tolerance }) => {
      const rows = recorded[name] as [number, number, number][];
      const a = wf.tensor(rows.map((row) => row[0]), { dtype });
      const b = wf.tensor(rows.map((row) => row[1]), { dtype });
      const expected = rows.map((row) => row[2]);
      await assertRelative(wf[name](a, b), expected, tolerance, name);
    },
  };
}

/** The values, with signs of zero. */
async function valuesOf(x: wf.Tensor): Promise<number[]> {
  return [...await x.data()];
}

const inverses = ["asinh", "acosh", "atanh"] as const;

/** All cases of this file that hold in any float dtype. */
export const ARRAY_API_ELEMENTWISE_CASES: readonly ConformanceCase[] = [
  ...([...inverses, "log10"] as const).map(unaryCase),
  ...(["hypot", "copySign"] as const).map(pairCase),
  {
    name: "logAddExp equals NumPy's up to roundings of its arguments",
    run: async ({ dtype, tolerance }) => {
      const rows = recorded.logAddExp as [number, number, number][];
      const y = wf.logAddExp(
        wf.tensor(rows.map((row) => row[0]), { dtype }),
        wf.tensor(rows.map((row) => row[1]), { dtype }),
      );
      const found = await y.data();
      rows.forEach(([a, b, value], k) => {
        const size = Math.max(1, Math.abs(a), Math.abs(b));
        assert.ok(Math.abs(found[k]! - value) <= tolerance * size, `${a} ${b}`);
      });
    },
  },
  {
    name: "acosh, asinh and atanh have the edges of the standard",
    run: async ({ dtype }) => {
      const of = (...x: number[]) => wf.tensor(x, { dtype });
      assert.deepEqual(
        await valuesOf(wf.asinh(of(0, -0, Infinity, -Infinity, NaN))),
        [0, -0, Infinity, -Infinity, NaN],
      );
      assert.deepEqual(
        await valuesOf(wf.acosh(of(0.5, -Infinity, 1, Infinity, NaN))),
        [NaN, NaN, 0, Infinity, NaN],
      );
      assert.deepEqual(
        await valuesOf(wf.atanh(of(-1, 1, 2, 0, NaN))),
        [-Infinity, Infinity, NaN, 0, NaN],
      );
    },
  },
  {
    name: "hypot and logAddExp have the edges of the standard",
    run: async ({ dtype }) => {
      const of = (...x: number[]) => wf.tensor(x, { dtype });
      assert.deepEqual(
        await valuesOf(wf.hypot(of(Infinity, NaN, NaN, 0), of(NaN, 1, 0, -0))),
        [Infinity, NaN, NaN, 0],
      );
      const inf = Infinity;
      assert.deepEqual(
        await valuesOf(
          wf.logAddExp(of(-inf, inf, inf, 3), of(-inf, inf, 1, -inf)),
        ),
        [-inf, inf, inf, 3],
      );
      assert.ok(
        Number.isNaN(await wf.logAddExp(of(NaN), 1).data().then((d) => d[0])),
      );
    },
  },
  {
    name: "signBit and copySign tell -0 from 0",
    run: async ({ dtype }) => {
      const x = wf.tensor([-1, -0, 0, 1, -Infinity, NaN], { dtype });
      const bits = wf.signBit(x);
      assert.equal(bits.dtype, "bool");
      assert.deepEqual(await valuesOf(bits), [1, 1, 0, 0, 1, 0]);
      const signs = wf.tensor([-0, 0, -3, 3], { dtype });
      assert.deepEqual(
        await valuesOf(
          wf.copySign(wf.tensor([2, -2, 0, -0], { dtype }), signs),
        ),
        [-2, 2, -0, 0],
      );
      assert.deepEqual(await valuesOf(wf.copySign(x, 1)), [
        1,
        0,
        0,
        1,
        Infinity,
        NaN,
      ]);
    },
  },
  {
    name: "positive gives numbers back as they are",
    run: async ({ dtype }) => {
      const x = wf.tensor([-1, 2], { dtype });
      assert.deepEqual(await valuesOf(wf.positive(x)), [-1, 2]);
    },
  },
  {
    name: "composed functions broadcast, and refuse what they cannot take",
    run: ({ dtype }) => {
      const x = wf.ones([2, 1], { dtype });
      const y = wf.ones([3], { dtype });
      const whole = wf.ones([3], { dtype: "i32" });
      const odd = wf.ones([2, 4], { dtype });
      for (const fn of [wf.hypot, wf.logAddExp, wf.copySign]) {
        assert.deepEqual(fn(x, y).shape, [2, 3]);
        assert.throws(() => fn<wf.DType>(y, whole), DTypeError);
        assert.throws(() => fn(whole, whole), DTypeError);
        assert.throws(() => fn(odd, y), ShapeError);
      }
      for (const fn of [wf.asinh, wf.acosh, wf.atanh, wf.log10, wf.signBit]) {
        assert.throws(() => fn(whole), DTypeError);
      }
      assert.throws(() => wf.positive(wf.equal(x, y)), DTypeError);
      return Promise.resolve();
    },
  },
];

const f64 = { dtype: "f64" } as const;

function gradientCase(
  name: string,
  fn: (...args: wf.F64[]) => wf.F64,
  ...args: readonly (readonly number[])[]
): ConformanceCase {
  return {
    name: `the gradient of ${name} equals central differences`,
    run: () =>
      assertGradients(
        name,
        (...x) => wf.sum(fn(...x)) as wf.F64,
        args.map((values) => wf.tensor(values, f64)),
      ),
  };
}

const spread = spreadNumbers(6, -2, 2);

/** All cases of this file about gradients. */
export const ARRAY_API_ELEMENTWISE_GRADIENT_CASES: readonly ConformanceCase[] =
  [
    gradientCase("asinh", (x) => wf.asinh(x), [...spread, 0, 1e3]),
    gradientCase("acosh", (x) => wf.acosh(x), spreadNumbers(6, 1.1, 4)),
    gradientCase("atanh", (x) => wf.atanh(x), spreadNumbers(6, -0.9, 0.9)),
    gradientCase("log10", (x) => wf.log10(x), spreadNumbers(6, 0.5, 4)),
    gradientCase("hypot", (a, b) => wf.hypot(a, b), [...spread, 1], [
      ...spreadNumbers(6, -2, 2, 3),
      1,
    ]),
    gradientCase("logAddExp", (a, b) => wf.logAddExp(a, b), [...spread, 1], [
      ...spreadNumbers(6, -2, 2, 3),
      1,
    ]),
    gradientCase("copySign", (a) => wf.copySign(a, -1), spread),
    {
      name: "the gradients of composed functions are what the limits say",
      run: async () => {
        const slope = (fn: (x: wf.F64) => wf.F64, at: number) =>
          wf.grad(fn)(wf.tensor(at, f64)).item();
        assert.equal(await slope((x) => wf.asinh(x), 0), 1);
        assert.equal(await slope((x) => wf.asinh(x), -1e200), 1e-200);
        assert.equal(await slope((x) => wf.acosh(x), 1e200), 1e-200);
        assert.equal(await slope((x) => wf.acosh(x), 1), Infinity);
        assert.equal(await slope((x) => wf.hypot(x, 0), 0), 0);
        assert.equal(await slope((x) => wf.hypot(x, 0), 3e-200), 1);
        assert.equal(await slope((x) => wf.logAddExp(x, -Infinity), 5), 1);
        const ties = (x: wf.F64) => wf.logAddExp(x, 2);
        assert.equal(await slope(ties, 2), 0.5);
      },
    },
  ];
