import assert from "node:assert/strict";
import type { DType } from "./dtypes.ts";
import { GraphNode } from "./graph.ts";
import type { PrimitiveAttributes, PrimitiveName } from "./primitives.ts";
import type { Shape } from "./shapes.ts";
import { verifyGraph } from "./verify.ts";

function node<K extends PrimitiveName>(
  op: K,
  attributes: PrimitiveAttributes[K],
  inputs: readonly GraphNode[],
  shape: Shape,
  dtype: DType = "f64",
): GraphNode {
  return new GraphNode(op, attributes, inputs, dtype, shape, undefined);
}

const row = node("constant", { value: 1 }, [], [3]);
const table = node("constant", { value: 1 }, [], [2, 3]);
const single = node("constant", { value: 1 }, [], [3], "f32");

Deno.test("verifyGraph accepts what keeps the rules", () => {
  verifyGraph([
    node("add", {}, [row, row], [3]),
    node("less", {}, [row, row], [3], "bool"),
    node("sum", { axes: [0] }, [table], [3]),
    node("slice", { starts: [2], steps: [-1] }, [row], [3]),
    node("matmul", {}, [
      table,
      node("permute", { axes: [1, 0] }, [table], [3, 2]),
    ], [
      2,
      2,
    ]),
  ]);
});

Deno.test("verifyGraph names the primitive and the rule that it breaks", () => {
  const broken: readonly (readonly [GraphNode, RegExp])[] = [
    [
      node("add", {}, [row, table], [3]),
      /"add" of f64\[3\], f64\[2, 3\].*shapes/,
    ],
    [node("add", {}, [row], [3]), /takes 2 operands/],
    [node("add", {}, [row, single], [3]), /one dtype/],
    [node("less", {}, [row, row], [3]), /give bool/],
    [node("where", {}, [row, row, row], [3]), /condition should be bool/],
    [node("alias", { stop: false }, [row], [1]), /types should be equal/],
    [node("reshape", {}, [table], [5]), /sizes should be equal/],
    [node("expand", {}, [row], [2]), /length 1 can be repeated/],
    [node("permute", { axes: [0, 0] }, [table], [2, 2]), /come once/],
    [node("slice", { starts: [1], steps: [1] }, [row], [3]), /stay inside/],
    [node("pad", { before: [1], value: 0 }, [row], [3]), /fit inside/],
    [node("concat", { axis: 0 }, [row, row], [5]), /add up/],
    [node("sum", { axes: [1, 0] }, [table], []), /ascend/],
    [node("sum", { axes: [0] }, [table], [2]), /disappear/],
    [node("argmax", { axis: 0 }, [row], []), /give i32/],
    [node("matmul", {}, [table, table], [2, 3]), /\[…, m, k\]/],
    [node("take", { axis: 0 }, [row, row], [3]), /indices should be integers/],
    [node("output", { index: 0 }, [row], [3]), /such a result/],
    [node("constant", { value: 1 }, [row], [3]), /no inputs/],
  ];
  for (const [wrong, message] of broken) {
    assert.throws(() => verifyGraph([wrong]), message);
  }
});

Deno.test("verifyGraph refuses bodies that are not closed", () => {
  const parameter = node("parameter", { index: 0 }, [], [3]);
  const open = node("add", {}, [parameter, row], [3]);
  const call = new GraphNode(
    "call",
    { body: { parameters: [parameter], outputs: [open] } },
    [row],
    "f64",
    [3],
    undefined,
    [{ dtype: "f64", shape: [3] }],
  );
  assert.throws(() => verifyGraph([call]), /should not hold "constant"/);
});
