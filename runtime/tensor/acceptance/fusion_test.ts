import assert from "node:assert/strict";
import { planMemory } from "../../compiler/memory_plan.ts";
import * as wf from "../mod.ts";
import { kernelsRun, numbers, programOf } from "./testing.ts";

/** Ten elementwise operations, transcendental ones among them. */
function chain(x: wf.F32): wf.F32 {
  let y = x;
  for (let k = 0; k < 5; k++) y = wf.sin(wf.multiply(y, 0.5 + k));
  return y;
}

/** A weighted sum of what a function gives, so that its gradient is not 0. */
function lossOf(
  fn: (...args: wf.F32[]) => wf.F32,
  weights: wf.F32,
): (...args: wf.F32[]) => wf.F32 {
  return (...args) => wf.sum(wf.multiply(fn(...args), weights));
}

Deno.test("a chain of ten operations runs as one kernel, and so does its gradient", async () => {
  const x = numbers(300, 1001);
  assert.equal(programOf(chain(x)).steps.length, 1);
  const ran = await kernelsRun("wasm", chain(x));
  assert.deepEqual(ran.map(({ device, bytes }) => [device, bytes]), [
    ["wasm", 4 * x.size],
  ]);
  const slope = wf.grad(lossOf(chain, numbers(300, 1001)))(x);
  assert.equal(programOf(slope).steps.length, 1);
});

Deno.test("softmax and norms run as one kernel each, their gradients as few", async () => {
  const [x, weights] = [numbers(4096, 1024), numbers(4096, 1024)];
  const [scale, shift] = [numbers(1024), numbers(1024)];
  // A gradient of a scale or shift is a sum over rows, in two stages.
  const cases: [string, (...args: wf.F32[]) => wf.F32, wf.F32[], number][] = [
    ["softmax", (y) => wf.softmax(y!), [x], 1],
    ["logSoftmax", (y) => wf.logSoftmax(y!), [x], 1],
    ["layerNorm", (y) => wf.layerNorm(y!), [x], 1],
    [
      "layerNorm with scale and shift",
      (y, weight, bias) => wf.layerNorm(y!, { weight: weight!, bias: bias! }),
      [x, scale, shift],
      4,
    ],
    [
      "rmsNorm with scale",
      (y, weight) => wf.rmsNorm(y!, { weight: weight! }),
      [x, scale],
      3,
    ],
  ];
  for (const [name, fn, args, most] of cases) {
    assert.equal(programOf(fn(...args)).steps.length, 1, name);
    const argnums = args.map((_, k) => k);
    const slopes = wf.grad(lossOf(fn, weights), { argnums })(...args);
    const { length } = programOf(...slopes).steps;
    assert.ok(length <= most, `the gradient of ${name}: ${length} kernels`);
    const small = args.map((one) =>
      one.ndim === 2 ? wf.slice(one, [0, 33]) : one
    );
    await wf.realize(...small);
    assert.equal((await kernelsRun("wasm", fn(...small))).length, 1, name);
  }
});

Deno.test("AdamW over a model is one kernel a form of parameters, without temporaries", async () => {
  const forms = [
    [96, 64],
    [64],
    [64, 64],
    [64],
    [64, 64],
    [64],
    [64, 10],
    [
      10,
    ],
    [7, 3],
    [5],
    [64, 64],
    [64],
  ];
  const model = () => forms.map((shape) => numbers(...shape));
  const optimizer = wf.optim.adamW();
  type State = wf.optim.AdamState<wf.F32[]>;
  const state: State = {
    step: wf.tensor(3, { dtype: "i32" }),
    mean: model(),
    meanSquare: model().map((one) => wf.square(one)),
  };
  await wf.realize(...state.meanSquare);
  const step = wf.compile((p: wf.F32[], g: wf.F32[], s: State) =>
    optimizer.update(g, s, p)
  );
  const results = ({ params, state }: ReturnType<typeof step>) => [
    ...params,
    ...state.mean,
    ...state.meanSquare,
    state.step,
  ];
  const made = results(step(model(), model(), state));
  const program = programOf(...made);
  // Parameters of one form share kernels: each reads 4 buffers and writes 3,
  // and the number of the step, for at most 28. That number has its own.
  const counts = Map.groupBy(forms, String).values();
  const most = counts.reduce((n, { length }) => n + Math.ceil(length / 3), 1);
  assert.ok(most < forms.length);
  assert.ok(program.steps.length <= most, `${program.steps.length} kernels`);
  assert.equal(planMemory(program).byteLength, 0);
  assert.equal(
    program.buffers.filter(({ role }) => role === "temporary").length,
    0,
  );
  const ran = await kernelsRun("wasm", ...made);
  assert.equal(ran.length, program.steps.length);
});
