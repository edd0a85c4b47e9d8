import assert from "node:assert/strict";
import { FlatGraph, type FlatNode } from "./flat.ts";
import { usedResults } from "./used_results.ts";

/**
 * Three carries: a' = exp(a), b' = b · a, c' = c · c, and the slice b;
 * what a loop gives are last carries, slices, then all values of carries.
 */
function loop() {
  const graph = new FlatGraph();
  const leaf = (k: number): FlatNode =>
    graph.add("leaf", [], "f32", [2], 0, { leaf: k });
  const [a, b, c] = [leaf(0), leaf(1), leaf(2)] as const;
  const made = (op: "exp" | "multiply", ...inputs: FlatNode[]): FlatNode =>
    graph.add(op, inputs, "f32", [2], 0, {});
  const results = [
    made("exp", a),
    made("multiply", b, a),
    made("multiply", c, c),
    b,
  ];
  return {
    carries: 3,
    sequences: 0,
    length: 4,
    reverse: false,
    parameters: [a, b, c],
    results,
    graph,
  };
}

Deno.test("carries that nothing asked for follows from stay as they were", () => {
  const own = loop();
  const [a, b, c] = own.results as [FlatNode, FlatNode, FlatNode];
  const [oldA, oldB, oldC] = own.parameters as [FlatNode, FlatNode, FlatNode];
  const slice = own.results[3]!;
  const found = (...asked: number[]) => usedResults(own, new Set(asked));
  assert.deepEqual(found(0), [a, oldB, oldC, slice]);
  assert.deepEqual(found(1), [a, b, oldC, slice], "b follows from a");
  assert.deepEqual(found(2), [oldA, oldB, c, slice]);
  assert.deepEqual(found(3), [a, b, oldC, slice], "the slice reads b");
  assert.deepEqual(found(4), [a, oldB, oldC, slice], "all values of a");
  assert.deepEqual(found(0, 1, 2), own.results);
});
