import assert from "node:assert/strict";
import {
  type GraphNode,
  storageOf,
  topologicalOrder,
} from "../../device/graph.ts";
import type { TypedArray } from "../../device/dtypes.ts";
import { evaluatePlain } from "../../device/reference/plain_evaluator.ts";
import { attributesOf } from "../../device/graph.ts";
import * as wf from "../mod.ts";
import { inlineCalls } from "../../compiler/inline_calls.ts";
import { type Partition, partition } from "../../compiler/partition.ts";

function ordered(roots: readonly GraphNode[]): GraphNode[] {
  const order = topologicalOrder(roots);
  order.forEach((node, slot) => node.slot = slot);
  return order;
}

function isLeaf(node: GraphNode): boolean {
  return node.op === "constant" || storageOf(node) !== undefined;
}

/** Runs the pieces one after another, by the slow twin of the reference. */
function runPieces({ pieces, results }: Partition): TypedArray[] {
  const made: TypedArray[][] = [];
  for (const { handed, roots } of pieces) {
    const parameters: TypedArray[] = [];
    for (const [node, { piece, result }] of handed) {
      assert.ok(piece < made.length, "a piece waits for itself");
      parameters[attributesOf(node, "parameter").index] = made[piece]![result]!;
    }
    made.push(evaluatePlain(roots, parameters));
  }
  return results.map((one) => made[one!.piece]![one!.result]!);
}

const X = wf.tensor([1, 2, 3, 4], { dtype: "f64" });

/** Chains that cross, a primitive with several results, a rule by hand. */
function graph(): GraphNode[] {
  const a = wf.exp(X);
  const b = wf.multiply(a, 2);
  const c = wf.add(wf.sin(b), a);
  const [last, all] = wf.scan(
    (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
      const next = wf.add(carry, x);
      return [next, wf.multiply(next, 2)];
    },
    wf.tensor(0, { dtype: "f64" }),
    c,
  );
  const loss = wf.checkpoint((x: wf.F64) => wf.sum(wf.square(x)))(all);
  return [wf.add(loss, last), c, wf.subtract(wf.sum(b), 1)].map((one) =>
    one.node
  );
}

Deno.test("partition cuts graphs so that the pieces give what the whole gives", () => {
  const roots = graph();
  const expected = evaluatePlain(roots).map((one) => [...one]);
  const order = ordered(roots);
  for (let seed = 0; seed < 64; seed++) {
    const placeOf = (node: GraphNode): number => {
      const one = node.op === "output" ? node.inputs[0]! : node;
      return one.op === "custom" ? 0 : ((one.slot * 7 + 3) ^ seed) % 3;
    };
    const cut = partition(order, roots, placeOf, isLeaf);
    assert.deepEqual(runPieces(cut).map((one) => [...one]), expected);
    for (const piece of cut.pieces) {
      for (const origin of piece.origins) {
        if (origin < 0) continue;
        assert.equal(placeOf(order[origin]!), piece.place);
      }
    }
  }
});

Deno.test("partition leaves roots that are leaves to the caller", () => {
  const roots = [X.node, wf.exp(X).node];
  const { pieces, results } = partition(ordered(roots), roots, () => 0, isLeaf);
  assert.equal(pieces.length, 1);
  assert.deepEqual(results, [undefined, { piece: 0, result: 0 }]);
});

Deno.test("inlineCalls writes out programs, programs inside of programs too", () => {
  const square = wf.compile((x: wf.F64) => wf.multiply(x, x));
  const outer = wf.compile((x: wf.F64, by: wf.Operand<"f64">) =>
    wf.multiply(square(wf.add(x, 1)), by)
  );
  const roots = [wf.sum(outer(X, 3)).node, outer(X, 2).node];
  const expected = evaluatePlain(roots).map((one) => [...one]);
  const inlined = inlineCalls(ordered(roots), roots);
  assert.ok(inlined.order.every((node) => node.op !== "call"));
  const calls = new Set(
    roots.flatMap((root) => ordered([root])).filter((one) => one.op === "call"),
  );
  assert.equal(calls.size, 2);
  assert.deepEqual(
    evaluatePlain(inlined.roots).map((one) => [...one]),
    expected,
  );
});
