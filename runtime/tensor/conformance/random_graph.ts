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
  switch (choice % 18) {
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
    case 11:
    case 12:
      return a.ndim === 0 ? wf.sigmoid(a) : product(choice >> 2, a, b);
    case 13:
      return axis === undefined || a.shape[axis] === 0
        ? wf.negative(a)
        : wf.max(a, { axis, keepDims: choice % 5 > 2 });
    case 14:
      return axis === undefined || a.shape[axis] === 0
        ? wf.absolute(a)
        : wf.min(a, { axis, keepDims: choice % 5 > 2 });
    case 15:
      return axis === undefined || a.shape[axis] === 0
        ? wf.cos(a)
        : wf.take(a, wf.tensor([-1, 0], { dtype: "i32" }), { axis });
    case 16:
      return axis === undefined || a.shape[axis] === 0
        ? wf.atan(a)
        : ends(a, wf.less(a, same), axis);
    default:
      return wf.broadcastTo(a, [2, ...a.shape]);
  }
}

/** The first or last element along an axis, as each place says. */
function ends(
  a: wf.Tensor<wf.FloatDType>,
  isLast: wf.Bool,
  axis: number,
): wf.Tensor<wf.FloatDType> {
  const last = a.shape[axis]! - 1;
  const indices = wf.multiply(wf.cast(isLast, "i32"), last);
  return wf.takeAlongAxis(a, indices, { axis });
}

/** A mean of products, which is no longer than `a` and adds no large numbers. */
function product(
  choice: number,
  a: wf.Tensor<wf.FloatDType>,
  b: wf.Tensor<wf.FloatDType>,
): wf.Tensor<wf.FloatDType> {
  const [depth, batch] = [a.shape.at(-1)!, a.shape.slice(0, -2)];
  const columns = Math.min(Math.max(1, depth), 1 + (choice >> 2) % 5);
  const mean = (left: typeof a, right: typeof a, count: number) =>
    wf.multiply(wf.matmul(left, right), 1 / Math.max(1, count));
  switch (choice % 4) {
    case 0:
      // One matrix for all batches.
      return mean(a, resized(b, [depth, columns]), depth);
    case 1:
      return mean(a, resized(b, [...batch, depth, columns]), depth);
    case 2:
      return mean(a, wf.transpose(resized(b, [columns, depth])), depth);
    default: {
      if (a.ndim < 2) return mean(a, a, depth);
      const [rows, turned] = [a.shape.at(-2)!, wf.transpose(a)];
      return rows < depth ? mean(a, turned, depth) : mean(turned, a, rows);
    }
  }
}

/** The elements of a tensor, over and over, in another shape. */
function resized(
  x: wf.Tensor<wf.FloatDType>,
  shape: readonly number[],
): wf.Tensor<wf.FloatDType> {
  const size = shape.reduce((total, n) => total * n, 1);
  if (x.size === size) return wf.reshape(x, shape);
  if (x.size === 0) return wf.full(shape, 0.5, { dtype: x.dtype });
  const indices = Int32Array.from({ length: size }, (_, k) => k % x.size);
  return wf.take(wf.reshape(x, [x.size]), wf.tensor(indices, { shape }));
}
