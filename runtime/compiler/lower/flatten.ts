/**
 * From tensor graphs to flat graphs: bodies of calls are put in place, values
 * under another identity are taken for what they are, and numbers are told from
 * data.
 *
 * @module
 */

import {
  attributesOf,
  type GraphNode,
  storageOf,
  valueInputs,
} from "../../device/graph.ts";
import { isElementwise } from "../../device/primitives.ts";
import { sizeOf } from "../../device/shapes.ts";
import {
  type FlatAttributes,
  FlatGraph,
  type FlatNode,
  type FlatOp,
} from "./flat.ts";
import { type IndexCheck, indexCheck } from "./index_checks.ts";
import { FlatMaker, isNumber } from "./simplify.ts";
import { bodyOf, handedNumbers, isLeaf, isLiteral } from "./structure.ts";

/** A flat graph and what is asked of it. */
export interface Flattened {
  /** The graph. */
  readonly graph: FlatGraph;
  /** What is asked for. */
  readonly roots: readonly FlatNode[];
  /** Indices that must be inside of their axes. */
  readonly checks: readonly IndexCheck[];
  /** Leaves that were given up: they may be written over. */
  readonly donated: ReadonlySet<FlatNode>;
}

/**
 * Flattens a graph.
 *
 * @param order All nodes, inputs first.
 * @param roots What is asked for.
 * @param donated Leaves that may be written over, beside those that calls were
 * given.
 * @returns The flat graph.
 */
export function flatten(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  donated: ReadonlySet<GraphNode> = new Set(),
): Flattened {
  const graph = new FlatGraph();
  const maker = new FlatMaker(graph);
  const flattener = new Flattener(maker, { next: 0 });
  const values = flattener.walk(order, undefined);
  const flat = roots.map((root) => values.get(root)![0]!);
  for (const node of donated) {
    const leaf = values.get(node)?.[0];
    if (leaf?.op === "leaf") flattener.donated.add(leaf);
  }
  return {
    graph,
    roots: flat,
    checks: usedChecks(flat, flattener.checks),
    donated: flattener.donated,
  };
}

/** One check for each index that the roots depend on. */
function usedChecks(
  roots: readonly FlatNode[],
  checks: readonly IndexCheck[],
): IndexCheck[] {
  if (checks.length === 0) return [];
  const live = new Set(roots);
  for (const node of live) for (const input of node.inputs) live.add(input);
  const known = new Set<FlatNode>();
  return checks.filter(({ value, worst }) => {
    if (!live.has(value) || known.has(worst)) return false;
    known.add(worst);
    return true;
  });
}

/** Counts leaves in the order in which `structureOf` lists them. */
interface LeafCounter {
  next: number;
}

/** Values of a node: one, or several for primitives with several results. */
type Values = Map<GraphNode, readonly FlatNode[]>;

class Flattener {
  /** Leaves that calls were given for good. */
  readonly donated = new Set<FlatNode>();

  constructor(
    readonly maker: FlatMaker,
    readonly counter: LeafCounter,
    /** Inside of bodies all nodes stand at the place of the call. */
    readonly isInside = false,
    readonly checks: IndexCheck[] = [],
  ) {}

  walk(
    order: readonly GraphNode[],
    parameters: readonly FlatNode[] | undefined,
  ): Values {
    const values: Values = new Map();
    const handed = handedNumbers(order);
    order.forEach((node, index) => {
      if (!this.isInside && parameters === undefined) this.maker.at = index;
      if (node.op === "parameter" && parameters !== undefined) {
        values.set(node, [
          parameters[attributesOf(node, "parameter").index]!,
        ]);
      } else if (isLeaf(node)) values.set(node, [this.#leaf(node, handed)]);
      else {
        const inputs = valueInputs(node).map((one) => values.get(one)!);
        values.set(node, this.#node(node, inputs));
      }
    });
    return values;
  }

  #leaf(node: GraphNode, handed: ReadonlySet<GraphNode>): FlatNode {
    const { dtype, shape } = node;
    const { maker } = this;
    if (isLiteral(node, handed)) {
      return maker.literal(attributesOf(node, "constant").value, dtype, shape);
    }
    const leaf = this.counter.next++;
    const isConstant = node.op === "constant" && node.storage === undefined;
    if (isConstant) return maker.make("scalar", [], dtype, shape, { leaf });
    // Data without elements are leaves all the same.
    return maker.graph.add("leaf", [], dtype, shape, maker.at, { leaf });
  }

  #node(
    node: GraphNode,
    several: readonly (readonly FlatNode[])[],
  ): readonly FlatNode[] {
    const inputs = several.map((values) => values[0]!);
    switch (node.op) {
      case "alias":
        return [this.#alias(inputs[0]!)];
      case "custom":
        return inputs;
      case "output":
        return [several[0]![attributesOf(node, "output").index]!];
      case "call":
        return this.#call(node, inputs);
      case "scan":
        return this.#scan(node, inputs);
      case "routine":
        return this.#routine(node, inputs);
      default: {
        const value = this.maker.make(
          node.op as FlatOp,
          inputs,
          node.dtype,
          node.shape,
          flatAttributes(node),
        );
        const check = indexCheck(this.maker, node, inputs, value);
        if (check !== undefined) this.checks.push(check);
        return [value];
      }
    }
  }

  /**
   * What is computed from a value under another identity is not taken for what
   * is computed from the value itself: it may be wanted again on purpose.
   */
  #alias(x: FlatNode): FlatNode {
    return isNumber(x) || x.op === "empty"
      ? x
      : this.maker.graph.addUnique("reshape", [x], x.dtype, x.shape, x.at);
  }

  #call(node: GraphNode, inputs: readonly FlatNode[]): readonly FlatNode[] {
    const { body, donated } = attributesOf(node, "call");
    const { order } = bodyOf(body);
    // Inside of a body only those who call it may give up what it is given.
    if (donated !== undefined && !this.isInside) {
      for (const position of donated) {
        const isData = storageOf(node.inputs[position]!) !== undefined;
        const input = inputs[position]!;
        if (isData && input.op === "leaf") this.donated.add(input);
      }
    }
    const inner = new Flattener(
      this.maker,
      this.counter,
      true,
      this.checks,
    );
    const values = inner.walk(order, inputs);
    return body.outputs.map((output) => values.get(output)![0]!);
  }

  #scan(node: GraphNode, inputs: readonly FlatNode[]): readonly FlatNode[] {
    const { body, carries, sequences, length, reverse } = attributesOf(
      node,
      "scan",
    );
    const { maker } = this;
    const specs = node.outputs!;
    if (length === 0) {
      this.counter.next += bodyOf(body).numbers.length;
      return specs.map(({ dtype, shape }, k) =>
        k < carries ? inputs[k]! : maker.make("empty", [], dtype, shape)
      );
    }
    const graph = new FlatGraph();
    const own = new FlatMaker(graph, maker.at);
    const parameters: (FlatNode | undefined)[] = [];
    const arguments_ = inputs.map((input, leaf) => {
      const isSequence = leaf >= carries && leaf < carries + sequences;
      const shape = isSequence ? input.shape.slice(1) : input.shape;
      if (leaf >= carries && isNumber(input)) {
        parameters.push(undefined);
        return own.make(input.op, [], input.dtype, shape, input.attributes);
      }
      const parameter = graph.add("leaf", [], input.dtype, shape, maker.at, {
        leaf,
      });
      parameters.push(parameter);
      return parameter;
    });
    const inner = new Flattener(own, this.counter, true);
    const values = inner.walk(bodyOf(body).order, arguments_);
    const results = body.outputs.map((output) => values.get(output)![0]!);
    const loop = maker.graph.addUnique(
      "scan",
      inputs,
      node.dtype,
      node.shape,
      maker.at,
      {
        loop: {
          carries,
          sequences,
          length,
          reverse,
          parameters,
          results,
          graph,
        },
        outputs: specs,
      },
    );
    return this.#outputs(loop);
  }

  #routine(node: GraphNode, inputs: readonly FlatNode[]): readonly FlatNode[] {
    const { name, attributes: routine } = attributesOf(node, "routine");
    const { maker } = this;
    const outputs = node.outputs!;
    if (name === "randomBits") {
      return outputs.map(({ dtype, shape }, index) =>
        maker.make("randomBits", inputs, dtype, shape, { index })
      );
    }
    if (outputs.every(({ shape }) => sizeOf(shape) === 0)) {
      return outputs.map(({ dtype, shape }) =>
        maker.make("empty", [], dtype, shape)
      );
    }
    const source = maker.graph.addUnique(
      "routine",
      inputs,
      node.dtype,
      node.shape,
      maker.at,
      { name, routine, outputs },
    );
    return this.#outputs(source);
  }

  #outputs(source: FlatNode): readonly FlatNode[] {
    return source.attributes.outputs!.map(({ dtype, shape }, index) =>
      this.maker.make("output", [source], dtype, shape, { index })
    );
  }
}

function flatAttributes(node: GraphNode): FlatAttributes | undefined {
  if (isElementwise(node.op) && node.op !== "polygamma") return undefined;
  switch (node.op) {
    case "polygamma":
      return { order: attributesOf(node, "polygamma").order };
    case "sum":
    case "prod":
    case "max":
    case "min":
    case "permute":
      return { axes: [...attributesOf(node, node.op).axes] };
    case "slice": {
      const { starts, steps } = attributesOf(node, "slice");
      return { starts: [...starts], steps: [...steps] };
    }
    case "pad": {
      const { before, value } = attributesOf(node, "pad");
      return { before: [...before], value };
    }
    case "cumulativeSum": {
      const { axis, reverse } = attributesOf(node, "cumulativeSum");
      return { axis, reverse };
    }
    case "concat":
    case "argmax":
    case "argmin":
    case "take":
    case "takeAlongAxis":
    case "scatterAdd":
    case "scatterAddAlongAxis":
    case "dynamicSlice":
    case "dynamicUpdateSlice":
      return { axis: attributesOf(node, node.op).axis };
    default:
      return undefined;
  }
}
