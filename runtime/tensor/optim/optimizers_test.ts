import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/optimizers.json" with {
  type: "json",
};
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { deviceNames } from "../../compiler/devices.ts";
import { compile } from "../compile.ts";
import { matmul } from "../contraction.ts";
import { tensor, zeros } from "../creation.ts";
import { add, cast, square, subtract, tanh } from "../elementwise.ts";
import { withExecution } from "../execution.ts";
import { read } from "../realize.ts";
import { mean } from "../reductions.ts";
import type { F64, Tensor } from "../tensor.ts";
import { valueAndGrad } from "../transforms.ts";
import { type Adam, adam, type AdamState, adamW } from "./adam.ts";
import type { LearningRate } from "./leaves.ts";
import { sgd, type SgdState, type Updated } from "./sgd.ts";

type Float = Tensor<"f64" | "f32">;

interface Parameters {
  readonly weight: Float;
  readonly rest: readonly [Float];
}

interface Optimizer<S> {
  readonly init: (params: Parameters) => S;
  readonly update: (
    grads: Parameters,
    state: S,
    params: Parameters,
  ) => Updated<Parameters, S>;
}

interface Recorded {
  readonly loss: number;
  readonly weight: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

async function assertFollows<S>(
  optimizer: Optimizer<S>,
  sequence: readonly Recorded[],
  dtype: "f64" | "f32",
): Promise<void> {
  const float = (data: number[] | number[][]): Float =>
    cast<"f64" | "f32">(tensor(data, { dtype: "f64" }), dtype);
  const x = float([[1, 2, -1], [0.5, -0.5, 3], [2, 0, 1], [-1, 1.5, 0.5]]);
  const y = float([[1, 0], [0, 2], [-1, 1], [0.5, 0.5]]);
  const loss = ({ weight, rest: [bias] }: Parameters): Float =>
    mean(square(subtract(tanh(add(matmul(x, weight), bias)), y)));
  let params: Parameters = {
    weight: float([[0.5, -1], [2, 0.25], [-0.75, 1.5]]),
    rest: [float([0.1, -0.2])],
  };
  let state = optimizer.init(params);
  const tolerance = dtype === "f64" ? 1e-13 : 2e-6;
  for (const expected of sequence) {
    const [value, grads] = valueAndGrad(loss)(params);
    ({ params, state } = optimizer.update(grads, state, params));
    const [lossNow, weight, bias] = await read(
      value,
      params.weight,
      params.rest[0],
    );
    const pairs = [
      [lossNow[0]!, expected.loss],
      ...Array.from(weight, (w, i) => [w, expected.weight.flat()[i]!]),
      ...Array.from(bias, (b, i) => [b, expected.bias[i]!]),
    ];
    for (const [actual, right] of pairs) {
      assert.ok(
        Math.abs(actual! - right!) < tolerance,
        `${actual}, not ${right}`,
      );
    }
  }
}

const rules = {
  sgd: sgd({ learningRate: 0.1 }),
  sgdMomentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
  sgdNesterov: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  sgdWeightDecay: sgd({ learningRate: 0.1, momentum: 0.5, weightDecay: 0.2 }),
} as const;
const adamRules = {
  adam: adam({ learningRate: 0.05 }),
  adamTuned: adam({
    learningRate: 0.05,
    beta1: 0.8,
    beta2: 0.95,
    epsilon: 1e-3,
  }),
  adamW: adamW({ learningRate: 0.05, weightDecay: 0.1 }),
} as const;

for (const device of deviceNames()) {
  for (const dtype of ["f64", "f32"] as const) {
    for (
      const name of [
        "sgd",
        "sgdMomentum",
        "sgdNesterov",
        "sgdWeightDecay",
      ] as const
    ) {
      Deno.test(`sgd takes the steps of PyTorch, ${name} [${device} ${dtype}]`, () =>
        withExecution(
          { device },
          () =>
            assertFollows<SgdState<Parameters>>(
              rules[name],
              fixture[name],
              dtype,
            ),
        ));
    }
    for (const name of ["adam", "adamTuned", "adamW"] as const) {
      Deno.test(`adam takes the steps of PyTorch, ${name} [${device} ${dtype}]`, () =>
        withExecution(
          { device },
          () =>
            assertFollows<AdamState<Parameters>>(
              adamRules[name],
              fixture[name],
              dtype,
            ),
        ));
    }
  }
}

Deno.test("adamW and sgd take the same steps in a compiled function, at any learning rate", async () => {
  const slope: F64 = tensor([0.3, -2], { dtype: "f64" });
  const start: F64 = tensor([1, 2], { dtype: "f64" });
  const makers = [
    (learningRate: LearningRate) => adamW({ learningRate, weightDecay: 0.1 }),
    (learningRate: LearningRate) => sgd({ learningRate, momentum: 0.5 }),
  ] as const;
  for (const make of makers) {
    const step = (params: F64, state: unknown, rate: F64 | number) =>
      (make(rate) as Adam).update(slope, state as AdamState<F64>, params);
    const compiled = compile(step);
    let direct = { params: start, state: make(1).init(start) as unknown };
    let replayed = direct;
    for (const rate of [0.1, 0.02, 0.3]) {
      direct = step(direct.params, direct.state, rate);
      replayed = compiled(replayed.params, replayed.state, rate);
      assert.deepEqual(
        await replayed.params.data(),
        await direct.params.data(),
      );
    }
  }
});

Deno.test("sgd keeps no velocity without momentum", () => {
  assert.deepEqual(rules.sgd.init([zeros([2])]), {});
  assert.deepEqual(
    rules.sgd.update([zeros([2])], {}, [zeros([2])]).state,
    {},
  );
});

Deno.test("adamW shrinks parameters whose gradient is zero, adam does not", async () => {
  const params: F64 = tensor([2], { dtype: "f64" });
  const still: F64 = zeros([1], { dtype: "f64" });
  for (const [make, expected] of [[adam, 2], [adamW, 1.998]] as const) {
    const optimizer = make({ learningRate: 0.1 });
    const next = optimizer.update(still, optimizer.init(params), params);
    assert.equal(await next.params.item(), expected);
    assert.equal(await next.state.step.item(), 1);
  }
});

Deno.test("optimisers refuse gradients that do not have the form of the parameters", () => {
  const params = { a: zeros([2]), b: zeros([3]) };
  for (const optimizer of [rules.sgdMomentum, adamRules.adam]) {
    const update = (grads: unknown) =>
      (optimizer as { update: (...args: unknown[]) => unknown }).update(
        grads,
        optimizer.init(params),
        params,
      );
    assert.throws(() => update({ a: zeros([2]) }), ParameterError);
    assert.throws(() => update({ a: zeros([2]), b: zeros([2]) }), ShapeError);
    assert.throws(
      () => update({ a: zeros([2]), b: zeros([3], { dtype: "f64" }) }),
      DTypeError,
    );
    assert.throws(
      () => optimizer.init([tensor([1], { dtype: "i32" })]),
      DTypeError,
    );
  }
});

Deno.test("optimisers refuse settings that are out of range", () => {
  assert.throws(() => sgd({ learningRate: -1 }), ParameterError);
  assert.throws(() => sgd({ learningRate: NaN }), ParameterError);
  assert.throws(() => sgd({ learningRate: zeros([2]) }), ShapeError);
  assert.throws(() => sgd({ learningRate: 1, momentum: 1 }), ParameterError);
  assert.throws(
    () => sgd({ learningRate: 1, nesterov: true }),
    /without momentum/,
  );
  assert.throws(() => adam({ beta1: 1 }), ParameterError);
  assert.throws(() => adam({ beta2: -0.1 }), ParameterError);
  assert.throws(() => adam({ epsilon: 0 }), ParameterError);
  assert.throws(() => adamW({ weightDecay: -1 }), ParameterError);
});
