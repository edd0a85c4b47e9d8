/**
 * What the flow itself costs: 10,000 trivial nodes with the memory store.
 *
 * `deno run --allow-env bench/flow_overhead.ts` prints microseconds a node for
 * a chain, a fan and a grid, first computed and then reused, and the heap.
 *
 * @module
 */

import { z } from "zod";
import { memoryStore } from "../runtime/flow/store/memory_store.ts";
import { type Node, op, run as runNodes } from "../runtime/flow/mod.ts";

const NODES = 10_000;
const REPEATS = 8;

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

/** Microseconds a node, and bytes of heap after each repeat. */
interface Figures {
  readonly shape: string;
  readonly build: number;
  readonly computed: number;
  readonly reused: number;
  readonly heapMegabytes: readonly number[];
}

async function measure(
  shape: string,
  build: (from: number) => NumberNode[],
): Promise<Figures> {
  const store = memoryStore({ maxBytes: 16 * 2 ** 20 });
  const times = { build: Infinity, computed: Infinity, reused: Infinity };
  const heapMegabytes: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const began = performance.now();
    const nodes = build(repeat * NODES);
    const built = performance.now();
    await runNodes(nodes, { store });
    const computed = performance.now();
    await runNodes(build(repeat * NODES), { store });
    const reused = performance.now();
    const micros = (ms: number) => (ms * 1000) / NODES;
    times.build = Math.min(times.build, micros(built - began));
    times.computed = Math.min(times.computed, micros(computed - built));
    times.reused = Math.min(times.reused, micros(reused - computed));
    (globalThis as { gc?: () => void }).gc?.();
    heapMegabytes.push(
      Math.round(Deno.memoryUsage().heapUsed / 2 ** 20),
    );
  }
  return { shape, ...times, heapMegabytes };
}

/** Measures and prints the figures. */
export async function run(): Promise<void> {
  for (
    const [shape, build] of [
      ["chain", chain],
      ["fan", fan],
      ["grid", grid],
    ] as const
  ) {
    const { build: built, computed, reused, heapMegabytes } = await measure(
      shape,
      build,
    );
    // deno-lint-ignore no-console
    console.log(
      `${shape.padEnd(6)} ${NODES} nodes, µs a node: build ${
        built.toFixed(1)
      }, computed ${computed.toFixed(1)}, reused ${
        reused.toFixed(1)
      }; heap MB ${heapMegabytes.join(" ")}`,
    );
  }
}

if (import.meta.main) await run();
