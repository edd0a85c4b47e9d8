/**
 * What the flow itself costs: 10,000 trivial nodes with the memory store.
 *
 * The goal is at most 0.1 ms a node after warm-up, and a level heap.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { z } from "zod";
import {
  memoryStore,
  type Node,
  op,
  run as runNodes,
} from "../runtime/flow/mod.ts";
import { type BenchResult, medianOf } from "./bench.ts";

const NODES = 10_000;
const WARM_UP = 3;
const REPEATS = 7;

const NUMBER = z.number();
type NumberNode = Node<{ x: number }>;

const first = op({
  name: "bench/first",
  version: "1",
  params: z.object({ from: NUMBER }),
  outputs: { x: NUMBER },
  run: (_inputs, { from }) => ({ x: from }),
});

const next = op({
  name: "bench/next",
  version: "1",
  inputs: { x: NUMBER },
  params: z.object({ step: NUMBER.default(1) }),
  outputs: { x: NUMBER },
  run: ({ x }, { step }) => ({ x: x + step }),
});

const join = op({
  name: "bench/join",
  version: "1",
  inputs: { left: NUMBER, right: NUMBER },
  outputs: { x: NUMBER },
  run: ({ left, right }) => ({ x: (left + right) % 1_000_003 }),
});

const sum = op({
  name: "bench/sum",
  version: "1",
  inputs: { xs: z.array(NUMBER) },
  outputs: { x: NUMBER },
  run: ({ xs }) => ({ x: xs.reduce((total, x) => total + x, 0) }),
});

function chain(from: number): NumberNode[] {
  let node: NumberNode = first({}, { from });
  for (let at = 1; at < NODES; at++) node = next({ x: node.x });
  return [node];
}

function fan(from: number): NumberNode[] {
  const source = first({}, { from });
  const parts = Array.from(
    { length: NODES - 2 },
    (_, step) => next({ x: source.x }, { step }),
  );
  return [sum({ xs: parts.map((part) => part.x) })];
}

function grid(from: number): NumberNode[] {
  const side = 100;
  let row = Array.from(
    { length: side },
    (_, at) => first({}, { from: from + at }),
  );
  for (let at = 1; at < NODES / side; at++) {
    row = row.map((node, k) =>
      join({ left: node.x, right: row[(k + 1) % side]!.x })
    );
  }
  return row;
}

/** Milliseconds for all nodes, and megabytes of heap after each repeat. */
interface Figures {
  readonly built: number[];
  readonly computed: number[];
  readonly reused: number[];
  readonly heap: number[];
}

async function measure(
  build: (from: number) => NumberNode[],
): Promise<Figures> {
  const store = memoryStore({ maxBytes: 64 * 2 ** 20 });
  const figures: Figures = { built: [], computed: [], reused: [], heap: [] };
  for (let repeat = -WARM_UP; repeat < REPEATS; repeat++) {
    const from = (repeat + WARM_UP) * NODES;
    const began = performance.now();
    const nodes = build(from);
    const built = performance.now();
    await runNodes(nodes, { store });
    const computed = performance.now();
    await runNodes(build(from), { store });
    const reused = performance.now();
    if (repeat < 0) continue;
    figures.built.push(built - began);
    figures.computed.push(computed - built);
    figures.reused.push(reused - computed);
    figures.heap.push(Math.round(Deno.memoryUsage().heapUsed / 2 ** 20));
  }
  return figures;
}

function resultOf(name: string, times: readonly number[]): BenchResult {
  return {
    name: `flow: ${NODES} trivial nodes, ${name}`,
    device: "host",
    oursMs: medianOf(times),
    peer: null,
    peerMs: null,
    ratio: null,
  };
}

/**
 * Measures chains, fans and grids; prints the heap, which should stay level.
 *
 * @returns Milliseconds for all nodes of each shape; no peer.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [shape, build] of Object.entries({ chain, fan, grid })) {
    const { built, computed, reused, heap } = await measure(build);
    results.push(
      resultOf(`${shape}, built`, built),
      resultOf(`${shape}, built again and reused`, reused),
      resultOf(`${shape}, computed`, computed),
    );
    console.error(`${shape}: heap after each repeat, MiB: ${heap.join(" ")}`);
  }
  return results;
}
