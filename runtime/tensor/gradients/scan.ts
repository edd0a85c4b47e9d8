/**
 * The gradient of `scan`: a scan in the other direction over the carries that
 * each step began with. Where keeping all of them would cost too much memory,
 * the loop is cut into about √T pieces, only the carries between pieces are
 * kept, and each piece is run again on the way back.
 *
 * @module
 */

import { byteSize, isFloatDType } from "../../device/dtypes.ts";
import { attributesOf, type GraphNode } from "../../device/graph.ts";
import type { ScanAttributes } from "../../device/primitives.ts";
import { inlineGraph } from "../closure.ts";
import { add } from "../elementwise.ts";
import { concat, reshape, slice } from "../movement.ts";
import { applySeveral, constant, freshIdentity, outputOf } from "../node.ts";
import { scan } from "../scan.ts";
import type { Tensor } from "../tensor.ts";
import { backward } from "./backward.ts";
import type { GradientCall } from "./rule.ts";

/** Bytes of carries that are kept before the loop is cut into pieces. */
const HISTORY_LIMIT = 32 * 2 ** 20;
let historyLimit = HISTORY_LIMIT;

/**
 * Runs code under another limit, for tests.
 *
 * @param bytes Bytes of carries that are kept before a loop is cut.
 * @param body The code; synchronous.
 * @returns What it returns.
 */
export function withHistoryLimit<T>(bytes: number, body: () => T): T {
  const before = historyLimit;
  historyLimit = bytes;
  try {
    return body();
  } finally {
    historyLimit = before;
  }
}

/**
 * Gradients of a scan with respect to its inputs.
 *
 * @param call The node and the gradients of its results.
 * @returns One gradient an input, undefined where there is none.
 */
export function scanGradient(call: GradientCall): (Tensor | undefined)[] {
  const { node } = call;
  const { body, carries, length } = attributesOf(node, "scan");
  // Gradients of gradients may come with cotangents of the carries themselves.
  const ofCarries = call.cotangents.slice(body.outputs.length);
  let bytes = 0;
  for (const start of node.inputs.slice(0, carries)) {
    bytes += start.size * byteSize(start.dtype) * length;
  }
  return bytes > historyLimit && length > 3 &&
      ofCarries.every((one) => one === undefined)
    ? gradientInPieces(call)
    : gradientOfWhole(call);
}

/** Positions of the true ones. */
function positions(flags: readonly boolean[]): number[] {
  return flags.flatMap((flag, index) => flag ? [index] : []);
}

function gradientOfWhole(call: GradientCall): (Tensor | undefined)[] {
  const { node, inputs, cotangents, needs } = call;
  const scanned = attributesOf(node, "scan");
  const { body, carries, sequences } = scanned;
  const results = body.outputs.length - carries;
  const captured = inputs.slice(carries + sequences);
  // A float carry may pass a gradient on even where its start needs none.
  const moving = positions(
    inputs.slice(0, carries).map((start) => isFloatDType(start.dtype)),
  );
  const readers = positions(needs.slice(carries, carries + sequences));
  const sums = positions(needs.slice(carries + sequences));
  const flows = positions(
    cotangents.slice(carries, carries + results).map((one) =>
      one !== undefined
    ),
  );
  const returns = moving.filter((k) =>
    cotangents[carries + results + k] !== undefined
  );
  const zeros = (x: Tensor) => constant(0, x.dtype, x.shape);
  const [last, made] = scan(
    (carry: Tensor[], x: Tensor[]): [Tensor[], Tensor[]] => {
      let at = 0;
      const next = (count: number) => x.slice(at, at += count);
      const before = next(carries);
      const slices = next(sequences);
      const resultFlow = next(flows.length);
      const beforeFlow = next(returns.length);
      const arguments_ = [...before, ...slices, ...captured].map(freshIdentity);
      const values = inlineGraph(body, arguments_);
      const targets = [
        ...moving,
        ...readers.map((k) => carries + k),
        ...sums.map((k) => carries + sequences + k),
      ];
      const found = backward(
        [
          ...moving.map((k, place) => ({
            node: values[k]!.node,
            cotangent: carry[place]!,
          })),
          ...flows.map((k, place) => ({
            node: values[carries + k]!.node,
            cotangent: resultFlow[place]!,
          })),
        ],
        targets.map((k) => arguments_[k]!.node),
      );
      const gradients = targets.map((k, place) =>
        found[place] ?? zeros(arguments_[k]!)
      );
      const through = gradients.slice(0, moving.length).map((one, place) => {
        const flow = returns.indexOf(moving[place]!);
        return flow < 0 ? one : add(one, beforeFlow[flow]!);
      });
      const totals = gradients.slice(moving.length + readers.length).map((
        one,
        place,
      ) => add(carry[moving.length + place]!, one));
      return [
        [...through, ...totals],
        gradients.slice(moving.length, moving.length + readers.length),
      ];
    },
    [
      ...moving.map((k) => cotangents[k] ?? zeros(inputs[k]!)),
      ...sums.map((k) => zeros(captured[k]!)),
    ],
    [
      ...inputs.slice(0, carries).map((_, k) =>
        outputOf(node, carries + results + k)
      ),
      ...inputs.slice(carries, carries + sequences),
      ...flows.map((k) => cotangents[carries + k]!),
      ...returns.map((k) => cotangents[carries + results + k]!),
    ],
    { reverse: !scanned.reverse, length: scanned.length },
  );
  const gradients = new Array<Tensor | undefined>(inputs.length);
  moving.forEach((k, place) => gradients[k] = last[place]);
  readers.forEach((k, place) => gradients[carries + k] = made[place]);
  sums.forEach((k, place) =>
    gradients[carries + sequences + k] = last[moving.length + place]
  );
  return gradients;
}

/** The same loop as a loop over pieces, differentiated. */
function gradientInPieces(call: GradientCall): (Tensor | undefined)[] {
  const { node, cotangents, needs } = call;
  const inputs = call.inputs.map(freshIdentity);
  const flows = loopInPieces(node, inputs).flatMap((value, k) => {
    const cotangent = cotangents[k];
    return cotangent === undefined ? [] : [{ node: value.node, cotangent }];
  });
  const targets = positions(needs);
  const found = withHistoryLimit(
    Infinity,
    () => backward(flows, targets.map((k) => inputs[k]!.node)),
  );
  const gradients = new Array<Tensor | undefined>(inputs.length);
  targets.forEach((k, place) => gradients[k] = found[place]);
  return gradients;
}

/** Last carries and results of a loop, computed as a loop of loops. */
function loopInPieces(node: GraphNode, inputs: readonly Tensor[]): Tensor[] {
  const scanned = attributesOf(node, "scan");
  const { carries, sequences, length, reverse } = scanned;
  const piece = Math.ceil(Math.sqrt(length));
  const pieces = Math.floor(length / piece);
  const rest = length - pieces * piece;
  const start = inputs.slice(0, carries);
  const xs = inputs.slice(carries, carries + sequences);
  const captured = inputs.slice(carries + sequences);
  // The rest is what the loop comes to last: the far end of its direction.
  const [mainFrom, mainTo] = reverse ? [rest, length] : [0, length - rest];
  const [restFrom, restTo] = reverse ? [0, rest] : [length - rest, length];
  const [middle, stacked] = scan(
    (carry: Tensor[], x: Tensor[]): [Tensor[], Tensor[]] => {
      const made = loop(scanned, piece, carry, x, captured);
      return [made.slice(0, carries), made.slice(carries)];
    },
    start,
    xs.map((x) => {
      const main = slice(x, [mainFrom, mainTo]);
      return reshape(main, [pieces, piece, ...x.shape.slice(1)]);
    }),
    { reverse, length: pieces },
  );
  const results = stacked.map((y) =>
    reshape(y, [pieces * piece, ...y.shape.slice(2)])
  );
  if (rest === 0) return [...middle, ...results];
  const end = loop(
    scanned,
    rest,
    middle,
    xs.map((x) => slice(x, [restFrom, restTo])),
    captured,
  );
  const joined = results.map((y, k) => {
    const part = end[carries + k]!;
    return concat(reverse ? [part, y] : [y, part]);
  });
  return [...end.slice(0, carries), ...joined];
}

/** The loop of a scan over other inputs, without the carries between steps. */
function loop(
  scanned: ScanAttributes,
  length: number,
  carry: readonly Tensor[],
  xs: readonly Tensor[],
  captured: readonly Tensor[],
): Tensor[] {
  const { body, carries } = scanned;
  const results = body.outputs.slice(carries);
  const specs = [
    ...carry.map(({ dtype, shape }) => ({ dtype, shape })),
    ...[...results, ...carry].map(({ dtype, shape }) => ({
      dtype,
      shape: [length, ...shape],
    })),
  ];
  return applySeveral(
    "scan",
    { ...scanned, length },
    [...carry, ...xs, ...captured],
    specs,
  ).slice(0, carries + results.length);
}
