import assert from "node:assert/strict";
import { planOf } from "../device/reference/run.ts";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;
const xs = wf.tensor([1, 2, 3], f64);

Deno.test("scan refuses sequences of different or unknown lengths", () => {
  const step = (carry: wf.F64): [wf.F64, []] => [carry, []];
  assert.throws(
    () => wf.scan(step, xs, [xs, wf.zeros([2], f64)]),
    /sequences of different lengths: current shape is \[2\]/,
  );
  assert.throws(() => wf.scan(step, xs, []), /Cannot scan without a length/);
});

Deno.test("scan refuses carries that change dtype, shape or form", () => {
  const from = (next: unknown) => () =>
    wf.scan(
      (_: unknown) => [next, []] as const,
      wf.tensor(0, f64) as unknown,
      xs,
    );
  assert.throws(from(wf.zeros([])), /carry 0 changes its dtype/);
  assert.throws(from(xs), /carry 0 changes its shape: current shape is \[3\]/);
  assert.throws(from([xs, xs]), /current number of tensors is 2/);
});

Deno.test("scan computes outside what does not depend on its step", () => {
  const [last] = wf.scan(
    (carry: wf.F64, x: wf.F64): [wf.F64, []] => [
      wf.add(carry, wf.multiply(x, wf.exp(wf.sum(xs)))),
      [],
    ],
    wf.tensor(0, f64),
    xs,
  );
  const names = planOf([last.node]).plan.steps.map((step) => step.name);
  assert.deepEqual(names, ["sum", "exp", "scan"]);
});

Deno.test("scan does not store carries that nobody asks for", () => {
  const [last, all] = wf.scan(
    (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
      const next = wf.add(carry, x);
      return [next, next];
    },
    wf.tensor(0, f64),
    xs,
  );
  const writes = (x: wf.Tensor) =>
    planOf([x.node]).plan.steps[0]!.writes.length;
  assert.deepEqual([writes(last), writes(all)], [1, 1]);
});
