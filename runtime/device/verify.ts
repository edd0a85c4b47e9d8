/**
 * What a legal graph is: the types that each primitive takes and gives. Devices
 * rely on it; tests check that whatever the tensor layer builds keeps to it.
 *
 * @module
 */

import { haveSameBits, isIntegerDType } from "./dtypes.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  topologicalOrder,
} from "./graph.ts";
import { BINARY, COMPARE, UNARY } from "./primitives.ts";
import { formatShape, reducedShape, sameShape } from "./shapes.ts";

/**
 * Checks all nodes that roots depend on, loop bodies and programs included.
 *
 * @param roots Where the walk starts.
 * @throws {Error} Names the first primitive that breaks a rule, and the rule.
 */
export function verifyGraph(roots: readonly GraphNode[]): void {
  for (const node of topologicalOrder(roots)) {
    if (node.storage === undefined) verifyNode(node);
  }
}

/** Throws unless a rule holds. */
function rule(node: GraphNode, holds: boolean, text: string): void {
  if (holds) return;
  const inputs = node.inputs.map(typeText).join(", ");
  throw new Error(
    `"${node.op}" of ${inputs} gives ${typeText(node)}, but ${text}`,
  );
}

function typeText(node: Pick<GraphNode, "dtype" | "shape">): string {
  return `${node.dtype}${formatShape(node.shape)}`;
}

function sameType(a: GraphNode, b: GraphNode): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

const ELEMENTWISE_COUNTS: ReadonlyMap<string, number> = new Map<
  string,
  number
>([
  ...UNARY.map((name) => [name, 1] as const),
  ...BINARY.map((name) => [name, 2] as const),
  ...COMPARE.map((name) => [name, 2] as const),
  ["polygamma", 1],
]);

const TO_BOOL: ReadonlySet<string> = new Set([...COMPARE, "isNaN", "isFinite"]);

function verifyNode(node: GraphNode): void {
  const [x, y, z] = node.inputs as [GraphNode, GraphNode, GraphNode];
  const count = ELEMENTWISE_COUNTS.get(node.op);
  if (count !== undefined) {
    rule(node, node.inputs.length === count, `it takes ${count} operands`);
    const dtype = TO_BOOL.has(node.op) ? "bool" : x.dtype;
    rule(node, node.dtype === dtype, `it should give ${dtype}`);
    for (const input of node.inputs) {
      rule(node, sameShape(input.shape, node.shape), "shapes should be equal");
      rule(node, input.dtype === x.dtype, "operands should have one dtype");
    }
    return;
  }
  switch (node.op) {
    case "where":
      rule(node, x.dtype === "bool", "the condition should be bool");
      rule(node, sameShape(x.shape, node.shape), "shapes should be equal");
      rule(node, sameType(y, node) && sameType(z, node), "types should agree");
      return;
    case "cast":
      rule(node, sameShape(x.shape, node.shape), "shapes should be equal");
      return;
    case "bitcast":
      rule(node, sameShape(x.shape, node.shape), "shapes should be equal");
      rule(node, haveSameBits(x.dtype, node.dtype), "sizes should be equal");
      return;
    case "alias":
      rule(node, sameType(x, node), "types should be equal");
      return;
    case "reshape":
      rule(node, x.dtype === node.dtype, "dtypes should be equal");
      rule(node, x.size === node.size, "sizes should be equal");
      return;
    case "iota":
      rule(node, node.shape.length === 1, "it should have one axis");
      return;
    case "expand":
    case "permute":
    case "slice":
    case "pad":
    case "concat":
      rule(
        node,
        node.inputs.every((one) => one.dtype === node.dtype),
        "dtypes should be equal",
      );
      verifyMovement(node, x);
      return;
    case "sum":
    case "prod":
    case "max":
    case "min": {
      const { axes } = attributesOf(node, node.op);
      rule(node, x.dtype === node.dtype, "dtypes should be equal");
      rule(
        node,
        axes.every((axis, k) =>
          axis < x.shape.length && axis > (axes[k - 1] ?? -1)
        ),
        "axes should exist and ascend",
      );
      rule(
        node,
        sameShape(node.shape, reducedShape(x.shape, axes, false)),
        "the axes should disappear",
      );
      return;
    }
    case "argmax":
    case "argmin": {
      const { axis } = attributesOf(node, node.op);
      const shape = reducedShape(x.shape, [axis], false);
      rule(node, node.dtype === "i32", "it should give i32");
      rule(node, sameShape(node.shape, shape), "the axis should disappear");
      return;
    }
    case "cumulativeSum": {
      const { axis } = attributesOf(node, node.op);
      rule(node, sameType(x, node), "types should be equal");
      rule(node, axis < node.shape.length, "the axis should exist");
      return;
    }
    case "matmul":
      verifyMatmul(node, x, y);
      return;
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
      verifyIndexing(node, x, y, z);
      return;
    case "dynamicSlice":
    case "dynamicUpdateSlice":
      verifyDynamic(node);
      return;
    case "scan":
      verifyScan(node);
      return;
    case "call":
      verifyBody(node, attributesOf(node, "call").body, node.inputs);
      return;
    case "output":
      verifyOutput(node, x);
      return;
    case "custom":
      node.outputs!.forEach((spec, k) =>
        rule(
          node,
          typeText(spec) === typeText(node.inputs[k]!),
          `value ${k} should keep its type`,
        )
      );
      return;
    default:
      rule(
        node,
        node.inputs.length === 0 || node.op === "routine",
        "it has no inputs",
      );
  }
}

function verifyMovement(node: GraphNode, x: GraphNode): void {
  const rank = node.shape.length;
  switch (node.op) {
    case "expand": {
      const lead = rank - x.shape.length;
      const fits = lead >= 0 &&
        x.shape.every((length, axis) =>
          length === 1 || length === node.shape[axis + lead]
        );
      rule(node, fits, "only axes of length 1 can be repeated");
      return;
    }
    case "permute": {
      const { axes } = attributesOf(node, "permute");
      const shape = axes.map((axis) => x.shape[axis]!);
      rule(
        node,
        new Set(axes).size === x.shape.length && sameShape(shape, node.shape),
        "each axis should come once",
      );
      return;
    }
    case "slice": {
      const { starts, steps } = attributesOf(node, "slice");
      node.shape.forEach((length, axis) => {
        const first = starts[axis]!;
        const last = first + (length - 1) * steps[axis]!;
        const inside = [first, last].every((k) => k >= 0 && k < x.shape[axis]!);
        rule(node, length === 0 || inside, `axis ${axis} should stay inside`);
      });
      return;
    }
    case "pad": {
      const { before } = attributesOf(node, "pad");
      const fits = before.every((width, axis) =>
        width >= 0 && width + x.shape[axis]! <= node.shape[axis]!
      );
      rule(node, fits && before.length === rank, "the input should fit inside");
      return;
    }
    default: {
      const { axis } = attributesOf(node, "concat");
      const length = node.inputs.reduce((n, one) => n + one.shape[axis]!, 0);
      rule(node, length === node.shape[axis], "lengths should add up");
      const alike = node.inputs.every((one) =>
        one.shape.every((n, k) => k === axis || n === node.shape[k])
      );
      rule(node, alike, "other axes should be equal");
    }
  }
}

function verifyMatmul(node: GraphNode, a: GraphNode, b: GraphNode): void {
  const rank = node.shape.length;
  const fits = rank >= 2 && a.shape.length === rank &&
    b.shape.length === rank &&
    a.shape[rank - 1] === b.shape[rank - 2] &&
    a.shape[rank - 2] === node.shape[rank - 2] &&
    b.shape[rank - 1] === node.shape[rank - 1] &&
    [a, b].every((one) =>
      sameShape(one.shape.slice(0, -2), node.shape.slice(0, -2))
    );
  rule(node, fits, "shapes should be […, m, k], […, k, n] and […, m, n]");
  const dtypes = a.dtype === node.dtype && b.dtype === node.dtype;
  rule(node, dtypes, "dtypes should be equal");
}

function verifyIndexing(
  node: GraphNode,
  x: GraphNode,
  indices: GraphNode,
  updates: GraphNode | undefined,
): void {
  const { axis } = attributesOf(node, "take");
  rule(node, x.dtype === node.dtype, "dtypes should be equal");
  rule(node, isIntegerDType(indices.dtype), "indices should be integers");
  const whole = node.op === "take" || node.op === "scatterAdd";
  const taken = whole
    ? [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    : indices.shape;
  if (updates === undefined) {
    rule(
      node,
      sameShape(node.shape, taken),
      "it should have the indices' shape",
    );
    return;
  }
  rule(node, sameType(node, x), "it should keep the type of what is added to");
  const fits = updates.dtype === x.dtype && sameShape(updates.shape, taken);
  rule(node, fits, "updates should have the indices' shape");
}

function verifyDynamic(node: GraphNode): void {
  const { axis } = attributesOf(node, "dynamicSlice");
  const start = node.inputs.at(-1)!;
  rule(node, start.dtype === "i32" && start.size === 1, "it starts at an i32");
  const [long, short] = node.op === "dynamicSlice"
    ? [node.inputs[0]!, node]
    : [node, node.inputs[1]!];
  rule(node, long.dtype === short.dtype, "dtypes should be equal");
  rule(node, sameType(node, node.inputs[0]!) || long !== node, "it should fit");
  const fits = long.shape.length === short.shape.length &&
    long.shape.every((length, k) =>
      k === axis ? short.shape[k]! <= length : short.shape[k] === length
    );
  rule(node, fits, "only the axis should be shorter");
}

function verifyScan(node: GraphNode): void {
  const { body, carries, sequences, length } = attributesOf(node, "scan");
  const results = body.outputs.length - carries;
  const inputs = node.inputs.map((input, k) => ({
    dtype: input.dtype,
    shape: k >= carries && k < carries + sequences
      ? input.shape.slice(1)
      : input.shape,
  }));
  verifyBody(node, body, inputs);
  node.inputs.slice(carries, carries + sequences).forEach((input, k) =>
    rule(node, input.shape[0] === length, `sequence ${k} has another length`)
  );
  rule(
    node,
    node.outputs!.length === 2 * carries + results,
    "its results are carries, results of steps, and carries before steps",
  );
  node.outputs!.forEach((spec, k) => {
    const step = k < carries + results
      ? body.outputs[k]!
      : body.outputs[k - carries - results]!;
    const shape = k < carries ? step.shape : [length, ...step.shape];
    rule(
      node,
      typeText(spec) === typeText({ dtype: step.dtype, shape }),
      `result ${k} should follow from its step`,
    );
  });
}

/** A body is closed: it depends on its parameters only. */
function verifyBody(
  node: GraphNode,
  body: Graph,
  inputs: readonly Pick<GraphNode, "dtype" | "shape">[],
): void {
  body.parameters.forEach((parameter, k) => {
    const fits = parameter.op === "parameter" &&
      attributesOf(parameter, "parameter").index === k &&
      inputs[k] !== undefined && typeText(parameter) === typeText(inputs[k]);
    rule(node, fits, `parameter ${k} of its body should fit input ${k}`);
  });
  rule(
    node,
    body.parameters.length === inputs.length,
    "its body should have one parameter for each input",
  );
  for (const inner of topologicalOrder(body.outputs)) {
    const open = inner.inputs.length === 0 && !body.parameters.includes(inner);
    rule(node, !open, `its body should not hold "${inner.op}"`);
  }
  verifyGraph(body.outputs);
}

function verifyOutput(node: GraphNode, source: GraphNode): void {
  const spec = source.outputs?.[attributesOf(node, "output").index];
  rule(
    node,
    spec !== undefined && typeText(spec) === typeText(node),
    "there should be such a result",
  );
}
