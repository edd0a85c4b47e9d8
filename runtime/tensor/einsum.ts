/**
 * Sums of products written as index patterns.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../core/errors.ts";
import type { DType } from "../device/dtypes.ts";
import { formatShape, sizeOf } from "../device/shapes.ts";
import { matmul } from "./contraction.ts";
import { permuteDims, reshape } from "./movement.ts";
import { sum } from "./reductions.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor whose axes have names of one letter. */
interface Labelled<D extends DType> {
  readonly x: Tensor<D>;
  readonly labels: readonly string[];
}

/**
 * Sums products of tensors over the indices that the result does not have:
 * `einsum("bij,bjk->bik", a, b)` is a batched matrix product. Operands are
 * contracted from left to right, two at a time, as matrix products.
 *
 * @param pattern Letters for the axes of each operand, separated by commas,
 * then `->` and those of the result; without `->` the result has all letters
 * that come once, in alphabetical order.
 * @param operands One tensor for each part of the pattern.
 * @returns The result.
 * @throws {ParameterError} When the pattern makes no sense.
 * @throws {ShapeError} When one letter has two lengths.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const a = wf.tensor([[1, 2], [3, 4]], { dtype: "f64" });
 * console.log(await wf.einsum("ij,ij->i", a, a).toArray()); // [ 5, 25 ]
 * ```
 */
export function einsum<D extends DType>(
  pattern: string,
  ...operands: readonly Tensor<D>[]
): Tensor<D> {
  const { inputs, output } = parse(pattern, operands.length);
  const lengths = new Map<string, number>();
  const terms = operands.map((x, k): Labelled<D> => {
    checkLabels(pattern, inputs[k]!, x, lengths);
    return { x, labels: inputs[k]! };
  });
  let result = sumOut(terms[0]!, neededAfter(terms, 0, output));
  for (let k = 1; k < terms.length; k++) {
    const needed = neededAfter(terms, k, output);
    const left = sumOut(result, new Set([...needed, ...terms[k]!.labels]));
    const right = sumOut(terms[k]!, new Set([...needed, ...left.labels]));
    result = contract(left, right, needed, lengths);
  }
  const last = sumOut(result, new Set(output));
  return permuteDims(last.x, output.map((label) => last.labels.indexOf(label)));
}

function parse(
  pattern: string,
  count: number,
): { inputs: string[][]; output: string[] } {
  const match = /^([a-zA-Z]*(?:,[a-zA-Z]*)*)(?:->([a-zA-Z]*))?$/.exec(
    pattern.replaceAll(" ", ""),
  );
  const inputs = (match?.[1] ?? "").split(",").map((part) => [...part]);
  const all = inputs.flat();
  const output = match?.[2] === undefined
    ? [...new Set(all)].sort().filter((one) =>
      all.indexOf(one) === all.lastIndexOf(one)
    )
    : [...match[2]];
  const repeated = [...inputs, output].some((part) =>
    new Set(part).size !== part.length
  );
  const unknown = output.some((label) => !all.includes(label));
  if (match === null || inputs.length !== count || repeated || unknown) {
    throw new ParameterError(`Cannot read "${pattern}" as an index pattern`, {
      expected: `letters for ${count} operands, separated by commas, then ` +
        `"->" and letters among them; no letter twice in one part`,
      actual: `"${pattern}" for ${count} operands`,
    });
  }
  return { inputs, output };
}

function checkLabels(
  pattern: string,
  labels: readonly string[],
  x: Tensor,
  lengths: Map<string, number>,
): void {
  if (labels.length !== x.ndim) {
    throw new ShapeError(
      `Cannot use "${labels.join("")}" of "${pattern}": current shape is ${
        formatShape(x.shape)
      }`,
      { expected: `${labels.length} axes`, actual: `${x.ndim} axes` },
    );
  }
  labels.forEach((label, axis) => {
    const length = lengths.get(label) ?? x.shape[axis]!;
    if (length !== x.shape[axis]) {
      throw new ShapeError(
        `Cannot give "${label}" of "${pattern}" two lengths: current lengths are ${length} and ${
          x.shape[axis]
        }`,
        { expected: "one length for each letter" },
      );
    }
    lengths.set(label, length);
  });
}

/** Labels that the result or an operand after `index` has. */
function neededAfter(
  terms: readonly Labelled<DType>[],
  index: number,
  output: readonly string[],
): Set<string> {
  return new Set([
    ...output,
    ...terms.slice(index + 1).flatMap((term) => term.labels),
  ]);
}

/** Sums over the axes that nobody needs any more. */
function sumOut<D extends DType>(
  { x, labels }: Labelled<D>,
  needed: ReadonlySet<string>,
): Labelled<D> {
  const axis = labels.flatMap((label, k) => needed.has(label) ? [] : [k]);
  if (axis.length === 0) return { x, labels };
  return {
    x: sum(x, { axis }),
    labels: labels.filter((label) => needed.has(label)),
  };
}

/** Contracts two tensors as one batched matrix product. */
function contract<D extends DType>(
  a: Labelled<D>,
  b: Labelled<D>,
  needed: ReadonlySet<string>,
  lengths: ReadonlyMap<string, number>,
): Labelled<D> {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const summed = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const shapeOf = (labels: readonly string[]) =>
    labels.map((label) => lengths.get(label)!);
  const arrange = (
    one: Labelled<D>,
    parts: readonly (readonly string[])[],
  ): Tensor<D> => {
    const order = parts.flat().map((label) => one.labels.indexOf(label));
    return reshape(
      permuteDims(one.x, order),
      parts.map((part) => sizeOf(shapeOf(part))),
    );
  };
  const product = matmul(
    arrange(a, [batch, rows, summed]),
    arrange(b, [batch, summed, columns]),
  );
  const labels = [...batch, ...rows, ...columns];
  return { x: reshape(product, shapeOf(labels)), labels };
}
