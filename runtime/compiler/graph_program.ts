/**
 * Programs of whole graphs: compiled once for each structure, run on the data of
 * the graph at hand.
 *
 * @module
 */

import { MemoryError, WeftError } from "../core/errors.ts";
import type { ExecutionOptions } from "../device/device.ts";
import { byteSize } from "../device/dtypes.ts";
import { explained } from "../device/explain.ts";
import {
  attributesOf,
  type GraphNode,
  type Storage,
  storageOf,
} from "../device/graph.ts";
import type { Backend, PreparedProgram, PrepareOptions } from "./backend.ts";
import { checkIndices } from "./index_errors.ts";
import { inlineCalls } from "./inline_calls.ts";
import type { Program, ProgramCheck } from "./ir/kernel.ts";
import { lower, structureOf } from "./lower/mod.ts";
import { partition, type Piece } from "./partition.ts";
import { isOutOfReach, placesOf } from "./placement.ts";

/** Where a number or data of a program come from. */
type Source =
  /** Number of the leaf in the list that `structureOf` gives. */
  | { readonly leaf: number }
  /** A result of an earlier piece. */
  | { readonly piece: number; readonly result: number };

interface PreparedPiece {
  readonly outline: Outline;
  readonly prepared: PreparedProgram;
  /** For each leaf of the program. */
  readonly leaves: readonly Source[];
  /** For each scalar of the program: number of the leaf. */
  readonly scalars: readonly number[];
  /** For each node of the piece its position in the graph. */
  readonly origins: readonly number[];
}

/** What is kept of a program once it is ready to run. */
interface Outline {
  /** Number of results, without those of checks. */
  readonly results: number;
  /** Numbers that tell of bad indices. */
  readonly checks: readonly ProgramCheck[];
  /** Position of the node that writes the longest result of a step. */
  readonly largest: number;
  /** Number of steps. */
  readonly steps: number;
}

/** A graph, compiled. */
export interface GraphProgram {
  /** Number of steps: how much memory it takes, about. */
  readonly steps: number;
  /** The pieces, one a device mostly. */
  readonly pieces: readonly PreparedPiece[];
  /** Where each root comes from. */
  readonly results: readonly Source[];
}

/**
 * Compiles a graph.
 *
 * @param order All nodes, inputs first; each node's `slot` is its position.
 * @param roots What is asked for.
 * @param leaves The leaves, as `structureOf` lists them.
 * @param backends Where to run: the first one that has the dtypes that a
 * primitive needs; the last one has all.
 * @param options How kernels are chosen.
 * @returns The program.
 */
export async function compileGraph(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  leaves: readonly GraphNode[],
  backends: readonly Backend[],
  options: PrepareOptions,
): Promise<GraphProgram> {
  const isOut = (node: GraphNode) =>
    isOutOfReach(node, (dtype) => backends[0]!.supports(dtype));
  const leafNumbers = new Map(leaves.map((node, k) => [node, k]));
  const asked = new Set(roots);
  const isWhole = backends.length === 1 ||
    !order.some((node) => !isGiven(node, asked) && isOut(node));
  if (isWhole) {
    const program = lower(order, roots);
    const piece = {
      outline: outlineOf(program),
      prepared: await backends[0]!.prepare(withChecks(program), options),
      leaves: program.leaves.map(({ leaf }) => ({ leaf })),
      scalars: program.scalars.map(({ leaf }) => leaf),
      origins: order.map((_, slot) => slot),
    };
    const results = roots.map((_, result) => ({ piece: 0, result }));
    return { pieces: [piece], results, steps: program.steps.length };
  }
  const inlined = inlineCalls(order, roots);
  const inlinedRoots = new Set(inlined.roots);
  const { pieces, results } = partition(
    inlined.order,
    inlined.roots,
    placesOf(inlined.order, inlined.roots, isOut, backends.length - 1),
    (node) => isGiven(node, inlinedRoots),
  );
  const donated = donatedIn(order, pieces);
  // All programs first: lowering writes to nodes that the pieces share.
  const lowered = pieces.map((piece) => {
    piece.order.forEach((node, slot) => node.slot = slot);
    const own = structureOf(piece.order, piece.roots).leaves;
    const program = lower(piece.order, piece.roots, { donated });
    return { piece, own, program };
  });
  const prepared = lowered.map(async ({ piece, own, program }) => {
    const sourceOf = (leaf: number): Source => {
      const node = own[leaf]!;
      return piece.handed.get(node) ?? { leaf: leafNumbers.get(node)! };
    };
    return {
      outline: outlineOf(program),
      prepared: await backends[piece.place]!.prepare(
        withChecks(program),
        options,
      ),
      leaves: program.leaves.map(({ leaf }) => sourceOf(leaf)),
      scalars: program.scalars.map(({ leaf }) => leafNumbers.get(own[leaf]!)!),
      origins: piece.origins.map((at) =>
        at < 0 ? -1 : inlined.origins.get(inlined.order[at]!) ?? -1
      ),
    };
  });
  return {
    steps: lowered.reduce((sum, { program }) => sum + program.steps.length, 0),
    pieces: await Promise.all(prepared),
    results: results.map((one, k) =>
      one ?? { leaf: leafNumbers.get(inlined.roots[k]!)! }
    ),
  };
}

/** Data that calls were given for good, and of which one piece reads each. */
function donatedIn(
  order: readonly GraphNode[],
  pieces: readonly Piece[],
): Set<GraphNode> {
  const donated = new Set<GraphNode>();
  for (const node of order) {
    if (node.op !== "call") continue;
    for (const position of attributesOf(node, "call").donated ?? []) {
      const input = node.inputs[position]!;
      if (storageOf(input) !== undefined) donated.add(input);
    }
  }
  const seen = new Set<GraphNode>();
  for (const { order: own } of pieces) {
    for (const node of own) {
      if (!donated.has(node)) continue;
      if (seen.has(node)) donated.delete(node);
      seen.add(node);
    }
  }
  return donated;
}

/** The program with the numbers of its checks as further results. */
function withChecks(program: Program): Program {
  const checks = program.checks ?? [];
  if (checks.length === 0) return program;
  const results = [...program.results, ...checks.map(({ buffer }) => buffer)];
  return { ...program, results };
}

/** Whether a node is there before anything runs. */
function isGiven(node: GraphNode, asked: ReadonlySet<GraphNode>): boolean {
  // A number that is asked for has to be filled in by a device.
  if (node.op === "constant") return !asked.has(node);
  return node.op === "parameter" || storageOf(node) !== undefined;
}

/**
 * Runs a compiled graph.
 *
 * @param compiled The graph's program.
 * @param order All nodes of the graph at hand.
 * @param leaves Its leaves.
 * @param options Signal and trace.
 * @returns The data of the roots.
 */
export async function runGraph(
  compiled: GraphProgram,
  order: readonly GraphNode[],
  leaves: readonly GraphNode[],
  options: ExecutionOptions,
): Promise<Storage[]> {
  const made: Storage[][] = [];
  const read = (source: Source): Storage =>
    "leaf" in source
      ? dataOf(leaves[source.leaf]!)
      : made[source.piece]![source.result]!;
  for (
    const { leaves: sources, origins, outline, prepared, scalars } of compiled
      .pieces
  ) {
    const inputs = sources.map(read);
    const blame = (node: number) => order[origins[node] ?? -1]?.blame;
    const all = await prepared.run(
      inputs,
      scalars.map((leaf) => numberOf(leaves[leaf]!)),
      {
        signal: options.signal,
        onKernel: options.onKernel,
        lateKernels: options.lateKernels,
        // Whoever looks for the first bad number computes everything again.
        keepLeaves: options.checkFinite,
        blame,
      },
    ).catch((error) => {
      if (!(error instanceof MemoryError)) throw error;
      // For want of memory the op is blamed that writes most.
      throw explained(error, "", blame(outline.largest));
    });
    const results = all.slice(0, outline.results);
    const worst = all.slice(outline.results);
    checkIndices(outline.checks, worst, blame, inputs, results);
    made.push(results);
  }
  return compiled.results.map(read);
}

function outlineOf({ buffers, checks, results, steps }: Program): Outline {
  let [most, largest] = [-1, -1];
  for (const step of steps) {
    if (step.kind === "hostLoop") continue;
    for (const output of step.outputs) {
      const number = typeof output === "number" ? output : output.buffer;
      const { dtype, size } = buffers[number]!;
      const bytes = size * byteSize(dtype);
      if (bytes > most) [most, largest] = [bytes, step.node];
    }
  }
  return {
    results: results.length,
    checks: checks ?? [],
    largest,
    steps: steps.length,
  };
}

function dataOf(node: GraphNode): Storage {
  const storage = storageOf(node);
  if (storage !== undefined) return storage;
  const { index } = attributesOf(node, "parameter");
  throw new WeftError(
    "Cannot read a tensor of a function that is being traced",
    {
      expected: "lazy tensors only inside compile, scan and gradients",
      actual: `argument ${index}, which has no value yet`,
      hint: "Return the tensor, and read what the function returns",
    },
  );
}

function numberOf(node: GraphNode): number {
  return attributesOf(node, "constant").value;
}
