/**
 * The slow twin of the reference device: one primitive at a time, one element at
 * a time, no views, no fusion, no text. It is what tests compare plans with.
 *
 * @module
 */

import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../dtypes.ts";
import {
  attributesOf,
  type GraphNode,
  storageOf,
  topologicalOrder,
} from "../graph.ts";
import { isElementwise, type ReduceName } from "../primitives.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import { expressionOf } from "./expressions.ts";
import { REFERENCE_ROUTINES } from "./routines/mod.ts";
import * as special from "./special.ts";

/** Elements in row-major order. */
interface Field {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/**
 * Evaluates nodes.
 *
 * @param roots What to compute.
 * @param parameters Data of the nodes of the primitive `parameter`.
 * @returns Their data, row-major.
 */
export function evaluatePlain(
  roots: readonly GraphNode[],
  parameters: readonly TypedArray[] = [],
): TypedArray[] {
  const values = new Map<GraphNode, readonly Field[]>();
  for (const node of topologicalOrder(roots)) {
    values.set(node, evaluate(node, parameters, (one) => values.get(one)!));
  }
  return roots.map((root) => values.get(root)![0]!.data);
}

function evaluate(
  node: GraphNode,
  parameters: readonly TypedArray[],
  valuesOf: (node: GraphNode) => readonly Field[],
): readonly Field[] {
  const stored = storageOf(node);
  if (stored !== undefined) return [field(node, stored.array!)];
  const inputs = node.op === "output" || node.op === "custom"
    ? []
    : node.inputs.map((input) => valuesOf(input)[0]!);
  switch (node.op) {
    case "parameter":
      return [
        field(node, parameters[attributesOf(node, "parameter").index]!),
      ];
    case "output":
      return [
        valuesOf(node.inputs[0]!)[attributesOf(node, "output").index]!,
      ];
    case "custom":
      return node.inputs.slice(0, attributesOf(node, "custom").outputs).map((
        input,
      ) => valuesOf(input)[0]!);
    case "call": {
      const { body } = attributesOf(node, "call");
      const data = inputs.map((input) => input.data);
      return evaluatePlain(body.outputs, data).map((made, k) =>
        field(body.outputs[k]!, made)
      );
    }
    case "scan":
      return evaluateScan(node, inputs);
    case "routine":
      return evaluateRoutine(node, inputs);
    default:
      return [evaluateOne(node, inputs)];
  }
}

function field(
  node: { readonly dtype: DType; readonly shape: Shape },
  data: TypedArray,
): Field {
  return { dtype: node.dtype, shape: node.shape, data };
}

/** Computes each element from its index. */
function build(
  node: { readonly dtype: DType; readonly shape: Shape },
  element: (index: readonly number[], position: number) => number,
): Field {
  const data = allocate(node.dtype, sizeOf(node.shape));
  for (let position = 0; position < data.length; position++) {
    data[position] = element(indexOf(position, node.shape), position);
  }
  return field(node, data);
}

function indexOf(position: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

function at(x: Field, index: readonly number[]): number {
  let position = 0;
  for (let axis = 0; axis < x.shape.length; axis++) {
    position = position * x.shape[axis]! + index[axis]!;
  }
  return x.data[position]!;
}

function evaluateOne(node: GraphNode, inputs: readonly Field[]): Field {
  const x = inputs[0]!;
  if (isElementwise(node.op)) {
    const names = inputs.map((_, k) => `x${k}`);
    const compute = new Function(
      "S",
      ...names,
      `return ${expressionOf(node, names)};`,
    );
    return build(
      node,
      (_, position) =>
        compute(special, ...inputs.map((one) => one.data[position])),
    );
  }
  switch (node.op) {
    case "constant":
      return build(node, () => attributesOf(node, "constant").value);
    case "iota":
      return build(node, ([k]) => k!);
    case "alias":
    case "reshape":
      return field(node, x.data);
    case "expand": {
      const lead = node.shape.length - x.shape.length;
      return build(
        node,
        (index) => at(x, x.shape.map((n, k) => n === 1 ? 0 : index[k + lead]!)),
      );
    }
    case "permute": {
      const { axes } = attributesOf(node, "permute");
      return build(
        node,
        (index) => at(x, x.shape.map((_, axis) => index[axes.indexOf(axis)]!)),
      );
    }
    case "slice": {
      const { starts, steps } = attributesOf(node, "slice");
      return build(
        node,
        (index) =>
          at(x, index.map((k, axis) => starts[axis]! + k * steps[axis]!)),
      );
    }
    case "pad": {
      const { before, value } = attributesOf(node, "pad");
      return build(node, (index) => {
        const inside = index.map((k, axis) => k - before[axis]!);
        const fits = inside.every((k, axis) => k >= 0 && k < x.shape[axis]!);
        return fits ? at(x, inside) : value;
      });
    }
    case "concat": {
      const { axis } = attributesOf(node, "concat");
      return build(node, (index) => {
        const place = [...index];
        let part = 0;
        while (place[axis]! >= inputs[part]!.shape[axis]!) {
          place[axis]! -= inputs[part++]!.shape[axis]!;
        }
        return at(inputs[part]!, place);
      });
    }
    case "sum":
    case "prod":
    case "max":
    case "min":
      return evaluateReduction(node, node.op, x);
    case "argmax":
    case "argmin": {
      const { axis } = attributesOf(node, "argmax");
      const sign = node.op === "argmax" ? 1 : -1;
      return build(node, (index) => {
        const row = alongAxis(x, axis, index);
        const nan = row.findIndex((value) => Number.isNaN(value));
        if (nan >= 0) return nan;
        const best = Math.max(...row.map((value) => sign * value));
        return row.findIndex((value) => sign * value === best);
      });
    }
    case "cumulativeSum": {
      const { axis, reverse } = attributesOf(node, "cumulativeSum");
      return build(node, (index) => {
        const row = alongAxis(x, axis, index.toSpliced(axis, 1));
        const own = reverse
          ? row.slice(index[axis]!).reverse()
          : row.slice(0, index[axis]! + 1);
        return own.reduce((total, value) => total + value, 0);
      });
    }
    case "matmul":
      return evaluateMatmul(node, x, inputs[1]!);
    case "dynamicSlice":
    case "dynamicUpdateSlice":
      return evaluateDynamic(node, inputs);
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
      return evaluateIndexing(node, inputs);
    default:
      throw new Error(`"${node.op}" has no plain evaluation`);
  }
}

/** The elements along an axis at an index of the others. */
function alongAxis(x: Field, axis: number, others: readonly number[]) {
  return Array.from(
    { length: x.shape[axis]! },
    (_, k) => at(x, others.toSpliced(axis, 0, k)),
  );
}

function evaluateReduction(node: GraphNode, op: ReduceName, x: Field): Field {
  const { axes } = attributesOf(node, op);
  const start = { sum: 0, prod: 1, max: -Infinity, min: Infinity }[op];
  const totals = new Float64Array(node.size).fill(start);
  const kept = x.shape.map((_, axis) => axis).filter((axis) =>
    !axes.includes(axis)
  );
  for (let position = 0; position < x.data.length; position++) {
    const index = indexOf(position, x.shape);
    let to = 0;
    for (const axis of kept) to = to * x.shape[axis]! + index[axis]!;
    const value = x.data[position]!;
    const total = totals[to]!;
    totals[to] = op === "sum"
      ? total + value
      : op === "prod"
      ? isFloatDType(node.dtype) ? total * value : Math.imul(total, value)
      : op === "max"
      ? Math.max(total, value)
      : Math.min(total, value);
  }
  return build(node, (_, position) => totals[position]!);
}

function evaluateMatmul(node: GraphNode, a: Field, b: Field): Field {
  const depth = a.shape[a.shape.length - 1]!;
  return build(node, (index) => {
    const batch = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    let total = 0;
    for (let k = 0; k < depth; k++) {
      const [x, y] = [at(a, [...batch, i, k]), at(b, [...batch, k, j])];
      total = isFloatDType(node.dtype)
        ? total + x * y
        : (total + Math.imul(x, y)) | 0;
    }
    return total;
  });
}

function evaluateIndexing(node: GraphNode, inputs: readonly Field[]): Field {
  const { axis } = attributesOf(node, "take");
  const [x, indices, updates] = inputs as [Field, Field, Field];
  const resolve = (k: number) => k < 0 ? k + x.shape[axis]! : k;
  const slices = node.op === "take" || node.op === "scatterAdd";
  /** The place in `x` that belongs to a place in what take would give. */
  const source = (index: readonly number[]): number[] => {
    const width = slices ? indices.shape.length : 1;
    const chosen = slices
      ? at(indices, index.slice(axis, axis + width))
      : at(indices, index);
    return index.toSpliced(axis, width, resolve(chosen));
  };
  if (node.op === "take" || node.op === "takeAlongAxis") {
    return build(node, (index) => at(x, source(index)));
  }
  const totals = Float64Array.from(x.data);
  for (let position = 0; position < updates.data.length; position++) {
    const to = source(indexOf(position, updates.shape));
    const place = to.reduce((sum, k, n) => sum * x.shape[n]! + k, 0);
    totals[place]! += updates.data[position]!;
  }
  return build(node, (_, position) => totals[position]!);
}

function evaluateDynamic(node: GraphNode, inputs: readonly Field[]): Field {
  const { axis } = attributesOf(node, "dynamicSlice");
  const x = inputs[0]!;
  const part = node.op === "dynamicSlice" ? node : inputs[1]!;
  const length = part.shape[axis]!;
  const most = x.shape[axis]! - length;
  const first = Math.max(0, Math.min(most, inputs.at(-1)!.data[0]!));
  return build(node, (index) => {
    const own = index[axis]!;
    const moved = (by: number) => index.with(axis, own + by);
    if (node.op === "dynamicSlice") return at(x, moved(first));
    const isInside = own >= first && own < first + length;
    return isInside ? at(inputs[1]!, moved(-first)) : at(x, index);
  });
}

function evaluateScan(node: GraphNode, inputs: readonly Field[]): Field[] {
  const { body, carries, sequences, length, reverse } = attributesOf(
    node,
    "scan",
  );
  const specs = node.outputs!;
  const made = specs.map((spec) => allocate(spec.dtype, sizeOf(spec.shape)));
  const results = body.outputs.length - carries;
  let state = inputs.slice(0, carries).map((one) => one.data);
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step;
    const slices = inputs.slice(carries, carries + sequences).map(({ data }) =>
      data.slice(
        t * data.length / length,
        (t + 1) * data.length / length,
      ) as TypedArray
    );
    state.forEach((carry, k) =>
      made[carries + results + k]!.set(carry, t * carry.length)
    );
    const next = evaluatePlain(body.outputs, [
      ...state,
      ...slices,
      ...inputs.slice(carries + sequences).map((one) => one.data),
    ]);
    next.slice(carries).forEach((value, k) =>
      made[carries + k]!.set(value, t * value.length)
    );
    state = next.slice(0, carries);
  }
  return specs.map((spec, k) =>
    field(spec, k < carries ? state[k]! : made[k]!)
  );
}

function evaluateRoutine(node: GraphNode, inputs: readonly Field[]): Field[] {
  const { name, attributes } = attributesOf(node, "routine");
  const work = REFERENCE_ROUTINES[name]!({
    inputs: inputs.map((input) => input.data),
    inputSpecs: inputs.map(({ dtype, shape }) => ({ dtype, shape })),
    outputSpecs: node.outputs!,
    attributes,
  });
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      return node.outputs!.map((spec, k) => field(spec, step.value[k]!));
    }
  }
}
