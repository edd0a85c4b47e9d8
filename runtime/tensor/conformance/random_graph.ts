/**
 * Graphs drawn at random, to compare ways of computing them.
 *
 * @module
 */

import * as wf from "../mod.ts";

/**
 * Applies operations chosen by numbers to a growing pool of tensors.
 *
 * @param dtype The dtype of all of them.
 * @param shape Shape of the first ones.
 * @param choices What to apply, and to which tensors.
 * @param first The first one, instead of spread numbers.
 * @returns The last two.
 */
export function randomGraph(
  dtype: wf.FloatDType,
  shape: readonly number[],
  choices: readonly number[],
  first?: wf.Tensor<wf.FloatDType>,
): wf.Tensor[] {
  const size = shape.reduce((total, n) => total * n, 1);
  const values = Array.from({ length: size }, (_, k) => Math.sin(k * 7 + 1));
  const pool: wf.Tensor<wf.FloatDType>[] = [
    first ?? wf.tensor(values, { dtype, shape }),
    wf.full(shape, 0.75, { dtype }),
  ];
  for (const choice of choices) {
    const a = pool[choice % pool.length]!;
    const b = pool[(choice >> 3) % pool.length]!;
    pool.push(applyChoice(choice >> 6, a, b));
  }
  return pool.slice(-2);
}

function applyChoice(
  choice: number,
  a: wf.Tensor<wf.FloatDType>,
  b: wf.Tensor<wf.FloatDType>,
): wf.Tensor<wf.FloatDType> {
  const axis = a.ndim === 0 ? undefined : (choice >> 4) % a.ndim;
  const same = a.shape.join() === b.shape.join() ? b : wf.sum(b);
  switch (choice % 12) {
    case 0:
      return wf.add(a, same);
    case 1:
      return wf.multiply(a, same);
    case 2:
      return wf.sin(a);
    case 3:
      return wf.where(wf.less(a, same), a, wf.negative(a));
    case 4:
      return axis === undefined ? wf.exp(a) : wf.sum(a, { axis });
    case 5:
      return axis === undefined ? a : wf.flip(a, { axis });
    case 6:
      return a.ndim < 2 ? wf.tanh(a) : wf.transpose(a);
    case 7:
      return axis === undefined ? a : wf.concat([a, a], { axis });
    case 8:
      return wf.reshape(a, [a.size]);
    case 9:
      return axis === undefined
        ? wf.sigmoid(a)
        : wf.pad(a, a.shape.map(() => [1, 0]), { value: 0.5 });
    case 10:
      return axis === undefined || a.shape[axis]! < 2
        ? wf.expm1(a)
        : wf.cumulativeSum(
          wf.slice(
            a,
            ...a.shape.map((_, k) => k === axis ? [1] as const : null),
          ),
          { axis },
        );
    default:
      return wf.broadcastTo(a, [2, ...a.shape]);
  }
}
