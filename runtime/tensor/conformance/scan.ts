/**
 * Conformance of `scan` and its gradient.
 *
 * @module
 */

import assert from "node:assert/strict";
import { withHistoryLimit } from "../gradients/scan.ts";
import * as wf from "../mod.ts";
import { assertClose, type ConformanceCase, spreadNumbers } from "./case.ts";
import { assertGradients } from "./gradients.ts";

const f64 = { dtype: "f64" } as const;

/** A scalar function of f64 tensors. */
type Loss = (...args: wf.F64[]) => wf.F64;

/** Variance recursion of GARCH(1,1) and its quasi-likelihood. */
function garchLoss(omega: wf.F64, alpha: wf.F64, beta: wf.F64, e2: wf.F64) {
  const start = wf.broadcastTo(wf.mean(e2), e2.shape.slice(1));
  const [, h] = wf.scan(
    (level: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
      const next = wf.add(
        omega,
        wf.add(wf.multiply(alpha, x), wf.multiply(beta, level)),
      );
      return [next, level];
    },
    start,
    e2,
  );
  return wf.sum(wf.add(wf.log(h), wf.divide(e2, h)));
}

function garchArguments(shape: readonly number[], steps: number): wf.F64[] {
  const size = shape.reduce((total, n) => total * n, 1);
  const near = (value: number) =>
    wf.tensor(spreadNumbers(size, value, value * 1.1), {
      dtype: "f64",
      shape,
    });
  const e2 = wf.tensor(spreadNumbers(steps * size, 0.1, 2), {
    dtype: "f64",
    shape: [steps, ...shape],
  });
  return [near(0.1), near(0.2), near(0.6), e2];
}

/** All cases of this file. */
export const SCAN_CASES: readonly ConformanceCase[] = [
  {
    name: "scan equals the loop written out, in both directions",
    run: async ({ dtype, tolerance }) => {
      const xs = spreadNumbers(9, -1, 1);
      for (const reverse of [false, true]) {
        const [last, all] = wf.scan(
          (carry: wf.Tensor, x: wf.Tensor): [wf.Tensor, wf.Tensor] => {
            const next = wf.add(wf.multiply(carry, 0.5), x);
            return [next, wf.square(next)];
          },
          wf.tensor(2, { dtype }) as wf.Tensor,
          wf.tensor(xs, { dtype }) as wf.Tensor,
          { reverse },
        );
        let carry = 2;
        const expected = new Array<number>(9);
        for (let k = 0; k < 9; k++) {
          const t = reverse ? 8 - k : k;
          carry = carry * 0.5 + xs[t]!;
          expected[t] = carry * carry;
        }
        await assertClose(last, [carry], tolerance);
        await assertClose(all, expected, tolerance);
      }
    },
  },
  {
    name: "scan carries trees, runs many loops side by side, and mixes dtypes",
    run: async ({ dtype }) => {
      const xs = wf.reshape(wf.arange(6, undefined, 1, { dtype }), [3, 2]);
      const [state, y] = wf.scan(
        (carry: { total: wf.Tensor; steps: wf.I32 }, x: wf.Tensor) => {
          const next = {
            total: wf.add(carry.total, x),
            steps: wf.add(carry.steps, 1),
          };
          return [next, { sum: next.total, count: next.steps }] as const;
        },
        {
          total: wf.zeros([2], { dtype }) as wf.Tensor,
          steps: wf.tensor(0, { dtype: "i32" }),
        },
        xs as wf.Tensor,
      );
      assert.deepEqual(await state.total.toArray(), [6, 9]);
      assert.equal(await state.steps.item(), 3);
      assert.deepEqual(await y.sum.toArray(), [[0, 1], [2, 4], [6, 9]]);
      assert.deepEqual(await y.count.toArray(), [1, 2, 3]);
    },
  },
  {
    name: "scan of a step with a matrix product equals the loop written out",
    run: async ({ dtype, tolerance }) => {
      const turn = wf.tensor([[0.6, -0.8], [0.8, 0.6]], { dtype });
      const [last] = wf.scan(
        (carry: wf.Tensor): [wf.Tensor, []] => [wf.matmul(turn, carry), []],
        wf.tensor([1, 0], { dtype }) as wf.Tensor,
        [],
        { length: 4 },
      );
      const angle = 4 * Math.acos(0.6);
      await assertClose(
        last,
        [Math.cos(angle), Math.sin(angle)],
        tolerance * 4,
      );
    },
  },
  {
    name: "scan over no steps gives the first carry",
    run: async ({ dtype }) => {
      const [last, all] = wf.scan(
        (carry: wf.Tensor, x: wf.Tensor) => [wf.add(carry, x), x] as const,
        wf.tensor(5, { dtype }) as wf.Tensor,
        wf.zeros([0], { dtype }) as wf.Tensor,
      );
      assert.equal(await last.item(), 5);
      assert.deepEqual(all.shape, [0]);
      assert.equal((await all.data()).length, 0);
    },
  },
];

/** Cases that need a device that computes in f64. */
export const SCAN_GRADIENT_CASES: readonly ConformanceCase[] = [
  {
    name:
      "the gradient of scan equals central differences, for one and many loops",
    run: async () => {
      for (const shape of [[], [3]]) {
        const args = garchArguments(shape, 7);
        await assertGradients("garch", garchLoss as Loss, args);
      }
    },
  },
  {
    name: "the gradient of scan by pieces equals the one with all carries kept",
    run: async () => {
      for (const steps of [4, 9, 23]) {
        const args = garchArguments([2], steps);
        const gradients = (limit: number) =>
          withHistoryLimit(
            limit,
            () =>
              wf.grad(garchLoss as Loss, { argnums: [0, 1, 2, 3] })(
                ...args,
              ),
          ) as wf.F64[];
        const whole = gradients(Infinity);
        const pieces = gradients(1);
        for (const [k, one] of pieces.entries()) {
          await assertClose(
            one,
            await whole[k]!.data(),
            1e-12,
            `argument ${k}`,
          );
        }
      }
    },
  },
  {
    name:
      "the gradient of scan in reverse by pieces equals central differences",
    run: async () => {
      const loss = (start: wf.F64, xs: wf.F64): wf.F64 => {
        const [last, all] = wf.scan(
          (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
            const next = wf.sin(wf.add(wf.multiply(carry, 0.7), x));
            return [next, wf.multiply(carry, x)];
          },
          start,
          xs,
          { reverse: true },
        );
        return wf.add(last, wf.sum(wf.square(all)));
      };
      const args = [
        wf.tensor(0.3, f64),
        wf.tensor(spreadNumbers(11, -1, 1), f64),
      ];
      const inPieces = (...given: wf.F64[]) => loss(given[0]!, given[1]!);
      await withHistoryLimitAsync(
        1,
        () => assertGradients("reverse", inPieces, args),
      );
    },
  },
  {
    name:
      "the gradient of a scan with matrix products equals central differences",
    run: async () => {
      const loss = (w: wf.F64, start: wf.F64, xs: wf.F64): wf.F64 => {
        const [last] = wf.scan(
          (carry: wf.F64, x: wf.F64): [wf.F64, []] => [
            wf.tanh(wf.add(wf.matmul(w, carry), x)),
            [],
          ],
          start,
          xs,
        );
        return wf.sum(wf.square(last));
      };
      await assertGradients("recurrent", loss as Loss, [
        wf.tensor(spreadNumbers(9, -1, 1), { dtype: "f64", shape: [3, 3] }),
        wf.tensor(spreadNumbers(3, -1, 1, 2), f64),
        wf.tensor(spreadNumbers(12, -1, 1, 3), { dtype: "f64", shape: [4, 3] }),
      ]);
    },
  },
  {
    name: "the gradient of the gradient of scan equals central differences",
    run: async () => {
      const [omega, alpha, beta, e2] = garchArguments([], 6) as [
        wf.F64,
        wf.F64,
        wf.F64,
        wf.F64,
      ];
      const slope = (...given: wf.F64[]): wf.F64 => {
        const [a, b] = wf.grad(
          (x: wf.F64, y: wf.F64) => garchLoss(omega, x, y, e2),
          { argnums: [0, 1] },
        )(given[0]!, given[1]!);
        return wf.add(a, b);
      };
      await assertGradients("second", slope, [alpha, beta]);
    },
  },
];

/** Gradients are built when the function is called, so the limit must last. */
async function withHistoryLimitAsync(
  bytes: number,
  body: () => Promise<void>,
): Promise<void> {
  let pending: Promise<void> = Promise.resolve();
  withHistoryLimit(bytes, () => {
    pending = body();
  });
  await pending;
}
