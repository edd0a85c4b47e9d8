/**
 * Making nodes of the tensor graph, and the checks that all operations share.
 *
 * @module
 */

import { DTypeError, ParameterError } from "../core/errors.ts";
import {
  type DType,
  holds,
  INTEGER_RANGE,
  isFloatDType,
  isIntegerDType,
} from "../device/dtypes.ts";
import {
  attributesOf,
  GraphNode,
  outputNode,
  type TensorSpec,
} from "../device/graph.ts";
import type {
  PrimitiveAttributes,
  PrimitiveName,
} from "../device/primitives.ts";
import { broadcastShapes, sameShape, type Shape } from "../device/shapes.ts";
import { currentBlame } from "./blame.ts";
import { Tensor } from "./tensor.ts";

const NO_ATTRIBUTES = {};

/** Tensors that adapt to the dtype of what they are combined with. */
const weak = new WeakSet<GraphNode>();

/**
 * Marks a scalar as one that stands for a plain number: it takes the dtype of
 * the tensor it is combined with.
 *
 * @param scalar The scalar.
 * @returns The same scalar.
 */
export function markWeak<D extends DType>(scalar: Tensor<D>): Tensor<D> {
  weak.add(scalar.node);
  return scalar;
}

/**
 * Whether a tensor stands for a plain number, as the numbers do that a compiled
 * function is given.
 *
 * @param x The tensor.
 * @returns True when it adapts to the dtype of what it is combined with.
 */
export function isNumberLike(x: Tensor): boolean {
  return weak.has(x.node);
}

/**
 * A tensor that applies a primitive.
 *
 * @param op The primitive.
 * @param attributes What it needs beside its inputs.
 * @param inputs The operands.
 * @param dtype Dtype of the result.
 * @param shape Shape of the result.
 * @returns The tensor.
 */
export function apply<D extends DType>(
  op: PrimitiveName,
  attributes: PrimitiveAttributes[PrimitiveName],
  inputs: readonly Tensor[],
  dtype: D,
  shape: Shape,
): Tensor<D> {
  const nodes = inputs.map((input) => input.node);
  return new Tensor<D>(
    new GraphNode(op, attributes, nodes, dtype, shape, currentBlame()),
  );
}

/**
 * Tensors of all results of a primitive that has several.
 *
 * @param op The primitive.
 * @param attributes What it needs beside its inputs.
 * @param inputs The operands.
 * @param outputs Types of the results; at least one.
 * @returns One tensor a result.
 */
export function applySeveral(
  op: "scan" | "routine" | "custom" | "call",
  attributes: PrimitiveAttributes[PrimitiveName],
  inputs: readonly Tensor[],
  outputs: readonly TensorSpec[],
): Tensor[] {
  const { dtype, shape } = outputs[0]!;
  const blame = currentBlame();
  const nodes = inputs.map((input) => input.node);
  const node = new GraphNode(
    op,
    attributes,
    nodes,
    dtype,
    shape,
    blame,
    outputs,
  );
  return outputs.map((_, index) => outputOf(node, index));
}

/**
 * One result of a node that has several.
 *
 * @param node The node.
 * @param index Which result.
 * @returns The tensor.
 */
export function outputOf(node: GraphNode, index: number): Tensor {
  return new Tensor(outputNode(node, index));
}

/**
 * The same values under an identity of their own, so that a gradient can be
 * taken with respect to them only.
 *
 * @param x The tensor.
 * @returns The tensor.
 */
export function freshIdentity<D extends DType>(x: Tensor<D>): Tensor<D> {
  const fresh = apply("alias", { stop: false }, [x], x.dtype, x.shape);
  identities.set(fresh.node, ++lastIdentity);
  return fresh;
}

/** When identities were given, by a count of all. */
const identities = new WeakMap<GraphNode, number>();
let lastIdentity = 0;

/**
 * How many identities have been given so far; see {@linkcode isIdentitySince}.
 *
 * @returns The number.
 */
export function identityCount(): number {
  return lastIdentity;
}

/**
 * Whether a node is an identity of values that was given lately.
 *
 * @param node The node.
 * @param count What {@linkcode identityCount} told before.
 * @returns True when it was given since then.
 */
export function isIdentitySince(node: GraphNode, count: number): boolean {
  return (identities.get(node) ?? 0) > count;
}

/**
 * A tensor that repeats one number.
 *
 * @param value The number, rounded to the dtype.
 * @param dtype The dtype.
 * @param shape The shape.
 * @returns The tensor.
 */
export function constant<D extends DType>(
  value: number,
  dtype: D,
  shape: Shape = [],
): Tensor<D> {
  return apply("constant", { value }, [], dtype, shape);
}

/**
 * A tensor repeated to a shape by NumPy's rule.
 *
 * @param x The tensor.
 * @param shape The shape; must be reachable.
 * @returns The tensor, or `x` itself when the shape is the same.
 */
export function expandTo<D extends DType>(
  x: Tensor<D>,
  shape: Shape,
): Tensor<D> {
  if (sameShape(x.shape, shape)) return x;
  const node = x.node;
  if (node.op === "constant") {
    const { value } = attributesOf(node, "constant");
    const wide = constant(value, x.dtype, shape);
    return weak.has(node) ? markWeak(wide) : wide;
  }
  return apply("expand", NO_ATTRIBUTES, [x], x.dtype, shape);
}

/**
 * Converts to a dtype; numbers are not rounded but truncated and clamped on
 * the way to an integer dtype.
 *
 * @param x The tensor.
 * @param dtype The dtype.
 * @returns The tensor, or `x` itself when it has the dtype already.
 */
export function castTo<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  if (x.dtype === dtype) return x as Tensor<D>;
  return apply("cast", NO_ATTRIBUTES, [x], dtype, x.shape);
}

/**
 * Brings operands to one dtype and one shape. Plain numbers take the dtype of
 * the tensors; tensors of two dtypes are an error.
 *
 * @param name Name of the operation, for errors.
 * @param operands Tensors and numbers.
 * @returns The tensors.
 * @throws {DTypeError} When dtypes differ or a number does not fit.
 * @throws {ShapeError} When shapes do not broadcast.
 */
export function unify<D extends DType>(
  name: string,
  operands: readonly (Tensor<D> | number)[],
): Tensor<D>[] {
  const dtype = commonDType(name, operands);
  const tensors = operands.map((operand) => {
    if (typeof operand === "number") {
      checkNumber(name, operand, dtype);
      return constant(operand, dtype) as Tensor<D>;
    }
    if (weak.has(operand.node)) checkWeak(name, operand, dtype);
    return castTo(operand, dtype);
  });
  const shape = broadcastShapes(name, ...tensors.map((one) => one.shape));
  return tensors.map((one) => expandTo(one, shape));
}

function commonDType<D extends DType>(
  name: string,
  operands: readonly (Tensor<D> | number)[],
): D {
  let strong: D | undefined;
  let weakest: D | undefined;
  for (const operand of operands) {
    if (typeof operand === "number") continue;
    requireTensor(name, operand);
    if (weak.has(operand.node)) {
      weakest ??= operand.dtype;
      continue;
    }
    if (strong !== undefined && strong !== operand.dtype) {
      throw new DTypeError(
        `Cannot combine dtypes in "${name}": current dtypes are "${strong}" and "${operand.dtype}"`,
        {
          expected: "operands of one dtype",
          actual: `"${strong}" and "${operand.dtype}"`,
          hint: `Use cast, for example cast(x, "${strong}")`,
        },
      );
    }
    strong = operand.dtype;
  }
  // Numbers alone stay as exact as they are, until they meet a tensor.
  return strong ?? weakest ?? "f64" as D;
}

/** The value of a traced number is not known, so it cannot be checked. */
function checkWeak(name: string, scalar: Tensor, dtype: DType): void {
  if (isFloatDType(scalar.dtype) && !isFloatDType(dtype)) {
    throw new DTypeError(
      `Cannot use a number of a compiled function as "${dtype}" in "${name}"`,
      {
        expected: "a float tensor beside it",
        actual: `a tensor of dtype "${dtype}"`,
        hint:
          `Pass the number as a tensor, for example tensor(2, { dtype: "${dtype}" })`,
      },
    );
  }
}

function checkNumber(name: string, value: number, dtype: DType): void {
  if (holds(dtype, value)) return;
  throw new DTypeError(
    `Cannot use the number ${value} as "${dtype}" in "${name}"`,
    {
      expected: isIntegerDType(dtype)
        ? `a whole number from ${INTEGER_RANGE[dtype].join(" to ")}`
        : "0 or 1",
      actual: String(value),
      hint: 'Cast the tensor first, for example cast(x, "f64")',
    },
  );
}

/**
 * An elementwise primitive of one operand.
 *
 * @param op The primitive.
 * @param x The operand.
 * @returns The result, of the same dtype and shape.
 */
export function unary<D extends DType>(
  op: PrimitiveName,
  x: Tensor<D>,
): Tensor<D> {
  requireTensor(op, x);
  const result = apply(op, NO_ATTRIBUTES, [x], x.dtype, x.shape);
  return weak.has(x.node) ? markWeak(result) : result;
}

/**
 * An elementwise primitive of two operands, broadcast.
 *
 * @param op The primitive.
 * @param a One operand.
 * @param b The other.
 * @returns The result.
 */
export function binary<D extends DType>(
  op: PrimitiveName,
  a: Tensor<D> | number,
  b: Tensor<D> | number,
): Tensor<D> {
  const operands = unify(op, [a, b]);
  const first = operands[0]!;
  const result = apply(op, NO_ATTRIBUTES, operands, first.dtype, first.shape);
  const light = isWeak(a) && isWeak(b) && result.ndim === 0;
  return light ? markWeak(result) : result;
}

function isWeak(operand: Tensor | number): boolean {
  return typeof operand === "number" || weak.has(operand.node);
}

/**
 * A comparison of two operands, broadcast.
 *
 * @param op The primitive.
 * @param a One operand.
 * @param b The other.
 * @returns The result, bool.
 */
export function compare<D extends DType>(
  op: "equal" | "less" | "lessEqual",
  a: Tensor<D> | number,
  b: Tensor<D> | number,
): Tensor<"bool"> {
  const operands = unify(op, [a, b]);
  return apply(op, NO_ATTRIBUTES, operands, "bool", operands[0]!.shape);
}

/**
 * Refuses what is no tensor: notebooks check no types.
 *
 * @param name Name of the operation.
 * @param x What should be a tensor.
 * @throws {DTypeError} When it is something else.
 */
export function requireTensor(name: string, x: unknown): void {
  if (x instanceof Tensor) return;
  const isList = Array.isArray(x) || ArrayBuffer.isView(x);
  throw new DTypeError(`Cannot use a value as an operand of "${name}"`, {
    expected: "a tensor",
    actual: isList ? "a list" : x === null ? "null" : `of type ${typeof x}`,
    hint: isList
      ? "Make a tensor of it, for example tensor([1, 2])"
      : "Read the value of a node first, and look for a missing argument",
  });
}

/**
 * The axis among the options of an operation.
 *
 * @param name Name of the operation.
 * @param options The options.
 * @returns Its `axis`.
 * @throws {ParameterError} When the axis stands in the place of the options,
 * where it would be overlooked.
 */
export function axisOption<A>(
  name: string,
  options: { readonly axis?: A },
): A | undefined {
  if (typeof options === "object" && !Array.isArray(options)) {
    return options.axis;
  }
  throw new ParameterError(`Cannot read the options of "${name}"`, {
    expected: "an object such as { axis: 0 }",
    actual: String(options),
    hint: "Name the axis: { axis: … }",
  });
}

/**
 * Refuses dtypes without fractions.
 *
 * @param name Name of the operation.
 * @param x The tensor.
 * @throws {DTypeError} When the dtype is not f64, f32 or f16.
 */
export function requireFloat(name: string, x: Tensor): void {
  requireTensor(name, x);
  if (!isFloatDType(x.dtype)) {
    throw new DTypeError(
      `Cannot compute "${name}" of dtype "${x.dtype}"`,
      {
        expected: '"f64", "f32" or "f16"',
        actual: `"${x.dtype}"`,
        hint: 'Use cast, for example cast(x, "f64")',
      },
    );
  }
}

/**
 * Refuses bool, which is no number.
 *
 * @param name Name of the operation.
 * @param operands The operands; plain numbers are numbers.
 * @throws {DTypeError} When the dtype of one is bool.
 */
export function requireNumeric(
  name: string,
  ...operands: readonly (Tensor | number)[]
): void {
  for (const operand of operands) {
    if (operand instanceof Tensor && operand.dtype === "bool") {
      throw new DTypeError(`Cannot compute "${name}" of dtype "bool"`, {
        expected: "a dtype of numbers",
        actual: '"bool"',
        hint: 'Use cast, for example cast(x, "i32"), or a function of logic',
      });
    }
  }
}

/**
 * Refuses dtypes that are neither whole numbers nor booleans.
 *
 * @param name Name of the operation.
 * @param x The tensor.
 * @throws {DTypeError} When the dtype is a float.
 */
export function requireBits(name: string, x: Tensor): void {
  if (x.dtype !== "bool" && !isIntegerDType(x.dtype)) {
    throw new DTypeError(
      `Cannot compute "${name}" of dtype "${x.dtype}"`,
      { expected: "an integer dtype or bool", actual: `"${x.dtype}"` },
    );
  }
}

/**
 * Refuses everything but bool.
 *
 * @param name Name of the operation.
 * @param x The tensor.
 * @throws {DTypeError} When the dtype is not bool.
 */
export function requireBool(name: string, x: Tensor): void {
  if (x.dtype !== "bool") {
    throw new DTypeError(
      `Cannot compute "${name}" of dtype "${x.dtype}"`,
      {
        expected: '"bool"',
        actual: `"${x.dtype}"`,
        hint: "Compare first, for example notEqual(x, 0)",
      },
    );
  }
}
