import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;

/** Collects garbage, after the event loop has turned. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let k = 0; k < 3; k++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
}

/** A graph with every kind of kernel over one matrix. */
function everything(x: wf.F64, extra: number): wf.F64 {
  const square = wf.matmul(x, wf.transpose(x));
  const factor = wf.cholesky(wf.add(square, wf.eye(4, 4, f64)));
  const [level, levels] = wf.scan(
    (carry: wf.F64, row: wf.F64): [wf.F64, wf.F64] => [
      wf.add(wf.multiply(carry, 0.5), row),
      carry,
    ],
    wf.zeros([4], f64),
    x,
  );
  const [mixed] = wf.scan(
    (carry: wf.F64, row: wf.F64): [wf.F64, []] => [
      wf.add(wf.matmul(x, carry), row),
      [],
    ],
    wf.zeros([4], f64),
    wf.pad(x, [[0, extra], [0, 0]]),
  );
  const parts = [
    factor,
    level,
    levels,
    mixed,
    wf.take(wf.concat([x, x]), [1, 5]),
    wf.cumulativeSum(wf.checkpoint((y: wf.F64) => wf.exp(y))(x)),
    wf.compile((y: wf.F64) => wf.softmax(y))(x),
  ];
  return parts.map((part) => wf.sum(part)).reduce((a, b) => wf.add(a, b));
}

/** Makes and drops a tensor and its gradient; weak references are left. */
async function useOnce(extra: number): Promise<WeakRef<object>[]> {
  const x = wf.tensor(new Float64Array(16).fill(0.25), { shape: [4, 4] });
  const [value, slope] = wf.valueAndGrad((y: wf.F64) => everything(y, extra))(
    x,
  );
  await wf.realize(value, slope);
  return [x, value, slope].map((one) => new WeakRef(one.node.storage!));
}

Deno.test("nothing that the runtime remembers keeps the data of dropped tensors", async () => {
  const dropped = [await useOnce(0), await useOnce(1), await useOnce(2)].flat();
  await collect();
  assert.equal(dropped.filter((one) => one.deref() !== undefined).length, 0);
});
