import assert from "node:assert/strict";
import { z } from "zod";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import { op, start } from "./mod.ts";
import type { KernelEvent } from "./mod.ts";

function unary(name: string, fn: (x: wf.F32) => wf.F32) {
  return op({
    name: `fused/${name}`,
    version: "1",
    inputs: { x: port.tensor("f32", ["n", "d"]) },
    params: z.object({}),
    outputs: { y: port.tensor("f32", ["n", "d"]) },
    run: ({ x }) => ({ y: fn(x) }),
  });
}

const affine = unary("affine", (x) => wf.add(wf.multiply(x, 0.3), 0.7));
const exponential = unary("exp", (x) => wf.exp(x));
const normalize = unary(
  "normalize",
  (x) => wf.divide(x, wf.sum(x, { axis: 1, keepDims: true })),
);

for (const store of ["none", "memory"]) {
  Deno.test(`three ops over rows run as at most two kernels, with store "${store}"`, async () => {
    const [n, d] = [4096, 1024];
    const data = Float32Array.from(
      { length: n * d },
      (_, k) => Math.sin(k * 0.37),
    );
    const x = wf.tensor(data, { shape: [n, d] });
    const shifted = affine({ x });
    const last = normalize({ x: exponential({ x: shifted.y }).y });
    const run = start([last], { device: "wasm", store });
    const kernels: KernelEvent[] = [];
    run.events.subscribe((event) => {
      if (event.type === "kernel") kernels.push(event);
    });
    const [{ y }] = await run.values;
    assert.ok(kernels.length >= 1 && kernels.length <= 2);
    assert.ok(kernels.every(({ device }) => device === "wasm"));
    // The trace tells of them as a text and in the viewer.
    assert.match(run.trace.toText(), /[12] kernels,/);
    const rows = run.trace.toChrome().traceEvents.filter(({ args }) =>
      args["op"] !== undefined
    );
    assert.equal(rows.length, kernels.length);
    const made = await y.data();
    const row = Array.from(
      data.subarray(7 * d, 8 * d),
      (one) => Math.exp(one * 0.3 + 0.7),
    );
    const sum = row.reduce((a, b) => a + b);
    row.forEach((one, k) => {
      assert.ok(Math.abs(made[7 * d + k]! / (one / sum) - 1) < 1e-5);
    });
  });
}
