import { ok, strictEqual } from "node:assert/strict";
import * as wf from "../tensor/mod.ts";
import { describeTensor } from "./tensor_view.ts";

Deno.test("describeTensor shows dtype, shape, place and the values of a small tensor", async () => {
  const x = wf.tensor([[1, 2.5], [3, -4]], { dtype: "f64" });
  const { "text/plain": text, "text/html": html } = await describeTensor(x);
  strictEqual(
    text,
    "Tensor<f64>[2, 2]  4 elements, 32 B, on host\n    1  2.5\n    3   −4",
  );
  ok(String(html).includes("Tensor&lt;f64&gt;[2, 2]"));
});

Deno.test("describeTensor shows the corner of a large tensor without computing the tensor", async () => {
  const x = wf.add(wf.zeros([300, 200], { dtype: "f64" }), 1);
  const { "text/plain": text } = await describeTensor(x);
  const lines = String(text).split("\n");
  strictEqual(
    lines[0],
    "Tensor<f64>[300, 200]  60,000 elements, 469 KiB, lazy",
  );
  strictEqual(lines.length, 1 + 6 + 1);
  ok(lines[1]?.endsWith("…") && lines[7]?.includes("⋮"));
  const again = await describeTensor(x);
  ok(String(again["text/plain"]).includes("lazy"));
});

Deno.test("describeTensor copes with scalars, empty tensors, booleans and many axes", async () => {
  const text = async (x: wf.Tensor) =>
    String((await describeTensor(x))["text/plain"]);
  strictEqual(
    await text(wf.tensor(2, { dtype: "f64" })),
    "Tensor<f64>[]  1 element, 8 B, on host\n  2",
  );
  ok(
    (await text(wf.zeros([0, 3]))).startsWith(
      "Tensor<f32>[0, 3]  0 elements, 0 B",
    ),
  );
  ok((await text(wf.greater(wf.tensor([1, 3]), 2))).endsWith("false   true"));
  ok((await text(wf.ones([2, 3, 2, 2]))).includes("first of 6 matrices"));
});
